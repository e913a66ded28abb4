/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CreateContainer, UpdateContainer and RemoveContainer, and what is said of containers then.
 */
#include "tests/dbus/calls.h"
#include "tests/dbus/container.h"
#include "tests/dbus/fake-thread.h"
#include "tests/unit/child.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

#define SPEC "{'CPURequest': <'250m'>, 'MemoryLimit': <'64Mi'>}"
#define APP_CGROUP JOIN_POD "/" JOIN_APP

static void
test_create (Fixture *fixture, gconstpointer data)
{
  g_autofree char *file = NULL;

  container_must_create (fixture, SPEC);
  container_assert_file (fixture, "cpu.weight", "25");
  container_assert_file (fixture, "memory.max", "67108864");
  container_assert_file (fixture, "cgroup.events", "populated 0\nfrozen 0");
  container_assert_verified (fixture);
  file = fixture_read_file (fixture, "a.pod");
  g_assert_nonnull (strstr (file, "'Held': <['db']>"));
  g_assert_nonnull (strstr (file, "'Pending': <@a{s(sa{sv})} {}>"));
}

/* All that the unit should have is said when it is started. */
static void
test_properties (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) calls = NULL;
  g_autoptr (GVariant) properties = NULL;
  g_autofree char *actual = NULL;

  container_must_create (fixture, "{}");
  calls = fake_systemd_list_calls (fixture->systemd, "StartTransientUnit", NULL);
  g_assert_cmpuint (calls->len, ==, 1);
  properties = g_variant_get_child_value (calls->pdata[0], 2);
  actual = g_variant_print (properties, FALSE);
  g_assert_true (g_str_has_prefix (actual,
                                   "[('Description', <'NodeCgroups: container db of pod a'>), "
                                   "('Slice', <'machine-burstable-poda.slice'>), "
                                   "('CollectMode', <'inactive-or-failed'>), ('Delegate', <true>), "
                                   "('Type', <'oneshot'>), ('RemainAfterExit', <true>), "
                                   "('ExecStart', <[('/bin/true', ['/bin/true'], false)]>), "));
}

/* Where the cgroup is the kernel shows, and systemd is not asked. */
static void
test_shown (Fixture *fixture, gconstpointer data)
{
  fake_systemd_forget_calls (fixture->systemd);
  container_must_create (fixture, SPEC);
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "StartTransientUnit", NULL), ==, 1);
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "Get", NULL), ==, 0);
}

/* However many there are, a message names a few. */
static void
test_many_names (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 12; i++) {
    g_autofree char *text = g_strdup_printf ("('a', 'c%u', @a{sv} {})", i);
    g_autoptr (GError) error = NULL;
    g_autoptr (GVariant) reply = fixture_call (
        fixture, "CreateContainer", g_variant_parse (NULL, text, NULL, NULL, NULL), &error);

    g_assert_no_error (error);
  }
  container_must_fail (fixture, "UpdateContainer", "db", "{}", "NoSuchContainer", "c9 and 2 more");
}

/* A lost reply costs systemd nothing. */
static void
test_same (Fixture *fixture, gconstpointer data)
{
  container_must_create (fixture, SPEC);
  fake_systemd_forget_calls (fixture->systemd);
  container_must_create (fixture, SPEC);
  container_must_create (fixture, "{'MemoryLimit': <'65536Ki'>, 'CPURequest': <uint64 250>}");
  container_must_create (fixture, "{'MemoryLimit': <'64Mi'>, 'CPURequest': <uint64 250>, "
                                  "'CPULimit': <'max'>, 'Labels': <@a{ss} {}>}");
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "StartTransientUnit", NULL), ==, 0);
  container_must_fail (fixture, "CreateContainer", "db", "{}", "ContainerExists", "db");
  container_must_fail (fixture, "CreateContainer", "db",
                       "{'CPURequest': <'250m'>, 'MemoryLimit': <'64Mi'>, 'Delegate': <true>}",
                       "ContainerExists", "UpdateContainer");
  container_assert_file (fixture, "memory.max", "67108864");
}

