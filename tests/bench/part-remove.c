/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * RemovePod, of an empty pod and of one with processes, against StopUnit and waiting for the job.
 */
#include "tests/bench/calls.h"
#include "tests/bench/child.h"
#include "tests/bench/floor.h"
#include "tests/bench/rounds.h"

#define PROCESSES 10

enum { EMPTY, FULL, N_OPERATIONS };

static void
run_ours (Bench *bench, guint i, gint64 *ret_usec)
{
  g_autofree char *uid = g_strdup_printf ("remove%u", i);
  pid_t pids[PROCESSES];

  connection_time_call (bench->bus, calls_new_create_pod (bench->bus, uid));
  rounds_let_settle ();
  ret_usec[EMPTY] = connection_time_call (bench->bus, calls_new_remove_pod (bench->bus, uid));
  child_start (pids, PROCESSES);
  connection_time_call (bench->bus, calls_new_create_pod (bench->bus, uid));
  connection_time_call (bench->bus, calls_new_join_pod (bench->bus, uid, "main", pids, PROCESSES));
  rounds_let_settle ();
  ret_usec[FULL] = connection_time_call (bench->bus, calls_new_remove_pod (bench->bus, uid));
  child_end (pids, PROCESSES);
}

static void
run_floor (Bench *bench, guint i, gint64 *ret_usec)
{
  Connection *bus = bench->bus;
  g_autofree char *slice = g_strdup_printf ("machine-remove%u.slice", i);
  g_autofree char *scope = g_strdup_printf ("floor-remove%u.scope", i);
  pid_t pids[PROCESSES];

  connection_time_job (bus, floor_new_slice (bus, slice));
  rounds_let_settle ();
  ret_usec[EMPTY] = connection_time_job (bus, floor_new_stop (bus, slice));
  child_start (pids, PROCESSES);
  connection_time_job (bus, floor_new_slice (bus, slice));
  connection_time_job (bus, floor_new_scope (bus, scope, slice, pids, PROCESSES, FALSE));
  rounds_let_settle ();
  ret_usec[FULL] = connection_time_job (bus, floor_new_stop (bus, slice));
  child_end (pids, PROCESSES);
}

static void
run_at (Bench *bench, guint pods)
{
  static const char *const operations[N_OPERATIONS] = {
    [EMPTY] = "RemovePod, empty",
    [FULL] = "RemovePod, with 10 processes",
  };
  static const Aim aims[N_OPERATIONS] = {
    [EMPTY] = { AIM_RATIO_AT_MOST, 1.1, 0 },
    [FULL] = { AIM_RATIO_AT_MOST, 1.1, 0 },
  };
  const Rounds rounds = { run_ours, run_floor, N_OPERATIONS, operations, aims };

  rounds_run (bench, &rounds, bench->rounds, pods);
}

const Part part_remove = { "remove", run_at, NULL };
