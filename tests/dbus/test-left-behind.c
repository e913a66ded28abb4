/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pods of ours of which all that was known is lost: they run on, until they are taken over or
 * removed.
 */
#include "tests/dbus/calls.h"

#include <glib/gstdio.h>
#include <string.h>

#define SLICE "machine-burstable-poda.slice"
#define LEAF "/machine.slice/machine-burstable.slice/" SLICE "/poda-app.scope"

/* It is there, and whoever would change it is told what to do. */
static void
test_seen (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *name = NULL;

  g_free (fixture_must_create (fixture, "a-b", "{'CPULimit': <'1'>}"));
  fixture_stop_daemon (fixture);
  fixture_write_file (fixture, "a-b.pod", "");
  fixture_start_daemon (fixture);
  g_assert_true (fixture_lists (fixture, "'a-b'"));
  g_assert_true (fixture_lists (fixture, "'foreign'"));
  g_assert_false (fixture_update (fixture, "a-b", "{'CPULimit': <'2'>}", &error));
  name = g_dbus_error_get_remote_error (error);
  g_assert_cmpstr (name, ==, "org.freedesktop.DBus.Error.AccessDenied");
  g_assert_nonnull (strstr (error->message, "created again"));
  g_free (fixture_must_create (fixture, "a-b", "{'CPULimit': <'1'>}"));
  g_assert_true (fixture_lists (fixture, "'active'"));
  fixture_must_remove (fixture, "a-b");
  g_assert_cmpuint (fixture_count_pods (fixture), ==, 0);
}

/* A pod "a" with a process, whose file was lost. */
static void
leave_behind (Fixture *fixture)
{
  g_free (fixture_must_create (fixture, "a", "{'CPULimit': <'1'>}"));
  fixture_stop_daemon (fixture);
  fake_kernel_make_cgroup (fixture->kernel, LEAF);
  fake_processes_start (fake_kernel_get_processes (fixture->kernel), LEAF);
  fixture_write_file (fixture, "a.pod", "");
  fixture_start_daemon (fixture);
  fake_systemd_forget_calls (fixture->systemd);
}

/* It is there as before, and its process lives. */
static void
assert_left_behind (Fixture *fixture)
{
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "StopUnit", NULL), ==, 0);
  g_assert_true (fake_systemd_has_unit (fixture->systemd, SLICE));
  g_assert_cmpuint (fake_processes_count (fake_kernel_get_processes (fixture->kernel), LEAF), ==,
                    1);
  g_assert_false (fixture_has_file (fixture, "a.creating"));
  g_assert_false (fixture_has_file (fixture, "a.pod"));
  fixture_wait (fixture_lists (fixture, "'" SLICE "', 'foreign'"));
}

static void
assert_take_over_fails (Fixture *fixture, const char *spec, const char *name)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (fixture_create (fixture, "a", spec, &error));
  fixture_assert_error (&error, name, NULL);
  assert_left_behind (fixture);
}

/* Its file is gone, and so may be its last process: a container shows that it was finished, and
 * that is remembered when the container has ended, too. */
static void
test_file_gone (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_strconcat (fixture->root, "/run/nodecgroups/pods/a.pod", NULL);

  g_free (fixture_must_create (fixture, "a", "{'CPULimit': <'1'>}"));
  fixture_stop_daemon (fixture);
  fake_kernel_make_cgroup (fixture->kernel, LEAF);
  g_assert_cmpint (g_unlink (path), ==, 0);
  fixture_start_daemon (fixture);
  g_assert_true (fake_systemd_has_unit (fixture->systemd, SLICE));
  g_assert_true (fixture_has_pod_state (fixture, "a", "foreign"));
  fixture_stop_daemon (fixture);
  fake_kernel_remove_cgroup (fixture->kernel, LEAF);
  fixture_start_daemon (fixture);
  g_assert_true (fixture_has_pod_state (fixture, "a", "foreign"));
  g_free (fixture_must_create (fixture, "a", "{'CPULimit': <'1'>}"));
  g_assert_true (fixture_has_pod_state (fixture, "a", "active"));
  g_assert_false (fixture_has_file (fixture, "a.pod.bad"));
}

/* As another slice, beside which nobody would see the first one. */
static void
test_class (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  leave_behind (fixture);
  assert_take_over_fails (fixture, "{}", "PodExists");
  g_assert_null (fixture_create (fixture, "a", "{}", &error));
  fixture_assert_error (&error, "PodExists", SLICE ", which is of the class Burstable");
  g_assert_false (fake_systemd_has_unit (fixture->systemd, "machine-besteffort-poda.slice"));
}

