/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * More than the daemon takes on: what is within the limits goes through, and what is beyond them
 * is refused at once, not left to wait.
 */
#include "daemon/quota.h"
#include "tests/dbus/calls.h"

#include <string.h>

#define N_CLIENTS 16
#define N_PODS 500

static void
delay_jobs (Fixture *fixture, guint msec)
{
  FakeFault fault = { .method = "StartTransientUnit", .kind = FAKE_FAULT_JOB_DELAY, .msec = msec };

  fake_systemd_add_fault (fixture->systemd, &fault);
}

static void
add_creates (Calls *calls, const char *prefix, guint n)
{
  for (guint i = 0; i < n; i++) {
    g_autofree char *uid = g_strdup_printf ("%s%u", prefix, i);

    calls_add (calls, "CreatePod", uid, "{'PidsLimit': <uint64 10>}");
  }
}

/* Cgroups with few files: the fake systemd writes them all, and is to be in nobody's way here. */
static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture_set_up_without_daemon (fixture, data);
  fake_kernel_set_controllers (fixture->kernel, "pids");
  fixture_start_daemon (fixture);
}

/* All that are refused say so, and which limit it is. */
static guint
count_refused (const Calls *calls, guint first, guint n, const char *text)
{
  guint n_refused = 0;

  for (guint i = first; i < first + n; i++) {
    GError *error = calls_get_error (calls, i);

    if (error == NULL)
      continue;
    fixture_assert_error (&error, "LimitExceeded", text);
    n_refused++;
  }
  return n_refused;
}

static void
test_clients (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);

  for (guint i = 0; i < N_CLIENTS; i++) {
    g_autofree char *prefix = g_strdup_printf ("c%u-", i);

    calls_use_new_client (calls);
    add_creates (calls, prefix, N_PODS / N_CLIENTS + 1);
  }
  calls_wait (calls);
  g_assert_cmpuint (calls_count_successes (calls), ==, (N_PODS / N_CLIENTS + 1) * N_CLIENTS);
}

static void
test_one_client (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);

  add_creates (calls, "p", N_PODS);
  calls_wait (calls);
  g_assert_cmpuint (calls_count_successes (calls), ==, N_PODS);
}

/* Calls that wait for a turn of one pod, of which the first takes its time. */
static void
add_waiting (Calls *calls, guint n)
{
  for (guint i = 0; i < n; i++)
    calls_add (calls, "CreatePod", "a", "{'CPULimit': <'1'>}");
}

static void
test_queue (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);
  guint n_over = 200;
  guint n = QUOTA_PER_CONNECTION + n_over;
  gint64 begin;

  delay_jobs (fixture, 4000);
  begin = g_get_monotonic_time ();
  add_waiting (calls, n);
  while (calls_count_pending (calls) > QUOTA_PER_CONNECTION)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 3 * G_USEC_PER_SEC);
  g_assert_cmpuint (count_refused (calls, QUOTA_PER_CONNECTION, n_over, "the connection"), ==,
                    n_over);
  /* Somebody else is served meanwhile. */
  calls_use_new_client (calls);
  calls_begin (calls, "ListPods", NULL);
  calls_add (calls, "RemovePod", "b", "{}");
  while (calls_count_pending (calls) > QUOTA_PER_CONNECTION)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 3 * G_USEC_PER_SEC);
  calls_wait (calls);
  g_assert_cmpuint (calls_count_successes (calls), ==, QUOTA_PER_CONNECTION + 1);
}

static void
test_large (Fixture *fixture, gconstpointer data)
{
  g_autofree char *label = g_strnfill (QUOTA_CALL_BYTES, 'x');
  g_autofree char *spec = g_strdup_printf ("{'Labels': <{'a': '%s'}>}", label);
  g_autoptr (GError) error = NULL;

  g_assert_null (fixture_create (fixture, "a", spec, &error));
  fixture_assert_error (&error, "LimitExceeded", "bytes");
  g_assert_false (fixture_has_file (fixture, "a.creating"));
}

/* The worker is held up by nobody, so that they come and go; none may fail. */
static void
test_reads (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);
  g_autofree char *slice = fixture_must_create (fixture, "a", "{}");

  for (guint i = 0; i < QUOTA_PER_CONNECTION; i++)
    calls_add (calls, "GetPodStats", "a", "{}");
  calls_wait (calls);
  g_assert_cmpuint (calls_count_successes (calls), ==, QUOTA_PER_CONNECTION);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/load/clients", Fixture, NULL, set_up, test_clients, fixture_tear_down);
  g_test_add ("/load/one-client", Fixture, NULL, set_up, test_one_client, fixture_tear_down);
  FIXTURE_TEST ("/load/queue", test_queue);
  FIXTURE_TEST ("/load/large", test_large);
  FIXTURE_TEST ("/load/reads", test_reads);
  return g_test_run ();
}
