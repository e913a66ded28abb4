/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moving all processes of one cgroup itself, such as the root, into another one: what nobody had
 * placed is placed. PID 1 and threads of the kernel stay where they are.
 *
 * Each hierarchy is drained by itself: on v1 a process may be in the root of one and not of
 * another, and is moved only in the former. All of this may block, and is for a worker.
 */
#pragma once

#include "lib/hierarchy.h"

typedef struct {
  const NcgHierarchy *hierarchy;
  const char *proc; /* the mount point of procfs */
  const char *from; /* "/" */
  const char *to;   /* is there in every hierarchy, see ncg_cgroup_tree_make() */
} NcgCgroupDrain;

typedef struct {
  guint n_moved;   /* moves; a process that is moved in two hierarchies counts twice */
  GPtrArray *left; /* (element-type utf8): "12 (dd, D): why" for each that is still there */
} NcgDrained;

void ncg_drained_clear (NcgDrained *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (NcgDrained, ncg_drained_clear)

/**
 * ncg_cgroup_drain_run:
 * @passes: how many passes at most in each hierarchy, at least 1
 *
 * Passes over the processes until one finds none, moves none, or there were enough of them: what a
 * process forked before it was moved is found by the next pass. A process that ends meanwhile is
 * no error, and one that cannot be moved does not keep the others.
 *
 * The kernel's threads are known by PF_KTHREAD in /proc/PID/stat (include/linux/sched.h). The
 * kubelet takes all for them that have no /proc/PID/exe (isKernelPid in
 * pkg/kubelet/cm/container_manager_linux.go), which is also so of processes that are ending.
 *
 * Returns: %TRUE, whatever is left; else %NCG_ERROR_NOT_FOUND if one of the cgroups is not there,
 *   %NCG_ERROR_FAILED if the kernel does not say what is in it
 */
gboolean ncg_cgroup_drain_run (const NcgCgroupDrain *self,
                               guint passes,
                               NcgDrained *ret_drained,
                               GError **error);

/* The number of processes that a run would move now, each counted once. Errors as before; @to need
 * not be there. */
gboolean ncg_cgroup_drain_count (const NcgCgroupDrain *self, guint *ret_count, GError **error);
