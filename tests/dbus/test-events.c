/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Each event when what it stands for happens, with its fields. That of a refused call is in
 * test-access.c, which has other users.
 */
#include "tests/dbus/calls.h"
#include "tests/dbus/join.h"
#include "tests/dbus/journal.h"

#include <signal.h>
#include <unistd.h>

#define SLICE "machine-besteffort-poda.slice"
#define CGROUP "/machine.slice/machine-besteffort.slice/" SLICE
#define OF_POD_A "NODECGROUPS_POD_UID=a|"
#define CONFIG "/etc/nodecgroups/config.yaml"
#define HEAD "apiVersion: nodecgroups.example.org/v1\nkind: NodeCgroupsConfiguration\n"

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture_set_up_without_daemon (fixture, data);
  journal_set_up (fixture);
  fixture_start_daemon (fixture);
}

static void
create (Fixture *fixture, const char *spec)
{
  g_free (fixture_must_create (fixture, "a", spec));
}

static void
test_start (Fixture *fixture, gconstpointer data)
{
  journal_wait_for (fixture, EVENT_PODS_RECOVERED, "NODECGROUPS_PODS=0|NODECGROUPS_DURATION_USEC=");
  journal_wait_for (fixture, EVENT_NODE_READY, "NODECGROUPS_STATE=ready");
  journal_wait_for (fixture, EVENT_BOOTSTRAP_FINISHED,
                    "NODECGROUPS_STATE=ready|NODECGROUPS_DURATION_USEC=");
  create (fixture, "{}");
  fixture_stop_daemon (fixture);
  fixture_start_daemon (fixture);
  journal_wait_for (fixture, EVENT_PODS_RECOVERED, "NODECGROUPS_PODS=1|1 pod is");
}

static void
test_degraded (Fixture *fixture, gconstpointer data)
{
  guint n_ready = journal_count_events (fixture, EVENT_NODE_READY);

  fake_systemd_stop_listening (fixture->systemd);
  journal_wait_for (fixture, EVENT_NODE_DEGRADED,
                    "warning: |NODECGROUPS_STATE=degraded|NODECGROUPS_CONDITION=Systemd");
  fake_systemd_listen (fixture->systemd);
  fixture_wait (journal_count_events (fixture, EVENT_NODE_READY) > n_ready);
  g_assert_cmpuint (journal_count_events (fixture, EVENT_NODE_DEGRADED), ==, 1);
}

/* Somebody writes what is not his, and goes on with it until the pod is gone. */
static void
test_drift (Fixture *fixture, gconstpointer data)
{
  const char *fields = "NODECGROUPS_OBJECT=" CGROUP "|NODECGROUPS_CGROUP=" CGROUP
                       "|OBJECT_SYSTEMD_UNIT=" SLICE "|NODECGROUPS_SETTING=pids.max|"
                       "NODECGROUPS_WANTED=9|NODECGROUPS_ACTUAL=7";

  create (fixture, "{'PidsLimit': <uint64 9>}");
  fake_kernel_write (fixture->kernel, CGROUP, "pids.max", "7");
  journal_wait_for (fixture, EVENT_DRIFT_REPAIRED, fields);
  while (journal_count_events (fixture, EVENT_CONTEST_BEGUN) == 0) {
    fake_kernel_write (fixture->kernel, CGROUP, "pids.max", "7");
    g_usleep (20000);
  }
  journal_wait_for (fixture, EVENT_CONTEST_BEGUN,
                    "NODECGROUPS_OBJECT=" CGROUP "|NODECGROUPS_CONDITION=Contested:" CGROUP);
  fake_kernel_write (fixture->kernel, CGROUP, "pids.max", "6");
  journal_wait_for (fixture, EVENT_DRIFT_FOUND, "NODECGROUPS_SETTING=pids.max");
  g_assert_cmpuint (journal_count_events (fixture, EVENT_CONTEST_BEGUN), ==, 1);
  g_assert_cmpuint (journal_count_events (fixture, EVENT_CONTEST_OVER), ==, 0);
  fixture_must_remove (fixture, "a");
  journal_wait_for (fixture, EVENT_CONTEST_OVER, "NODECGROUPS_OBJECT=" CGROUP);
}

/* One is told of, the others are counted. */
static void
test_over_limit (Fixture *fixture, gconstpointer data)
{
  g_autofree char *caller =
      g_strdup_printf (OF_POD_A "NODECGROUPS_OPERATION=JoinPod|NODECGROUPS_CALLER_UID=%u|"
                                "NODECGROUPS_DURATION_USEC=",
                       (guint) getuid ());
  g_autofree pid_t *pids = g_new0 (pid_t, 1025);
  g_autoptr (GError) error = NULL;

  create (fixture, "{}");
  for (int i = 0; i < 5; i++) {
    g_assert_null (
        fixture_call (fixture, "JoinPod", join_arguments ("app", pids, 1025, "{}"), &error));
    fixture_assert_error (&error, "LimitExceeded", NULL);
  }
  journal_wait_for (fixture, EVENT_CALL_OVER_LIMIT, caller);
  g_assert_cmpuint (journal_count_events (fixture, EVENT_CALL_OVER_LIMIT), ==, 1);
  /* Of another operation it is told. */
  g_assert_null (fixture_call_object (
      fixture, MANAGER_PATH "/pod/a", POD_INTERFACE, "Join",
      g_variant_new ("(s@aua{sv})", "app",
                     g_variant_new_fixed_array (G_VARIANT_TYPE_UINT32, pids, 1025, sizeof *pids),
                     NULL),
      &error));
  fixture_assert_error (&error, "LimitExceeded", NULL);
  journal_wait_for (fixture, EVENT_CALL_OVER_LIMIT, OF_POD_A "NODECGROUPS_OPERATION=Pod.Join");
}

