/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The figures of all pods and their containers: by GetStats, all or two of them, and by the library
 * itself, against a loop that opens, reads and closes the same files.
 */
#include "lib/stats.h"

#include "tests/bench/calls.h"
#include "tests/bench/cpu-cost.h"
#include "tests/bench/fail.h"
#include "tests/bench/stats-files.h"
#include "tests/vm/machine.h"

#define PODS 500
#define ROUNDS_EACH 8
#define CPU_ROUNDS_EACH 5

enum { FLOOR, GET_STATS, GET_TWO, FILL, READ, N_CANDIDATES };

typedef struct {
  Bench *bench;
  guint pods;
  GPtrArray *cgroups; /* of the pods and their leaves */
  GPtrArray *files;
  NcgStats stats;
  Samples samples[N_CANDIDATES];
} Stats;

static GPtrArray *
list_with_leaves (Bench *bench)
{
  GPtrArray *cgroups = calls_list_cgroups (bench->bus);
  guint n_pods = cgroups->len;

  for (guint i = 0; i < n_pods; i++) {
    const char *pod = g_ptr_array_index (cgroups, i);
    g_autoptr (GError) error = NULL;
    g_auto (GStrv) leaves = ncg_stats_list_leaves (machine_get_hierarchy (), pod, &error);

    if (leaves == NULL)
      fail ("%s", error->message);
    for (guint k = 0; leaves[k] != NULL; k++)
      g_ptr_array_add (cgroups, g_strconcat (pod, "/", leaves[k], NULL));
  }
  return cgroups;
}

static void
run_floor (Stats *self)
{
  stats_files_read (self->files);
}

static void
run_get_stats (Stats *self)
{
  connection_time_call (self->bench->bus, calls_new_get_stats (self->bench->bus, NULL));
}

static void
run_get_two (Stats *self)
{
  static const char *const fields[] = { "CPUUsageNSec", "MemoryUsageBytes", NULL };

  connection_time_call (self->bench->bus, calls_new_get_stats (self->bench->bus, fields));
}

static void
run_fill (Stats *self)
{
  for (guint i = 0; i < self->cgroups->len; i++)
    if (!ncg_stats_fill (&self->stats, machine_get_hierarchy (),
                         g_ptr_array_index (self->cgroups, i), NCG_STATS_ALL, NULL))
      fail ("ncg_stats_fill() of %s failed", (char *) g_ptr_array_index (self->cgroups, i));
}

static void
run_read (Stats *self)
{
  for (guint i = 0; i < self->cgroups->len; i++) {
    g_autoptr (GVariant) stats = ncg_stats_read (
        machine_get_hierarchy (), g_ptr_array_index (self->cgroups, i), NCG_STATS_ALL, NULL);

    if (stats == NULL)
      fail ("ncg_stats_read() of %s failed", (char *) g_ptr_array_index (self->cgroups, i));
  }
}

static void (*const candidates[N_CANDIDATES]) (Stats *self) = {
  [FLOOR] = run_floor, [GET_STATS] = run_get_stats, [GET_TWO] = run_get_two,
  [FILL] = run_fill,   [READ] = run_read,
};

/* Each round begins with another one. */
static void
run_round (Stats *self, guint round, gboolean counts)
{
  for (guint i = 0; i < N_CANDIDATES; i++) {
    guint candidate = (round + i) % N_CANDIDATES;
    gint64 start = g_get_monotonic_time ();

    candidates[candidate](self);
    if (counts)
      samples_add (&self->samples[candidate], g_get_monotonic_time () - start);
  }
}

static void
report (Stats *self, const char *name, guint ours, guint floor, Aim aim)
{
  const Pair pair = { self->samples[ours], self->samples[floor] };

  report_add_pair (self->bench->report, name, self->pods, &pair, aim);
}

static void
report_all (Stats *self)
{
  g_autofree char *remark = g_strdup_printf (
      "GetStats: %u cgroups of %u pods, %u files; the floor of Fields is all of it",
      self->cgroups->len, self->pods, self->files->len);

  report_add_remark (self->bench->report, remark);
  report (self, "GetStats, all figures", GET_STATS, FLOOR, (Aim){ AIM_RATIO_AT_MOST, 1.5, 0 });
  report (self, "GetStats, Fields of CPU, memory", GET_TWO, GET_STATS,
          (Aim){ AIM_RATIO_AT_MOST, 0.5, 0 });
  report (self, "library: ncg_stats_fill", FILL, FLOOR, (Aim){ AIM_NONE, 0, 0 });
  report (self, "library: ncg_stats_read", READ, FLOOR, (Aim){ AIM_NONE, 0, 0 });
}

/* Where the time of the call goes. */
static void
report_cpu (Stats *self, guint n)
{
  CpuCost cost = { 0 };
  CpuClocks clocks;

  cpu_clocks_start (&clocks, self->bench);
  for (guint i = 0; i < n; i++)
    run_get_stats (self);
  cpu_clocks_stop (&clocks, n, cost);
  cpu_cost_report (self->bench, "GetStats", self->pods, n, cost, NULL);
}

static void
run (Bench *bench)
{
  guint rounds = MAX (bench->rounds / ROUNDS_EACH, 2);
  Stats self = { bench, bench_scale (bench, PODS), NULL, NULL };

  population_set (bench->population, self.pods);
  population_add_leaves (bench->population, self.pods);
  self.cgroups = list_with_leaves (bench);
  self.files = stats_files_find (machine_get_hierarchy (), self.cgroups);
  ncg_stats_init (&self.stats);
  for (guint i = 0; i < N_CANDIDATES; i++)
    samples_init (&self.samples[i]);
  run_round (&self, 0, FALSE);
  for (guint i = 0; i < rounds; i++)
    run_round (&self, i, TRUE);
  report_all (&self);
  report_cpu (&self, MAX (rounds / CPU_ROUNDS_EACH, 1));
  for (guint i = 0; i < N_CANDIDATES; i++)
    samples_clear (&self.samples[i]);
  ncg_stats_clear (&self.stats);
  g_ptr_array_unref (self.cgroups);
  g_ptr_array_unref (self.files);
}

const Part part_stats = { "stats", NULL, run };
