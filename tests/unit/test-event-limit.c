/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How often the same is said.
 */
#include "daemon/event-limit.h"

static void
test_burst (void)
{
  g_autoptr (EventLimit) limit = event_limit_new (100);
  guint suppressed = 9;

  g_assert_true (event_limit_pass (limit, "a", 2, 1000, &suppressed));
  g_assert_cmpuint (suppressed, ==, 0);
  g_assert_true (event_limit_pass (limit, "a", 2, 1001, &suppressed));
  for (int i = 0; i < 5; i++)
    g_assert_false (event_limit_pass (limit, "a", 2, 1002 + i, &suppressed));
  g_assert_true (event_limit_pass (limit, "b", 2, 1010, &suppressed));
  g_assert_cmpuint (suppressed, ==, 0);
  g_assert_false (event_limit_pass (limit, "a", 2, 1099, &suppressed));
  /* The interval is over: what was left out is told once. */
  g_assert_true (event_limit_pass (limit, "a", 2, 1100, &suppressed));
  g_assert_cmpuint (suppressed, ==, 6);
  g_assert_true (event_limit_pass (limit, "a", 2, 1101, &suppressed));
  g_assert_cmpuint (suppressed, ==, 0);
  g_assert_false (event_limit_pass (limit, "a", 2, 1102, &suppressed));
}

/* Who makes up keys gains nothing but that others are told of again. */
static void
test_many_keys (void)
{
  g_autoptr (EventLimit) limit = event_limit_new (100);
  guint suppressed;

  for (int i = 0; i < 5000; i++) {
    g_autofree char *key = g_strdup_printf ("%d", i);

    g_assert_true (event_limit_pass (limit, key, 1, 1000, &suppressed));
    g_assert_false (event_limit_pass (limit, key, 1, 1000, &suppressed));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/event-limit/burst", test_burst);
  g_test_add_func ("/event-limit/many-keys", test_many_keys);
  return g_test_run ();
}
