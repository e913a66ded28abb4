/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What gets lost on the way: replies, connections, systemd, the bus and the daemon itself. Whatever
 * it is, an operation ends, and right; there is one unit for a pod, or none.
 */
#include "tests/dbus/calls.h"

#include <string.h>

#define SLICE "machine-burstable-poda.slice"
#define CGROUP "/machine.slice/machine-burstable.slice/" SLICE

static const FakeFaultKind lost_calls[] = { FAKE_FAULT_LOSE_BEFORE, FAKE_FAULT_LOSE_AFTER };
static const FakeFaultKind lost_jobs[] = {
  FAKE_FAULT_LOSE_BEFORE,
  FAKE_FAULT_LOSE_AFTER,
  FAKE_FAULT_LOSE_THE_JOB,
};

static void
add_fault (Fixture *fixture, const char *method, FakeFaultKind kind, guint times, guint msec)
{
  FakeFault fault = {
    .method = method,
    .unit = g_str_equal (method, "Introspect") ? NULL : SLICE,
    .kind = kind,
    .times = times,
    .msec = msec,
    .text = "org.freedesktop.DBus.Error.LimitsExceeded",
  };

  fake_systemd_add_fault (fixture->systemd, &fault);
}

static gboolean
is_ready (Fixture *fixture)
{
  g_autoptr (GVariant) state =
      fixture_get_property (fixture, MANAGER_PATH, NODE_INTERFACE, "State");

  return g_str_equal (g_variant_get_string (state, NULL), "ready");
}

static void
create (Fixture *fixture)
{
  g_autofree char *slice = fixture_must_create (fixture, "a", "{'CPULimit': <'500m'>}");

  g_assert_cmpstr (slice, ==, SLICE);
}

static void
assert_quota (Fixture *fixture, const char *expected)
{
  g_autofree char *quota = fake_kernel_read (fixture->kernel, CGROUP, "cpu.max");

  g_assert_cmpstr (quota, ==, expected);
}

static void
assert_gone (Fixture *fixture)
{
  g_assert_false (fake_systemd_has_unit (fixture->systemd, SLICE));
  g_assert_false (fake_kernel_has_cgroup (fixture->kernel, CGROUP));
  g_assert_false (fixture_has_file (fixture, "a.pod"));
  g_assert_false (fixture_has_file (fixture, "a.removing"));
}

static void
test_lost_in_create (Fixture *fixture, gconstpointer data)
{
  static const char *const methods[] = { "StartTransientUnit", "Get" };

  for (gsize i = 0; i < G_N_ELEMENTS (methods); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (lost_jobs); j++) {
      add_fault (fixture, methods[i], lost_jobs[j], 1, 0);
      create (fixture);
      assert_quota (fixture, "50000 100000");
      g_assert_false (fixture_has_file (fixture, "a.creating"));
      fixture_wait (is_ready (fixture));
      fixture_must_remove (fixture, "a");
      assert_gone (fixture);
    }
}

/* The same again and again. */
static void
test_lost_many_times (Fixture *fixture, gconstpointer data)
{
  add_fault (fixture, "StartTransientUnit", FAKE_FAULT_LOSE_BEFORE, 3, 0);
  add_fault (fixture, "StartTransientUnit", FAKE_FAULT_LOSE_AFTER, 1, 0);
  add_fault (fixture, "GetAll", FAKE_FAULT_LOSE_BEFORE, 2, 0);
  add_fault (fixture, "SetUnitProperties", FAKE_FAULT_LOSE_AFTER, 2, 0);
  create (fixture);
  assert_quota (fixture, "50000 100000");
}

static void
test_lost_in_update (Fixture *fixture, gconstpointer data)
{
  create (fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (lost_calls); i++) {
    g_autofree char *spec = g_strdup_printf ("{'CPULimit': <'%zu'>}", i + 1);
    g_autofree char *expected = g_strdup_printf ("%zu 100000", (i + 1) * 100000);
    g_autoptr (GError) error = NULL;

    add_fault (fixture, "SetUnitProperties", lost_calls[i], 1, 0);
    fixture_update (fixture, "a", spec, &error);
    g_assert_no_error (error);
    assert_quota (fixture, expected);
    g_assert_false (fixture_has_file (fixture, "a.updating"));
    fixture_wait (is_ready (fixture));
  }
}

/* What a property had before it is named for the first time. */
static void
test_lost_in_ask (Fixture *fixture, gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (lost_calls); i++) {
    g_autoptr (GError) error = NULL;

    create (fixture);
    add_fault (fixture, "GetAll", lost_calls[i], 1, 0);
    fixture_update (fixture, "a", "{'SystemdProperties': <[('MemoryZSwapMax', <uint64 4096>)]>}",
                    &error);
    g_assert_no_error (error);
    fixture_wait (is_ready (fixture));
    fixture_must_remove (fixture, "a");
  }
}

static void
test_lost_in_remove (Fixture *fixture, gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (lost_jobs); i++) {
    create (fixture);
    add_fault (fixture, "StopUnit", lost_jobs[i], 1, 0);
    fixture_must_remove (fixture, "a");
    assert_gone (fixture);
    fixture_wait (is_ready (fixture));
  }
}

