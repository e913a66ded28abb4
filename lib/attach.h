/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moving processes into a cgroup, all of them or none, in every hierarchy, verified.
 *
 * Each process is held by a pidfd, which is asked again after the kernel was: a number that is
 * another process by now counts for nothing.
 */
#pragma once

#include "lib/cgroup.h"
#include "lib/hierarchy.h"
#include "lib/process.h"

/* Where each process was before: (element-type GStrv), by process, and in it by tree. */
typedef struct NcgOrigins NcgOrigins;

/* Returns: (transfer full): where they are now; %NCG_ERROR_NO_SUCH_PROCESS if one has ended */
NcgOrigins *ncg_origins_read (const NcgHierarchy *hierarchy,
                              const char *proc,
                              const GPtrArray *processes,
                              GError **error);
void ncg_origins_free (NcgOrigins *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NcgOrigins, ncg_origins_free)

/* Moves them back, as far as it goes: a process may have ended, and its cgroup with it. */
void ncg_origins_restore (const NcgOrigins *self);

/**
 * ncg_attach_processes:
 * @path: the cgroup; a process that is in it or below it in a hierarchy stays where it is there
 * @processes: (element-type NcgProcess)
 *
 * Moves the processes in every hierarchy, and verifies each. In the primary hierarchy @path must
 * be; in one in which it is not, they come to the nearest cgroup above that is there, as systemd
 * does it (unit_attach_pids_to_cgroup()), so that they do not stay under what they were in before.
 * It does not move back: see ncg_origins_restore().
 *
 * Returns: %TRUE; else %NCG_ERROR_NO_SUCH_PROCESS if one has ended, %NCG_ERROR_NOT_FOUND if there
 *   is no such cgroup, %NCG_ERROR_BUSY if it has controllers enabled for its children (and cannot
 *   have processes of its own), %NCG_ERROR_NOT_SUPPORTED if it is threaded or "domain invalid",
 *   %NCG_ERROR_NOT_PERMITTED if only somebody else may move one, %NCG_ERROR_FAILED if the kernel
 *   refuses it or one is elsewhere all the same
 */
gboolean ncg_attach_processes (const NcgHierarchy *hierarchy,
                               const char *proc,
                               const char *path,
                               const GPtrArray *processes,
                               GError **error);

/**
 * ncg_origins_attach:
 * @ret_was_filled: (out) (optional): in the primary hierarchy there was another process in @path
 * all the time, so that the cgroup was not empty meanwhile; %FALSE if none was seen
 *
 * As ncg_attach_processes(), for the processes that are where ncg_origins_read() has just found
 * them: they are not looked for again before they are moved.
 */
gboolean ncg_origins_attach (const NcgOrigins *self,
                             const char *path,
                             gboolean *ret_was_filled,
                             GError **error);

/**
 * ncg_attach_is_done:
 *
 * Whether there is nothing to move: it is in @path in the primary hierarchy, and in it or in one
 * above in each other one.
 */
gboolean ncg_attach_is_done (const NcgHierarchy *hierarchy,
                             const char *proc,
                             const char *path,
                             const NcgProcess *process);

/**
 * ncg_attach_process:
 * @cgroup: of @tree
 *
 * The same for one process in one hierarchy. Errors as before.
 */
gboolean ncg_attach_process (const NcgTree *tree,
                             const char *proc,
                             const NcgCgroup *cgroup,
                             const NcgProcess *process,
                             GError **error);
