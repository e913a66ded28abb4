/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether the processes of a unit are where its limits are. On v1 a limit holds who is in that
 * hierarchy's cgroup, and nobody else; in those of cpuset and hugetlb systemd puts nobody anywhere,
 * and a process stays in the root there until somebody moves it. All of this may block.
 */
#pragma once

#include "lib/hierarchy.h"

/**
 * ncg_members_gather:
 * @proc: the mount point of procfs
 * @tree: of v1, one in which systemd makes nothing, or has no part
 * @path: of a unit
 *
 * Moves into @path of @tree, or into the cgroup below it that is nearest to where the process is in
 * the primary hierarchy, each process that the primary one has in @path or below it and that @tree
 * has above it: nobody placed it there. Who is elsewhere in @tree has been placed by somebody, such
 * as a container runtime, and stays; see ncg_members_find_outside(). The scopes and services right
 * in @path get their cgroups in @tree first, as ncg_leaf_make_foreign() would have made them. What
 * is forked meanwhile is found by another pass.
 *
 * Returns: %TRUE, also if @path is not there in @tree; else %NCG_ERROR_FAILED if processes come
 *   faster than they can be moved, or see ncg_attach_process() and ncg_cgroup_tree_make()
 */
gboolean ncg_members_gather (const NcgHierarchy *hierarchy,
                             const char *proc,
                             const NcgTree *tree,
                             const char *path,
                             GError **error);

/* Whose limits in one hierarchy hold all of a unit: the unit, or a group above it. */
typedef struct {
  const NcgTree *tree;
  char *cgroup;
  GArray *outside; /* (element-type pid_t): by ncg_members_find_outside() */
} NcgHolder;

/* (transfer full): @cgroup is copied */
NcgHolder *ncg_holder_new (const NcgTree *tree, const char *cgroup);
void ncg_holder_free (NcgHolder *self);

/**
 * ncg_members_find_outside:
 * @path: a cgroup of the primary hierarchy
 * @holders: (element-type NcgHolder): of @path
 *
 * Fills in which processes of @path and below are outside each of @holders: none if nothing can be
 * read. Each process is looked at once.
 */
void ncg_members_find_outside (const NcgHierarchy *hierarchy,
                               const char *proc,
                               const char *path,
                               const GPtrArray *holders);