/* systemd takes it only when the unit is made; all else can be changed. */
static void
test_creation_only (Fixture *fixture, gconstpointer data)
{
  container_must_create (fixture, "{'SystemdProperties': <[('OOMPolicy', <'kill'>)]>}");
  container_must (fixture, "UpdateContainer", "{'PidsLimit': <uint64 9>}");
  container_assert_file (fixture, "pids.max", "9");
  container_must_fail (
      fixture, "UpdateContainer", "db",
      "{'PidsLimit': <uint64 8>, 'SystemdProperties': <[('OOMPolicy', <'continue'>)]>}",
      "NotSupported", "OOMPolicy");
  fixture_kill_daemon (fixture);
  fake_kernel_write (fixture->kernel, CONTAINER_CGROUP, "pids.max", "7");
  fixture_start_daemon (fixture);
  container_assert_file (fixture, "pids.max", "9");
  container_assert_verified (fixture);
}

static const struct {
  const char *name;
  const char *spec;
  const char *error;
  const char *text;
} refused[] = {
  { "db", "{'QosClass': <'Guaranteed'>}", "InvalidArgument", "QosClass" },
  { "db", "{'Subgroup': <'a'>, 'Delegate': <true>}", "InvalidArgument", "Subgroup" },
  { "db", "{'User': <'0'>}", "InvalidArgument", "User" },
  { "db", "{'User': <'nobody-is-called-so'>, 'Delegate': <true>}", "InvalidArgument",
    "nobody-is-called-so" },
  { "db", "{'MemoryLimit': <'0'>}", "InvalidArgument", "MemoryLimit" },
  { "db", "{'CPURequest': <'2'>, 'CPULimit': <'1'>}", "InvalidArgument", "CPURequest" },
  { "db", "{'CPUSet': <'99'>}", "InvalidArgument", "CPUSet" },
  { "db", "{'IOLimits': <[('/dev/none', {'ReadIOPSMax': uint64 5})]>}", "InvalidArgument",
    "/dev/none" },
  { "db", "{'Nonsense': <true>}", "InvalidArgument", "Nonsense" },
  { "../db", "{}", "InvalidArgument", "../db" },
  { "", "{}", "InvalidArgument", NULL },
};

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++)
    container_must_fail (fixture, "CreateContainer", refused[i].name, refused[i].spec,
                         refused[i].error, refused[i].text);
  g_assert_null (fixture_call (fixture, "CreateContainer",
                               g_variant_new_parsed ("('none', 'db', @a{sv} {})"), &error));
  fixture_assert_error (&error, "NoSuchPod", "none");
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "StartTransientUnit", NULL), ==, 0);
  container_assert_gone (fixture);
}

/* It is joined without options or with its own, and does not end with its last process. */
static void
test_join (Fixture *fixture, gconstpointer data)
{
  pid_t first = join_start_process (fixture);
  pid_t second = join_start_process (fixture);
  g_autoptr (GError) error = NULL;

  container_must_create (fixture, SPEC);
  join_one (fixture, "db", first, "{}");
  g_assert_true (join_is_in (fixture, first, CONTAINER_CGROUP));
  g_assert_null (join_call (fixture, "db", &second, 1, "{'PidsLimit': <'7'>}", &error));
  fixture_assert_error (&error, "ContainerExists", "db");
  join_end_process (fixture, first);
  fixture_wait (
      fake_processes_count (fake_kernel_get_processes (fixture->kernel), CONTAINER_CGROUP) == 0);
  g_assert_true (fake_systemd_has_unit (fixture->systemd, CONTAINER_UNIT));
  g_assert_true (join_has_containers (fixture, CONTAINER_IS ("active")));
  join_one (fixture, "db", second, SPEC);
  g_assert_true (join_is_in (fixture, second, CONTAINER_CGROUP));
}

/* The same call again finds out that there is nothing, whoever forgot to tell. */
static void
test_removed_behind (Fixture *fixture, gconstpointer data)
{
  container_must_create (fixture, SPEC);
  fake_kernel_remove_cgroup (fixture->kernel, CONTAINER_CGROUP);
  container_must_create (fixture, SPEC);
  g_assert_true (fake_kernel_has_cgroup (fixture->kernel, CONTAINER_CGROUP));
  container_assert_verified (fixture);
}