/* Whatever fails, and wherever the daemon is killed: what runs there is not what was begun. */
static void
test_take_over_fails (Fixture *fixture, gconstpointer data)
{
  FakeFault refused = {
    "SetUnitProperties", SLICE, FAKE_FAULT_ERROR, 1, 0, "org.freedesktop.DBus.Error.AccessDenied"
  };

  leave_behind (fixture);
  fake_systemd_add_fault (fixture->systemd, &refused);
  assert_take_over_fails (fixture, "{'CPULimit': <'2'>}", "SystemdFailed");
  fake_kernel_ignore_writes (fixture->kernel, SLICE, "cpu.max");
  assert_take_over_fails (fixture, "{'CPULimit': <'2'>}", "SystemdFailed");
  fake_kernel_take_writes (fixture->kernel, SLICE, "cpu.max");
  fake_kernel_ignore_writes (fixture->kernel, "machine-burstable.slice", "cpu.weight");
  assert_take_over_fails (fixture, "{'CPULimit': <'2'>}", "SystemdFailed");
  fake_kernel_take_writes (fixture->kernel, "machine-burstable.slice", "cpu.weight");
  g_free (fixture_must_create (fixture, "a", "{'CPULimit': <'1'>}"));
  g_assert_true (fixture_has_pod_state (fixture, "a", "active"));
  g_assert_cmpuint (fake_processes_count (fake_kernel_get_processes (fixture->kernel), LEAF), ==,
                    1);
}

static void
test_take_over_not_supported (Fixture *fixture, gconstpointer data)
{
  leave_behind (fixture);
  fake_systemd_hide_property (fixture->systemd, "MemorySwapMax");
  assert_take_over_fails (fixture, "{'CPULimit': <'1'>}", "NotSupported");
}

/* Nor is it taken back late. */
static void
test_take_over_times_out (Fixture *fixture, gconstpointer data)
{
  FakeFault silent = { "SetUnitProperties", SLICE, FAKE_FAULT_NO_REPLY, 1, 0, NULL };
  FakeFault unknown = { "Get", SLICE, FAKE_FAULT_NO_REPLY, 1, 0, NULL };
  gint64 end_usec;

  leave_behind (fixture);
  fake_systemd_add_fault (fixture->systemd, &silent);
  fake_systemd_add_fault (fixture->systemd, &unknown);
  assert_take_over_fails (fixture, "{'CPULimit': <'1'>}", "Timeout");
  end_usec = g_get_monotonic_time () + 3 * G_USEC_PER_SEC;
  while (g_get_monotonic_time () < end_usec)
    fixture_iterate ();
  assert_left_behind (fixture);
}

static void
test_take_over_killed (Fixture *fixture, gconstpointer data)
{
  FakeFault slow = { "SetUnitProperties", SLICE, FAKE_FAULT_DELAY, 1, 300, NULL };
  g_autoptr (Calls) calls = calls_new (fixture);

  leave_behind (fixture);
  fake_systemd_add_fault (fixture->systemd, &slow);
  calls_add (calls, "CreatePod", "a", "{'CPULimit': <'2'>}");
  fixture_wait (fake_systemd_count_calls (fixture->systemd, "SetUnitProperties", SLICE) > 0);
  fixture_wait (fixture_has_file (fixture, "a.creating"));
  fixture_kill_daemon (fixture);
  fake_kernel_ignore_writes (fixture->kernel, SLICE, "cpu.max");
  fixture_start_daemon (fixture);
  assert_left_behind (fixture);
}

static void
assert_removed (Fixture *fixture)
{
  g_assert_cmpuint (fixture_count_pods (fixture), ==, 0);
  g_assert_false (fake_systemd_has_unit (fixture->systemd, SLICE));
  g_assert_cmpuint (fake_processes_count (fake_kernel_get_processes (fixture->kernel), LEAF), ==,
                    0);
  g_assert_false (fixture_has_file (fixture, "a.removing"));
  g_assert_false (fixture_has_file (fixture, "a.pod"));
}

/* systemd was away, or did not answer, when it was asked whose it is: it is asked again. */
static void
test_unanswered (Fixture *fixture, gconstpointer data)
{
  static const FakeFaultKind kinds[] = { FAKE_FAULT_LOSE_BEFORE, FAKE_FAULT_NO_REPLY };

  leave_behind (fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
    FakeFault fault = { "Get", SLICE, kinds[i], 2, 0, NULL };

    fixture_stop_daemon (fixture);
    fake_systemd_add_fault (fixture->systemd, &fault);
    fixture_start_daemon (fixture);
    fixture_wait (fixture_lists (fixture, SLICE));
    g_free (fixture_must_create (fixture, "a", "{'CPULimit': <'1'>}"));
    fixture_stop_daemon (fixture);
    fixture_write_file (fixture, "a.pod", "");
    fixture_start_daemon (fixture);
  }
}

