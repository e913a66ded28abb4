/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a leaf needs besides what made it: its place in v1 hierarchies that systemd does not care
 * for, an owner, a cgroup inside it, and its processes. All of this may block: for a worker.
 *
 * Delegation to a user: docs/CGROUP_DELEGATION.md of systemd; the files that go with the directory
 * are listed in /sys/kernel/cgroup/delegate (cgroup-v2.rst, Delegation).
 */
#pragma once

#include "lib/process.h"

/* "a" or "a/b": no component is empty, "." or "..", or has the name of a cgroup's file. Else
 * %NCG_ERROR_INVALID_ARGUMENT. */
gboolean ncg_leaf_check_subgroup (const char *subgroup, GError **error);

/* Whether a leaf may be started so: %NCG_ERROR_INVALID_ARGUMENT if a subgroup or a user is given
 * for one that is not delegated, or the subgroup is none. */
gboolean
ncg_leaf_check_delegation (gboolean is_delegated, const char *subgroup, uid_t user, GError **error);

/**
 * ncg_leaf_make_foreign:
 * @trees: (element-type NcgTree): hierarchies of v1
 * @primary: the hierarchy in which all leaves are
 * @path: of the leaf
 *
 * Makes the leaf, and what lies above it, in those of @trees in which any cgroup above it is, down
 * from the one right below the root: that has limits, or a runtime made it. Errors: that it cannot
 * be seen whether there is one, and those of ncg_cgroup_tree_make_beside().
 */
gboolean ncg_leaf_make_foreign (const GPtrArray *trees,
                                const NcgTree *primary,
                                const char *path,
                                GError **error);

/**
 * ncg_leaf_list_left:
 * @trees: (element-type NcgTree): hierarchies of v1
 * @primary: the hierarchy in which all leaves are
 * @path: the parent of leaves
 *
 * What ncg_leaf_make_foreign() made for scopes and services that are not there any more, because
 * they ended while nobody looked.
 *
 * Returns: (transfer full) (element-type utf8): their paths; empty if nothing can be read
 */
GPtrArray *ncg_leaf_list_left (const GPtrArray *trees, const NcgTree *primary, const char *path);

/* Whether a cgroup above @path, other than the root, is in any of @trees. One that cannot be opened
 * for another reason than that it is not there, such as too many open files, is there. */
gboolean ncg_leaf_is_foreign (const GPtrArray *trees, const char *path);

/* In @tree, of v1: what ncg_leaf_make_foreign() would have made for the scopes and services that
 * are right in @path of @primary, had it been asked. What is in a leaf is its own business: a user
 * may manage it. Errors: see ncg_cgroup_tree_make(). */
gboolean ncg_leaf_make_missing (const NcgTree *tree,
                                const NcgTree *primary,
                                const char *path,
                                GError **error);

/**
 * ncg_leaf_find_delegable:
 *
 * The hierarchy in which a leaf can be given to a user: the primary one, if it is the unified one
 * or has no controllers ("name=systemd"), else one that limits nothing. v1 asks nobody above
 * whether a process may be moved: who owns two cgroups in the hierarchy of memory can move what is
 * his from one to the other, out of the limits of their pods.
 *
 * Returns: (transfer none): it; %NCG_ERROR_NOT_SUPPORTED saying what to mount if there is none
 */
const NcgTree *ncg_leaf_find_delegable (const NcgHierarchy *hierarchy, GError **error);

/**
 * ncg_leaf_delegate:
 * @root: "" or a directory that stands for the machine's root
 * @path: a cgroup
 *
 * Gives the directory in the hierarchy of ncg_leaf_find_delegable(), and what it takes to manage
 * it, to @user; the limits stay root's.
 */
gboolean ncg_leaf_delegate (
    const char *root, const NcgHierarchy *hierarchy, const char *path, uid_t user, GError **error);

/**
 * ncg_leaf_make_subgroup:
 * @user: to whom each new cgroup is given as by ncg_leaf_delegate(), or %NCG_NO_USER
 *
 * Makes @subgroup in the leaf @path, in each hierarchy in which the leaf is.
 */
gboolean ncg_leaf_make_subgroup (const char *root,
                                 const NcgHierarchy *hierarchy,
                                 const char *path,
                                 const char *subgroup,
                                 uid_t user,
                                 GError **error);
