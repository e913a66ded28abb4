/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Connections that break under load, and a systemd that loads its units again, or stands still, in
 * the middle of everything: each operation is finished or fails clearly, and nothing is lost.
 */
#include "tests/dbus/calls.h"
#include "tests/dbus/consistency.h"
#include "tests/dbus/fake-thread.h"
#include "tests/dbus/join.h"

#include <gio/gunixfdlist.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define N_PODS 40

static const FakeFaultKind lost[] = {
  FAKE_FAULT_LOSE_BEFORE,
  FAKE_FAULT_LOSE_AFTER,
  FAKE_FAULT_LOSE_THE_JOB,
};

static void
add_fault (Fixture *fixture, const char *method, const char *unit, FakeFaultKind kind, guint msec)
{
  FakeFault fault = {
    .method = method, .unit = unit, .kind = kind, .times = msec > 0 ? 0 : 1, .msec = msec
  };

  fake_systemd_add_fault (fixture->systemd, &fault);
}

static char *
make_uid (guint i)
{
  return g_strdup_printf ("p%u", i);
}

static void
create (Fixture *fixture, const char *uid, const char *spec)
{
  g_autofree char *slice = fixture_must_create (fixture, uid, spec);
}

static void
add_to_all (Calls *calls, const char *method, const char *dictionary)
{
  for (guint i = 0; i < N_PODS; i++) {
    g_autofree char *uid = make_uid (i);

    calls_add (calls, method, uid, dictionary);
  }
}

/* All of them are there, and have this. */
static void
assert_all (Fixture *fixture, const char *quota)
{
  for (guint i = 0; i < N_PODS; i++) {
    g_autofree char *uid = make_uid (i);
    g_autofree char *cgroup = g_strdup_printf (
        "/machine.slice/machine-burstable.slice/machine-burstable-pod%s.slice", uid);
    g_autofree char *actual = fake_kernel_read (fixture->kernel, cgroup, "cpu.max");

    g_assert_cmpstr (actual, ==, quota);
    g_assert_true (fixture_has_pod_state (fixture, uid, "active"));
    consistency_check_pod (fixture, uid);
  }
}

/* No pod is known, so that nothing of any may be there. */
static void
assert_nothing_left (Fixture *fixture)
{
  g_autoptr (GVariant) count =
      fixture_get_property (fixture, MANAGER_PATH, MANAGER_INTERFACE, "PodCount");

  g_assert_cmpuint (g_variant_get_uint32 (count), ==, 0);
  consistency_check (fixture);
}

static void
test_join (Fixture *fixture, gconstpointer data)
{
  static const char *const methods[] = { "StartTransientUnit", "Get" };

  for (gsize i = 0; i < G_N_ELEMENTS (methods); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (lost); j++) {
      pid_t pid = join_start_process (fixture);

      add_fault (fixture, methods[i], JOIN_APP, lost[j], 0);
      join_one (fixture, "app", pid, "{'PidsLimit': <uint64 7>}");
      consistency_check_pod (fixture, "a");
      fake_systemd_clear_faults (fixture->systemd);
      join_end_process (fixture, pid);
      fixture_wait (join_has_containers (fixture, "[]") ||
                    join_has_containers (fixture, "@a(ssss) []"));
    }
}

/* With a process in it, and a leaf. */
static void
test_remove (Fixture *fixture, gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (lost); i++) {
    pid_t pid = join_start_process (fixture);

    join_one (fixture, "app", pid, "{}");
    add_fault (fixture, "StopUnit", NULL, lost[i], 0);
    fixture_must_remove (fixture, "a");
    assert_nothing_left (fixture);
    fake_systemd_clear_faults (fixture->systemd);
    create (fixture, "a", "{'CPURequest': <'1'>}");
  }
}

