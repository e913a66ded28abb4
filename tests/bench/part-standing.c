/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the daemon costs by being there: memory, what it does while nothing happens, the time until
 * it has taken over what was there before it, and whether a pod costs it more when there are many.
 */
#include "tests/bench/cpu-cost.h"
#include "tests/bench/fail.h"
#include "tests/bench/floor.h"
#include "tests/bench/process.h"

#include <math.h>
#include <sys/wait.h>
#include <unistd.h>

#define UNIT "nodecgroupsd.service"
#define IDLE_PODS 500
#define MANY_PODS 1000
#define FEW_PODS 10
#define MOST_PODS 2000
#define STARTS_EACH 40
/* What follows from making pods is over when the daemon has used next to nothing for so many
 * seconds. In crowds it takes several. */
#define QUIET_SECONDS 3
#define QUIET_NSEC 500000
#define QUIET_TRIES 120
#define IDLE_FLOOR "/usr/libexec/nodecgroups/tests/bench-idle-floor"
#define POLL_USEC 1000
/* A thread of GLib's own pool ends after 15 idle seconds, and takes its count with it. */
#define THREAD_USEC (20 * G_USEC_PER_SEC)

static pid_t
find_daemon (Bench *bench)
{
  return connection_find_process (bench->bus, PEER_DAEMON);
}

static void
settle (Bench *bench)
{
  pid_t daemon = find_daemon (bench);
  guint quiet = 0;

  process_wait_for_idle_systemd ();
  for (guint i = 0; !bench->is_smoke && quiet < QUIET_SECONDS && i < QUIET_TRIES; i++) {
    gint64 before = process_get_cpu_nsec (daemon);

    g_usleep (G_USEC_PER_SEC);
    quiet = process_get_cpu_nsec (daemon) - before < QUIET_NSEC ? quiet + 1 : 0;
  }
}

static gboolean
is_bootstrapping (Bench *bench)
{
  g_autofree char *state = connection_get_text (bench->bus, PEER_NODE, NULL, "State");

  return g_str_equal (state, "bootstrapping");
}

/* Returns the time from the start until READY=1, and until the checks of the node were made. */
static gint64
time_start (Bench *bench, gint64 *ret_checked_usec)
{
  sd_bus_message *start = connection_new_call (bench->bus, PEER_SYSTEMD, "StartUnit",
                                               g_variant_new ("(ss)", UNIT, "replace"));
  gint64 before, usec;

  connection_time_job (bench->bus, floor_new_stop (bench->bus, UNIT));
  process_wait_for_idle_systemd ();
  before = g_get_monotonic_time ();
  usec = connection_time_job (bench->bus, start);
  while (is_bootstrapping (bench))
    g_usleep (POLL_USEC);
  *ret_checked_usec = g_get_monotonic_time () - before;
  return usec;
}

static void
measure_start (Bench *bench, guint pods, Aim aim)
{
  guint n = MAX (bench->rounds / STARTS_EACH, 1);
  g_auto (Pair) ready;
  g_auto (Pair) checked;

  pair_init (&ready);
  pair_init (&checked);
  for (guint i = 0; i < n; i++) {
    gint64 checked_usec;

    samples_add (&ready.ours, time_start (bench, &checked_usec));
    samples_add (&checked.ours, checked_usec);
  }
  report_add_pair (bench->report, "start until READY=1", pods, &ready, aim);
  report_add_pair (bench->report, "start until the node is checked", pods, &checked,
                   (Aim){ AIM_NONE, 0, 0 });
}

static void
report_value (Bench *bench,
              const char *name,
              guint pods,
              const char *unit,
              double value,
              double floor,
              Aim aim)
{
  Row row = report_new_row (name, pods, 1, unit, value);

  row.floor_p50 = floor;
  row.aim = aim;
  report_add (bench->report, &row);
}

static void
measure_memory (Bench *bench, guint pods, const char *name, const ProcessMemory *floor, Aim aim)
{
  g_autofree char *pss = g_strconcat (name, ", PSS", NULL);
  g_autofree char *private = g_strconcat (name, ", private", NULL);
  const Aim none = { AIM_NONE, 0, 0 };
  ProcessMemory memory;

  settle (bench);
  process_read_memory (find_daemon (bench), &memory);
  report_value (bench, g_intern_string (name), pods, "MiB", memory.rss_mib, floor->rss_mib, aim);
  report_value (bench, g_intern_string (pss), pods, "MiB", memory.pss_mib, floor->pss_mib, none);
  report_value (bench, g_intern_string (private), pods, "MiB", memory.private_mib,
                floor->private_mib, none);
}

