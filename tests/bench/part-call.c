/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A call that only looks something up, against one of systemd that does the same: what every call
 * has in it.
 */
#include "tests/bench/calls.h"
#include "tests/bench/floor.h"
#include "tests/bench/rounds.h"

#define UID "call"
#define SLICE "machine-podcall.slice"

static void
run_ours (Bench *bench, guint i, gint64 *ret_usec)
{
  rounds_let_settle ();
  ret_usec[0] =
      connection_time_call (bench->bus, connection_new_call (bench->bus, PEER_DAEMON, "GetPod",
                                                             g_variant_new ("(s)", UID)));
}

static void
run_floor (Bench *bench, guint i, gint64 *ret_usec)
{
  rounds_let_settle ();
  ret_usec[0] =
      connection_time_call (bench->bus, connection_new_call (bench->bus, PEER_SYSTEMD, "GetUnit",
                                                             g_variant_new ("(s)", SLICE)));
}

static void
run_at (Bench *bench, guint pods)
{
  static const char *const operations[] = { "GetPod, against GetUnit" };
  static const Aim aims[] = { { AIM_NONE } };
  const Rounds rounds = { run_ours, run_floor, G_N_ELEMENTS (operations), operations, aims };

  connection_time_call (bench->bus, calls_new_create_pod (bench->bus, UID));
  rounds_run (bench, &rounds, bench->rounds, pods);
  connection_time_call (bench->bus, calls_new_remove_pod (bench->bus, UID));
}

const Part part_call = { "call", run_at, NULL };
