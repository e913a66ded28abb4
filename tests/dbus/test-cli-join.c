/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl join.
 */
#include "tests/dbus/cli.h"
#include "tests/dbus/join.h"
#include "tests/unit/temp-dir.h"

#include <glib/gstdio.h>

#define APP_CGROUP JOIN_POD "/" JOIN_APP

/* More than there may be descriptors in a call. */
#define MANY 20

#define SSH "#!/bin/sh\nexec systemd-stdio-bridge --bus-path=\"$BRIDGED\"\n"

/* How often it was called so; counted by another thread. */
static int n_by_number, n_by_pidfd;

static GDBusMessage *
count_call (GDBusConnection *connection,
            GDBusMessage *message,
            gboolean is_incoming,
            gpointer user_data)
{
  const char *member = g_dbus_message_get_member (message);

  if (g_dbus_message_get_message_type (message) != G_DBUS_MESSAGE_TYPE_METHOD_CALL || !is_incoming)
    return message;
  if (g_strcmp0 (member, "JoinPod") == 0)
    g_atomic_int_inc (&n_by_number);
  if (g_strcmp0 (member, "JoinPodByPidFd") == 0)
    g_atomic_int_inc (&n_by_pidfd);
  /* It is not for us, and GDBus would answer it. */
  g_object_unref (message);
  return NULL;
}

/* From now on all that is called on the bus comes by here. */
static void
count_calls (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (
      fixture->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
      "AddMatch",
      g_variant_new ("(s)", "eavesdrop='true',type='method_call',interface='" BUS_NAME "'"), NULL,
      G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);

  g_assert_no_error (error);
  n_by_number = n_by_pidfd = 0;
  g_dbus_connection_add_filter (fixture->connection, count_call, NULL, NULL);
}

static void run (Cli *cli, int status, const char *format, ...) G_GNUC_PRINTF (3, 4);

static void
run (Cli *cli, int status, const char *format, ...)
{
  g_autofree char *line = NULL;
  va_list arguments;

  va_start (arguments, format);
  line = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  cli_run (cli, status, line);
}

static void
assert_file (Fixture *fixture, const char *file, const char *expected)
{
  g_autofree char *value = fake_kernel_read (fixture->kernel, APP_CGROUP, file);

  g_assert_cmpstr (value, ==, expected);
}

static void
test_human (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);
  pid_t first = join_start_process (fixture);
  pid_t second = join_start_process (fixture);
  pid_t third = join_start_process (fixture);

  count_calls (fixture);
  run (cli, 0, "join a app %d PidsLimit=9 %d MemoryLimit=64Mi", first, second);
  g_assert_cmpstr (cli->output, ==, JOIN_APP "\n" APP_CGROUP "\n");
  g_assert_true (join_is_in (fixture, first, APP_CGROUP));
  g_assert_true (join_is_in (fixture, second, APP_CGROUP));
  assert_file (fixture, "pids.max", "9");
  assert_file (fixture, "memory.max", "67108864");
  run (cli, 0, "join a/app %d", third);
  g_assert_true (join_is_in (fixture, third, APP_CGROUP));
  fixture_wait (g_atomic_int_get (&n_by_pidfd) == 2);
  g_assert_cmpint (g_atomic_int_get (&n_by_number), ==, 0);
}

static void
test_json (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);

  run (cli, 0, "join --json a app %d", join_start_process (fixture));
  cli_assert_jsons (cli, { "$.Uid", "\"a\"" }, { "$.Container", "\"app\"" },
                    { "$.Unit", "\"" JOIN_APP "\"" }, { "$.ControlGroup", "\"" APP_CGROUP "\"" });
}

static void
test_delegated (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);
  g_autoptr (GVariant) delegate = NULL;
  pid_t pid = join_start_process (fixture);

  run (cli, 0, "join a app %d Delegate=yes", pid);
  delegate = fake_systemd_get_property (fixture->systemd, JOIN_APP, "Delegate");
  g_assert_true (g_variant_get_boolean (delegate));
  g_assert_true (join_is_in (fixture, pid, APP_CGROUP));
}

/* Where they cannot all be held, the numbers do. */
static void
test_many (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);
  g_autoptr (GString) line = g_string_new ("join a app");

  for (guint i = 0; i < MANY; i++)
    g_string_append_printf (line, " %d", join_start_process (fixture));
  count_calls (fixture);
  cli_run (cli, 0, line->str);
  g_assert_cmpuint (fake_processes_count (fake_kernel_get_processes (fixture->kernel), APP_CGROUP),
                    ==, MANY);
  fixture_wait (g_atomic_int_get (&n_by_number) == 1);
  g_assert_cmpint (g_atomic_int_get (&n_by_pidfd), ==, 0);
}

/* The numbers of another machine's processes are sent as they are. */
static void
test_host (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);
  char *directory = temp_dir_new ();
  g_autofree char *program = g_build_filename (directory, "ssh", NULL);
  g_autofree char *path = g_strconcat (directory, ":", g_getenv ("PATH"), NULL);

  temp_dir_write (directory, "ssh", SSH);
  g_assert_cmpint (g_chmod (program, 0755), ==, 0);
  cli_setenv (cli, "PATH", path);
  cli_setenv (cli, "BRIDGED", fixture->bus_address);
  count_calls (fixture);
  run (cli, 0, "-H node-1 join a app %d", join_start_process (fixture));
  fixture_wait (g_atomic_int_get (&n_by_number) == 1);
  run (cli, 3, "-H node-1 join a app 2147483647");
  temp_dir_free (directory);
}

static void
test_errors (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);
  pid_t gone = join_start_process (fixture);
  pid_t pid = join_start_process (fixture);

  join_end_process (fixture, gone);
  run (cli, 3, "join a app %d %d", pid, gone);
  cli_assert_errors (cli, "there is no process ");
  cli_assert_errors (cli, "\nTry: ps, whether it still runs\n");
  g_assert_true (join_is_in (fixture, pid, JOIN_OUTSIDE));
  run (cli, 3, "join b app %d", pid);
  cli_assert_errors (cli, "\nTry: nodecgroupsctl pods");
  run (cli, 2, "join a app 0");
  cli_assert_errors (cli, "\nTry: nodecgroupsctl join --help");
  run (cli, 2, "join a app %d CPULimits=1", pid);
  cli_assert_errors (cli, "CPULimit is one");
  run (cli, 2, "join a app x");
  cli_assert_errors (cli, "\"x\" is neither the number of a process nor KEY=VALUE\n");
  run (cli, 2, "join a app -- -1");
  run (cli, 2, "join a app");
  cli_assert_errors (cli, "join takes UID CONTAINER PID… [KEY=VALUE…]: no PID is given\n");
  run (cli, 2, "join a/app PidsLimit=9");
  run (cli, 2, "join a");
  g_assert_true (join_has_containers (fixture, "[]"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  JOIN_TEST ("/cli/join/human", test_human);
  JOIN_TEST ("/cli/join/json", test_json);
  JOIN_TEST ("/cli/join/delegated", test_delegated);
  JOIN_TEST ("/cli/join/many", test_many);
  JOIN_TEST ("/cli/join/host", test_host);
  JOIN_TEST ("/cli/join/errors", test_errors);
  return g_test_run ();
}