/* Labels are compared, in whichever order they come, and change without systemd. */
static void
test_labels (Fixture *fixture, gconstpointer data)
{
  container_must_create (fixture, "{'Labels': <{'a': '1', 'b': '2'}>}");
  container_must_create (fixture, "{'Labels': <{'b': '2', 'a': '1'}>}");
  container_must_fail (fixture, "CreateContainer", "db", "{'Labels': <{'a': '1'}>}",
                       "ContainerExists", NULL);
  container_must (fixture, "UpdateContainer", "{'Labels': <{'a': '1'}>}");
  fixture_stop_daemon (fixture);
  fixture_start_daemon (fixture);
  container_must_create (fixture, "{'Labels': <{'a': '1'}>}");
}

static void
test_joined_exists (Fixture *fixture, gconstpointer data)
{
  join_one (fixture, "app", join_start_process (fixture), "{}");
  container_must_fail (fixture, "CreateContainer", "app", "{}", "ContainerExists", "join");
  g_assert_true (
      join_has_containers (fixture, "[('app', '" JOIN_APP "', '" APP_CGROUP "', 'active')]"));
}

static void
test_delegated (Fixture *fixture, gconstpointer data)
{
  container_must_create (fixture, "{'Delegate': <true>, 'User': <'0'>, 'PidsLimit': <'5'>}");
  container_must_create (fixture, "{'Delegate': <true>, 'User': <'root'>, 'PidsLimit': <'5'>}");
  container_must_fail (fixture, "CreateContainer", "db", "{'Delegate': <true>, 'PidsLimit': <'5'>}",
                       "ContainerExists", NULL);
  container_must_fail (fixture, "UpdateContainer", "db", "{'Delegate': <false>}", "InvalidArgument",
                       "Delegate");
  join_one (fixture, "db", join_start_process (fixture), "{'Delegate': <true>, 'User': <'0'>}");
}

static void
test_update (Fixture *fixture, gconstpointer data)
{
  container_must_create (fixture, SPEC);
  fake_systemd_forget_calls (fixture->systemd);
  container_must (fixture, "UpdateContainer", "{}");
  container_must_fail (fixture, "UpdateContainer", "db",
                       "{'PidsLimit': <'7'>, 'Unified': <{'cpu.max.burst': '1000'}>}",
                       "NotSupported", "NotSupported: " CONTAINER_CGROUP " has no cpu.max.burst");
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "SetUnitProperties", NULL), ==, 0);
  container_must (fixture, "UpdateContainer", "{'CPURequest': <'0.25'>}");
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "SetUnitProperties", NULL), ==, 0);
  container_must (fixture, "UpdateContainer", "{'MemoryLimit': <'96Mi'>, 'PidsLimit': <'9'>}");
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "SetUnitProperties", NULL), ==, 1);
  container_assert_file (fixture, "memory.max", "100663296");
  container_assert_file (fixture, "pids.max", "9");
  container_assert_file (fixture, "cpu.weight", "25");
  container_assert_verified (fixture);
  container_must_fail (fixture, "CreateContainer", "db", SPEC, "ContainerExists", NULL);
  container_must_create (fixture,
                         "{'CPURequest': <'250m'>, 'MemoryLimit': <'96Mi'>, 'PidsLimit': <'9'>}");
}

/* What was written for the first time has what it had. */
static void
test_set_back_files (Fixture *fixture, gconstpointer data)
{
  static const char path[] = "/sys/fs/cgroup" CONTAINER_CGROUP "/memory.swap.high";

  container_must_create (fixture, SPEC);
  fake_kernel_write_file (fixture->kernel, path, "8192");
  fake_kernel_ignore_writes (fixture->kernel, CONTAINER_UNIT, "memory.high");
  container_must_fail (fixture, "UpdateContainer", "db",
                       "{'MemoryHigh': <'8Mi'>, 'Unified': <{'memory.swap.high': '4096'}>}",
                       "SystemdFailed", "memory.high");
  container_assert_file (fixture, "memory.swap.high", "8192");
  container_assert_verified (fixture);
}

