/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What makes systemd slow when it has many slices: the floor against itself, without the daemon. A
 * thousand slices are side by side under one parent, and a thousand under 32 parents; then one more
 * is started and stopped, in turn with one of another place, other properties or another order.
 */
#include "tests/bench/burst.h"
#include "tests/bench/cpu-cost.h"
#include "tests/bench/floor.h"
#include "tests/bench/process.h"
#include "tests/bench/rounds.h"

#define SLICES 1000
#define PARENTS 32
#define WINDOW 64
/* Behind all that are present. */
#define FIRST_NEW 100000

typedef char *(*NewName) (guint i);
typedef gint64 (*Start) (Bench *bench, const char *slice);

/* (transfer full) */
static char *
new_flat_name (guint i)
{
  return g_strdup_printf ("layoutflat-s%u.slice", i);
}

/* (transfer full): its parent starts with the first of it */
static char *
new_deep_name (guint i)
{
  return g_strdup_printf ("layoutdeep-p%u-s%u.slice", i % PARENTS, i);
}

/* (transfer full): beside none */
static char *
new_lone_name (guint i)
{
  return g_strdup_printf ("layoutlone-s%u.slice", i);
}

static gint64
start_whole (Bench *bench, const char *slice)
{
  return connection_time_job (bench->bus, floor_new_slice (bench->bus, slice));
}

static gint64
start_bare (Bench *bench, const char *slice)
{
  return connection_time_job (bench->bus,
                              floor_new_slice_of (bench->bus, slice, FLOOR_DEPENDENCIES));
}

static gint64
start_without_dependencies (Bench *bench, const char *slice)
{
  return connection_time_job (bench->bus, floor_new_slice_of (bench->bus, slice, FLOOR_LIMITS));
}

static gint64
start_and_limit (Bench *bench, const char *slice)
{
  gint64 usec = start_bare (bench, slice);

  return usec + connection_time_call (bench->bus, floor_new_limits (bench->bus, slice));
}

typedef struct {
  const char *operations[2]; /* started, stopped */
  NewName new_name;
  Start start;
} Layout;

static const Layout flat = { { NULL, NULL }, new_flat_name, start_whole };

static const Layout others[] = {
  { { "slice: beside none", "slice stopped: beside none" }, new_lone_name, start_whole },
  { { "slice: under one of 32 parents", "slice stopped: under one of 32 parents" },
    new_deep_name,
    start_whole },
  { { "slice: no limits", "slice stopped: no limits" }, new_flat_name, start_bare },
  { { "slice: no DefaultDependencies", "slice stopped: no DefaultDependencies" },
    new_flat_name,
    start_without_dependencies },
  { { "slice: limits after the start", "slice stopped: limits after the start" },
    new_flat_name,
    start_and_limit },
};

/* RoundSide has no data of its own. */
static const Layout *other;

static void
run_layout (Bench *bench, const Layout *layout, guint i, gint64 *ret_usec)
{
  g_autofree char *slice = layout->new_name (FIRST_NEW + i);

  ret_usec[0] = layout->start (bench, slice);
  rounds_let_settle ();
  ret_usec[1] = connection_time_job (bench->bus, floor_new_stop (bench->bus, slice));
  rounds_let_settle ();
}

static void
run_other (Bench *bench, guint i, gint64 *ret_usec)
{
  run_layout (bench, other, i, ret_usec);
}

static void
run_flat (Bench *bench, guint i, gint64 *ret_usec)
{
  run_layout (bench, &flat, i, ret_usec);
}

static sd_bus_message *
new_start (Connection *connection, guint i, gpointer user_data)
{
  NewName new_name = user_data;
  g_autofree char *slice = new_name (i);

  return floor_new_slice (connection, slice);
}

static sd_bus_message *
new_stop (Connection *connection, guint i, gpointer user_data)
{
  const char *const *slices = user_data;

  return floor_new_stop (connection, slices[i]);
}

static void
run (Bench *bench)
{
  static const char *const parents[] = { "layoutflat.slice", "layoutdeep.slice",
                                         "layoutlone.slice" };
  const Aim aims[2] = { { AIM_NONE, 0, 0 }, { AIM_NONE, 0, 0 } };
  guint n = bench_scale (bench, SLICES);
  const Burst make_flat = { "StartTransientUnit", n, WINDOW, TRUE, new_start, new_flat_name };
  const Burst make_deep = { "StartTransientUnit", n, WINDOW, TRUE, new_start, new_deep_name };
  const Burst stop = { "StopUnit", G_N_ELEMENTS (parents), 1, TRUE, new_stop, (gpointer) parents };
  g_autoptr (Connection) systemd = connection_open_private ();

  population_set (bench->population, 0);
  burst_run_all (&make_flat, systemd);
  burst_run_all (&make_deep, systemd);
  process_wait_for_idle_systemd ();
  for (guint k = 0; k < G_N_ELEMENTS (others); k++) {
    const Rounds rounds = { run_other, run_flat, 2, others[k].operations, aims };

    other = &others[k];
    rounds_run (bench, &rounds, MAX (bench->rounds / 2, 1), n);
  }
  burst_run_all (&stop, systemd);
}

const Part part_layout = { "layout", NULL, run };
