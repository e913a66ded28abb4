/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What cgroup-tree-freeze.c has for cgroup-tree-kill.c.
 */
#pragma once

#include "lib/hierarchy.h"

/* Begins to freeze, and does not wait: from then on whatever is forked starts frozen, so that what
 * is there can be listed to the end. Returns: whether there is a freezer, and the cgroup */
gboolean ncg_cgroup_tree_hold (const NcgHierarchy *hierarchy, const char *path);

/* Thaws, and does not wait. */
void ncg_cgroup_tree_release (const NcgHierarchy *hierarchy, const char *path);

/* The freezer of v1 alone, in which it may be while all else goes by v2: thaws the cgroup and each
 * below it, since one that was told to be frozen by itself stays so (freezer.self_freezing), and
 * what is frozen there does not end. It does not wait. */
void ncg_cgroup_tree_thaw_v1 (const NcgHierarchy *hierarchy, const char *path);