static void
test_update_joined (Fixture *fixture, gconstpointer data)
{
  g_autofree char *value = NULL;

  join_one (fixture, "app", join_start_process (fixture), "{'PidsLimit': <'5'>}");
  g_assert_true (
      container_call (fixture, "UpdateContainer", "app", "{'MemoryHigh': <'8Mi'>}", NULL));
  value = fake_kernel_read (fixture->kernel, APP_CGROUP, "memory.high");
  g_assert_cmpstr (value, ==, "8388608");
  container_assert_verified (fixture);
  join_one (fixture, "app", join_start_process (fixture),
            "{'PidsLimit': <'5'>, 'MemoryHigh': <'8Mi'>}");
}

static void
test_update_refused (Fixture *fixture, gconstpointer data)
{
  container_must_fail (fixture, "UpdateContainer", "db", "{}", "NoSuchContainer", "db");
  container_must_create (fixture, SPEC);
  container_must_fail (fixture, "UpdateContainer", "db", "{'CPULimit': <'100m'>}",
                       "InvalidArgument", "CPURequest");
  container_must_fail (fixture, "UpdateContainer", "db", "{'QosClass': <'Burstable'>}",
                       "InvalidArgument", "QosClass");
  fake_kernel_write (fixture->kernel, CONTAINER_CGROUP, "memory.current", "50000000");
  container_must_fail (fixture, "UpdateContainer", "db", "{'MemoryLimit': <'16Mi'>}", "Busy",
                       "50000000 bytes that container db of pod a");
  container_assert_file (fixture, "memory.max", "67108864");
  g_assert_true (join_has_containers (fixture, CONTAINER_IS ("active")));
}

/* The kernel does not take one of two: the other is set back. */
static void
test_all_or_nothing (Fixture *fixture, gconstpointer data)
{
  container_must_create (fixture, SPEC);
  fake_kernel_ignore_writes (fixture->kernel, CONTAINER_UNIT, "pids.max");
  container_must_fail (fixture, "UpdateContainer", "db",
                       "{'MemoryLimit': <'96Mi'>, 'PidsLimit': <'9'>}", "SystemdFailed",
                       "pids.max");
  container_assert_file (fixture, "memory.max", "67108864");
  container_assert_verified (fixture);
  container_must_create (fixture, SPEC);
}

static void
test_remove (Fixture *fixture, gconstpointer data)
{
  pid_t pid = join_start_process (fixture);

  container_must_create (fixture, SPEC);
  join_one (fixture, "db", pid, "{}");
  container_must (fixture, "RemoveContainer", "{}");
  child_wait_killed (pid, SIGKILL);
  container_assert_gone (fixture);
  container_must_fail (fixture, "RemoveContainer", "db", "{}", "NoSuchContainer", "db");
  container_must_create (fixture, "{}");
}

static void
test_remove_joined (Fixture *fixture, gconstpointer data)
{
  pid_t pid = join_start_process (fixture);
  pid_t other = join_start_process (fixture);
  g_autoptr (GError) error = NULL;

  join_one (fixture, "app", pid, "{}");
  join_one (fixture, "other", other, "{}");
  container_call (fixture, "RemoveContainer", "app", "{'GracePeriodUSec': <uint64 300000>}",
                  &error);
  g_assert_no_error (error);
  child_wait_killed (pid, SIGTERM);
  g_assert_false (fake_kernel_has_cgroup (fixture->kernel, APP_CGROUP));
  g_assert_true (join_is_in (fixture, other, JOIN_POD "/poda-other.scope"));
}

