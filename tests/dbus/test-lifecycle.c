/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What happens to pods behind our back, the order of operations, and what the bus is told of it.
 */
#include "tests/dbus/calls.h"
#include "tests/dbus/container.h"
#include "tests/dbus/fake-thread.h"
#include "tests/dbus/join.h"
#include "tests/dbus/signals.h"

#include <gio/gunixfdlist.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SLICE "machine-burstable-poda.slice"
#define OBJECT MANAGER_PATH "/pod/a"
#define OBJECT_MANAGER "org.freedesktop.DBus.ObjectManager"
#define CHANGED OBJECT " PropertiesChanged ('" POD_INTERFACE "', "
#define N_PODS 1000
#define N_AT_ONCE 100

static void
assert_quota (Fixture *fixture, const char *expected)
{
  g_autofree char *quota = fake_kernel_read (fixture->kernel, JOIN_POD, "cpu.max");

  g_assert_cmpstr (quota, ==, expected);
}

static gboolean
has_quota (Fixture *fixture, const char *expected)
{
  g_autofree char *quota = fake_kernel_read (fixture->kernel, JOIN_POD, "cpu.max");

  return g_strcmp0 (quota, expected) == 0;
}

static void
stop_unit (Fixture *fixture)
{
  fake_systemd_stop_unit (fixture->systemd, SLICE);
}

static void
remove_cgroup (Fixture *fixture)
{
  fake_kernel_remove_cgroup (fixture->kernel, JOIN_POD);
}

static const struct {
  const char *name;
  void (*end) (Fixture *fixture);
} ends[] = { { "systemctl stop", stop_unit }, { "rmdir", remove_cgroup } };

static void
assert_vanished (Fixture *fixture, Signals *signals)
{
  signals_wait (signals, "'State': <'vanished'>");
  signals_wait (signals, "'ControlGroup': <''>");
  signals_wait (signals, "Drift ('" JOIN_POD "', 'cgroup', 'present', 'missing', false)");
  g_assert_cmpuint (signals_count (signals, "Drift"), ==, 1);
  g_assert_cmpuint (signals_count (signals, "PodRemoved"), ==, 0);
  g_assert_true (join_has_containers (fixture, "[]"));
}

/* It is told, and the same call makes it again. */
static void
test_vanished (Fixture *fixture, gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (ends); i++) {
    g_autoptr (Signals) signals = signals_new (fixture);
    g_autoptr (GError) error = NULL;

    g_test_message ("%s", ends[i].name);
    fake_kernel_make_cgroup (fixture->kernel, JOIN_POD "/poda-held.scope");
    ends[i].end (fixture);
    assert_vanished (fixture, signals);
    g_assert_false (fixture_update (fixture, "a", "{'CPULimit': <'2'>}", &error));
    g_clear_error (&error);
    g_free (fixture_must_create (fixture, "a", "{'CPULimit': <'1'>}"));
    assert_quota (fixture, "100000 100000");
    g_assert_true (fixture_has_pod_state (fixture, "a", "active"));
  }
}

/* Or it is removed, and nothing is left of it. */
/* In the middle of a change, whose end is not the time to forget it; and what was changed is not
 * set back for the next slice of that name to have. */
static void
test_vanished_while_updating (Fixture *fixture, gconstpointer data)
{
  static const FakeFault slow = { "SetUnitProperties", SLICE, FAKE_FAULT_DELAY, 1, 500 };
  g_autoptr (Calls) calls = calls_new (fixture);

  fake_systemd_add_fault (fixture->systemd, &slow);
  calls_add (calls, "UpdatePod", "a", "{'CPULimit': <'2'>}");
  fixture_wait (fixture_has_pod_state (fixture, "a", "updating"));
  stop_unit (fixture);
  calls_wait (calls);
  fixture_wait (fixture_has_pod_state (fixture, "a", "vanished"));
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "SetUnitProperties", SLICE), ==, 1);
  fixture_must_remove (fixture, "a");
}

static void
test_vanished_and_removed (Fixture *fixture, gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (ends); i++) {
    g_autoptr (Signals) signals = signals_new (fixture);

    ends[i].end (fixture);
    assert_vanished (fixture, signals);
    fixture_must_remove (fixture, "a");
    signals_wait (signals, "PodRemoved ('a', ");
    g_assert_false (fixture_has_file (fixture, "a.pod"));
    g_assert_false (fake_systemd_has_unit (fixture->systemd, SLICE));
    g_free (fixture_must_create (fixture, "a", "{'CPULimit': <'1'>}"));
  }
}

/* The slice is stopped once the join has succeeded, and systemd makes it anew for whatever is
 * started in it next: without what it was given. */
