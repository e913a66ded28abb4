/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Containers when something gets lost: replies, connections, the daemon between two steps. In the
 * end each operation is done, or was never begun.
 */
#include "tests/dbus/calls.h"
#include "tests/dbus/container.h"
#include "tests/unit/child.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#define SPEC "{'MemoryLimit': <'64Mi'>}"

static void
restart (Fixture *fixture)
{
  fixture_kill_daemon (fixture);
  fixture_start_daemon (fixture);
}

static void
add_fault (Fixture *fixture, const char *method, FakeFaultKind kind, guint times)
{
  FakeFault fault = {
    method, CONTAINER_UNIT, kind, times, 300, "org.freedesktop.DBus.Error.Failed"
  };

  fake_systemd_add_fault (fixture->systemd, &fault);
}

/* Empty or with processes, joined or not: known again, and systemd is asked for nothing. */
static void
test_known_again (Fixture *fixture, gconstpointer data)
{
  pid_t first = join_start_process (fixture);
  pid_t second = join_start_process (fixture);
  g_autoptr (GError) error = NULL;

  container_must_create (fixture, SPEC);
  for (guint i = 0; i < 2; i++) {
    fake_systemd_forget_calls (fixture->systemd);
    restart (fixture);
    g_assert_true (join_has_containers (fixture, CONTAINER_IS ("active")));
    container_must_create (fixture, SPEC);
    container_must_fail (fixture, "CreateContainer", "db", "{}", "ContainerExists", NULL);
    g_assert_cmpuint (
        fake_systemd_count_calls (fixture->systemd, "StartTransientUnit", CONTAINER_UNIT), ==, 0);
    g_assert_cmpuint (
        fake_systemd_count_calls (fixture->systemd, "SetUnitProperties", CONTAINER_UNIT), ==, 0);
    container_assert_verified (fixture);
    if (i == 0)
      join_one (fixture, "db", first, "{}");
  }
  join_end_process (fixture, first);
  join_one (fixture, "db", second, "{}");
  restart (fixture);
  join_end_process (fixture, second);
  fixture_wait (
      fake_processes_count (fake_kernel_get_processes (fixture->kernel), CONTAINER_CGROUP) == 0);
  g_assert_true (join_has_containers (fixture, CONTAINER_IS ("active")));
  container_must (fixture, "RemoveContainer", "{}");
  container_assert_gone (fixture);
  restart (fixture);
  container_assert_gone (fixture);
}

static void
test_delegated_again (Fixture *fixture, gconstpointer data)
{
  static const char spec[] = "{'Delegate': <true>, 'User': <'65534'>}";

  container_must_create (fixture, spec);
  restart (fixture);
  container_must_create (fixture, spec);
  container_must_fail (fixture, "CreateContainer", "db", "{}", "ContainerExists", NULL);
}

static void
test_updated_again (Fixture *fixture, gconstpointer data)
{
  container_must_create (fixture, SPEC);
  container_must (fixture, "UpdateContainer", "{'PidsLimit': <'9'>}");
  restart (fixture);
  container_must_create (fixture, "{'MemoryLimit': <'64Mi'>, 'PidsLimit': <'9'>}");
  container_assert_file (fixture, "pids.max", "9");
  container_assert_verified (fixture);
}

/* Begins a call, and kills the daemon when systemd has been asked. What systemd does then is done
 * before the next daemon, or not at all. */
static void
kill_in_call (Fixture *fixture,
              const char *method,
              const char *dictionary,
              const char *asked,
              FakeFaultKind kind)
{
  g_autoptr (Calls) calls = calls_new (fixture);

  fake_systemd_forget_calls (fixture->systemd);
  add_fault (fixture, asked, kind, 1);
  calls_begin (calls, method, container_arguments ("db", dictionary));
  fixture_wait (fake_systemd_count_calls (fixture->systemd, asked, CONTAINER_UNIT) > 0);
  fixture_kill_daemon (fixture);
  calls_wait (calls);
  g_assert_cmpuint (calls_count_successes (calls), ==, 0);
  g_usleep (400 * 1000);
}

