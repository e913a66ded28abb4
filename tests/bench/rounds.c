/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two sides that take turns.
 */
#include "tests/bench/rounds.h"

#define SETTLE_USEC 10000
#define REST_USEC 60000

static void
add (Pair *pairs, guint n, const gint64 *ours, const gint64 *floor)
{
  for (guint k = 0; k < n; k++) {
    samples_add (&pairs[k].ours, ours[k]);
    samples_add (&pairs[k].floor, floor[k]);
  }
}

void
rounds_run (Bench *bench, const Rounds *what, guint n, guint pods)
{
  gint64 ours[ROUNDS_MAX_OPERATIONS], floor[ROUNDS_MAX_OPERATIONS];
  Pair pairs[ROUNDS_MAX_OPERATIONS];
  guint warm_up = bench_get_warm_up (bench);

  for (guint k = 0; k < what->n_operations; k++)
    pair_init (&pairs[k]);
  for (guint i = 0; i < n + warm_up; i++) {
    if (i % 2 == 0)
      what->floor (bench, i, floor);
    what->ours (bench, i, ours);
    if (i % 2 != 0)
      what->floor (bench, i, floor);
    if (i >= warm_up)
      add (pairs, what->n_operations, ours, floor);
  }
  for (guint k = 0; k < what->n_operations; k++) {
    report_add_pair (bench->report, what->operations[k], pods, &pairs[k], what->aims[k]);
    pair_clear (&pairs[k]);
  }
}

void
rounds_let_settle (void)
{
  g_usleep (SETTLE_USEC);
}

void
rounds_let_rest (void)
{
  g_usleep (REST_USEC);
}
