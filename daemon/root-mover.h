/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Without systemd nobody places processes: all that init starts are in the root cgroup, where no
 * limit reaches them. With the cgroupfs driver this moves them: all of the root cgroup of each
 * hierarchy, but PID 1 and the kernel's threads, into Config.system_container; and the daemon into
 * Config.resource_container. Under any other driver nothing is moved, ever.
 *
 * As the kubelet's --system-cgroups and --kubelet-cgroups (ensureSystemCgroups and
 * ensureProcessInContainerWithOOMScore in pkg/kubelet/cm/container_manager_linux.go).
 *
 * What it found is in the conditions "SystemContainer" and "ResourceContainer", which are there
 * only if the two are configured.
 */
#pragma once

#include "daemon/conditions.h"
#include "daemon/manager.h"

typedef struct RootMover RootMover;

/* Both outlive it. */
RootMover *root_mover_new (Manager *manager, Conditions *conditions);
void root_mover_free (RootMover *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RootMover, root_mover_free)

/**
 * root_mover_check_async:
 *
 * Makes the cgroups and moves, in the manager's worker; at the start and at every later check,
 * since whatever PID 1 starts is in the root cgroup at first. It never fails: the conditions say
 * what it came to, and name what could not be moved. Where something was left although others could
 * be moved, it looks again by itself after a second.
 */
void root_mover_check_async (RootMover *self, GAsyncReadyCallback callback, gpointer user_data);
void root_mover_check_finish (GAsyncResult *result);

/* Adds to an open a(ssssb): how many processes are left in the root cgroup, and where the daemon
 * is, read now. That is a few files of procfs for each process of the root cgroup. */
void root_mover_add_rows (const RootMover *self, GVariantBuilder *rows);
