/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Joining a scope that systemd is about to end: it has seen its cgroup empty, and does not look
 * again.
 */
#include "tests/dbus/calls.h"
#include "tests/dbus/container.h"

#define APP_CGROUP JOIN_POD "/" JOIN_APP
#define ASIDE "poda-app.aside.scope"
#define ACTIVE "[('app', '" JOIN_APP "', '" APP_CGROUP "', 'active')]"
#define SPEC "{'PidsLimit': <uint64 5>}"

static guint
count_calls (Fixture *fixture, const char *method, const char *unit)
{
  return fake_systemd_count_calls (fixture->systemd, method, unit);
}

/* The last process of "app" has ended, and systemd has seen that. */
static void
end_app (Fixture *fixture)
{
  pid_t pid = join_start_process (fixture);

  join_one (fixture, "app", pid, SPEC);
  fake_systemd_look_once (fixture->systemd);
  join_end_process (fixture, pid);
  fake_processes_drop (fake_kernel_get_processes (fixture->kernel), pid);
  fixture_wait (fake_systemd_has_looked (fixture->systemd));
  fake_systemd_forget_calls (fixture->systemd);
}

/* All in one unit, which runs, takes what it is told, and ends with the last of them. */
static void
assert_running (Fixture *fixture, const pid_t *pids, guint n_pids)
{
  g_autofree char *limit = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (fake_systemd_has_unit (fixture->systemd, JOIN_APP));
  g_assert_true (join_has_containers (fixture, ACTIVE));
  for (guint i = 0; i < n_pids; i++)
    g_assert_true (join_is_in (fixture, pids[i], APP_CGROUP));
  container_call (fixture, "UpdateContainer", "app", "{'PidsLimit': <uint64 6>}", &error);
  g_assert_no_error (error);
  limit = fake_kernel_read (fixture->kernel, APP_CGROUP, "pids.max");
  g_assert_cmpstr (limit, ==, "6");
  fixture_wait (!fake_systemd_has_unit (fixture->systemd, ASIDE));
  for (guint i = 0; i < n_pids; i++)
    join_end_process (fixture, pids[i]);
  fixture_wait (join_has_containers (fixture, "[]"));
  g_assert_false (fake_systemd_has_unit (fixture->systemd, JOIN_APP));
}

/* The reply says that it is done, and it is, with the limits that it had. */
static void
test_ended (Fixture *fixture, gconstpointer data)
{
  pid_t pids[2];
  g_autofree char *limit = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;

  end_app (fixture);
  pids[0] = join_start_process (fixture);
  pids[1] = join_start_process (fixture);
  reply = join_call (fixture, "app", pids, 2, "{}", &error);
  g_assert_no_error (error);
  limit = fake_kernel_read (fixture->kernel, APP_CGROUP, "pids.max");
  g_assert_cmpstr (limit, ==, "5");
  g_assert_cmpuint (count_calls (fixture, "StartTransientUnit", ASIDE), ==, 1);
  assert_running (fixture, pids, 2);
}

/* Whoever has asked is told nothing if the daemon is killed, and asks again: what he wanted in it
 * is in the cgroup already. So is what another call has brought. */
static void
test_asked_again (Fixture *fixture, gconstpointer data)
{
  FakeProcesses *processes = fake_kernel_get_processes (fixture->kernel);
  pid_t pids[2];

  end_app (fixture);
  fixture_kill_daemon (fixture);
  pids[0] = join_start_process (fixture);
  pids[1] = join_start_process (fixture);
  g_assert_true (fake_processes_move (processes, pids[0], APP_CGROUP));
  fixture_start_daemon (fixture);
  g_assert_false (fake_systemd_has_unit (fixture->systemd, JOIN_APP));
  join_one (fixture, "app", pids[0], SPEC);
  join_one (fixture, "app", pids[1], SPEC);
  assert_running (fixture, pids, 2);
}

/* Not all that was in the cgroup was asked for, and all of it stays together. */
static void
test_others (Fixture *fixture, gconstpointer data)
{
  FakeProcesses *processes = fake_kernel_get_processes (fixture->kernel);
  const FakeFault slow = { "Get", JOIN_APP, FAKE_FAULT_DELAY, 1, 300 };
  g_autoptr (Calls) calls = calls_new (fixture);
  pid_t pids[2];

  end_app (fixture);
  pids[0] = join_start_process (fixture);
  pids[1] = join_start_process (fixture);
  fake_systemd_add_fault (fixture->systemd, &slow);
  calls_begin (calls, "JoinPod", join_arguments ("app", pids, 1, SPEC));
  fixture_wait (count_calls (fixture, "Get", JOIN_APP) > 0);
  g_assert_true (fake_processes_move (processes, pids[1], APP_CGROUP));
  calls_wait (calls);
  assert_running (fixture, pids, 2);
}

/* One that has only been empty for a moment stays as it is. */
static void
test_empty_for_a_moment (Fixture *fixture, gconstpointer data)
{
  pid_t pids[] = { join_start_process (fixture), join_start_process (fixture) };

  join_one (fixture, "app", pids[0], SPEC);
  fake_systemd_forget_calls (fixture->systemd);
  g_assert_true (
      fake_processes_move (fake_kernel_get_processes (fixture->kernel), pids[0], JOIN_OUTSIDE));
  join_one (fixture, "app", pids[1], SPEC);
  join_one (fixture, "app", pids[0], SPEC);
  g_assert_cmpuint (count_calls (fixture, "StartTransientUnit", NULL), ==, 0);
  g_assert_cmpuint (count_calls (fixture, "Get", JOIN_APP), ==, 1);
  assert_running (fixture, pids, 2);
}

/* The connection is lost while systemd is asked. */
static void
test_connection_lost (Fixture *fixture, gconstpointer data)
{
  const FakeFault lost = { "Get", JOIN_APP, FAKE_FAULT_LOSE_BEFORE, 1 };
  pid_t pid;

  end_app (fixture);
  pid = join_start_process (fixture);
  fake_systemd_add_fault (fixture->systemd, &lost);
  join_one (fixture, "app", pid, SPEC);
  assert_running (fixture, &pid, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  JOIN_TEST ("/join-ended/ended", test_ended);
  JOIN_TEST ("/join-ended/asked-again", test_asked_again);
  JOIN_TEST ("/join-ended/others", test_others);
  JOIN_TEST ("/join-ended/empty-for-a-moment", test_empty_for_a_moment);
  JOIN_TEST ("/join-ended/connection-lost", test_connection_lost);
  return g_test_run ();
}
