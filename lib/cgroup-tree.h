/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One cgroup in several hierarchies at once: the same path below each of the given trees. On v2
 * that is one directory; on v1 one for each mounted hierarchy.
 *
 * All of this may block, and is for a worker. Times are in g_get_monotonic_time()'s clock.
 */
#pragma once

#include "lib/hierarchy.h"

/**
 * ncg_cgroup_tree_make:
 * @trees: (element-type NcgTree)
 * @path: "/machine/burstable/pod1"; its parents are made, too
 * @controllers: (nullable): what the cgroup must have on v2: enabled in cgroup.subtree_control of
 *   each level on the way down, never in that of @path itself. %NULL for all that the root offers
 *   and this kernel enables. On v1 the cgroup is made in each of @trees.
 *
 * A v1 cpuset cgroup starts with nothing: cpus and mems are copied from its parent, top-down
 * (cgroup-v1/cpusets.rst). Idempotent. What was made is removed again if it fails.
 *
 * Returns: %TRUE; else %NCG_ERROR_NOT_SUPPORTED naming a controller that cannot be enabled, and
 *   where; or a parent that is threaded or "domain invalid", in which no controllers of a domain
 *   can be (cgroup-v2.rst, Threads); %NCG_ERROR_BUSY if a parent has processes of its own, which
 *   are named; %NCG_ERROR_FAILED
 */
gboolean ncg_cgroup_tree_make (const GPtrArray *trees,
                               const char *path,
                               const char *const *controllers,
                               GError **error);

/**
 * ncg_cgroup_tree_make_noting:
 * @proc: (nullable): the mount point of procfs, with which processes are named by more than numbers
 * @made: (element-type utf8): gets the directories that were not there before, in their order; it
 *   frees its elements
 *
 * The same for a caller that may have to undo it, or wants to know what is new. Where it fails,
 * @made is as it was.
 */
gboolean ncg_cgroup_tree_make_noting (const GPtrArray *trees,
                                      const char *proc,
                                      const char *path,
                                      const char *const *controllers,
                                      GPtrArray *made,
                                      GError **error);

/**
 * ncg_cgroup_tree_make_beside:
 * @primary: see ncg_hierarchy_get_primary()
 *
 * The same for a cgroup that somebody else has made and removes, in @primary before the other
 * hierarchies: whoever cleans up after that is not to find later what is made too late. So it is
 * looked at again when all is made.
 *
 * Returns: as above; also %NCG_ERROR_NOT_FOUND, with nothing made, if it is not in @primary
 */
gboolean ncg_cgroup_tree_make_beside (const NcgTree *primary,
                                      const GPtrArray *trees,
                                      const char *path,
                                      const char *const *controllers,
                                      GError **error);

/* Enables for the cgroup @path, which is there, those of @controllers that are to be had, on v2:
 * what is only counted need not be. */
void
ncg_cgroup_tree_enable (const GPtrArray *trees, const char *path, const char *const *controllers);

/* Removes the directories of @made again, the last first, but not the first @n_keep of them; those
 * that somebody uses by now stay. */
void ncg_cgroup_tree_unmake (GPtrArray *made, guint n_keep);

/* Whether it is there in the first of @trees. */
gboolean ncg_cgroup_tree_exists (const GPtrArray *trees, const char *path);

/* Whether a process is in it or below, in any of @trees. One that is not there has none. */
gboolean ncg_cgroup_tree_is_populated (const GPtrArray *trees,
                                       const char *path,
                                       gboolean *ret_populated,
                                       GError **error);

/**
 * ncg_cgroup_tree_freeze:
 * @hierarchy: where the freezer is: cgroup.freeze on v2 (Linux 5.2), the controller of v1, in which
 *   the cgroup is made and given the processes if need be
 *
 * Freezes or thaws all that is in the cgroup and below, and waits until the kernel says that it is
 * so (cgroup.events "frozen", freezer.state).
 *
 * Returns: %TRUE; else %NCG_ERROR_TIMEOUT naming the state, with the freezing set back;
 *   %NCG_ERROR_NOT_SUPPORTED without a freezer; %NCG_ERROR_NOT_FOUND
 */
gboolean ncg_cgroup_tree_freeze (const NcgHierarchy *hierarchy,
                                 const char *path,
                                 gboolean frozen,
                                 gint64 deadline_usec,
                                 GError **error);

/**
 * ncg_cgroup_tree_kill:
 *
 * SIGKILL for all that is in it and below, a fork bomb included: cgroup.kill (Linux 5.14), else
 * frozen, killed and thawed. It waits until nothing is left, at most 100 ms beyond the deadline.
 *
 * Returns: %TRUE, also if there is no such cgroup; else %NCG_ERROR_BUSY naming the processes that
 *   do not end (pid, command, state)
 */
gboolean ncg_cgroup_tree_kill (const NcgHierarchy *hierarchy,
                               const char *proc,
                               const char *path,
                               gint64 deadline_usec,
                               GError **error);

/**
 * ncg_cgroup_tree_remove:
 *
 * @proc: the mount point of procfs, for the message
 *
 * Removes it and all below it, leaves first, from all of @trees; it waits for "populated 0" as long
 * as the deadline allows. Nothing is killed.
 *
 * Returns: %TRUE, also if there is no such cgroup; else %NCG_ERROR_BUSY naming the processes that
 *   are in it (pid, command, state)
 */
gboolean ncg_cgroup_tree_remove (const GPtrArray *trees,
                                 const char *proc,
                                 const char *path,
                                 gint64 deadline_usec,
                                 GError **error);
