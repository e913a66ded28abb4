/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What can be said of a cgroup without opening it, with a few system calls, on the ways where each
 * one counts. What is not certain is for lib/cgroup.h.
 */
#pragma once

#include "lib/hierarchy.h"

/**
 * ncg_cgroup_may_be_there:
 * @path: as in ncg_cgroup_open()
 *
 * Returns: %FALSE where nothing of that name is seen, which is also so where the hierarchy is not
 * mounted any more
 */
gboolean ncg_cgroup_may_be_there (const NcgTree *tree, const char *path);

/* Whether for certain there is no cgroup @path: its hierarchy is there, and nothing of that name.
 */
gboolean ncg_cgroup_is_gone (const NcgTree *tree, const char *path);

/**
 * ncg_cgroup_is_bare:
 * @path: as in ncg_cgroup_open()
 *
 * Returns: whether for certain the cgroup has neither a process nor a cgroup in it, or is not there
 * while its hierarchy is; %FALSE says nothing
 */
gboolean ncg_cgroup_is_bare (const NcgTree *tree, const char *path);
