/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GetLatencies: how long systemd takes, and the daemon.
 */
#include "tests/dbus/fixture.h"

#define SLICE_OF(uid) "machine-besteffort-pod" uid ".slice"

static GVariant *
get_latencies (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      fixture_call_object (fixture, MANAGER_PATH, NODE_INTERFACE, "GetLatencies", NULL, &error);

  g_assert_no_error (error);
  return g_variant_get_child_value (reply, 0);
}

/* What is counted of a kind of calls. */
typedef struct {
  guint64 calls;
  guint64 failures;
  guint64 total_usec;
  guint64 slow; /* of them, took more than a quarter of a second */
} Count;

#define SLOW_USEC 250000

static guint64
count_slow (GVariant *latencies, GVariant *of_kind)
{
  g_autoptr (GVariant) bounds =
      g_variant_lookup_value (latencies, "BoundsUSec", G_VARIANT_TYPE ("at"));
  g_autoptr (GVariant) counts = g_variant_lookup_value (of_kind, "Counts", G_VARIANT_TYPE ("at"));
  gsize n_bounds, n_counts;
  const guint64 *bound = g_variant_get_fixed_array (bounds, &n_bounds, sizeof (guint64));
  const guint64 *count = g_variant_get_fixed_array (counts, &n_counts, sizeof (guint64));
  guint64 slow = count[n_bounds];

  g_assert_cmpuint (n_counts, ==, n_bounds + 1);
  for (gsize i = 0; i < n_bounds; i++)
    if (bound[i] > SLOW_USEC)
      slow += count[i];
  return slow;
}

static Count
count (Fixture *fixture, const char *where, const char *kind)
{
  g_autoptr (GVariant) latencies = get_latencies (fixture);
  g_autoptr (GVariant) all =
      g_variant_lookup_value (latencies, where, G_VARIANT_TYPE ("a{sa{sv}}"));
  g_autoptr (GVariant) of_kind = g_variant_lookup_value (all, kind, G_VARIANT_TYPE_VARDICT);
  Count found = { 0 };

  g_assert_nonnull (of_kind);
  g_assert_true (g_variant_lookup (of_kind, "Calls", "t", &found.calls));
  g_assert_true (g_variant_lookup (of_kind, "Failures", "t", &found.failures));
  g_assert_true (g_variant_lookup (of_kind, "TotalUSec", "t", &found.total_usec));
  found.slow = count_slow (latencies, of_kind);
  return found;
}

/* The time that a job takes counts, for the call of systemd as for the operation. */
static void
test_slow_job (Fixture *fixture, gconstpointer data)
{
  const FakeFault delay = { "StartTransientUnit", SLICE_OF ("a"), FAKE_FAULT_JOB_DELAY, 1, 400 };
  Count before = count (fixture, "Systemd", "StartTransientUnit");
  Count after;
  gint64 begun_usec = g_get_monotonic_time ();

  fake_systemd_add_fault (fixture->systemd, &delay);
  g_free (fixture_must_create (fixture, "a", "{}"));
  after = count (fixture, "Systemd", "StartTransientUnit");
  g_assert_cmpuint (after.calls, >, before.calls);
  g_assert_cmpuint (after.slow, ==, before.slow + 1);
  g_assert_cmpuint (after.total_usec, >=, before.total_usec + 400000);
  g_assert_cmpuint (after.failures, ==, before.failures);
  after = count (fixture, "Operations", "CreatePod");
  g_assert_cmpuint (after.calls, ==, 1);
  g_assert_cmpuint (after.slow, ==, 1);
  g_assert_cmpuint (after.total_usec, >=, 400000);
  g_assert_cmpuint (after.total_usec, <=, (guint64) (g_get_monotonic_time () - begun_usec));
  g_assert_cmpuint (after.failures, ==, 0);
}

