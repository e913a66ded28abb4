/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JoinPod: the first process of a scope, a further one, and the first one of a leaf that is held;
 * against starting such a unit and AttachProcessesToUnit.
 */
#include "tests/bench/calls.h"
#include "tests/bench/child.h"
#include "tests/bench/floor.h"
#include "tests/bench/rounds.h"

enum { FIRST, FURTHER, CREATE, HELD, N_OPERATIONS };

static gint64
time_join (Bench *bench, const char *uid, const char *name, pid_t pid)
{
  return connection_time_call (bench->bus, calls_new_join_pod (bench->bus, uid, name, &pid, 1));
}

static void
run_ours (Bench *bench, guint i, gint64 *ret_usec)
{
  g_autofree char *uid = g_strdup_printf ("join%u", i);
  pid_t pids[3];

  child_start (pids, G_N_ELEMENTS (pids));
  connection_time_call (bench->bus, calls_new_create_pod (bench->bus, uid));
  rounds_let_rest ();
  ret_usec[FIRST] = time_join (bench, uid, "main", pids[0]);
  rounds_let_settle ();
  ret_usec[FURTHER] = time_join (bench, uid, "main", pids[1]);
  rounds_let_settle ();
  ret_usec[CREATE] =
      connection_time_call (bench->bus, calls_new_create_container (bench->bus, uid, "held"));
  rounds_let_settle ();
  ret_usec[HELD] = time_join (bench, uid, "held", pids[2]);
  child_end (pids, G_N_ELEMENTS (pids));
  connection_time_call (bench->bus, calls_new_remove_pod (bench->bus, uid));
}

/* systemd moves processes into delegated units only, so that the further join has a scope of its
 * own, and the first one is as plain as ours, and the first in its slice as well: for that one
 * systemd has more to do. */
static void
run_floor (Bench *bench, guint i, gint64 *ret_usec)
{
  Connection *bus = bench->bus;
  g_autofree char *slice = g_strdup_printf ("machine-join%u.slice", i);
  g_autofree char *scope = g_strdup_printf ("floor-join%u-main.scope", i);
  g_autofree char *delegated = g_strdup_printf ("floor-join%u-delegated.scope", i);
  g_autofree char *holder = g_strdup_printf ("floor-join%u-held.service", i);
  pid_t pids[4];

  child_start (pids, G_N_ELEMENTS (pids));
  connection_time_job (bus, floor_new_slice (bus, slice));
  rounds_let_rest ();
  ret_usec[FIRST] =
      connection_time_job (bus, floor_new_scope (bus, scope, slice, &pids[1], 1, FALSE));
  connection_time_job (bus, floor_new_scope (bus, delegated, slice, &pids[0], 1, TRUE));
  rounds_let_settle ();
  ret_usec[FURTHER] = connection_time_call (bus, floor_new_attach (bus, delegated, pids[2]));
  rounds_let_settle ();
  ret_usec[CREATE] = connection_time_job (bus, floor_new_holder (bus, holder, slice));
  rounds_let_settle ();
  ret_usec[HELD] = connection_time_call (bus, floor_new_attach (bus, holder, pids[3]));
  child_end (pids, G_N_ELEMENTS (pids));
  connection_time_job (bus, floor_new_stop (bus, slice));
}

static void
run_at (Bench *bench, guint pods)
{
  static const char *const operations[N_OPERATIONS] = {
    [FIRST] = "JoinPod, first of a scope",
    [FURTHER] = "JoinPod, further",
    [CREATE] = "CreateContainer",
    [HELD] = "JoinPod, first of a held leaf",
  };
  static const Aim aims[N_OPERATIONS] = {
    [FIRST] = { AIM_RATIO_AT_MOST, 1.1, 0 },
    [FURTHER] = { AIM_RATIO_AT_MOST, 1.1, 0 },
    [HELD] = { AIM_RATIO_AT_MOST, 1.1, 0 },
  };
  const Rounds rounds = { run_ours, run_floor, N_OPERATIONS, operations, aims };

  rounds_run (bench, &rounds, bench->rounds, pods);
}

const Part part_join = { "join", run_at, NULL };
