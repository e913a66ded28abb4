/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * RemovePod. The files of the fake kernel do not wake whoever polls them, so a removal with
 * processes takes as long as the daemon waits for them.
 */
#include "tests/dbus/calls.h"
#include "tests/dbus/container.h"
#include "tests/unit/child.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SLICE "machine-burstable-poda.slice"
#define CGROUP "/machine.slice/machine-burstable.slice/" SLICE
#define OBJECT MANAGER_PATH "/pod/a"

static void
create (Fixture *fixture, const char *uid)
{
  g_autofree char *slice = fixture_must_create (fixture, uid, "{'CPULimit': <'500m'>}");
}

static gboolean
remove_with (Fixture *fixture, const char *uid, const char *options, GError **error)
{
  g_autoptr (Calls) calls = calls_new (fixture);

  calls_add (calls, "RemovePod", uid, options);
  calls_wait (calls);
  *error = calls_get_error (calls, 0);
  return *error == NULL;
}

static void
assert_gone (Fixture *fixture)
{
  static const char *const files[] = { "a.pod", "a.removing", "a.creating", "a.updating" };
  g_autoptr (GError) error = NULL;
  g_autofree char *name = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    g_assert_false (fixture_has_file (fixture, files[i]));
  g_assert_false (fake_systemd_has_unit (fixture->systemd, SLICE));
  g_assert_false (fake_kernel_has_cgroup (fixture->kernel, CGROUP));
  g_assert_null (fixture_call_object (fixture, OBJECT, POD_INTERFACE, "Verify", NULL, &error));
  name = g_dbus_error_get_remote_error (error);
  g_assert_cmpstr (name, ==, "org.freedesktop.DBus.Error.UnknownMethod");
}

static void
assert_still_there (Fixture *fixture)
{
  g_assert_true (fixture_has_pod_state (fixture, "a", "active"));
  g_assert_true (fixture_has_file (fixture, "a.pod"));
  g_assert_false (fixture_has_file (fixture, "a.removing"));
}

static void
test_empty (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  create (fixture, "a");
  fixture_must_remove (fixture, "a");
  assert_gone (fixture);
  g_assert_false (fixture_remove (fixture, "a", &error));
  fixture_assert_error (&error, "NoSuchPod", "a");
  create (fixture, "a");
  fixture_must_remove (fixture, "a");
}

static void
test_object (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;

  create (fixture, "a");
  reply = fixture_call_object (fixture, OBJECT, POD_INTERFACE, "Remove",
                               g_variant_new ("(a{sv})", NULL), &error);
  g_assert_no_error (error);
  assert_gone (fixture);
}

static pid_t
add_process (Fixture *fixture)
{
  return fake_processes_start (fake_kernel_get_processes (fixture->kernel), CGROUP);
}

/* SIGTERM is enough. */
static void
test_grace (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  pid_t first, second;

  create (fixture, "a");
  first = add_process (fixture);
  second = add_process (fixture);
  remove_with (fixture, "a", "{'GracePeriodUSec': <uint64 300000>}", &error);
  g_assert_no_error (error);
  child_wait_killed (first, SIGTERM);
  child_wait_killed (second, SIGTERM);
  assert_gone (fixture);
}

/* Its end, as its signal, while the daemon is another one. A process that is stopped does not end
 * by SIGTERM until it goes on. */
static pid_t
kill_in_grace (Fixture *fixture, const char *options)
{
  g_autoptr (Calls) calls = calls_new (fixture);
  pid_t pid;

  create (fixture, "a");
  pid = add_process (fixture);
  kill (pid, SIGSTOP);
  g_assert_cmpint (waitpid (pid, NULL, WUNTRACED), ==, pid);
  calls_add (calls, "RemovePod", "a", options);
  fixture_wait (fixture_has_pod_state (fixture, "a", "removing"));
  fixture_kill_daemon (fixture);
  fixture_start_daemon (fixture);
  return pid;
}