static const FakeFaultKind undone_or_done[] = { FAKE_FAULT_NO_REPLY, FAKE_FAULT_DELAY };

static void
test_killed_in_create (Fixture *fixture, gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (undone_or_done); i++) {
    kill_in_call (fixture, "CreateContainer", SPEC, "StartTransientUnit", undone_or_done[i]);
    fixture_start_daemon (fixture);
    /* What was begun is finished, or a unit would be left that nobody knows. */
    g_assert_true (join_has_containers (fixture, CONTAINER_IS ("active")));
    container_assert_verified (fixture);
    container_must_create (fixture, SPEC);
    container_assert_file (fixture, "memory.max", "67108864");
    container_must (fixture, "RemoveContainer", "{}");
  }
}

/* What cannot be finished is taken back. */
static void
test_killed_and_undone (Fixture *fixture, gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (undone_or_done); i++) {
    kill_in_call (fixture, "CreateContainer", SPEC, "StartTransientUnit", undone_or_done[i]);
    fake_kernel_ignore_writes (fixture->kernel, CONTAINER_UNIT, "memory.max");
    fixture_start_daemon (fixture);
    container_assert_gone (fixture);
    fake_kernel_take_writes (fixture->kernel, CONTAINER_UNIT, "memory.max");
    container_must_create (fixture, SPEC);
    container_must (fixture, "RemoveContainer", "{}");
  }
}

static void
test_killed_in_update (Fixture *fixture, gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (undone_or_done); i++) {
    container_must_create (fixture, SPEC);
    kill_in_call (fixture, "UpdateContainer", "{'PidsLimit': <'9'>}", "SetUnitProperties",
                  undone_or_done[i]);
    fixture_start_daemon (fixture);
    container_assert_file (fixture, "pids.max", "9");
    container_assert_verified (fixture);
    container_must_create (fixture, "{'MemoryLimit': <'64Mi'>, 'PidsLimit': <'9'>}");
    container_must (fixture, "RemoveContainer", "{}");
  }
}

static void
test_killed_in_failing_update (Fixture *fixture, gconstpointer data)
{
  container_must_create (fixture, SPEC);
  fake_kernel_ignore_writes (fixture->kernel, CONTAINER_UNIT, "pids.max");
  kill_in_call (fixture, "UpdateContainer", "{'PidsLimit': <'9'>, 'MemoryLimit': <'32Mi'>}",
                "SetUnitProperties", FAKE_FAULT_DELAY);
  container_assert_file (fixture, "memory.max", "33554432");
  fixture_start_daemon (fixture);
  container_assert_file (fixture, "memory.max", "67108864");
  container_assert_verified (fixture);
  container_must_create (fixture, SPEC);
}

static void
kill_in_update_of_joined (Fixture *fixture, pid_t pid)
{
  g_autoptr (Calls) calls = calls_new (fixture);
  FakeFault fault = { "SetUnitProperties", JOIN_APP, FAKE_FAULT_NO_REPLY, 1, 0, NULL };

  join_one (fixture, "app", pid, "{}");
  fake_systemd_add_fault (fixture->systemd, &fault);
  fake_systemd_forget_calls (fixture->systemd);
  calls_begin (calls, "UpdateContainer", container_arguments ("app", "{'PidsLimit': <'9'>}"));
  fixture_wait (fake_systemd_count_calls (fixture->systemd, "SetUnitProperties", JOIN_APP) > 0);
  fixture_kill_daemon (fixture);
}

