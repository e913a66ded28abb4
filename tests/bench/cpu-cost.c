/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CPU times.
 */
#include "tests/bench/cpu-cost.h"

#include "tests/bench/calls.h"
#include "tests/bench/floor.h"
#include "tests/bench/process.h"

#include <unistd.h>

#define NSEC_PER_MSEC 1e6

void
cpu_clocks_start (CpuClocks *self, Bench *bench)
{
  self->pids[CPU_SYSTEMD] = 1;
  self->pids[CPU_BUS] = connection_find_process (bench->bus, PEER_BUS);
  self->pids[CPU_DAEMON] = connection_find_process (bench->bus, PEER_DAEMON);
  self->pids[CPU_CLIENT] = getpid ();
  process_wait_for_idle_systemd ();
  for (guint k = 0; k < N_CPU_COSTS; k++)
    self->nsec[k] = process_get_cpu_nsec (self->pids[k]);
}

void
cpu_clocks_stop (const CpuClocks *self, guint n, CpuCost cost)
{
  process_wait_for_idle_systemd ();
  for (guint k = 0; k < N_CPU_COSTS; k++)
    cost[k] += (double) (process_get_cpu_nsec (self->pids[k]) - self->nsec[k]) / NSEC_PER_MSEC / n;
}

void
cpu_cost_report (Bench *bench,
                 const char *operation,
                 guint pods,
                 guint n,
                 const CpuCost ours,
                 const double *floor)
{
  static const char *const names[N_CPU_COSTS] = {
    [CPU_SYSTEMD] = "systemd",
    [CPU_BUS] = "the bus",
    [CPU_DAEMON] = "nodecgroupsd",
    [CPU_CLIENT] = "the client",
  };

  for (guint k = 0; k < N_CPU_COSTS; k++) {
    g_autofree char *name = g_strdup_printf ("%s: CPU of %s", operation, names[k]);
    Row row = report_new_row (g_intern_string (name), pods, n, "ms", ours[k]);

    if (floor != NULL)
      row.floor_p50 = floor[k];
    report_add (bench->report, &row);
  }
}

static void
create (Bench *bench, gboolean is_floor, guint i)
{
  g_autofree char *name =
      is_floor ? g_strdup_printf ("machine-cost%u.slice", i) : g_strdup_printf ("cost%u", i);

  if (is_floor)
    connection_time_job (bench->bus, floor_new_slice (bench->bus, name));
  else
    connection_time_call (bench->bus, calls_new_create_pod (bench->bus, name));
}

static void
remove_it (Bench *bench, gboolean is_floor, guint i)
{
  g_autofree char *name =
      is_floor ? g_strdup_printf ("machine-cost%u.slice", i) : g_strdup_printf ("cost%u", i);

  if (is_floor)
    connection_time_job (bench->bus, floor_new_stop (bench->bus, name));
  else
    connection_time_call (bench->bus, calls_new_remove_pod (bench->bus, name));
}

void
cpu_cost_add_pods (Bench *bench, gboolean is_floor, guint n, CpuCost cost)
{
  CpuClocks clocks;

  cpu_clocks_start (&clocks, bench);
  for (guint i = 0; i < n; i++)
    create (bench, is_floor, i);
  cpu_clocks_stop (&clocks, n, cost);
  for (guint i = 0; i < n; i++)
    remove_it (bench, is_floor, i);
}
