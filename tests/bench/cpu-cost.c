/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The CPU time of one pod.
 */
#include "tests/bench/cpu-cost.h"

#include "tests/bench/calls.h"
#include "tests/bench/floor.h"
#include "tests/bench/process.h"

#include <unistd.h>

#define NSEC_PER_MSEC 1e6

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
cpu_cost_add (Bench *bench, gboolean is_floor, guint n, CpuCost cost)
{
  const pid_t pids[N_CPU_COSTS] = {
    [CPU_SYSTEMD] = 1,
    [CPU_BUS] = connection_find_process (bench->bus, PEER_BUS),
    [CPU_DAEMON] = connection_find_process (bench->bus, PEER_DAEMON),
    [CPU_CLIENT] = getpid (),
  };
  gint64 before[N_CPU_COSTS];

  process_wait_for_idle_systemd ();
  for (guint k = 0; k < N_CPU_COSTS; k++)
    before[k] = process_get_cpu_nsec (pids[k]);
  for (guint i = 0; i < n; i++)
    create (bench, is_floor, i);
  process_wait_for_idle_systemd ();
  for (guint k = 0; k < N_CPU_COSTS; k++)
    cost[k] += (double) (process_get_cpu_nsec (pids[k]) - before[k]) / NSEC_PER_MSEC / n;
  for (guint i = 0; i < n; i++)
    remove_it (bench, is_floor, i);
}