/* One that came by a join is updated to the end, too, if it is there. */
static void
test_killed_in_update_of_joined (Fixture *fixture, gconstpointer data)
{
  pid_t pid = join_start_process (fixture);
  g_autofree char *value = NULL;

  kill_in_update_of_joined (fixture, pid);
  fixture_start_daemon (fixture);
  container_assert_verified (fixture);
  value = fake_kernel_read (fixture->kernel, JOIN_POD "/" JOIN_APP, "pids.max");
  g_assert_cmpstr (value, ==, "9");
  join_end_process (fixture, pid);
  fixture_wait (join_has_containers (fixture, "[]"));

  pid = join_start_process (fixture);
  kill_in_update_of_joined (fixture, pid);
  join_end_process (fixture, pid);
  while (fake_systemd_has_unit (fixture->systemd, JOIN_APP))
    g_usleep (1000);
  fixture_start_daemon (fixture);
  container_assert_gone (fixture);
}

static void
test_killed_in_remove (Fixture *fixture, gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (undone_or_done); i++) {
    container_must_create (fixture, SPEC);
    kill_in_call (fixture, "RemoveContainer", "{}", "StopUnit", undone_or_done[i]);
    fixture_start_daemon (fixture);
    container_assert_gone (fixture);
  }
}

/* Killed while a process, which is stopped and so does not end by SIGTERM, has its grace: it ends
 * with the daemon that is started again. */
static pid_t
kill_in_grace (Fixture *fixture, const char *options)
{
  g_autoptr (Calls) calls = calls_new (fixture);
  pid_t pid = join_start_process (fixture);

  container_must_create (fixture, SPEC);
  join_one (fixture, "db", pid, "{}");
  kill (pid, SIGSTOP);
  g_assert_cmpint (waitpid (pid, NULL, WUNTRACED), ==, pid);
  calls_begin (calls, "RemoveContainer", container_arguments ("db", options));
  fixture_wait (join_has_containers (fixture, CONTAINER_IS ("removing")));
  fixture_kill_daemon (fixture);
  fixture_start_daemon (fixture);
  return pid;
}

static void
assert_ended (Fixture *fixture, pid_t pid, int signal)
{
  child_wait_killed (pid, signal);
  fixture_wait (join_has_containers (fixture, "[]"));
  container_assert_gone (fixture);
}

/* The grace goes on, and the start does not wait for it. */
static void
test_killed_in_grace (Fixture *fixture, gconstpointer data)
{
  pid_t pid = kill_in_grace (fixture, "{'GracePeriodUSec': <uint64 6000000>}");

  for (guint i = 0; i < 2; i++) {
    g_assert_true (join_has_containers (fixture, CONTAINER_IS ("removing")));
    g_assert_cmpint (waitpid (pid, NULL, WNOHANG), ==, 0);
    fixture_kill_daemon (fixture);
    fixture_start_daemon (fixture);
  }
  kill (pid, SIGCONT);
  assert_ended (fixture, pid, SIGTERM);
}

/* What is left of it when the daemon comes back is less than was promised. */
static void
test_killed_in_short_grace (Fixture *fixture, gconstpointer data)
{
  assert_ended (fixture, kill_in_grace (fixture, "{'GracePeriodUSec': <uint64 1500000>}"), SIGKILL);
}

/* Gone while no daemon was there. */
static void
test_vanished_meanwhile (Fixture *fixture, gconstpointer data)
{
  pid_t pid = join_start_process (fixture);

  container_must_create (fixture, SPEC);
  for (guint i = 0; i < 3; i++) {
    fixture_kill_daemon (fixture);
    fake_systemd_stop_unit (fixture->systemd, CONTAINER_UNIT);
    fixture_start_daemon (fixture);
    g_assert_true (join_has_containers (fixture, CONTAINER_VANISHED_));
    if (i == 0)
      container_must_create (fixture, SPEC);
    else if (i == 1)
      join_one (fixture, "db", pid, "{}");
    else
      container_must (fixture, "RemoveContainer", "{}");
  }
  container_assert_gone (fixture);
}

