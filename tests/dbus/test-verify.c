/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * VerifyPod where reading takes its time: nobody else waits for it, and what is changed meanwhile
 * is no difference.
 */
#include "tests/dbus/calls.h"
#include "tests/dbus/container.h"
#include "tests/dbus/held-file.h"

#define SLOW JOIN_POD "/poda-slow.service"

static void
must_call (Fixture *fixture, const char *method, const char *container, const char *spec)
{
  g_autoptr (GError) error = NULL;

  container_call (fixture, method, container, spec, &error);
  g_assert_no_error (error);
}

static void
assert_all_right (const Calls *calls)
{
  g_autoptr (GVariant) rows = NULL;

  g_assert_cmpuint (calls_count_successes (calls), ==, 1);
  rows = g_variant_get_child_value (calls_get_reply (calls, 0), 0);
  for (gsize i = 0; i < g_variant_n_children (rows); i++) {
    g_autoptr (GVariant) row = g_variant_get_child_value (rows, i);
    g_autofree char *text = g_variant_print (row, FALSE);

    g_test_message ("%s", text);
    g_assert_true (g_str_has_suffix (text, ", true)"));
  }
}

/* Calls for the same pod go on while it is read, and then it is read once more. */
static void
test_slow (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);
  g_autoptr (HeldFile) held = NULL;

  must_call (fixture, "CreateContainer", "slow", "{'PidsLimit': <uint64 7>}");
  must_call (fixture, "CreateContainer", "db", "{'PidsLimit': <uint64 7>}");
  held = held_file_new (fixture, SLOW, "pids.max");
  calls_begin (calls, "VerifyPod", g_variant_new ("(s)", "a"));
  must_call (fixture, "UpdateContainer", "db", "{'PidsLimit': <uint64 8>}");
  g_assert_cmpuint (calls_count_pending (calls), ==, 1);
  g_clear_pointer (&held, held_file_free);
  calls_wait (calls);
  assert_all_right (calls);
}

static void
test_removed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);
  g_autoptr (HeldFile) held = held_file_new (fixture, JOIN_POD, "pids.max");
  g_autoptr (GError) error = NULL;

  calls_begin (calls, "VerifyPod", g_variant_new ("(s)", "a"));
  fixture_must_remove (fixture, "a");
  g_assert_cmpuint (calls_count_pending (calls), ==, 1);
  g_clear_pointer (&held, held_file_free);
  calls_wait (calls);
  error = calls_get_error (calls, 0);
  fixture_assert_error (&error, "NoSuchPod", "'a'");
}

/* Of a container that ends while it is read, no file is said to be missing. */
static void
test_ended (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);
  g_autoptr (HeldFile) held = NULL;
  g_autoptr (GVariantIter) rows = NULL;
  const char *cgroup, *setting, *actual;
  guint n = 0, before;

  must_call (fixture, "CreateContainer", "slow", "{'PidsLimit': <uint64 7>}");
  held = held_file_new (fixture, SLOW, "pids.max");
  before = fixture_count_descriptors (fixture);
  calls_begin (calls, "VerifyPod", g_variant_new ("(s)", "a"));
  fixture_wait (fixture_count_descriptors (fixture) > before);
  fake_kernel_remove_cgroup (fixture->kernel, SLOW);
  g_clear_pointer (&held, held_file_free);
  calls_wait (calls);
  g_assert_cmpuint (calls_count_successes (calls), ==, 1);
  g_variant_get (calls_get_reply (calls, 0), "(a(ssssb))", &rows);
  while (g_variant_iter_next (rows, "(&s&s&s&sb)", &cgroup, &setting, NULL, &actual, NULL)) {
    if (!g_str_equal (cgroup, SLOW))
      continue;
    g_assert_cmpstr (setting, ==, "cgroup");
    g_assert_cmpstr (actual, ==, "missing");
    n++;
  }
  g_assert_cmpuint (n, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  JOIN_TEST ("/verify/slow", test_slow);
  JOIN_TEST ("/verify/removed", test_removed);
  JOIN_TEST ("/verify/ended", test_ended);
  return g_test_run ();
}