/* Whoever was promised time has it from the next daemon, too, and the start does not wait. */
static void
test_grace_goes_on (Fixture *fixture, gconstpointer data)
{
  pid_t pid = kill_in_grace (fixture, "{'GracePeriodUSec': <uint64 6000000>}");

  for (guint i = 0; i < 2; i++) {
    g_assert_true (fixture_has_pod_state (fixture, "a", "removing"));
    g_assert_cmpint (waitpid (pid, NULL, WNOHANG), ==, 0);
    fixture_kill_daemon (fixture);
    fixture_start_daemon (fixture);
  }
  kill (pid, SIGCONT);
  child_wait_killed (pid, SIGTERM);
  fixture_wait (!fixture_has_file (fixture, "a.removing"));
  assert_gone (fixture);
}

static void
test_grace_ends (Fixture *fixture, gconstpointer data)
{
  pid_t pid = kill_in_grace (fixture, "{'GracePeriodUSec': <uint64 1500000>}");

  child_wait_killed (pid, SIGKILL);
  fixture_wait (!fixture_has_file (fixture, "a.removing"));
  assert_gone (fixture);
}

/* What was promised once, of a removal that failed, is not for the next one. */
static void
test_grace_is_forgotten (Fixture *fixture, gconstpointer data)
{
  static const FakeFault faults[] = {
    { "StopUnit", SLICE, FAKE_FAULT_ERROR, 0, 0, "org.freedesktop.DBus.Error.AccessDenied" },
    { "StopUnit", SLICE, FAKE_FAULT_JOB_NEVER, 0 },
  };
  g_autoptr (Calls) calls = calls_new (fixture);
  g_autoptr (GError) error = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  create (fixture, "a");
  add_process (fixture);
  fake_systemd_add_fault (fixture->systemd, &faults[0]);
  g_assert_false (remove_with (fixture, "a", "{'GracePeriodUSec': <uint64 300000>}", &error));
  fixture_assert_error (&error, "SystemdFailed", SLICE);
  assert_still_there (fixture);
  before = fixture_read_file (fixture, "a.pod");
  g_assert_nonnull (strstr (before, "GraceEndUSec"));
  fake_systemd_clear_faults (fixture->systemd);
  fake_systemd_add_fault (fixture->systemd, &faults[1]);
  calls_add (calls, "RemovePod", "a", "{}");
  fixture_wait (fixture_has_file (fixture, "a.removing"));
  after = fixture_read_file (fixture, "a.removing");
  g_assert_null (strstr (after, "GraceEndUSec"));
  fixture_kill_daemon (fixture);
  fake_systemd_clear_faults (fixture->systemd);
  fixture_start_daemon (fixture);
  assert_gone (fixture);
}

static void
test_kill (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  pid_t pid;

  create (fixture, "a");
  pid = add_process (fixture);
  remove_with (fixture, "a", "{}", &error);
  g_assert_no_error (error);
  child_wait_killed (pid, SIGKILL);
  assert_gone (fixture);
}

static void
end_immortal (Fixture *fixture, pid_t pid)
{
  kill (pid, SIGKILL);
  child_wait_killed (pid, SIGKILL);
  fake_processes_drop (fake_kernel_get_processes (fixture->kernel), pid);
}

/* What does not end, not even by SIGKILL. */
static void
test_busy (Fixture *fixture, gconstpointer data)
{
  g_autofree char *holder = NULL;
  g_autoptr (GError) error = NULL;
  pid_t pid;

  create (fixture, "a");
  pid = add_process (fixture);
  fake_processes_make_immortal (fake_kernel_get_processes (fixture->kernel), pid);
  g_assert_false (remove_with (fixture, "a", "{}", &error));
  holder = g_strdup_printf ("%d (test-remove, ", (int) pid);
  fixture_assert_error (&error, "Busy", holder);
  assert_still_there (fixture);
  g_assert_null (fixture_call_object (fixture, MANAGER_PATH "/pod/a", POD_INTERFACE, "Remove",
                                      g_variant_new_parsed ("(@a{sv} {},)"), &error));
  fixture_assert_error (&error, "Busy", holder);
  assert_still_there (fixture);
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "StopUnit", SLICE), ==, 0);
  end_immortal (fixture, pid);
  fixture_must_remove (fixture, "a");
  assert_gone (fixture);
}