/* What is left of it is stopped first. */
static void
test_killed_in_create_of_vanished (Fixture *fixture, gconstpointer data)
{
  container_must_create (fixture, SPEC);
  fake_systemd_stop_unit (fixture->systemd, CONTAINER_UNIT);
  fixture_wait (join_has_containers (fixture, CONTAINER_VANISHED_));
  kill_in_call (fixture, "CreateContainer", SPEC, "StopUnit", FAKE_FAULT_NO_REPLY);
  fixture_start_daemon (fixture);
  g_assert_true (join_has_containers (fixture, CONTAINER_VANISHED_));
  container_must_create (fixture, "{'PidsLimit': <'7'>}");
  container_assert_verified (fixture);
}

/* The pod is gone with all that is in it. */
static void
test_vanished_pod (Fixture *fixture, gconstpointer data)
{
  static const char slice[] = "machine-burstable-poda.slice";

  container_must_create (fixture, SPEC);
  fixture_kill_daemon (fixture);
  fake_systemd_stop_unit (fixture->systemd, slice);
  fixture_start_daemon (fixture);
  g_assert_true (fixture_has_pod_state (fixture, "a", "vanished"));
  container_must_fail (fixture, "CreateContainer", "db", SPEC, "Failed", "vanished");
  container_must_fail (fixture, "UpdateContainer", "db", SPEC, "Failed", "vanished");
  g_free (fixture_must_create (fixture, "a", "{'CPULimit': <'1'>}"));
  container_must_create (fixture, SPEC);
}

/* As a daemon before this one wrote it, which knew no containers that stay. */
static void
test_older_file (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = NULL;
  g_autoptr (GRegex) regex = g_regex_new (", '(Held|Pending)': <[^>]*>", 0, 0, NULL);
  g_autofree char *older = NULL;
  g_autofree char *without_sum = NULL;

  join_one (fixture, "app", join_start_process (fixture), "{}");
  fixture_kill_daemon (fixture);
  text = fixture_read_file (fixture, "a.pod");
  older = g_regex_replace_literal (regex, text, -1, 0, "", 0, NULL);
  g_assert_cmpuint (strlen (older), <, strlen (text) - 40);
  without_sum = g_strconcat ("nodecgroups-pod 1", strchr (older, '\n'), NULL);
  fixture_write_file (fixture, "a.pod", without_sum);
  fixture_start_daemon (fixture);
  g_assert_true (join_has_containers (fixture, "[('app', '" JOIN_APP "', '" JOIN_POD "/" JOIN_APP
                                               "', 'active')]"));
}

static const FakeFaultKind lost[] = {
  FAKE_FAULT_LOSE_BEFORE,
  FAKE_FAULT_LOSE_AFTER,
  FAKE_FAULT_LOSE_THE_JOB,
};

static void
test_lost (Fixture *fixture, gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (lost); i++) {
    add_fault (fixture, "StartTransientUnit", lost[i], 1);
    add_fault (fixture, "Get", FAKE_FAULT_LOSE_BEFORE, 1);
    container_must_create (fixture, SPEC);
    container_assert_file (fixture, "memory.max", "67108864");
    if (i < 2)
      add_fault (fixture, "SetUnitProperties", lost[i], 1);
    container_must (fixture, "UpdateContainer", "{'PidsLimit': <'9'>}");
    container_assert_file (fixture, "pids.max", "9");
    add_fault (fixture, "StopUnit", lost[i], 1);
    container_must (fixture, "RemoveContainer", "{}");
    container_assert_gone (fixture);
  }
}

/* A unit of the name that somebody else made is left alone. */
static void
test_foreign (Fixture *fixture, gconstpointer data)
{
  fake_systemd_start_unit (fixture->systemd, CONTAINER_UNIT, "Somebody's");
  container_must_fail (fixture, "CreateContainer", "db", SPEC, "ContainerExists",
                       "that was not made here ('Somebody's'); stop");
  g_assert_true (fake_systemd_has_unit (fixture->systemd, CONTAINER_UNIT));
  g_assert_true (join_has_containers (fixture, "[]"));
}