/* What was set aside is of no use any more, and would keep what a later creation left. */
static void
test_files (Fixture *fixture, gconstpointer data)
{
  leave_behind (fixture);
  g_assert_true (fixture_has_file (fixture, "a.pod.bad"));
  assert_take_over_fails (fixture, "{}", "PodExists");
  g_assert_true (fixture_has_file (fixture, "a.pod.bad"));
  g_free (fixture_must_create (fixture, "a", "{'CPULimit': <'1'>}"));
  g_assert_false (fixture_has_file (fixture, "a.pod.bad"));
  fixture_must_remove (fixture, "a");
  leave_behind (fixture);
  fixture_must_remove (fixture, "a");
  g_assert_false (fixture_has_file (fixture, "a.pod.bad"));
  fixture_stop_daemon (fixture);
  fake_systemd_start_unit (fixture->systemd, SLICE, "NodeCgroups: pod a");
  fixture_start_daemon (fixture);
  g_assert_false (fake_systemd_has_unit (fixture->systemd, SLICE));
}

/* Whoever wants it gone need not know its spec; also by its object. */
static void
test_remove (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;

  leave_behind (fixture);
  fixture_must_remove (fixture, "a");
  assert_removed (fixture);
  leave_behind (fixture);
  reply = fixture_call_object (fixture, MANAGER_PATH "/pod/a", POD_INTERFACE, "Remove",
                               g_variant_new_parsed ("(@a{sv} {},)"), &error);
  g_assert_no_error (error);
  assert_removed (fixture);
  g_assert_false (fixture_remove (fixture, "a", &error));
  fixture_assert_error (&error, "NoSuchPod", NULL);
}

/* It is left behind again, and another try succeeds; so it is if the daemon is killed. */
static void
test_remove_fails (Fixture *fixture, gconstpointer data)
{
  FakeFault refused = {
    .method = "StopUnit",
    .unit = SLICE,
    .kind = FAKE_FAULT_ERROR,
    .times = 2,
    .text = "org.freedesktop.DBus.Error.AccessDenied",
  };
  FakeFault slow = { "StopUnit", SLICE, FAKE_FAULT_NO_REPLY, 1, 0, NULL };
  g_autoptr (Calls) calls = calls_new (fixture);
  g_autoptr (GError) error = NULL;

  leave_behind (fixture);
  fake_systemd_add_fault (fixture->systemd, &refused);
  g_assert_false (fixture_remove (fixture, "a", &error));
  fixture_assert_error (&error, "SystemdFailed", SLICE);
  g_assert_true (fixture_has_pod_state (fixture, "a", "foreign"));
  g_assert_false (fixture_has_file (fixture, "a.pod"));
  fake_systemd_forget_calls (fixture->systemd);
  fake_systemd_add_fault (fixture->systemd, &slow);
  calls_add (calls, "RemovePod", "a", "{}");
  fixture_wait (fake_systemd_count_calls (fixture->systemd, "StopUnit", SLICE) > 0);
  g_assert_true (fixture_has_pod_state (fixture, "a", "removing"));
  fixture_kill_daemon (fixture);
  fixture_start_daemon (fixture);
  g_assert_true (fixture_has_pod_state (fixture, "a", "foreign"));
  fixture_must_remove (fixture, "a");
  assert_removed (fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_TEST ("/left-behind/seen", test_seen);
  FIXTURE_TEST ("/left-behind/file-gone", test_file_gone);
  FIXTURE_TEST ("/left-behind/class", test_class);
  FIXTURE_TEST ("/left-behind/unanswered", test_unanswered);
  FIXTURE_TEST ("/left-behind/files", test_files);
  FIXTURE_TEST ("/left-behind/remove", test_remove);
  FIXTURE_TEST ("/left-behind/remove-fails", test_remove_fails);
  FIXTURE_TEST ("/left-behind/take-over-fails", test_take_over_fails);
  FIXTURE_TEST ("/left-behind/take-over-not-supported", test_take_over_not_supported);
  FIXTURE_TEST ("/left-behind/take-over-times-out", test_take_over_times_out);
  FIXTURE_TEST ("/left-behind/take-over-killed", test_take_over_killed);
  return g_test_run ();
}
