/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CreatePod with its read-back, against StartTransientUnit with the same properties; and the CPU
 * time that each costs, whom ever.
 */
#include "tests/bench/calls.h"
#include "tests/bench/cpu-cost.h"
#include "tests/bench/floor.h"
#include "tests/bench/rounds.h"

/* CPU times are told apart only over many pods, and the two sides take turns in blocks of them. */
#define BLOCKS 4

static void
run_ours (Bench *bench, guint i, gint64 *ret_usec)
{
  g_autofree char *uid = g_strdup_printf ("create%u", i);

  ret_usec[0] = connection_time_call (bench->bus, calls_new_create_pod (bench->bus, uid));
  connection_time_call (bench->bus, calls_new_remove_pod (bench->bus, uid));
}

static void
run_floor (Bench *bench, guint i, gint64 *ret_usec)
{
  g_autofree char *slice = g_strdup_printf ("machine-create%u.slice", i);

  ret_usec[0] = connection_time_job (bench->bus, floor_new_slice (bench->bus, slice));
  connection_time_job (bench->bus, floor_new_stop (bench->bus, slice));
}

static void
compare_cpu (Bench *bench, guint pods)
{
  guint n = MAX (bench->rounds / (2 * BLOCKS), 1);
  CpuCost ours = { 0 }, floor = { 0 };

  for (guint i = 0; i < BLOCKS; i++) {
    cpu_cost_add_pods (bench, i % 2 == 0, n, i % 2 == 0 ? floor : ours);
    cpu_cost_add_pods (bench, i % 2 != 0, n, i % 2 != 0 ? floor : ours);
  }
  for (guint k = 0; k < N_CPU_COSTS; k++) {
    ours[k] /= BLOCKS;
    floor[k] /= BLOCKS;
  }
  cpu_cost_report (bench, "CreatePod", pods, BLOCKS * n, ours, floor);
}

static void
run_at (Bench *bench, guint pods)
{
  static const char *const operations[] = { "CreatePod" };
  static const Aim aims[] = { { AIM_RATIO_AT_MOST, 1.1, 1.3 } };
  const Rounds rounds = { run_ours, run_floor, G_N_ELEMENTS (operations), operations, aims };

  rounds_run (bench, &rounds, bench->rounds, pods);
  compare_cpu (bench, pods);
}

const Part part_create = { "create", run_at, NULL };