static void
test_remove_busy (Fixture *fixture, gconstpointer data)
{
  pid_t pid = join_start_process (fixture);
  g_autofree char *holder = g_strdup_printf ("%d (test-containers, ", (int) pid);

  container_must_fail (fixture, "RemoveContainer", "db", "{'Now': <true>}", "InvalidArgument",
                       "Now");
  container_must_create (fixture, SPEC);
  join_one (fixture, "db", pid, "{}");
  fake_processes_make_immortal (fake_kernel_get_processes (fixture->kernel), pid);
  container_must_fail (fixture, "RemoveContainer", "db", "{}", "Busy", holder);
  g_assert_true (join_has_containers (fixture, CONTAINER_IS ("active")));
  container_assert_verified (fixture);
  join_end_process (fixture, pid);
  fake_processes_drop (fake_kernel_get_processes (fixture->kernel), pid);
  container_must (fixture, "RemoveContainer", "{}");
  container_assert_gone (fixture);
}

static void
on_properties_changed (GDBusConnection *connection,
                       const char *sender,
                       const char *path,
                       const char *interface,
                       const char *signal,
                       GVariant *arguments,
                       gpointer user_data)
{
  GPtrArray *told = user_data;
  g_autoptr (GVariant) changed = g_variant_get_child_value (arguments, 1);
  g_autoptr (GVariant) value =
      g_variant_lookup_value (changed, "Containers", G_VARIANT_TYPE ("a(ssss)"));

  if (value != NULL)
    g_ptr_array_add (told, g_variant_print (value, FALSE));
}

/* Each state of the property is told. */
static void
test_states (Fixture *fixture, gconstpointer data)
{
  static const char *const expected[] = {
    "[('db', '" CONTAINER_UNIT "', '', 'starting')]",
    CONTAINER_IS ("active"),
    CONTAINER_IS ("updating"),
    CONTAINER_IS ("active"),
    CONTAINER_IS ("removing"),
    "[]",
  };
  static const char *const slow[] = { "StartTransientUnit", "SetUnitProperties", "StopUnit" };
  g_autoptr (GPtrArray) told = g_ptr_array_new_with_free_func (g_free);
  guint id = g_dbus_connection_signal_subscribe (
      fixture->connection, BUS_NAME, "org.freedesktop.DBus.Properties", "PropertiesChanged",
      MANAGER_PATH "/pod/a", POD_INTERFACE, G_DBUS_SIGNAL_FLAGS_NONE, on_properties_changed, told,
      NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (slow); i++) {
    FakeFault fault = {
      .method = slow[i], .unit = CONTAINER_UNIT, .kind = FAKE_FAULT_DELAY, .msec = 100
    };
    fake_systemd_add_fault (fixture->systemd, &fault);
  }
  container_must_create (fixture, SPEC);
  container_must (fixture, "UpdateContainer", "{'PidsLimit': <'9'>}");
  container_must (fixture, "RemoveContainer", "{}");
  fixture_wait (told->len >= G_N_ELEMENTS (expected));
  for (gsize i = 0; i < G_N_ELEMENTS (expected); i++)
    g_assert_cmpstr (told->pdata[i], ==, expected[i]);
  g_dbus_connection_signal_unsubscribe (fixture->connection, id);
}

/* Something else stops it: it is said so, and it can be created, joined and removed still. */
static void
test_vanished (Fixture *fixture, gconstpointer data)
{
  pid_t pid = join_start_process (fixture);

  container_must_create (fixture, SPEC);
  fake_systemd_stop_unit (fixture->systemd, CONTAINER_UNIT);
  fixture_wait (join_has_containers (fixture, CONTAINER_VANISHED_));
  container_must_fail (fixture, "UpdateContainer", "db", "{'PidsLimit': <'9'>}", "Failed", "db");
  container_must_create (fixture, "{'PidsLimit': <'9'>}");
  container_assert_verified (fixture);

  fake_systemd_stop_unit (fixture->systemd, CONTAINER_UNIT);
  fixture_wait (join_has_containers (fixture, CONTAINER_VANISHED_));
  join_one (fixture, "db", pid, "{}");
  g_assert_true (join_is_in (fixture, pid, CONTAINER_CGROUP));
  container_assert_file (fixture, "pids.max", "9");

  fake_systemd_stop_unit (fixture->systemd, CONTAINER_UNIT);
  fixture_wait (join_has_containers (fixture, CONTAINER_VANISHED_));
  container_must (fixture, "RemoveContainer", "{}");
  container_assert_gone (fixture);
}