static void
test_made_anew (Fixture *fixture, gconstpointer data)
{
  join_one (fixture, "app", join_start_process (fixture), "{}");
  fake_lock ();
  stop_unit (fixture);
  fake_systemd_start_unit (fixture->systemd, SLICE, SLICE);
  assert_quota (fixture, "max 100000");
  fake_unlock ();
  fixture_wait (has_quota (fixture, "100000 100000"));
  fixture_wait (fixture_has_pod_state (fixture, "a", "active"));
}

static gint64 order[3];

static void
on_reply (GObject *source, GAsyncResult *result, gpointer user_data)
{
  gint64 *time = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  g_assert_no_error (error);
  *time = g_get_monotonic_time ();
}

static void
begin_update (Fixture *fixture, const char *uid, const char *limit, gint64 *time)
{
  g_dbus_connection_call (fixture->connection, BUS_NAME, MANAGER_PATH, MANAGER_INTERFACE,
                          "UpdatePod",
                          g_variant_new_parsed ("(%s, {'CPULimit': <%s>})", uid, limit), NULL,
                          G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_reply, time);
}

/* What is asked of one pod is done in the order in which it came, though the first takes long;
 * another pod does not wait for it. */
static void
test_order (Fixture *fixture, gconstpointer data)
{
  FakeFault delay = {
    .method = "SetUnitProperties",
    .unit = SLICE,
    .kind = FAKE_FAULT_DELAY,
    .msec = 1000,
    .times = 1,
  };

  g_free (fixture_must_create (fixture, "b", "{'CPULimit': <'1'>}"));
  fake_systemd_add_fault (fixture->systemd, &delay);
  memset (order, 0, sizeof order);
  begin_update (fixture, "a", "2", &order[0]);
  begin_update (fixture, "a", "3", &order[1]);
  begin_update (fixture, "b", "4", &order[2]);
  fixture_wait (order[0] != 0 && order[1] != 0 && order[2] != 0);
  g_assert_cmpint (order[2], <, order[0]);
  g_assert_cmpint (order[0], <, order[1]);
  g_assert_cmpint (order[0] - order[2], >, 500 * 1000);
  assert_quota (fixture, "300000 100000");
}

/* In the order of the calls, whatever they are: each finds what the one before has left. */
static void
test_order_of_kinds (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);

  for (guint i = 0; i < 5; i++) {
    calls_add (calls, "CreatePod", "c", "{'CPULimit': <'1'>}");
    calls_add (calls, "UpdatePod", "c", "{'CPULimit': <'2'>}");
    calls_add (calls, "RemovePod", "c", "{}");
  }
  calls_wait (calls);
  g_assert_cmpuint (calls_count_successes (calls), ==, 15);
}

static GVariant *
arguments_of_join (const char *uid, pid_t pid)
{
  return g_variant_new_parsed ("(%s, 'app', [%u], @a{sv} {})", uid, (guint32) pid);
}

static void
begin_join_by_pidfd (Fixture *fixture, const char *uid, pid_t pid, gint64 *time)
{
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  int fd = (int) syscall (SYS_pidfd_open, pid, 0);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (g_unix_fd_list_append (fds, fd, NULL), ==, 0);
  close (fd);
  g_dbus_connection_call_with_unix_fd_list (
      fixture->connection, BUS_NAME, MANAGER_PATH, MANAGER_INTERFACE, "JoinPodByPidFd",
      g_variant_new_parsed ("(%s, 'app', [@h 0], @a{sv} {})", uid), NULL, G_DBUS_CALL_FLAGS_NONE,
      -1, fds, NULL, on_reply, time);
}

/* A join does not have to wait for the reply to the creation, nor the removal for that of joins. */
static void
test_order_of_joins (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 5; i++) {
    g_autoptr (Calls) calls = calls_new (fixture);

    memset (order, 0, sizeof order);
    calls_add (calls, "CreatePod", "c", "{'CPULimit': <'1'>}");
    calls_begin (calls, "JoinPod", arguments_of_join ("c", join_start_process (fixture)));
    begin_join_by_pidfd (fixture, "c", join_start_process (fixture), &order[0]);
    calls_add (calls, "RemovePod", "c", "{}");
    calls_wait (calls);
    fixture_wait (order[0] != 0);
    g_assert_cmpuint (calls_count_successes (calls), ==, 3);
  }
}

/* What is under way may fail, or take the pod away. */
static void
test_join_of_no_pod (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);
  pid_t pid = join_start_process (fixture);
  GError *error = NULL;

  calls_add (calls, "RemovePod", "a", "{}");
  calls_begin (calls, "JoinPod", arguments_of_join ("a", pid));
  calls_begin (calls, "JoinPod", arguments_of_join ("d", G_MAXINT));
  calls_wait (calls);
  for (guint i = 1; i <= 2; i++) {
    error = calls_get_error (calls, i);
    fixture_assert_error (&error, "NoSuchPod", i == 1 ? "'a'" : "'d'");
  }
  g_assert_true (join_is_in (fixture, pid, JOIN_OUTSIDE));
}

