/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Many clients at once, against one program that has nothing but systemd's private socket and a
 * window of calls there.
 */
#include "tests/bench/bench.h"
#include "tests/bench/burst.h"
#include "tests/bench/calls.h"
#include "tests/bench/fail.h"
#include "tests/bench/floor.h"
#include "tests/bench/process.h"

#define CLIENTS 16
#define PODS 500
#define WINDOW 64
#define PRESENT 10
#define MAX_ROUNDS 10
/* A full run, of 200 rounds, has five. */
#define ROUNDS_EACH 40

typedef struct {
  Connection *clients[CLIENTS];
  Connection *floor;
  guint n_pods;
  guint n_errors; /* of ours */
  guint n_floor_errors;
} Load;

static sd_bus_message *
new_create (Connection *connection, guint i, gpointer user_data)
{
  g_autofree char *uid = g_strdup_printf ("load%u", i);

  return calls_new_create_pod (connection, uid);
}

static sd_bus_message *
new_remove (Connection *connection, guint i, gpointer user_data)
{
  g_autofree char *uid = g_strdup_printf ("load%u", i);

  return calls_new_remove_pod (connection, uid);
}

static sd_bus_message *
new_slice (Connection *connection, guint i, gpointer user_data)
{
  g_autofree char *slice = g_strdup_printf ("machine-load%u.slice", i);

  return floor_new_slice (connection, slice);
}

static sd_bus_message *
new_stop (Connection *connection, guint i, gpointer user_data)
{
  g_autofree char *slice = g_strdup_printf ("machine-load%u.slice", i);

  return floor_new_stop (connection, slice);
}

/* Each client sends all of its share at once. */
static gint64
run_ours (Load *load)
{
  const Burst create = { "CreatePod", load->n_pods, load->n_pods, FALSE, new_create, NULL };
  const Burst remove = { "RemovePod", load->n_pods, WINDOW, FALSE, new_remove, NULL };
  guint n_errors, n_not_removed;
  gint64 usec;

  process_wait_for_idle_systemd ();
  usec = burst_run (&create, load->clients, CLIENTS, &n_errors);
  burst_run (&remove, load->clients, CLIENTS, &n_not_removed);
  if (n_not_removed > n_errors)
    fail ("RemovePod: %u calls failed", n_not_removed);
  load->n_errors += n_errors;
  return usec;
}

static gint64
run_floor (Load *load)
{
  const Burst start = { "StartTransientUnit", load->n_pods, WINDOW, TRUE, new_slice, NULL };
  const Burst stop = { "StopUnit", load->n_pods, WINDOW, TRUE, new_stop, NULL };
  guint n_errors, n_not_stopped;
  gint64 usec;

  process_wait_for_idle_systemd ();
  usec = burst_run (&start, &load->floor, 1, &n_errors);
  burst_run (&stop, &load->floor, 1, &n_not_stopped);
  if (n_not_stopped > n_errors)
    fail ("StopUnit: %u calls failed", n_not_stopped);
  load->n_floor_errors += n_errors;
  return usec;
}

static double
to_throughput (const Load *load, const Samples *samples)
{
  return load->n_pods / samples_get_percentile (samples, 50) * G_USEC_PER_SEC;
}

static void
report (Bench *bench, const Load *load, guint pods, const Pair *pair)
{
  guint n = pair->ours.usec->len;
  Row row = report_new_row ("16 clients: CreatePod", pods, n, "pods/s",
                            to_throughput (load, &pair->ours));
  Row errors = report_new_row ("16 clients: errors", pods, n, "", load->n_errors);

  row.floor_p50 = to_throughput (load, &pair->floor);
  row.aim = (Aim){ AIM_RATIO_AT_LEAST, 0.9, 0 };
  errors.floor_p50 = load->n_floor_errors;
  errors.aim = (Aim){ AIM_VALUE_AT_MOST, 0, 0 };
  report_add (bench->report, &row);
  report_add (bench->report, &errors);
  /* What was refused took no time: the throughput says nothing then. */
  if (load->n_errors + load->n_floor_errors > 0)
    fail ("of %u creations in each of %u rounds %u failed, and %u of the floor's", load->n_pods, n,
          load->n_errors, load->n_floor_errors);
}

static void
run (Bench *bench)
{
  guint pods = bench_scale (bench, PRESENT);
  guint rounds = CLAMP (bench->rounds / ROUNDS_EACH, 1, MAX_ROUNDS);
  Load load = { .n_pods = bench_scale (bench, PODS), .floor = connection_open_private () };
  g_auto (Pair) pair;

  pair_init (&pair);
  for (guint i = 0; i < CLIENTS; i++)
    load.clients[i] = connection_open_system ();
  population_set (bench->population, pods);
  for (guint i = 0; i < rounds; i++) {
    gint64 floor = i % 2 == 0 ? run_floor (&load) : 0;

    samples_add (&pair.ours, run_ours (&load));
    samples_add (&pair.floor, i % 2 == 0 ? floor : run_floor (&load));
  }
  report (bench, &load, pods, &pair);
  for (guint i = 0; i < CLIENTS; i++)
    connection_free (load.clients[i]);
  connection_free (load.floor);
}

const Part part_load = { "load", NULL, run };
