/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changing a set of a v1 cpuset, which has cgroups below it.
 *
 * On v1 each cgroup has CPUs and memory nodes of its own, which begin as those of its parent, and
 * the kernel refuses a parent less than a child has (cgroup-v1/cpusets.rst). On v2 who has none
 * follows the parent. So here whoever has the same as the parent is taken to follow it.
 */
#pragma once

#include "lib/cgroup.h"

/**
 * ncg_cpuset_follow_write:
 * @file: "cpuset.cpus" or "cpuset.mems"
 * @text: a list that is not empty, as in cpuset(7)
 *
 * Writes the set, and to all below that have the same as @cgroup had. All or nothing.
 *
 * Returns: %TRUE; else the errors of ncg_cgroup_write(): %NCG_ERROR_BUSY if a cgroup below has a
 * set of its own that goes beyond
 */
gboolean ncg_cpuset_follow_write (const NcgCgroup *cgroup,
                                  const char *file,
                                  const char *text,
                                  GError **error);