/* Its unit is there, since it was restarted, but systemd has given up the cgroup. */
static void
test_cgroup_gone (Fixture *fixture, gconstpointer data)
{
  container_must_create (fixture, SPEC);
  fake_kernel_remove_cgroup (fixture->kernel, CONTAINER_CGROUP);
  fixture_wait (join_has_containers (fixture, CONTAINER_VANISHED_));
  container_must_create (fixture, SPEC);
  container_assert_verified (fixture);
}

/* Without the memory controller nobody looks at the leaves of a pod as a whole. */
static void
test_cgroup_gone_without_memory (Fixture *fixture, gconstpointer data)
{
  fake_kernel_set_controllers (fixture->kernel, "cpu pids");
  fixture_start_daemon (fixture);
  g_free (fixture_must_create (fixture, "a", "{'CPURequest': <'100m'>}"));
  container_must_create (fixture, "{}");
  fake_kernel_remove_cgroup (fixture->kernel, CONTAINER_CGROUP);
  fixture_wait (join_has_containers (fixture, CONTAINER_VANISHED_));
}

static gboolean
has_memory_limit (Fixture *fixture, const char *expected)
{
  g_autofree char *value = fake_kernel_read (fixture->kernel, CONTAINER_CGROUP, "memory.max");

  return g_str_equal (value, expected);
}

/* Whoever writes into its files is written over, as for a pod, and after an update with that. */
static void
test_drift (Fixture *fixture, gconstpointer data)
{
  container_must_create (fixture, SPEC);
  container_must (fixture, "UpdateContainer", "{'MemoryLimit': <'96Mi'>}");
  fake_kernel_write (fixture->kernel, CONTAINER_CGROUP, "memory.max", "max");
  fixture_wait (has_memory_limit (fixture, "100663296"));
  container_assert_verified (fixture);
}

static void
set_mode (Fixture *fixture, int mode)
{
  g_autofree char *directory = g_strconcat (fixture->root, "/sys/fs/cgroup" JOIN_POD, NULL);

  g_assert_cmpint (g_chmod (directory, mode), ==, 0);
}

/* A leaf that cannot be opened, for whatever reason, is not gone. */
static void
test_unreadable (Fixture *fixture, gconstpointer data)
{
  static const char leaves[] = "[('app', '" JOIN_APP "', '" APP_CGROUP "', 'active'), "
                               "('db', '" CONTAINER_UNIT "', '" CONTAINER_CGROUP "', 'active')]";
  FakeFault fault = {
    .method = "SetUnitProperties",
    .kind = FAKE_FAULT_ERROR,
    .text = "org.freedesktop.DBus.Error.AccessDenied",
  };
  pid_t pid = join_start_process (fixture);

  fixture_stop_daemon (fixture);
  fixture->is_barred = TRUE;
  fixture_start_daemon (fixture);
  join_one (fixture, "app", pid, "{}");
  g_assert_true (container_call (fixture, "CreateContainer", "db", SPEC, NULL));
  fake_systemd_add_fault (fixture->systemd, &fault);
  set_mode (fixture, 0);
  container_must_fail (fixture, "UpdateContainer", "app", "{'PidsLimit': <'9'>}", "SystemdFailed",
                       NULL);
  container_must_fail (fixture, "UpdateContainer", "db", "{'PidsLimit': <'9'>}", "SystemdFailed",
                       NULL);
  g_assert_true (join_has_containers (fixture, leaves));
  set_mode (fixture, 0755);
  fake_systemd_clear_faults (fixture->systemd);
  container_must (fixture, "UpdateContainer", "{'PidsLimit': <'9'>}");
  g_assert_true (join_has_containers (fixture, leaves));
}