/* Of a program that has the libraries and connections of the daemon, and does nothing. */
static void
read_memory_floor (ProcessMemory *ret_memory)
{
  const char *argv[] = { IDLE_FLOOR, NULL };
  g_autoptr (GError) error = NULL;
  char ready;
  int input, output;
  GPid pid;

  if (!g_spawn_async_with_pipes (NULL, (char **) argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
                                 &pid, &input, &output, NULL, &error))
    fail ("%s", error->message);
  if (read (output, &ready, 1) != 1)
    fail (IDLE_FLOOR " has ended");
  process_read_memory (pid, ret_memory);
  close (input);
  waitpid (pid, NULL, 0);
  close (output);
}

static void
measure_idle (Bench *bench, guint pods)
{
  const Aim aim = { AIM_VALUE_AT_MOST, 6, 0 };
  const Aim none = { AIM_NONE, 0, 0 };
  pid_t daemon = find_daemon (bench);
  double minutes = bench->idle_seconds / 60.0;
  guint64 switches;
  gint64 nsec;

  settle (bench);
  g_usleep (bench->is_smoke ? 0 : THREAD_USEC);
  switches = process_count_switches (daemon);
  nsec = process_get_cpu_nsec (daemon);
  g_usleep (bench->idle_seconds * G_USEC_PER_SEC);
  nsec = process_get_cpu_nsec (daemon) - nsec;
  switches = process_count_switches (daemon) - switches;
  report_value (bench, "idle: wake-ups", pods, "/min", (double) switches / minutes, NAN, aim);
  report_value (bench, "idle: CPU", pods, "ms/min", (double) nsec / 1e6 / minutes, NAN, none);
}

static void
set_with_leaves (Bench *bench, guint pods)
{
  population_set (bench->population, pods);
  population_add_leaves (bench->population, pods);
}

static void
measure_cpu (Bench *bench, guint pods, CpuCost cost)
{
  guint n = MAX (bench->rounds / 2, 1);
  CpuCost unused = { 0 };

  population_set (bench->population, pods);
  settle (bench);
  cpu_cost_add_pods (bench, FALSE, MIN (n, bench_get_warm_up (bench)), unused);
  cpu_cost_add_pods (bench, FALSE, n, cost);
}

static void
report_growth (
    Bench *bench, const char *operation, guint pods, double with_few, double with_many, Aim aim)
{
  Row row = report_new_row (operation, pods, MAX (bench->rounds / 2, 1), "ms", with_many);

  row.floor_p50 = with_few;
  row.aim = aim;
  report_add (bench->report, &row);
}

/* The floor of it is the same daemon with few pods, before and after. What the bus does for a pod
 * does not depend on how many there are: by as much the machine is slower. */
static void
measure_growth (Bench *bench, guint pods)
{
  CpuCost few = { 0 }, many = { 0 };

  measure_cpu (bench, bench_scale (bench, FEW_PODS), few);
  measure_cpu (bench, pods, many);
  measure_cpu (bench, bench_scale (bench, FEW_PODS), few);
  report_growth (bench, "CreatePod: CPU, against 10 pods", pods, few[CPU_DAEMON] / 2,
                 many[CPU_DAEMON], (Aim){ AIM_RATIO_AT_MOST, 1.2, 0 });
  report_growth (bench, "CPU of the bus, against 10 pods", pods, few[CPU_BUS] / 2, many[CPU_BUS],
                 (Aim){ AIM_NONE, 0, 0 });
}

static void
run (Bench *bench)
{
  guint some = bench_scale (bench, 100), many = bench_scale (bench, MANY_PODS);
  const Aim none = { AIM_NONE, 0, 0 };
  const ProcessMemory no_floor = { NAN, NAN, NAN };
  ProcessMemory floor;
  gint64 unused;

  population_set (bench->population, 0);
  time_start (bench, &unused);
  read_memory_floor (&floor);
  measure_memory (bench, 0, "memory", &floor, (Aim){ AIM_VALUE_AT_MOST, 8, 0 });
  set_with_leaves (bench, some);
  measure_memory (bench, some, "memory, two leaves each", &no_floor, none);
  set_with_leaves (bench, bench_scale (bench, IDLE_PODS));
  measure_idle (bench, bench_scale (bench, IDLE_PODS));
  set_with_leaves (bench, many);
  measure_memory (bench, many, "memory, two leaves each", &no_floor,
                  (Aim){ AIM_VALUE_AT_MOST, 24, 0 });
  measure_start (bench, many, (Aim){ AIM_VALUE_AT_MOST, 1000, 0 });
  measure_memory (bench, many, "memory, after the start", &no_floor, none);
  measure_growth (bench, bench_scale (bench, MOST_PODS));
  population_set (bench->population, 0);
}

const Part part_standing = { "standing", NULL, run };