/* Looking up a user takes its time, and no later call comes first meanwhile. */
static void
test_order_with_user (Fixture *fixture, gconstpointer data)
{
  static const char options[] = "{'Delegate': <true>, 'User': <'root'>}";

  for (guint i = 0; i < 5; i++) {
    g_autoptr (Calls) calls = calls_new (fixture);

    calls_begin (calls, "CreateContainer", container_arguments ("db", options));
    calls_begin (calls, "RemoveContainer", container_arguments ("db", "{}"));
    calls_wait (calls);
    g_assert_cmpuint (calls_count_successes (calls), ==, 2);
  }
  for (guint i = 0; i < 5; i++) {
    g_autoptr (Calls) calls = calls_new (fixture);
    pid_t pid = join_start_process (fixture);

    calls_begin (calls, "JoinPod", join_arguments ("db", &pid, 1, options));
    calls_begin (calls, "RemoveContainer", container_arguments ("db", "{}"));
    calls_wait (calls);
    g_assert_cmpuint (calls_count_successes (calls), ==, 2);
  }
}

/* Each property that changes is told, with its value. */
static void
test_properties_changed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Signals) signals = signals_new (fixture);
  g_autoptr (GError) error = NULL;

  fixture_update (fixture, "a", "{'CPULimit': <'2'>}", &error);
  g_assert_no_error (error);
  signals_wait (signals, CHANGED "{'Spec': <{'CPULimit': <uint64 2000>}>");
  signals_forget (signals);
  join_one (fixture, "app", join_start_process (fixture), "{}");
  signals_wait (signals, "'Containers': <[('app', '" JOIN_APP "'");
  signals_wait (signals, "'active')]>");
  signals_forget (signals);
  g_free (fixture_must_create (fixture, "b", "{}"));
  signals_wait (signals, MANAGER_PATH " PropertiesChanged ('" MANAGER_INTERFACE
                                      "', {'PodCount': <uint32 2>}");
  fixture_must_remove (fixture, "b");
  signals_wait (signals, MANAGER_PATH " PropertiesChanged ('" MANAGER_INTERFACE
                                      "', {'PodCount': <uint32 1>}");
}

static void
test_qos (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (
      fixture_update (fixture, "a", "{'MemoryLimit': <'1Gi'>, 'CPURequest': <'1'>}", &error));
  fixture_assert_error (&error, "InvalidArgument", "QosClass is Burstable");
  g_assert_false (fixture_update (fixture, "a", "{'QosClass': <'BestEffort'>}", &error));
  fixture_assert_error (&error, "InvalidArgument", "cgroup cannot be moved");
  assert_quota (fixture, "100000 100000");
}

static GVariant *
call_path (Fixture *fixture, const char *path, const char *interface, const char *method)
{
  g_autoptr (GError) error = NULL;
  GVariant *reply = fixture_call_object (fixture, path, interface, method, NULL, &error);

  g_assert_no_error (error);
  return reply;
}

static guint
count_nodes (Fixture *fixture)
{
  g_autoptr (GVariant) reply =
      call_path (fixture, MANAGER_PATH "/pod", "org.freedesktop.DBus.Introspectable", "Introspect");
  const char *xml;
  g_autoptr (GDBusNodeInfo) info = NULL;
  g_autoptr (GError) error = NULL;
  guint n = 0;

  g_variant_get (reply, "(&s)", &xml);
  info = g_dbus_node_info_new_for_xml (xml, &error);
  g_assert_no_error (error);
  while (info->nodes[n] != NULL)
    n++;
  return n;
}

static gsize
count_objects (Fixture *fixture)
{
  g_autoptr (GVariant) reply =
      call_path (fixture, MANAGER_PATH, OBJECT_MANAGER, "GetManagedObjects");
  g_autoptr (GVariant) objects = g_variant_get_child_value (reply, 0);
  gsize n = g_variant_n_children (objects);

  for (gsize i = 0; i < n; i++) {
    g_autoptr (GVariant) entry = g_variant_get_child_value (objects, i);
    g_autoptr (GVariant) interfaces = g_variant_get_child_value (entry, 1);
    g_autoptr (GVariant) properties =
        g_variant_lookup_value (interfaces, POD_INTERFACE, G_VARIANT_TYPE_VARDICT);

    g_assert_nonnull (properties);
    g_assert_cmpuint (g_variant_n_children (properties), ==, 8);
  }
  return n;
}