static void
test_timeout (Fixture *fixture, gconstpointer data)
{
  const FakeFault fault = { "StartTransientUnit", SLICE, FAKE_FAULT_JOB_NEVER };
  g_autoptr (GError) error = NULL;

  fake_systemd_add_fault (fixture->systemd, &fault);
  g_assert_null (fixture_create (fixture, "a", "{}", &error));
  fixture_assert_error (&error, "Timeout", NULL);
  journal_wait_for (fixture, EVENT_CALL_TIMED_OUT,
                    OF_POD_A "NODECGROUPS_OPERATION=CreatePod|NODECGROUPS_CALLER_UID=|"
                             "NODECGROUPS_DURATION_USEC=1");
}

static void
test_vanished (Fixture *fixture, gconstpointer data)
{
  const char *fields = OF_POD_A "NODECGROUPS_CGROUP=" CGROUP "|OBJECT_SYSTEMD_UNIT=" SLICE;

  create (fixture, "{}");
  fake_systemd_stop_unit (fixture->systemd, SLICE);
  journal_wait_for (fixture, EVENT_POD_VANISHED, fields);
  g_assert_cmpuint (journal_count_events (fixture, EVENT_POD_VANISHED), ==, 1);
  /* The same at the next start, which begins another log. */
  fixture_kill_daemon (fixture);
  fixture_start_daemon (fixture);
  journal_wait_for (fixture, EVENT_POD_VANISHED, fields);
}

/* What a daemon that was killed has left, and what it cannot have left. */
static void
test_recovery (Fixture *fixture, gconstpointer data)
{
  const FakeFault fault = { "StartTransientUnit", SLICE, FAKE_FAULT_ERROR, .text = "x.y.Z" };
  g_autofree char *text = NULL;

  create (fixture, "{}");
  text = fixture_read_file (fixture, "a.pod");
  fixture_must_remove (fixture, "a");
  fixture_kill_daemon (fixture);
  fixture_write_file (fixture, "a.creating", text);
  fixture_write_file (fixture, "b.pod", "nodecgroups-pod 1\n{}\n");
  fixture_write_file (fixture, "README", "hello");
  fake_systemd_add_fault (fixture->systemd, &fault);
  fixture_start_daemon (fixture);
  journal_wait_for (fixture, EVENT_POD_UNDONE, OF_POD_A "x.y.Z");
  journal_wait_for (fixture, EVENT_POD_SET_ASIDE, "NODECGROUPS_POD_UID=b");
  journal_wait_for (fixture, EVENT_POD_SET_ASIDE, "README.bad");
}

static void
reload (Fixture *fixture, const char *config)
{
  g_autoptr (GVariant) reply = NULL;

  fake_kernel_write_file (fixture->kernel, CONFIG, config);
  reply = fixture_call_object (fixture, MANAGER_PATH, NODE_INTERFACE, "Reload", NULL, NULL);
}

static void
test_reload (Fixture *fixture, gconstpointer data)
{
  reload (fixture, HEAD "nonsense: 1\n");
  journal_wait_for (fixture, EVENT_CONFIG_REFUSED, "");
  g_assert_cmpuint (journal_count (fixture, "warning: |nonsense"), ==, 1);
  reload (fixture, HEAD);
  journal_wait_for (fixture, EVENT_CONFIG_RELOADED, "");
  /* One that is sent by a signal, too. */
  g_subprocess_send_signal (fixture->daemon, SIGHUP);
  fixture_wait (journal_count_events (fixture, EVENT_CONFIG_RELOADED) == 2);
  g_assert_cmpuint (journal_count_events (fixture, EVENT_CONFIG_REFUSED), ==, 1);
}

static void
test_kill (Fixture *fixture, gconstpointer data)
{
  fake_kernel_make_cgroup (fixture->kernel, JOIN_OUTSIDE);
  create (fixture, "{'CPULimit': <'1'>}");
  join_one (fixture, "app", join_start_process (fixture), "{}");
  fake_kernel_count_kills (fixture->kernel, JOIN_POD "/" JOIN_APP, 2);
  journal_wait_for (fixture, EVENT_OOM_KILLED,
                    "2 processes of pod a, container app killed|NODECGROUPS_POD_UID=a|"
                    "NODECGROUPS_CONTAINER=app|NODECGROUPS_CGROUP=" JOIN_POD "/" JOIN_APP
                    "|OBJECT_SYSTEMD_UNIT=" JOIN_APP "|NODECGROUPS_KILLS=2");
  /* Of the pod where the leaf is not known. */
  fake_kernel_count_kills (fixture->kernel, JOIN_POD, 1);
  journal_wait_for (fixture, EVENT_OOM_KILLED,
                    "1 process of pod a killed|NODECGROUPS_CGROUP=" JOIN_POD " |"
                    "NODECGROUPS_KILLS=1");
}

#define TEST(path, function)                                                                       \
  g_test_add ("/events/" path, Fixture, NULL, set_up, function, fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  TEST ("start", test_start);
  TEST ("degraded", test_degraded);
  TEST ("drift", test_drift);
  TEST ("over-limit", test_over_limit);
  TEST ("timeout", test_timeout);
  TEST ("vanished", test_vanished);
  TEST ("recovery", test_recovery);
  TEST ("reload", test_reload);
  TEST ("kill", test_kill);
  return g_test_run ();
}