/* The same when it is to be made again for a join. */
static void
test_foreign_again (Fixture *fixture, gconstpointer data)
{
  pid_t pid = join_start_process (fixture);
  g_autoptr (GError) error = NULL;

  container_must_create (fixture, SPEC);
  fake_systemd_stop_unit (fixture->systemd, CONTAINER_UNIT);
  fixture_wait (join_has_containers (fixture, CONTAINER_VANISHED_));
  fake_systemd_start_unit (fixture->systemd, CONTAINER_UNIT, "Somebody's");
  g_assert_null (join_call (fixture, "db", &pid, 1, "{}", &error));
  fixture_assert_error (&error, "ContainerExists", "('Somebody's'); stop");
  g_assert_true (fake_systemd_has_unit (fixture->systemd, CONTAINER_UNIT));
  g_assert_true (join_is_in (fixture, pid, JOIN_OUTSIDE));
}

/* The pod's file is lost, and the pod is taken over: its leaf is there, with a process, and no file
 * knows it. */
static pid_t
take_over (Fixture *fixture)
{
  pid_t pid = join_start_process (fixture);

  container_must_create (fixture, SPEC);
  join_one (fixture, "db", pid, "{}");
  fixture_kill_daemon (fixture);
  fixture_write_file (fixture, "a.pod", "");
  fixture_start_daemon (fixture);
  g_free (fixture_must_create (fixture, "a", "{'CPULimit': <'1'>}"));
  fake_systemd_forget_calls (fixture->systemd);
  return pid;
}

/* Whatever fails, it is not what was begun. */
static void
test_leaf_was_there (Fixture *fixture, gconstpointer data)
{
  pid_t pid = take_over (fixture);

  add_fault (fixture, "SetUnitProperties", FAKE_FAULT_ERROR, 1);
  container_must_fail (fixture, "CreateContainer", "db", SPEC, "SystemdFailed", CONTAINER_UNIT);
  fake_kernel_ignore_writes (fixture->kernel, CONTAINER_UNIT, "memory.max");
  container_must_fail (fixture, "CreateContainer", "db", "{'MemoryLimit': <'32Mi'>}",
                       "SystemdFailed", "memory.max");
  kill_in_call (fixture, "CreateContainer", "{'MemoryLimit': <'32Mi'>}", "StartTransientUnit",
                FAKE_FAULT_DELAY);
  fixture_start_daemon (fixture);
  fake_kernel_take_writes (fixture->kernel, CONTAINER_UNIT, "memory.max");
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "StopUnit", NULL), ==, 0);
  g_assert_true (join_is_in (fixture, pid, CONTAINER_CGROUP));
  container_must_create (fixture, SPEC);
  container_assert_verified (fixture);
  g_assert_true (join_is_in (fixture, pid, CONTAINER_CGROUP));
}

/* systemd does not say what became of it. */
static void
test_leaf_was_there_timeout (Fixture *fixture, gconstpointer data)
{
  pid_t pid = take_over (fixture);
  gint64 end_usec;

  add_fault (fixture, "SetUnitProperties", FAKE_FAULT_NO_REPLY, 1);
  add_fault (fixture, "Get", FAKE_FAULT_NO_REPLY, 1);
  container_must_fail (fixture, "CreateContainer", "db", SPEC, "Timeout", NULL);
  end_usec = g_get_monotonic_time () + 2 * G_USEC_PER_SEC;
  while (g_get_monotonic_time () < end_usec)
    fixture_iterate ();
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "StopUnit", NULL), ==, 0);
  g_assert_true (join_is_in (fixture, pid, CONTAINER_CGROUP));
  fake_systemd_clear_faults (fixture->systemd);
  container_must_create (fixture, SPEC);
  g_assert_true (join_is_in (fixture, pid, CONTAINER_CGROUP));
}

