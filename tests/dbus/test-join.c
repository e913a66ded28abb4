/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JoinPod and JoinPodByPidFd as they should go, and what is said of processes and containers then.
 */
#include "tests/dbus/calls.h"
#include "tests/dbus/join.h"

#include <gio/gunixfdlist.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define APP_CGROUP JOIN_POD "/" JOIN_APP
/* More than the kernel takes descriptors in a message (SCM_MAX_FD: 253). */
#define MANY 300
#define ACTIVE "[('app', '" JOIN_APP "', '" APP_CGROUP "', 'active')]"

static void
test_new (Fixture *fixture, gconstpointer data)
{
  pid_t pids[] = { join_start_process (fixture), join_start_process (fixture) };
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = join_call (fixture, "app", pids, 2, "{}", &error);
  g_autofree char *text = NULL;
  g_autofree char *file = NULL;

  g_assert_no_error (error);
  text = g_variant_print (reply, FALSE);
  g_assert_cmpstr (text, ==, "('" JOIN_APP "', '" APP_CGROUP "')");
  g_assert_true (join_is_in (fixture, pids[0], APP_CGROUP));
  g_assert_true (join_is_in (fixture, pids[1], APP_CGROUP));
  g_assert_true (join_has_containers (fixture, ACTIVE));
  file = fixture_read_file (fixture, "a.pod");
  g_assert_nonnull (strstr (file, JOIN_APP));
}

/* All that the scope should have is said when it is started. */
static void
test_properties (Fixture *fixture, gconstpointer data)
{
  pid_t pid = join_start_process (fixture);
  g_autoptr (GPtrArray) calls = NULL;
  g_autoptr (GVariant) properties = NULL;
  g_autofree char *actual = NULL;
  g_autofree char *expected = NULL;

  join_one (fixture, "app", pid, "{'CPURequest': <'250m'>, 'MemoryLimit': <'64Mi'>}");
  calls = fake_systemd_list_calls (fixture->systemd, "StartTransientUnit", NULL);
  g_assert_cmpuint (calls->len, ==, 1);
  properties = g_variant_get_child_value (calls->pdata[0], 2);
  actual = g_variant_print (properties, FALSE);
  expected = g_strdup_printf (
      "[('Description', <'NodeCgroups: container app of pod a'>), "
      "('Slice', <'machine-burstable-poda.slice'>), ('CollectMode', <'inactive-or-failed'>), "
      "('OOMPolicy', <'continue'>), ('CPUAccounting', <true>), ('MemoryAccounting', <true>), "
      "('TasksAccounting', <true>), ('IOAccounting', <true>), ('CPUWeight', <uint64 25>), "
      "('CPUQuotaPerSecUSec', <uint64 18446744073709551615>), ('CPUQuotaPeriodUSec', <uint64 "
      "100000>), "
      "('MemoryMin', <uint64 0>), ('MemoryLow', <uint64 0>), ('MemoryHigh', <uint64 "
      "18446744073709551615>), "
      "('MemoryMax', <uint64 67108864>), ('MemorySwapMax', <uint64 18446744073709551615>), "
      "('TasksMax', <uint64 18446744073709551615>), ('PIDFDs', <[uint32 %d]>)]",
      (int) pid);
  g_assert_cmpstr (actual, ==, expected);
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "SetUnitProperties", NULL), ==, 0);
}

/* Further processes cost systemd nothing. */
static void
test_existing (Fixture *fixture, gconstpointer data)
{
  join_one (fixture, "app", join_start_process (fixture), "{'MemoryLimit': <'64Mi'>}");
  fake_systemd_forget_calls (fixture->systemd);
  for (guint i = 0; i < 5; i++)
    join_one (fixture, "app", join_start_process (fixture), "{}");
  join_one (fixture, "app", join_start_process (fixture), "{'MemoryLimit': <'65536Ki'>}");
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "StartTransientUnit", NULL), ==, 0);
  g_assert_cmpuint (fake_processes_count (fake_kernel_get_processes (fixture->kernel), APP_CGROUP),
                    ==, 7);
  g_assert_true (join_has_containers (fixture, ACTIVE));
}