/* The private socket is gone for a moment, again and again. */
static void
test_socket (Fixture *fixture, gconstpointer data)
{
  static const struct {
    const char *method;
    const char *dictionary;
  } rounds[] = {
    { "CreatePod", "{'CPULimit': <'1'>, 'CPURequest': <'500m'>}" },
    { "UpdatePod", "{'CPULimit': <'2'>}" },
    { "RemovePod", "{}" },
  };

  add_fault (fixture, "StartTransientUnit", NULL, FAKE_FAULT_JOB_DELAY, 40);
  add_fault (fixture, "StopUnit", NULL, FAKE_FAULT_JOB_DELAY, 40);
  for (gsize i = 0; i < G_N_ELEMENTS (rounds); i++) {
    g_autoptr (Calls) calls = calls_new (fixture);

    add_to_all (calls, rounds[i].method, rounds[i].dictionary);
    for (guint j = 0; j < 4 && calls_count_pending (calls) > 0; j++) {
      fixture_iterate ();
      g_usleep (30000);
      fake_systemd_stop_listening (fixture->systemd);
      g_usleep (50000);
      fake_systemd_listen (fixture->systemd);
      g_usleep (60000);
    }
    calls_wait (calls);
    g_assert_cmpuint (calls_count_successes (calls), ==, N_PODS);
    if (i < 2)
      assert_all (fixture, i == 0 ? "100000 100000" : "200000 100000");
  }
  assert_nothing_left (fixture);
}

/* 'systemctl daemon-reload' in a loop: jobs go on, and all files are written again. */
static void
test_reloading (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) creates = calls_new (fixture);
  g_autoptr (Calls) updates = calls_new (fixture);

  add_fault (fixture, "StartTransientUnit", NULL, FAKE_FAULT_JOB_DELAY, 40);
  add_to_all (creates, "CreatePod", "{'CPULimit': <'1'>, 'CPURequest': <'500m'>}");
  while (calls_count_pending (creates) > 0) {
    fake_systemd_reload (fixture->systemd);
    fixture_iterate ();
    g_usleep (10000);
  }
  g_assert_cmpuint (calls_count_successes (creates), ==, N_PODS);
  add_to_all (updates, "UpdatePod", "{'CPULimit': <'2'>}");
  while (calls_count_pending (updates) > 0) {
    fake_systemd_reload (fixture->systemd);
    fixture_iterate ();
    g_usleep (10000);
  }
  g_assert_cmpuint (calls_count_successes (updates), ==, N_PODS);
  assert_all (fixture, "200000 100000");
}

/* It does nothing for 10 s, as with SIGSTOP, and then all that it was asked for. Reading goes on.
 */
static void
test_stopped (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);
  g_autoptr (GError) error = NULL;
  gint64 begin;

  create (fixture, "b", "{'CPULimit': <'1'>, 'CPURequest': <'500m'>}");
  create (fixture, "c", "{'CPULimit': <'1'>, 'CPURequest': <'500m'>}");
  fake_lock ();
  begin = g_get_monotonic_time ();
  calls_add (calls, "CreatePod", "d", "{'CPULimit': <'1'>, 'CPURequest': <'500m'>}");
  calls_add (calls, "UpdatePod", "b", "{'CPULimit': <'2'>}");
  calls_add (calls, "RemovePod", "c", "{}");
  while (g_get_monotonic_time () - begin < 10 * G_USEC_PER_SEC) {
    gint64 asked = g_get_monotonic_time ();
    g_autoptr (GVariant) list = fixture_call (fixture, "ListPods", NULL, &error);

    g_assert_no_error (error);
    g_assert_cmpint (g_get_monotonic_time () - asked, <, 2 * G_USEC_PER_SEC);
    g_usleep (200000);
  }
  g_assert_cmpuint (calls_count_pending (calls), ==, 3);
  fake_unlock ();
  calls_wait (calls);
  g_assert_cmpuint (calls_count_successes (calls), ==, 3);
  consistency_check_pod (fixture, "b");
  consistency_check_pod (fixture, "d");
  fixture_must_remove (fixture, "b");
  fixture_must_remove (fixture, "d");
  assert_nothing_left (fixture);
}

/* Nobody gets the replies; what was asked for is done all the same, and the same calls again find
 * it. */
