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

static gint64
time_lookup (Bench *bench, Peer peer, const char *member, const char *name)
{
  rounds_let_settle ();
  return connection_time_call (
      bench->bus, connection_new_call (bench->bus, peer, member, g_variant_new ("(s)", name)));
}

static void
run_ours (Bench *bench, guint i, gint64 *ret_usec)
{
  ret_usec[0] = time_lookup (bench, PEER_DAEMON, "GetPod", UID);
}

static void
run_floor (Bench *bench, guint i, gint64 *ret_usec)
{
  ret_usec[0] = time_lookup (bench, PEER_SYSTEMD, "GetUnit", SLICE);
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
