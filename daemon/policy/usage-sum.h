/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the figures of several cgroups are together.
 *
 * Counters and amounts are summed: CPU time and throttling, memory and swap, tasks, descendants,
 * the events of memory.events by name, I/O by device, and usage and failures of huge pages by size.
 * What has no sum is left out: limits (a group is not limited by what its members are), the peak of
 * memory (the members had theirs at different times), and pressure (a share of time).
 *
 * A figure that one of them has not is not in the sum: what is missing would be counted as 0. A
 * device or an event that one of them does not name is 0 there.
 */
#pragma once

#include "lib/stats.h"

/* What a sum can have; all else need not be read. */
NcgStatsFields usage_sum_get_fields (void);

/**
 * usage_sum_init:
 *
 * The sum of nothing: before the first call of usage_sum_add() it has the figures @fields, of those
 * that can be summed, as 0.
 */
void usage_sum_init (NcgStats *sum, NcgStatsFields fields);

/* @sum: of usage_sum_init(), and cleared with ncg_stats_clear() */
void usage_sum_add (NcgStats *sum, const NcgStats *part);

/**
 * usage_sum_drop_nested:
 * @cgroups: (nullable) (array zero-terminated=1): paths
 *
 * Returns: (transfer container): those that are not another one of them, or below another: whose
 *   figures have theirs already
 */
GPtrArray *usage_sum_drop_nested (const char *const *cgroups);