/* Whoever has the reply finds what it is about. */
static void
test_seen_at_once (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < N_AT_ONCE; i++) {
    g_autofree char *uid = g_strdup_printf ("q%u", i);
    g_autofree char *name = g_strdup_printf ("c%u", i);
    g_autoptr (GVariant) containers = NULL;

    g_free (fixture_must_create (fixture, uid, "{}"));
    g_assert_cmpuint (count_objects (fixture), ==, i + 2);
    join_one (fixture, name, join_start_process (fixture), "{}");
    containers = fixture_get_pod_property (fixture, "a", "Containers");
    g_assert_cmpuint (g_variant_n_children (containers), ==, i + 1);
  }
}

/* What a program prints of the daemon's objects, and how long that took. */
static char *
run_busctl (Fixture *fixture, const char *arguments)
{
  g_autofree char *line = g_strdup_printf ("busctl --address=%s --no-pager --timeout=20 %s",
                                           fixture->bus_address, arguments);
  g_autoptr (GError) error = NULL;
  gint64 begin = g_get_monotonic_time ();
  char *output;
  int status;

  g_spawn_command_line_sync (line, &output, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
  g_test_message ("%s: %d ms", arguments, (int) ((g_get_monotonic_time () - begin) / 1000));
  return output;
}

static void
assert_busctl (Fixture *fixture)
{
  g_autofree char *program = g_find_program_in_path ("busctl");
  g_autofree char *tree = NULL;
  g_autofree char *object = NULL;
  g_auto (GStrv) lines = NULL;

  if (program == NULL) {
    g_test_message ("there is no busctl here");
    return;
  }
  tree = run_busctl (fixture, "tree --list " BUS_NAME);
  lines = g_strsplit (g_strchomp (tree), "\n", -1);
  /* And those above the pods. */
  g_assert_cmpuint (g_strv_length (lines), >=, N_PODS + 2);
  g_assert_true (g_strv_contains ((const char *const *) lines, MANAGER_PATH "/pod/p999"));
  object = run_busctl (fixture, "introspect " BUS_NAME " " MANAGER_PATH "/pod/p7");
  g_assert_nonnull (strstr (object, ".CreatedUSec"));
  g_assert_nonnull (strstr (object, ".JoinByPidFd"));
}

/* All that looks at objects works with as many pods as a big node has. */
static void
test_many (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);
  g_autoptr (Signals) signals = signals_new (fixture);
  gint64 begin;

  for (guint i = 0; i < N_PODS; i++) {
    g_autofree char *uid = g_strdup_printf ("p%u", i);

    calls_add (calls, "CreatePod", uid, "{}");
    while (calls_count_pending (calls) > 50)
      fixture_iterate ();
  }
  calls_wait (calls);
  g_assert_cmpuint (calls_count_successes (calls), ==, N_PODS);
  fixture_wait (signals_count (signals, "InterfacesAdded") == N_PODS);
  fixture_wait (signals_count (signals, "PodAdded") == N_PODS);
  signals_wait (signals, "'PodCount': <uint32 1000>");
  begin = g_get_monotonic_time ();
  g_assert_cmpuint (count_objects (fixture), ==, N_PODS);
  g_test_message ("GetManagedObjects: %d ms", (int) ((g_get_monotonic_time () - begin) / 1000));
  g_assert_cmpuint (count_nodes (fixture), ==, N_PODS);
  assert_busctl (fixture);
  fixture_must_remove (fixture, "p0");
  signals_wait (signals, "InterfacesRemoved ('" MANAGER_PATH "/pod/p0', ['" POD_INTERFACE "'])");
  g_assert_cmpuint (count_objects (fixture), ==, N_PODS - 1);
  g_assert_cmpuint (count_nodes (fixture), ==, N_PODS - 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  JOIN_TEST ("/lifecycle/vanished", test_vanished);
  JOIN_TEST ("/lifecycle/vanished-while-updating", test_vanished_while_updating);
  JOIN_TEST ("/lifecycle/vanished-and-removed", test_vanished_and_removed);
  JOIN_TEST ("/lifecycle/seen-at-once", test_seen_at_once);
  JOIN_TEST ("/lifecycle/made-anew", test_made_anew);
  JOIN_TEST ("/lifecycle/order", test_order);
  JOIN_TEST ("/lifecycle/order-of-kinds", test_order_of_kinds);
  JOIN_TEST ("/lifecycle/order-of-joins", test_order_of_joins);
  JOIN_TEST ("/lifecycle/join-of-no-pod", test_join_of_no_pod);
  JOIN_TEST ("/lifecycle/order-with-user", test_order_with_user);
  JOIN_TEST ("/lifecycle/properties-changed", test_properties_changed);
  JOIN_TEST ("/lifecycle/qos", test_qos);
  FIXTURE_TEST ("/lifecycle/many", test_many);
  return g_test_run ();
}