static void
test_bus (Fixture *fixture, gconstpointer data)
{
  add_fault (fixture, "StartTransientUnit", NULL, FAKE_FAULT_JOB_DELAY, 60);
  for (guint i = 0; i < 3; i++) {
    g_autoptr (Calls) calls = calls_new (fixture);
    g_autoptr (Calls) again = NULL;

    add_to_all (calls, "CreatePod", "{'CPULimit': <'1'>, 'CPURequest': <'500m'>}");
    for (guint j = 0; j < 10 * (i + 1); j++)
      fixture_iterate ();
    fixture_stop_bus (fixture);
    calls_wait (calls);
    fixture_start_bus (fixture);
    fixture_wait_for_name (fixture);
    again = calls_new (fixture);
    add_to_all (again, "CreatePod", "{'CPULimit': <'1'>, 'CPURequest': <'500m'>}");
    calls_wait (again);
    g_assert_cmpuint (calls_count_successes (again), ==, N_PODS);
    assert_all (fixture, "100000 100000");
    g_clear_pointer (&again, calls_free);
    again = calls_new (fixture);
    add_to_all (again, "RemovePod", "{}");
    calls_wait (again);
    g_assert_cmpuint (calls_count_successes (again), ==, N_PODS);
    assert_nothing_left (fixture);
  }
}

static void
send_descriptor (Fixture *fixture)
{
  g_autoptr (GDBusMessage) message =
      g_dbus_message_new_method_call (BUS_NAME, MANAGER_PATH, "org.freedesktop.DBus.Peer", "Ping");
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_unix_fd_list_append (fds, STDERR_FILENO, &error), ==, 0);
  g_dbus_message_set_unix_fd_list (message, fds);
  g_dbus_message_set_body (message, g_variant_new ("(h)", 0));
  g_dbus_connection_send_message (fixture->connection, message, G_DBUS_SEND_MESSAGE_FLAGS_NONE,
                                  NULL, &error);
  g_assert_no_error (error);
}

/* While the daemon has much to read. */
static void
lose_bus (Fixture *fixture)
{
  g_subprocess_send_signal (fixture->daemon, SIGSTOP);
  for (guint i = 0; i < 200; i++)
    send_descriptor (fixture);
  g_assert_true (fixture_has_name (fixture));
  fixture_stop_bus (fixture);
  g_subprocess_send_signal (fixture->daemon, SIGCONT);
}

static void
bring_bus_back (Fixture *fixture)
{
  fixture_start_bus (fixture);
  fixture_wait_for_name (fixture);
}

/* It reads them when there is nobody any more for its replies. */
static void
test_descriptors (Fixture *fixture, gconstpointer data)
{
  guint before = fixture_count_descriptors (fixture);

  for (guint i = 0; i < 4; i++) {
    lose_bus (fixture);
    bring_bus_back (fixture);
  }
  fixture_wait (fixture_count_descriptors (fixture) <= before);
}

/* The same when it gets no time for a while, in the midst of them. */
static void
test_descriptors_late (Fixture *fixture, gconstpointer data)
{
  guint before = fixture_count_descriptors (fixture);

  for (guint i = 0; i < 4; i++) {
    lose_bus (fixture);
    g_usleep (i * 2000);
    g_subprocess_send_signal (fixture->daemon, SIGSTOP);
    g_usleep (1200 * 1000);
    g_subprocess_send_signal (fixture->daemon, SIGCONT);
    bring_bus_back (fixture);
  }
  fixture_wait (fixture_count_descriptors (fixture) <= before);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  JOIN_TEST ("/reconnect/join", test_join);
  JOIN_TEST ("/reconnect/remove", test_remove);
  FIXTURE_TEST ("/reconnect/socket", test_socket);
  FIXTURE_TEST ("/reconnect/reloading", test_reloading);
  FIXTURE_TEST ("/reconnect/stopped", test_stopped);
  FIXTURE_TEST ("/reconnect/bus", test_bus);
  FIXTURE_TEST ("/reconnect/descriptors", test_descriptors);
  FIXTURE_TEST ("/reconnect/descriptors-late", test_descriptors_late);
  return g_test_run ();
}