static void
test_queries (Fixture *fixture, gconstpointer data)
{
  pid_t pid = join_start_process (fixture);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) found = NULL;
  g_autoptr (GVariant) stats = NULL;
  g_autofree char *text = NULL;

  container_must_create (fixture, SPEC);
  stats = fixture_call (fixture, "GetPodStats",
                        g_variant_new_parsed ("('a', {'Containers': <true>, 'Fields': "
                                              "<['MemoryLimitBytes']>})"),
                        &error);
  g_assert_no_error (error);
  text = g_variant_print (stats, FALSE);
  g_assert_nonnull (strstr (text, "{'db': {'MemoryLimitBytes': <uint64 67108864>}}"));
  join_one (fixture, "db", pid, "{}");
  found = fixture_call (fixture, "GetPodByPid", g_variant_new ("(u)", (guint32) pid), &error);
  g_assert_no_error (error);
  g_free (text);
  text = g_variant_print (found, FALSE);
  g_assert_cmpstr (text, ==, "('/org/example/NodeCgroups/pod/a', 'db')");
}

/* Calls for the same pod are done in the order in which they came. */
static void
test_in_turn (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);

  for (guint i = 0; i < 5; i++) {
    calls_begin (calls, "CreateContainer", container_arguments ("db", SPEC));
    calls_begin (calls, "UpdateContainer", container_arguments ("db", "{'PidsLimit': <'9'>}"));
    calls_add (calls, "UpdatePod", "a", i % 2 == 0 ? "{'PidsLimit': <'99'>}" : "{}");
    calls_begin (calls, "RemoveContainer", container_arguments ("db", "{}"));
  }
  calls_wait (calls);
  g_assert_cmpuint (calls_count_successes (calls), ==, 20);
  container_assert_gone (fixture);
}

static void
test_remove_pod (Fixture *fixture, gconstpointer data)
{
  container_must_create (fixture, SPEC);
  fixture_must_remove (fixture, "a");
  g_assert_false (fake_kernel_has_cgroup (fixture->kernel, JOIN_POD));
  g_assert_false (fake_systemd_has_unit (fixture->systemd, CONTAINER_UNIT));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  JOIN_TEST ("/containers/create", test_create);
  JOIN_TEST ("/containers/properties", test_properties);
  JOIN_TEST ("/containers/shown", test_shown);
  JOIN_TEST ("/containers/many-names", test_many_names);
  JOIN_TEST ("/containers/same", test_same);
  JOIN_TEST ("/containers/creation-only", test_creation_only);
  JOIN_TEST ("/containers/refused", test_refused);
  JOIN_TEST ("/containers/join", test_join);
  JOIN_TEST ("/containers/removed-behind", test_removed_behind);
  JOIN_TEST ("/containers/labels", test_labels);
  JOIN_TEST ("/containers/joined-exists", test_joined_exists);
  JOIN_TEST ("/containers/delegated", test_delegated);
  JOIN_TEST ("/containers/update", test_update);
  JOIN_TEST ("/containers/update-set-back-files", test_set_back_files);
  JOIN_TEST ("/containers/update-joined", test_update_joined);
  JOIN_TEST ("/containers/update-refused", test_update_refused);
  JOIN_TEST ("/containers/all-or-nothing", test_all_or_nothing);
  JOIN_TEST ("/containers/remove", test_remove);
  JOIN_TEST ("/containers/remove-joined", test_remove_joined);
  JOIN_TEST ("/containers/remove-busy", test_remove_busy);
  JOIN_TEST ("/containers/states", test_states);
  JOIN_TEST ("/containers/vanished", test_vanished);
  JOIN_TEST ("/containers/cgroup-gone", test_cgroup_gone);
  FIXTURE_TEST_WITHOUT_DAEMON ("/containers/cgroup-gone/without-memory",
                               test_cgroup_gone_without_memory);
  JOIN_TEST ("/containers/drift", test_drift);
  JOIN_TEST ("/containers/unreadable", test_unreadable);
  JOIN_TEST ("/containers/queries", test_queries);
  JOIN_TEST ("/containers/in-turn", test_in_turn);
  JOIN_TEST ("/containers/remove-pod", test_remove_pod);
  return g_test_run ();
}