static void
test_start_fails (Fixture *fixture, gconstpointer data)
{
  FakeFault faults[] = {
    { "StartTransientUnit", CONTAINER_UNIT, FAKE_FAULT_ERROR, 1, 0,
      "org.freedesktop.DBus.Error.AccessDenied" },
    { "StartTransientUnit", CONTAINER_UNIT, FAKE_FAULT_JOB_RESULT, 1, 0, "canceled" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (faults); i++) {
    fake_systemd_add_fault (fixture->systemd, &faults[i]);
    container_must_fail (fixture, "CreateContainer", "db", SPEC, "SystemdFailed", CONTAINER_UNIT);
    container_assert_gone (fixture);
  }
  fake_kernel_ignore_writes (fixture->kernel, CONTAINER_UNIT, "memory.max");
  container_must_fail (fixture, "CreateContainer", "db", SPEC, "SystemdFailed", "memory.max");
  container_assert_gone (fixture);
  fake_kernel_take_writes (fixture->kernel, CONTAINER_UNIT, "memory.max");
  container_must_create (fixture, SPEC);
}

/* systemd does not answer at all: the call ends before its client gives up, what may be there is
 * known as vanished, and goes when systemd is well again. */
static void
test_timeout (Fixture *fixture, gconstpointer data)
{
  gint64 begin = g_get_monotonic_time ();

  add_fault (fixture, "StartTransientUnit", FAKE_FAULT_JOB_NEVER, 0);
  add_fault (fixture, "StopUnit", FAKE_FAULT_NO_REPLY, 0);
  container_must_fail (fixture, "CreateContainer", "db", SPEC, "Timeout", NULL);
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 24 * G_USEC_PER_SEC);
  g_assert_true (join_has_containers (fixture, CONTAINER_VANISHED_));
  fake_systemd_clear_faults (fixture->systemd);
  container_must (fixture, "RemoveContainer", "{}");
  container_assert_gone (fixture);
  container_must_create (fixture, SPEC);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  JOIN_TEST ("/containers-crash/known-again", test_known_again);
  JOIN_TEST ("/containers-crash/delegated-again", test_delegated_again);
  JOIN_TEST ("/containers-crash/updated-again", test_updated_again);
  JOIN_TEST ("/containers-crash/killed-in-create", test_killed_in_create);
  JOIN_TEST ("/containers-crash/killed-and-undone", test_killed_and_undone);
  JOIN_TEST ("/containers-crash/killed-in-update", test_killed_in_update);
  JOIN_TEST ("/containers-crash/killed-in-failing-update", test_killed_in_failing_update);
  JOIN_TEST ("/containers-crash/killed-in-update-of-joined", test_killed_in_update_of_joined);
  JOIN_TEST ("/containers-crash/killed-in-remove", test_killed_in_remove);
  JOIN_TEST ("/containers-crash/killed-in-grace", test_killed_in_grace);
  JOIN_TEST ("/containers-crash/killed-in-short-grace", test_killed_in_short_grace);
  JOIN_TEST ("/containers-crash/vanished-meanwhile", test_vanished_meanwhile);
  JOIN_TEST ("/containers-crash/killed-in-create-of-vanished", test_killed_in_create_of_vanished);
  JOIN_TEST ("/containers-crash/vanished-pod", test_vanished_pod);
  JOIN_TEST ("/containers-crash/older-file", test_older_file);
  JOIN_TEST ("/containers-crash/lost", test_lost);
  JOIN_TEST ("/containers-crash/foreign", test_foreign);
  JOIN_TEST ("/containers-crash/foreign-again", test_foreign_again);
  JOIN_TEST ("/containers-crash/leaf-was-there", test_leaf_was_there);
  JOIN_TEST ("/containers-crash/leaf-was-there-timeout", test_leaf_was_there_timeout);
  JOIN_TEST ("/containers-crash/start-fails", test_start_fails);
  JOIN_TEST ("/containers-crash/timeout", test_timeout);
  return g_test_run ();
}
