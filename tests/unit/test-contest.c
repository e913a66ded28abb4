/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two writers.
 */
#include "daemon/policy/contest.h"

#define SECOND G_USEC_PER_SEC
#define START (1000 * SECOND)

/* The waits before each repair, if there is always one to be made at once. */
static void
test_fight (void)
{
  static const gint64 waits[] = { 0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300 };
  Contest contest = { 0 };
  gint64 now_usec = START;
  gint64 quiet_usec;

  for (gsize i = 0; i < G_N_ELEMENTS (waits); i++) {
    g_assert_cmpint (contest_get_wait (&contest, now_usec), ==, waits[i] * SECOND);
    g_assert_cmpint (contest_is_on (&contest, &quiet_usec), ==, i >= CONTEST_AT_ONCE);
    now_usec += waits[i] * SECOND;
    g_assert_cmpint (contest_get_wait (&contest, now_usec), ==, 0);
    contest_note_repair (&contest, now_usec);
  }
  g_assert_cmpuint (contest.n_repairs, ==, G_N_ELEMENTS (waits));
}

/* One change in three seconds is somebody who learns. */
static void
test_seldom (void)
{
  Contest contest = { 0 };
  gint64 quiet_usec;

  for (int i = 0; i < 100; i++) {
    gint64 now_usec = START + i * 3 * SECOND;

    g_assert_cmpint (contest_get_wait (&contest, now_usec), ==, 0);
    contest_note_repair (&contest, now_usec);
    g_assert_false (contest_is_on (&contest, &quiet_usec));
  }
}

static void
test_settle (void)
{
  Contest contest = { 0 };
  gint64 quiet_usec = 0;

  g_assert_false (contest_settle (&contest, START));
  for (int i = 0; i < CONTEST_AT_ONCE; i++)
    contest_note_repair (&contest, START + i);
  g_assert_true (contest_is_on (&contest, &quiet_usec));
  g_assert_cmpint (quiet_usec, ==, START + CONTEST_AT_ONCE - 1 + 60 * SECOND);
  g_assert_false (contest_settle (&contest, quiet_usec - 1));
  g_assert_true (contest_settle (&contest, quiet_usec));
  g_assert_false (contest_is_on (&contest, &quiet_usec));
  g_assert_cmpint (contest_get_wait (&contest, quiet_usec), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/contest/fight", test_fight);
  g_test_add_func ("/contest/seldom", test_seldom);
  g_test_add_func ("/contest/settle", test_settle);
  return g_test_run ();
}