static void
test_again (Fixture *fixture, gconstpointer data)
{
  pid_t pid = join_start_process (fixture);

  join_one (fixture, "app", pid, "{}");
  join_one (fixture, "app", pid, "{}");
  join_one (fixture, "other", pid, "{'PidsLimit': <uint64 5>}");
  join_one (fixture, "other", pid, "{'PidsLimit': <uint64 5>, 'CPULimit': <'max'>}");
  g_assert_true (join_is_in (fixture, pid, JOIN_POD "/poda-other.scope"));
}

static GVariant *
join_by_pidfd (Fixture *fixture, const pid_t *pids, guint n_pids, GError **error)
{
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  GVariantBuilder handles;

  g_variant_builder_init (&handles, G_VARIANT_TYPE ("ah"));
  for (guint i = 0; i < n_pids; i++) {
    int fd = (int) syscall (SYS_pidfd_open, pids[i], 0);

    g_assert_cmpint (fd, >=, 0);
    g_variant_builder_add (&handles, "h", g_unix_fd_list_append (fds, fd, NULL));
    close (fd);
  }
  return g_dbus_connection_call_with_unix_fd_list_sync (
      fixture->connection, BUS_NAME, MANAGER_PATH "/pod/a", POD_INTERFACE, "JoinByPidFd",
      g_variant_new ("(saha{sv})", "app", &handles, NULL), NULL, G_DBUS_CALL_FLAGS_NONE, -1, fds,
      NULL, NULL, error);
}

static void
test_pidfds (Fixture *fixture, gconstpointer data)
{
  pid_t pids[] = { join_start_process (fixture), join_start_process (fixture) };
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = join_by_pidfd (fixture, pids, 2, &error);

  g_assert_no_error (error);
  g_assert_true (join_is_in (fixture, pids[0], APP_CGROUP));
  g_assert_true (join_is_in (fixture, pids[1], APP_CGROUP));
}

/* A systemd before 255 takes numbers only, and is asked for descriptors once. */
static void
test_old_systemd (Fixture *fixture, gconstpointer data)
{
  fake_systemd_hide_property (fixture->systemd, "PIDFDs");
  join_one (fixture, "app", join_start_process (fixture), "{}");
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "StartTransientUnit", NULL), ==, 2);
  join_one (fixture, "other", join_start_process (fixture), "{}");
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "StartTransientUnit", NULL), ==, 3);
}

static void
join_many (Fixture *fixture, guint n_there)
{
  pid_t pids[MANY];
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;

  for (guint i = 0; i < MANY; i++)
    pids[i] = join_start_process (fixture);
  reply = join_call (fixture, "app", pids, MANY, "{}", &error);
  g_assert_no_error (error);
  for (guint i = 0; i < MANY; i++)
    g_assert_true (join_is_in (fixture, pids[i], APP_CGROUP));
  g_assert_cmpuint (fake_processes_count (fake_kernel_get_processes (fixture->kernel), APP_CGROUP),
                    ==, n_there + MANY);
}

/* A scope is started around few of them, and all are in it at the end. */
static void
assert_started_around_few (Fixture *fixture, const char *property)
{
  g_autoptr (GPtrArray) calls =
      fake_systemd_list_calls (fixture->systemd, "StartTransientUnit", JOIN_APP);
  g_autoptr (GVariant) properties = NULL;
  g_autoptr (GVariant) last = NULL;
  g_autoptr (GVariant) list = NULL;
  const char *name;

  g_assert_cmpuint (calls->len, >=, 1);
  properties = g_variant_get_child_value (calls->pdata[calls->len - 1], 2);
  last = g_variant_get_child_value (properties, g_variant_n_children (properties) - 1);
  g_variant_get (last, "(&sv)", &name, &list);
  g_assert_cmpstr (name, ==, property);
  g_assert_cmpuint (g_variant_n_children (list), ==, 16);
}

static void
test_many (Fixture *fixture, gconstpointer data)
{
  join_many (fixture, 0);
  assert_started_around_few (fixture, "PIDFDs");
  g_assert_true (join_has_containers (fixture, ACTIVE));
  join_many (fixture, MANY);
}

