/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A directory that stands for the root of a machine with cgroup v2, v1 or both, and a cgroup /pod
 * of which figures are read. Whatever fails ends the test.
 */
#pragma once

#include "lib/stats.h"

typedef struct {
  char *root;
  NcgHierarchy *hierarchy;
} StatsFixture;

/* What is mounted, in the order of mountinfo: "unified" is cgroup2 at /sys/fs/cgroup/unified,
 * "systemd" the named hierarchy, all else v1 with these controllers ("cpu,cpuacct"). NULL is
 * cgroup2 at /sys/fs/cgroup. */
void stats_fixture_init (StatsFixture *self, const char *const *mounts);
void stats_fixture_clear (StatsFixture *self);

/* @path: below /sys/fs/cgroup, "memory/pod/memory.stat" */
void stats_fixture_write (StatsFixture *self, const char *path, const char *text);
void stats_fixture_make (StatsFixture *self, const char *path);
void stats_fixture_remove (StatsFixture *self, const char *path);
char *stats_fixture_get_path (StatsFixture *self, const char *path);

GVariant *stats_fixture_read (StatsFixture *self, NcgStatsFields fields);

/* The figures of /pod are these, in GVariant's text format; all but the time are asked for. */
void stats_fixture_assert (StatsFixture *self, const char *expected);