/* Taking back what was begun may get lost, too. */
static void
test_lost_in_undo (Fixture *fixture, gconstpointer data)
{
  static const char *const methods[] = { "Get", "StopUnit" };
  g_autoptr (GError) error = NULL;

  fake_kernel_ignore_writes (fixture->kernel, SLICE, "cpu.max");
  for (gsize i = 0; i < G_N_ELEMENTS (methods); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (lost_calls); j++) {
      add_fault (fixture, methods[i], lost_calls[j], 1, 0);
      g_assert_null (fixture_create (fixture, "a", "{'CPULimit': <'500m'>}", &error));
      fixture_assert_error (&error, "SystemdFailed", "cpu.max");
      fixture_wait (is_ready (fixture));
      assert_gone (fixture);
      g_assert_false (fixture_has_file (fixture, "a.creating"));
    }
}

static void
add_creates (Calls *calls, guint n)
{
  for (guint i = 0; i < n; i++) {
    g_autofree char *uid = g_strdup_printf ("p%u", i);
    calls_add (calls, "CreatePod", uid, "{'CPULimit': <'1'>, 'MemoryLimit': <'1Gi'>}");
  }
}

static void
delay_all_jobs (Fixture *fixture, guint msec)
{
  FakeFault fault = {
    .method = "StartTransientUnit",
    .kind = FAKE_FAULT_JOB_DELAY,
    .msec = msec,
  };

  fake_systemd_add_fault (fixture->systemd, &fault);
}

static guint
count_started (Fixture *fixture)
{
  return fake_systemd_count_calls (fixture->systemd, "StartTransientUnit", NULL);
}

/* As 'systemctl daemon-reexec' does: jobs go on, and nobody is told of their end. */
static void
test_systemd_restarts (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);

  delay_all_jobs (fixture, 300);
  fake_systemd_forget_calls (fixture->systemd);
  add_creates (calls, 20);
  fixture_wait (count_started (fixture) >= 10);
  fake_systemd_stop_listening (fixture->systemd);
  g_usleep (200000);
  fake_systemd_listen (fixture->systemd);
  calls_wait (calls);
  g_assert_cmpuint (calls_count_successes (calls), ==, 20);
  for (guint i = 0; i < 20; i++) {
    g_autofree char *cgroup = g_strdup_printf ("/machine.slice/machine-podp%u.slice", i);
    g_autofree char *value = fake_kernel_read (fixture->kernel, cgroup, "memory.max");
    g_assert_cmpstr (value, ==, "1073741824");
  }
}

/* Without systemd nothing can be changed, and everything can be read. */
static void
test_without_systemd (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) list = NULL;

  create (fixture);
  fake_systemd_stop_listening (fixture->systemd);
  fixture_wait (!is_ready (fixture));
  g_usleep (3 * G_USEC_PER_SEC);
  g_assert_null (fixture_create (fixture, "b", "{}", &error));
  fixture_assert_error (&error, "NotReady", "systemd");
  g_assert_false (fixture_update (fixture, "a", "{'CPULimit': <'2'>}", &error));
  fixture_assert_error (&error, "NotReady", "systemd");
  g_assert_false (fixture_remove (fixture, "a", &error));
  fixture_assert_error (&error, "NotReady", "systemd");
  list = fixture_call (fixture, "ListPods", NULL, &error);
  g_assert_no_error (error);
  fake_systemd_listen (fixture->systemd);
  fixture_wait (is_ready (fixture));
  fixture_must_remove (fixture, "a");
}

static void
test_first_probe_fails (Fixture *fixture, gconstpointer data)
{
  FakeFaultKind kind = (FakeFaultKind) GPOINTER_TO_INT (data);

  add_fault (fixture, "Introspect", kind, 1, 0);
  fixture_start_daemon (fixture);
  fixture_wait (is_ready (fixture));
}

static void
test_bus_restarts (Fixture *fixture, gconstpointer data)
{
  create (fixture);
  for (guint i = 0; i < 2; i++) {
    fixture_stop_bus (fixture);
    fixture_start_bus (fixture);
    fixture_wait_for_name (fixture);
    g_assert_true (fixture_has_pod_state (fixture, "a", "active"));
  }
  fixture_must_remove (fixture, "a");
}

/* The bus ends while calls are under way, and nobody is there to get the replies. */
static void
test_bus_ends (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);

  delay_all_jobs (fixture, 500);
  calls_add (calls, "CreatePod", "a", "{'CPULimit': <'500m'>}");
  fixture_wait (fake_systemd_count_calls (fixture->systemd, "StartTransientUnit", SLICE) > 0);
  fixture_stop_bus (fixture);
  calls_wait (calls);
  fixture_start_bus (fixture);
  fixture_wait_for_name (fixture);
  create (fixture);
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "StartTransientUnit", SLICE), ==,
                    1);
}

static void
test_window (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);

  delay_all_jobs (fixture, 200);
  add_creates (calls, 130);
  calls_wait (calls);
  g_assert_cmpuint (calls_count_successes (calls), ==, 130);
  g_assert_cmpuint (fake_systemd_get_max_in_flight (fixture->systemd), ==, 64);
}