static void
test_many_old_systemd (Fixture *fixture, gconstpointer data)
{
  fake_systemd_hide_property (fixture->systemd, "PIDFDs");
  join_many (fixture, 0);
  assert_started_around_few (fixture, "PIDs");
}

static void
test_end (Fixture *fixture, gconstpointer data)
{
  pid_t first = join_start_process (fixture);
  pid_t second = join_start_process (fixture);
  pid_t third = join_start_process (fixture);

  join_one (fixture, "app", first, "{'PidsLimit': <'5'>}");
  join_one (fixture, "app", second, "{}");
  join_end_process (fixture, first);
  g_assert_true (join_has_containers (fixture, ACTIVE));
  join_end_process (fixture, second);
  fixture_wait (join_has_containers (fixture, "[]"));
  g_assert_false (fake_systemd_has_unit (fixture->systemd, JOIN_APP));
  join_one (fixture, "app", third, "{'PidsLimit': <'6'>}");
  g_assert_true (join_has_containers (fixture, ACTIVE));
}

/* It ends, and its name is taken again before anybody was told. */
static void
test_end_and_join (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 10; i++) {
    pid_t pid = join_start_process (fixture);

    join_one (fixture, "app", pid, "{}");
    join_end_process (fixture, pid);
    while (fake_systemd_has_unit (fixture->systemd, JOIN_APP))
      g_usleep (100);
  }
}

static void
test_at_once (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);

  for (guint i = 0; i < 10; i++) {
    pid_t pid = join_start_process (fixture);
    calls_begin (calls, "JoinPod", join_arguments ("app", &pid, 1, "{}"));
  }
  calls_wait (calls);
  g_assert_cmpuint (calls_count_successes (calls), ==, 10);
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "StartTransientUnit", NULL), ==, 1);
  g_assert_cmpuint (fake_processes_count (fake_kernel_get_processes (fixture->kernel), APP_CGROUP),
                    ==, 10);
}

static char *
find_pod (Fixture *fixture, pid_t pid, GError **error)
{
  g_autoptr (GVariant) reply =
      fixture_call (fixture, "GetPodByPid", g_variant_new ("(u)", (guint32) pid), error);

  return reply != NULL ? g_variant_print (reply, FALSE) : NULL;
}

static void
assert_pod_of (Fixture *fixture, pid_t pid, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *found = find_pod (fixture, pid, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (found, ==, expected);
}

static void
test_by_pid (Fixture *fixture, gconstpointer data)
{
  FakeProcesses *processes = fake_kernel_get_processes (fixture->kernel);
  g_autoptr (GError) error = NULL;
  pid_t pid = join_start_process (fixture);

  g_assert_null (find_pod (fixture, pid, &error));
  fixture_assert_error (&error, "NoSuchPod", JOIN_OUTSIDE);
  join_one (fixture, "app", pid, "{}");
  assert_pod_of (fixture, pid, "('/org/example/NodeCgroups/pod/a', 'app')");
  fake_processes_move (processes, pid, JOIN_POD);
  assert_pod_of (fixture, pid, "('/org/example/NodeCgroups/pod/a', '')");
  fake_kernel_make_cgroup (fixture->kernel, JOIN_POD "/crio-1.scope/inner");
  fake_processes_move (processes, pid, JOIN_POD "/crio-1.scope/inner");
  assert_pod_of (fixture, pid, "('/org/example/NodeCgroups/pod/a', 'crio-1.scope')");
  g_assert_null (find_pod (fixture, 0, &error));
  fixture_assert_error (&error, "InvalidArgument", NULL);
  fake_processes_drop (processes, pid);
  g_assert_null (find_pod (fixture, pid, &error));
  fixture_assert_error (&error, "NoSuchProcess", NULL);
}

static void
test_stats (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) stats = NULL;
  g_autoptr (GVariant) containers = NULL;
  g_autoptr (GVariant) app = NULL;
  guint64 value;

  join_one (fixture, "app", join_start_process (fixture), "{'PidsLimit': <'9'>}");
  fake_kernel_make_cgroup (fixture->kernel, JOIN_POD "/crio-1.scope");
  reply = fixture_call (fixture, "GetPodStats",
                        g_variant_new_parsed ("('a', {'Containers': <true>})"), &error);
  g_assert_no_error (error);
  stats = g_variant_get_child_value (reply, 0);
  g_assert_true (g_variant_lookup (stats, "CPUUsageNSec", "t", &value));
  g_assert_cmpuint (value, ==, 1500000);
  g_assert_true (g_variant_lookup (stats, "PidsCurrent", "t", &value));
  g_assert_cmpuint (value, ==, 1);
  g_assert_false (g_variant_lookup (stats, "PidsLimit", "t", &value));
  g_assert_true (g_variant_lookup (stats, "Containers", "@a{sa{sv}}", &containers));
  g_assert_cmpuint (g_variant_n_children (containers), ==, 2);
  g_assert_true (g_variant_lookup (containers, "app", "@a{sv}", &app));
  g_assert_true (g_variant_lookup (app, "PidsLimit", "t", &value));
  g_assert_cmpuint (value, ==, 9);
}