/* A message has room for ten of them. */
static void
test_many_busy (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  pid_t pids[12];
  guint n_named = 0;

  create (fixture, "a");
  for (gsize i = 0; i < G_N_ELEMENTS (pids); i++) {
    pids[i] = add_process (fixture);
    fake_processes_make_immortal (fake_kernel_get_processes (fixture->kernel), pids[i]);
  }
  g_assert_false (remove_with (fixture, "a", "{}", &error));
  for (gsize i = 0; i < G_N_ELEMENTS (pids); i++) {
    g_autofree char *holder = g_strdup_printf (" %d (test-remove, ", (int) pids[i]);

    n_named += strstr (error->message, holder) != NULL ? 1 : 0;
  }
  g_assert_cmpuint (n_named, ==, 10);
  fixture_assert_error (&error, "Busy", " and 2 more");
  for (gsize i = 0; i < G_N_ELEMENTS (pids); i++)
    end_immortal (fixture, pids[i]);
  fixture_must_remove (fixture, "a");
}

static void
test_arguments (Fixture *fixture, gconstpointer data)
{
  static const char *const bad[] = {
    "{'GracePeriod': <uint64 1>}",
    "{'GracePeriodUSec': <1>}",
    "{'GracePeriodUSec': <uint64 3600000001>}",
  };
  g_autoptr (GError) error = NULL;

  create (fixture, "a");
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_assert_false (remove_with (fixture, "a", bad[i], &error));
    fixture_assert_error (&error, "InvalidArgument", "GracePeriod");
  }
  assert_still_there (fixture);
}

static void
test_stop_fails (Fixture *fixture, gconstpointer data)
{
  FakeFault faults[] = {
    { "StopUnit", SLICE, FAKE_FAULT_ERROR, 0, 0, "org.freedesktop.DBus.Error.AccessDenied" },
    { "StopUnit", SLICE, FAKE_FAULT_JOB_RESULT, 0, 0, "canceled" },
  };
  g_autoptr (GError) error = NULL;

  create (fixture, "a");
  for (gsize i = 0; i < G_N_ELEMENTS (faults); i++) {
    fake_systemd_add_fault (fixture->systemd, &faults[i]);
    g_assert_false (fixture_remove (fixture, "a", &error));
    fixture_assert_error (&error, "SystemdFailed", SLICE);
    assert_still_there (fixture);
    fake_systemd_clear_faults (fixture->systemd);
  }
  fixture_must_remove (fixture, "a");
  assert_gone (fixture);
}

/* systemd 257 and later do not stop what they have frozen. */
static void
test_frozen (Fixture *fixture, gconstpointer data)
{
  FakeFault fault = { "StopUnit", SLICE, FAKE_FAULT_JOB_RESULT, 1, 0, "frozen" };

  create (fixture, "a");
  fake_systemd_add_fault (fixture->systemd, &fault);
  fixture_must_remove (fixture, "a");
  assert_gone (fixture);
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "ThawUnit", SLICE), ==, 1);
}

/* Something else uses the cgroup while it is stopped. */
static void
test_orphan (Fixture *fixture, gconstpointer data)
{
  FakeFault fault = {
    .method = "StopUnit",
    .unit = SLICE,
    .kind = FAKE_FAULT_DELAY,
    .msec = 300,
  };
  g_autoptr (Calls) calls = calls_new (fixture);
  g_autofree char *holder = NULL;
  g_autoptr (GError) error = NULL;
  pid_t pid;

  create (fixture, "a");
  fake_systemd_add_fault (fixture->systemd, &fault);
  calls_add (calls, "RemovePod", "a", "{}");
  fixture_wait (fake_systemd_count_calls (fixture->systemd, "StopUnit", SLICE) > 0);
  g_assert_true (fixture_has_file (fixture, "a.removing"));
  g_assert_false (fixture_has_file (fixture, "a.pod"));
  pid = add_process (fixture);
  calls_wait (calls);
  error = calls_get_error (calls, 0);
  g_assert_nonnull (strstr (error->message, CGROUP));
  holder = g_strdup_printf ("%d (test-remove, ", (int) pid);
  fixture_assert_error (&error, "Busy", holder);
  kill (pid, SIGKILL);
  child_wait_killed (pid, SIGKILL);
}

