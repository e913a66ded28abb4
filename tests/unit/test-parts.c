/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pause between two looks is long enough for a rate.
 */
#include "cli/parts.h"

#define REST_USEC (100 * 1000)

static void
test_pause (void)
{
  gint64 begun = g_get_monotonic_time ();

  parts_pause (begun);
  g_assert_cmpint (g_get_monotonic_time () - begun, >=, PARTS_INTERVAL_USEC);
}

/* Also after a first look that took longer. */
static void
test_rest (void)
{
  gint64 before = g_get_monotonic_time ();

  parts_pause (before - G_USEC_PER_SEC);
  g_assert_cmpint (g_get_monotonic_time () - before, >=, REST_USEC);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/parts/pause", test_pause);
  g_test_add_func ("/parts/rest", test_rest);
  return g_test_run ();
}
