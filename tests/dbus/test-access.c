/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who may. Other users' calls need root, to become them; without it these tests do not exist.
 *
 * A call as somebody else is made by this program itself, executed anew.
 */
#include "tests/dbus/join.h"

#include <grp.h>
#include <string.h>
#include <unistd.h>

#define NOBODY 65534
#define ACCESS_DENIED "org.freedesktop.DBus.Error.AccessDenied"

/* ADDRESS PATH INTERFACE METHOD ARGUMENTS: prints "ok" or the error's name. */
static int
call (char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autofree char *name = NULL;
  g_autoptr (GDBusConnection) connection =
      g_dbus_connection_new_for_address_sync (argv[0],
                                              G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                  G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                              NULL, NULL, &error);

  if (connection != NULL)
    reply = g_dbus_connection_call_sync (connection, BUS_NAME, argv[1], argv[2], argv[3],
                                         g_variant_new_parsed (argv[4]), NULL,
                                         G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  if (error != NULL)
    name = g_dbus_error_get_remote_error (error);
  g_print ("%s", reply != NULL ? "ok" : name != NULL ? name : error->message);
  return 0;
}

static void
become_nobody (gpointer user_data)
{
  if (setgroups (0, NULL) < 0 || setresgid (NOBODY, NOBODY, NOBODY) < 0 ||
      setresuid (NOBODY, NOBODY, NOBODY) < 0)
    _exit (125);
}

static void
assert_as_nobody (Fixture *fixture,
                  const char *path,
                  const char *interface,
                  const char *method,
                  const char *arguments,
                  const char *expected)
{
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *output = NULL;

  g_subprocess_launcher_set_child_setup (launcher, become_nobody, NULL, NULL);
  process =
      g_subprocess_launcher_spawn (launcher, &error, "/proc/self/exe", "--call",
                                   fixture->bus_address, path, interface, method, arguments, NULL);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (process, NULL, NULL, &output, NULL, &error);
  g_assert_no_error (error);
  g_test_message ("%s: %s", method, output);
  g_assert_cmpstr (output, ==, expected);
}

static void
manager_as_nobody (Fixture *fixture,
                   const char *method,
                   const char *arguments,
                   const char *expected)
{
  assert_as_nobody (fixture, MANAGER_PATH, MANAGER_INTERFACE, method, arguments, expected);
}

static void
pod_as_nobody (Fixture *fixture, const char *method, const char *arguments, const char *expected)
{
  assert_as_nobody (fixture, MANAGER_PATH "/pod/a", POD_INTERFACE, method, arguments, expected);
}

static void
test_changes (Fixture *fixture, gconstpointer data)
{
  manager_as_nobody (fixture, "CreatePod", "('b', @a{sv} {})", ACCESS_DENIED);
  manager_as_nobody (fixture, "UpdatePod", "('a', @a{sv} {})", ACCESS_DENIED);
  manager_as_nobody (fixture, "RemovePod", "('a', @a{sv} {})", ACCESS_DENIED);
  manager_as_nobody (fixture, "JoinPod", "('a', 'app', [uint32 7], @a{sv} {})", ACCESS_DENIED);
  manager_as_nobody (fixture, "JoinPodByPidFd", "('a', 'app', @ah [], @a{sv} {})", ACCESS_DENIED);
  pod_as_nobody (fixture, "Update", "(@a{sv} {},)", ACCESS_DENIED);
  pod_as_nobody (fixture, "Remove", "(@a{sv} {},)", ACCESS_DENIED);
  pod_as_nobody (fixture, "Join", "('app', [uint32 7], @a{sv} {})", ACCESS_DENIED);
  pod_as_nobody (fixture, "JoinByPidFd", "('app', @ah [], @a{sv} {})", ACCESS_DENIED);
  g_assert_true (fixture_has_pod_state (fixture, "a", "active"));
}

static void
test_reads (Fixture *fixture, gconstpointer data)
{
  manager_as_nobody (fixture, "ListPods", "()", "ok");
  manager_as_nobody (fixture, "GetPod", "('a',)", "ok");
  manager_as_nobody (fixture, "GetPodStats", "('a', @a{sv} {})", "ok");
  manager_as_nobody (fixture, "GetStats", "(@as [], @a{sv} {})", "ok");
  manager_as_nobody (fixture, "VerifyPod", "('a',)", "ok");
  pod_as_nobody (fixture, "GetStats", "(@a{sv} {},)", "ok");
  pod_as_nobody (fixture, "Verify", "()", "ok");
  assert_as_nobody (fixture, MANAGER_PATH, NODE_INTERFACE, "Verify", "()", "ok");
  assert_as_nobody (fixture, MANAGER_PATH, NODE_INTERFACE, "GetUsage", "()", "ok");
  assert_as_nobody (fixture, MANAGER_PATH, "org.freedesktop.DBus.Properties", "GetAll",
                    "('" MANAGER_INTERFACE "',)", "ok");
}

static pid_t
start_as_nobody (Fixture *fixture)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  pid_t pid;

  g_subprocess_launcher_set_child_setup (launcher, become_nobody, NULL, NULL);
  process = g_subprocess_launcher_spawn (launcher, &error, "sleep", "60", NULL);
  g_assert_no_error (error);
  pid = (pid_t) g_ascii_strtoll (g_subprocess_get_identifier (process), NULL, 10);
  fake_processes_add (fake_kernel_get_processes (fixture->kernel), pid, JOIN_OUTSIDE);
  return pid;
}

static void
join_as_nobody (Fixture *fixture, pid_t pid, const char *expected)
{
  g_autofree char *arguments = g_strdup_printf ("('b', 'app', [uint32 %d], @a{sv} {})", (int) pid);

  manager_as_nobody (fixture, "JoinPod", arguments, expected);
}

/* Members may change everything, but move their own processes only. */
static void
test_member (Fixture *fixture, gconstpointer data)
{
  const struct group *group = getgrgid (NOBODY);
  const char *const arguments[] = {
    "--root", fixture->root, "--bus-address", fixture->bus_address, "--group", group->gr_name, NULL,
  };
  pid_t pid;

  fixture->daemon = fixture_spawn_daemon (arguments);
  fixture_wait_for_name (fixture);
  fake_kernel_make_cgroup (fixture->kernel, JOIN_OUTSIDE);
  manager_as_nobody (fixture, "CreatePod", "('b', @a{sv} {})", "ok");
  join_as_nobody (fixture, join_start_process (fixture), ACCESS_DENIED);
  pid = start_as_nobody (fixture);
  join_as_nobody (fixture, pid, "ok");
  fake_processes_end (fake_kernel_get_processes (fixture->kernel), "/");
  manager_as_nobody (fixture, "UpdatePod", "('b', {'Labels': <{'a': 'b'}>})", "ok");
}

/* The user that the daemon runs as, root or not. */
static void
test_owner (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture_update (fixture, "a", "{'Labels': <{'a': 'b'}>}", &error);
  g_assert_no_error (error);
  join_one (fixture, "app", join_start_process (fixture), "{}");
}

int
main (int argc, char **argv)
{
  if (argc == 7 && g_str_equal (argv[1], "--call"))
    return call (argv + 2);
  g_test_init (&argc, &argv, NULL);
  JOIN_TEST ("/access/owner", test_owner);
  if (geteuid () == 0) {
    JOIN_TEST ("/access/changes", test_changes);
    JOIN_TEST ("/access/reads", test_reads);
    FIXTURE_TEST_WITHOUT_DAEMON ("/access/member", test_member);
  }
  return g_test_run ();
}