static void
test_vanished (Fixture *fixture, gconstpointer data)
{
  create (fixture, "a");
  fake_systemd_stop_unit (fixture->systemd, SLICE);
  fixture_must_remove (fixture, "a");
  assert_gone (fixture);
}

/* What the removal stops is not told as what somebody else did. */
static void
test_containers (Fixture *fixture, gconstpointer data)
{
  static const FakeFault fault = { "StopUnit", SLICE, FAKE_FAULT_JOB_DELAY, 1, 300 };
  g_autoptr (Calls) calls = calls_new (fixture);

  create (fixture, "a");
  container_must_create (fixture, "{}");
  fake_systemd_add_fault (fixture->systemd, &fault);
  calls_add (calls, "RemovePod", "a", "{}");
  while (fake_systemd_count_calls (fixture->systemd, "StopUnit", SLICE) == 0)
    fixture_iterate ();
  fake_systemd_stop_unit (fixture->systemd, CONTAINER_UNIT);
  create (fixture, "b");
  g_assert_true (fixture_has_pod_state (fixture, "a", "removing"));
  g_assert_false (join_has_containers (fixture, CONTAINER_VANISHED_));
  calls_wait (calls);
  g_assert_cmpuint (calls_count_successes (calls), ==, 1);
  assert_gone (fixture);
}

static void
test_at_once (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);

  create (fixture, "a");
  for (guint i = 0; i < 20; i++) {
    calls_use_new_client (calls);
    calls_add (calls, "RemovePod", "a", "{}");
  }
  calls_wait (calls);
  g_assert_cmpuint (calls_count_successes (calls), ==, 1);
  for (guint i = 0; i < 20; i++) {
    GError *error = calls_get_error (calls, i);

    if (error != NULL)
      fixture_assert_error (&error, "NoSuchPod", NULL);
  }
  assert_gone (fixture);
}

/* Calls for the same pod are done in the order in which they came. */
static void
test_in_turn (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);

  for (guint i = 0; i < 5; i++) {
    calls_add (calls, "CreatePod", "a", "{'CPULimit': <'1'>}");
    calls_add (calls, "UpdatePod", "a", "{'CPULimit': <'2'>}");
    calls_add (calls, "RemovePod", "a", "{}");
  }
  calls_wait (calls);
  g_assert_cmpuint (calls_count_successes (calls), ==, 15);
  assert_gone (fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_TEST ("/remove/empty", test_empty);
  FIXTURE_TEST ("/remove/object", test_object);
  FIXTURE_TEST ("/remove/grace", test_grace);
  FIXTURE_TEST ("/remove/grace-goes-on", test_grace_goes_on);
  FIXTURE_TEST ("/remove/grace-ends", test_grace_ends);
  FIXTURE_TEST ("/remove/grace-is-forgotten", test_grace_is_forgotten);
  FIXTURE_TEST ("/remove/kill", test_kill);
  FIXTURE_TEST ("/remove/busy", test_busy);
  FIXTURE_TEST ("/remove/many-busy", test_many_busy);
  FIXTURE_TEST ("/remove/arguments", test_arguments);
  FIXTURE_TEST ("/remove/stop-fails", test_stop_fails);
  FIXTURE_TEST ("/remove/frozen", test_frozen);
  FIXTURE_TEST ("/remove/orphan", test_orphan);
  FIXTURE_TEST ("/remove/vanished", test_vanished);
  FIXTURE_TEST ("/remove/containers", test_containers);
  FIXTURE_TEST ("/remove/at-once", test_at_once);
  FIXTURE_TEST ("/remove/in-turn", test_in_turn);
  return g_test_run ();
}