static void
test_failure (Fixture *fixture, gconstpointer data)
{
  const FakeFault fault = { "StartTransientUnit", SLICE_OF ("b"), FAKE_FAULT_ERROR, 0, 0, "x.y.Z" };
  Count before = count (fixture, "Systemd", "StartTransientUnit");
  Count after;
  g_autoptr (GError) error = NULL;

  fake_systemd_add_fault (fixture->systemd, &fault);
  g_assert_null (fixture_create (fixture, "b", "{}", &error));
  after = count (fixture, "Systemd", "StartTransientUnit");
  g_assert_cmpuint (after.failures, ==, before.failures + 1);
  after = count (fixture, "Operations", "CreatePod");
  g_assert_cmpuint (after.calls, ==, 1);
  g_assert_cmpuint (after.failures, ==, 1);
}

static void
call_pod (Fixture *fixture, const char *uid, const char *method, const char *arguments)
{
  g_autofree char *path = g_strconcat (MANAGER_PATH "/pod/", uid, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) parsed = g_variant_parse (NULL, arguments, NULL, NULL, &error);
  g_autoptr (GVariant) reply = NULL;

  g_assert_no_error (error);
  reply = fixture_call_object (fixture, path, POD_INTERFACE, method, parsed, &error);
  g_assert_no_error (error);
}

/* A pod's own methods count as what they do; what there was no call of is there, and 0. */
static void
test_kinds (Fixture *fixture, gconstpointer data)
{
  guint64 stops;

  g_free (fixture_must_create (fixture, "a", "{}"));
  g_free (fixture_must_create (fixture, "b", "{}"));
  g_assert_cmpuint (count (fixture, "Systemd", "SetUnitProperties").failures, ==, 0);
  stops = count (fixture, "Systemd", "StopUnit").calls;
  call_pod (fixture, "a", "Update", "({'PidsLimit': <'7'>},)");
  call_pod (fixture, "a", "Remove", "(@a{sv} {},)");
  fixture_must_remove (fixture, "b");
  g_assert_cmpuint (count (fixture, "Operations", "CreatePod").calls, ==, 2);
  g_assert_cmpuint (count (fixture, "Operations", "UpdatePod").calls, ==, 1);
  g_assert_cmpuint (count (fixture, "Operations", "RemovePod").calls, ==, 2);
  g_assert_cmpuint (count (fixture, "Operations", "JoinPod").calls, ==, 0);
  g_assert_cmpuint (count (fixture, "Operations", "other").calls, ==, 0);
  g_assert_cmpuint (count (fixture, "Systemd", "StopUnit").calls, ==, stops + 2);
  g_assert_cmpuint (count (fixture, "Systemd", "SetUnitProperties").calls, >, 0);
  g_assert_cmpuint (count (fixture, "Systemd", "AttachProcessesToUnit").calls, ==, 0);
  g_assert_cmpuint (count (fixture, "Systemd", "other").calls, >, 0);
}

static guint64
get_start (Fixture *fixture)
{
  g_autoptr (GVariant) latencies = get_latencies (fixture);
  guint64 usec;

  g_assert_true (g_variant_lookup (latencies, "StartedUSec", "t", &usec));
  return usec;
}

/* They are those of this daemon: nothing of it outlives the daemon, and the time says so. */
static void
test_start (Fixture *fixture, gconstpointer data)
{
  guint64 first = get_start (fixture);

  g_assert_cmpuint (first, <=, (guint64) g_get_real_time ());
  g_assert_cmpuint (first, >, (guint64) g_get_real_time () - 120 * G_USEC_PER_SEC);
  g_free (fixture_must_create (fixture, "a", "{}"));
  g_assert_cmpuint (get_start (fixture), ==, first);
  fixture_stop_daemon (fixture);
  fixture_start_daemon (fixture);
  g_assert_cmpuint (get_start (fixture), >, first);
  g_assert_cmpuint (count (fixture, "Operations", "CreatePod").calls, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_TEST ("/latencies/slow-job", test_slow_job);
  FIXTURE_TEST ("/latencies/failure", test_failure);
  FIXTURE_TEST ("/latencies/kinds", test_kinds);
  FIXTURE_TEST ("/latencies/start", test_start);
  return g_test_run ();
}