static void
test_verify (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autofree char *rows = NULL;

  join_one (fixture, "app", join_start_process (fixture), "{'PidsLimit': <'9'>}");
  fake_kernel_write (fixture->kernel, APP_CGROUP, "pids.max", "8");
  fake_kernel_ignore_writes (fixture->kernel, "poda-app.scope", "pids.max");
  reply = fixture_call (fixture, "VerifyPod", g_variant_new ("(s)", "a"), &error);
  g_assert_no_error (error);
  rows = g_variant_print (reply, FALSE);
  g_assert_nonnull (strstr (rows, "('" JOIN_POD "', 'cgroup', 'present', 'present', true)"));
  g_assert_nonnull (strstr (rows, "('" JOIN_POD "', 'pids.max', 'max', 'max', true)"));
  g_assert_nonnull (strstr (rows, "('" APP_CGROUP "', 'pids.max', '9', '8', false)"));
}

/* systemd does not look by itself whether the one before can go. */
static void
test_not_collected (Fixture *fixture, gconstpointer data)
{
  pid_t pid = join_start_process (fixture);

  fake_systemd_add_ended (fixture->systemd, JOIN_APP, "NodeCgroups: container app of pod a");
  join_one (fixture, "app", pid, "{}");
  g_assert_true (join_is_in (fixture, pid, APP_CGROUP));
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "StopUnit", JOIN_APP), ==, 1);
}

/* The containers go with the pod. */
static void
test_remove (Fixture *fixture, gconstpointer data)
{
  pid_t pid = join_start_process (fixture);

  join_one (fixture, "app", pid, "{}");
  fixture_must_remove (fixture, "a");
  g_assert_false (fake_kernel_has_cgroup (fixture->kernel, JOIN_POD));
  g_assert_false (fake_systemd_has_unit (fixture->systemd, JOIN_APP));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  JOIN_TEST ("/join/new", test_new);
  JOIN_TEST ("/join/properties", test_properties);
  JOIN_TEST ("/join/existing", test_existing);
  JOIN_TEST ("/join/again", test_again);
  JOIN_TEST ("/join/pidfds", test_pidfds);
  JOIN_TEST ("/join/old-systemd", test_old_systemd);
  JOIN_TEST ("/join/many", test_many);
  JOIN_TEST ("/join/many-old-systemd", test_many_old_systemd);
  JOIN_TEST ("/join/end", test_end);
  JOIN_TEST ("/join/end-and-join", test_end_and_join);
  JOIN_TEST ("/join/at-once", test_at_once);
  JOIN_TEST ("/join/by-pid", test_by_pid);
  JOIN_TEST ("/join/stats", test_stats);
  JOIN_TEST ("/join/verify", test_verify);
  JOIN_TEST ("/join/not-collected", test_not_collected);
  JOIN_TEST ("/join/remove", test_remove);
  return g_test_run ();
}