/* It ends at once, and what it leaves is finished by the next one. */
static void
test_ends_at_work (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);

  delay_all_jobs (fixture, 1000);
  add_creates (calls, 10);
  fixture_wait (fixture_has_file (fixture, "p9.creating"));
  fixture_stop_daemon (fixture);
  calls_wait (calls);
  g_assert_cmpuint (calls_count_successes (calls), ==, 0);
  fake_systemd_clear_faults (fixture->systemd);
  fixture_start_daemon (fixture);
  for (guint i = 0; i < 10; i++) {
    g_autofree char *uid = g_strdup_printf ("p%u", i);
    g_assert_true (fixture_has_pod_state (fixture, uid, "active"));
  }
}

static void
begin (Fixture *fixture, Calls *calls, const char *method, const char *spec, const char *file)
{
  calls_add (calls, method, "a", spec);
  fixture_wait (fixture_has_file (fixture, file));
}

static void
kill_and_start (Fixture *fixture, Calls *calls)
{
  fixture_kill_daemon (fixture);
  calls_wait (calls);
  fake_systemd_clear_faults (fixture->systemd);
  fixture_start_daemon (fixture);
}

static void
test_killed_in_create (Fixture *fixture, gconstpointer data)
{
  static const FakeFaultKind kinds[] = { FAKE_FAULT_JOB_DELAY, FAKE_FAULT_DELAY };

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
    g_autoptr (Calls) calls = calls_new (fixture);

    add_fault (fixture, "StartTransientUnit", kinds[i], 1, 800);
    begin (fixture, calls, "CreatePod", "{'CPULimit': <'500m'>}", "a.creating");
    kill_and_start (fixture, calls);
    g_assert_true (fixture_has_pod_state (fixture, "a", "active"));
    assert_quota (fixture, "50000 100000");
    g_assert_false (fixture_has_file (fixture, "a.creating"));
    create (fixture);
    fixture_must_remove (fixture, "a");
  }
}

static void
test_killed_in_update (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);
  g_autoptr (GVariant) spec = NULL;
  g_autofree char *text = NULL;

  create (fixture);
  add_fault (fixture, "SetUnitProperties", FAKE_FAULT_NO_REPLY, 1, 0);
  begin (fixture, calls, "UpdatePod", "{'CPULimit': <'2'>}", "a.updating");
  kill_and_start (fixture, calls);
  assert_quota (fixture, "200000 100000");
  spec = fixture_get_pod_property (fixture, "a", "Spec");
  text = g_variant_print (spec, FALSE);
  g_assert_cmpstr (text, ==, "{'CPULimit': <uint64 2000>}");
  g_assert_true (fixture_has_pod_state (fixture, "a", "active"));
  g_assert_false (fixture_has_file (fixture, "a.updating"));
}

static void
test_killed_in_remove (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);
  g_autoptr (GVariant) count = NULL;

  create (fixture);
  add_fault (fixture, "StopUnit", FAKE_FAULT_NO_REPLY, 1, 0);
  begin (fixture, calls, "RemovePod", "{}", "a.removing");
  kill_and_start (fixture, calls);
  assert_gone (fixture);
  count = fixture_get_property (fixture, MANAGER_PATH, MANAGER_INTERFACE, "PodCount");
  g_assert_cmpuint (g_variant_get_uint32 (count), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_TEST ("/faults/lost-in-create", test_lost_in_create);
  FIXTURE_TEST ("/faults/lost-many-times", test_lost_many_times);
  FIXTURE_TEST ("/faults/lost-in-update", test_lost_in_update);
  FIXTURE_TEST ("/faults/lost-in-ask", test_lost_in_ask);
  FIXTURE_TEST ("/faults/lost-in-remove", test_lost_in_remove);
  FIXTURE_TEST ("/faults/lost-in-undo", test_lost_in_undo);
  FIXTURE_TEST ("/faults/systemd-restarts", test_systemd_restarts);
  FIXTURE_TEST ("/faults/without-systemd", test_without_systemd);
  g_test_add ("/faults/first-probe-fails", Fixture, GINT_TO_POINTER (FAKE_FAULT_ERROR),
              fixture_set_up_without_daemon, test_first_probe_fails, fixture_tear_down);
  g_test_add ("/faults/first-probe-lost", Fixture, GINT_TO_POINTER (FAKE_FAULT_LOSE_BEFORE),
              fixture_set_up_without_daemon, test_first_probe_fails, fixture_tear_down);
  FIXTURE_TEST ("/faults/bus-restarts", test_bus_restarts);
  FIXTURE_TEST ("/faults/bus-ends", test_bus_ends);
  FIXTURE_TEST ("/faults/window", test_window);
  FIXTURE_TEST ("/faults/ends-at-work", test_ends_at_work);
  FIXTURE_TEST ("/faults/killed-in-create", test_killed_in_create);
  FIXTURE_TEST ("/faults/killed-in-update", test_killed_in_update);
  FIXTURE_TEST ("/faults/killed-in-remove", test_killed_in_remove);
  return g_test_run ();
}
