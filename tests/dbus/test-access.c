/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who may. Other users' calls need root, to become them; without it these tests do not exist.
 *
 * A call as somebody else is made by this program itself, executed anew.
 */
#include "tests/dbus/calls.h"
#include "tests/dbus/join.h"
#include "tests/dbus/journal.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOBODY 65534
#define UNKNOWN_METHOD "org.freedesktop.DBus.Error.UnknownMethod"
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
  assert_as_nobody (fixture, MANAGER_PATH, NODE_INTERFACE, "Reload", "()", ACCESS_DENIED);
  manager_as_nobody (fixture, "CreateContainer", "('a', 'db', @a{sv} {})", ACCESS_DENIED);
  manager_as_nobody (fixture, "UpdateContainer", "('a', 'db', @a{sv} {})", ACCESS_DENIED);
  manager_as_nobody (fixture, "RemoveContainer", "('a', 'db', @a{sv} {})", ACCESS_DENIED);
  pod_as_nobody (fixture, "Update", "(@a{sv} {},)", ACCESS_DENIED);
  pod_as_nobody (fixture, "Remove", "(@a{sv} {},)", ACCESS_DENIED);
  pod_as_nobody (fixture, "Join", "('app', [uint32 7], @a{sv} {})", ACCESS_DENIED);
  pod_as_nobody (fixture, "JoinByPidFd", "('app', @ah [], @a{sv} {})", ACCESS_DENIED);
  g_assert_true (fixture_has_pod_state (fixture, "a", "active"));
}

/* Who may not change anything is not told what could be wrong with it, or what is there. */
static void
test_no_word_more (Fixture *fixture, gconstpointer data)
{
  manager_as_nobody (fixture, "UpdatePod", "('unknown', @a{sv} {})", ACCESS_DENIED);
  manager_as_nobody (fixture, "RemovePod", "('', @a{sv} {})", ACCESS_DENIED);
  manager_as_nobody (fixture, "CreatePod", "('../a', {'Nonsense': <1>})", ACCESS_DENIED);
  manager_as_nobody (fixture, "JoinPod", "('a', '/', [uint32 0], {'User': <'x'>})", ACCESS_DENIED);
  manager_as_nobody (fixture, "JoinPod", "('a', 'app', [uint32 1], @a{sv} {})", ACCESS_DENIED);
}

/* What has no row in the table is there for nobody, the owner included. */
static void
test_no_row (Fixture *fixture, gconstpointer data)
{
  static const struct {
    const char *interface;
    const char *method;
    const char *error;
  } calls[] = {
    { MANAGER_INTERFACE, "Verify", UNKNOWN_METHOD },
    { MANAGER_INTERFACE, "createPod", UNKNOWN_METHOD },
    { MANAGER_INTERFACE ".Nonsense", "CreatePod", UNKNOWN_METHOD },
    { "org.freedesktop.DBus.Peer", "Pong", UNKNOWN_METHOD },
    { "org.freedesktop.DBus.Properties", "GetSome", UNKNOWN_METHOD },
    { "org.freedesktop.DBus", "ListNames", UNKNOWN_METHOD },
    { "org.freedesktop.DBus.Properties", "Set", ACCESS_DENIED },
    { NULL, "ListPods", UNKNOWN_METHOD },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (calls); i++) {
    g_autoptr (GDBusMessage) message = g_dbus_message_new_method_call (
        BUS_NAME, MANAGER_PATH, calls[i].interface, calls[i].method);
    g_autoptr (GDBusMessage) reply = NULL;
    g_autoptr (GError) error = NULL;

    reply = g_dbus_connection_send_message_with_reply_sync (
        fixture->connection, message, G_DBUS_SEND_MESSAGE_FLAGS_NONE, 10000, NULL, NULL, &error);
    g_assert_no_error (error);
    g_assert_cmpstr (g_dbus_message_get_error_name (reply), ==, calls[i].error);
  }
  g_assert_true (fixture_has_pod_state (fixture, "a", "active"));
}

/* The first calls of a connection wait until it is known whose they are, and stay in order. */
static void
test_order (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);

  for (guint round = 0; round < 20; round++) {
    calls_use_new_client (calls);
    calls_add (calls, "CreatePod", "b", "{}");
    calls_add (calls, "UpdatePod", "b", "{'Labels': <{'a': 'b'}>}");
    calls_add (calls, "RemovePod", "b", "{}");
    calls_wait (calls);
  }
  g_assert_cmpuint (calls_count_successes (calls), ==, 60);
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
  assert_as_nobody (fixture, MANAGER_PATH, NODE_INTERFACE, "GetLatencies", "()", "ok");
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
join_as_nobody (Fixture *fixture, pid_t pid, const char *options, const char *expected)
{
  g_autofree char *arguments =
      g_strdup_printf ("('b', 'app', [uint32 %d], @a{sv} %s)", (int) pid, options);

  manager_as_nobody (fixture, "JoinPod", arguments, expected);
}

static char *
status_file (Fixture *fixture, pid_t pid)
{
  return g_strdup_printf ("%s/proc/%d/status", fixture->root, (int) pid);
}

/* What /proc says of the uids of a process: real, effective, saved, of the file system. */
static void
set_uids (Fixture *fixture, pid_t pid, const char *uids)
{
  g_autofree char *path = status_file (fixture, pid);
  g_autofree char *text = g_strdup_printf ("Name:\tsleep\nUid:\t%s\n", uids);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

#define OWN_UIDS "65534\t65534\t65534\t65534"

typedef struct {
  Fixture *fixture;
  pid_t pid;
  char *fifo;
} Change;

/* Whoever looks first sees the member's process; by the time of the second look it is root's. */
static gpointer
answer_once (gpointer data)
{
  const Change *change = data;
  int fd = open (change->fifo, O_WRONLY | O_CLOEXEC);

  g_assert_cmpint (fd, >=, 0);
  set_uids (change->fixture, change->pid, "65534\t0\t0\t0");
  g_assert_cmpint (write (fd, "Uid:\t" OWN_UIDS "\n", strlen ("Uid:\t" OWN_UIDS "\n")), >, 0);
  close (fd);
  return NULL;
}

/* It executes what is set-user-ID between the check and the move. */
static void
join_while_it_changes (Fixture *fixture, pid_t pid)
{
  Change change = { fixture, pid, status_file (fixture, pid) };
  g_autofree char *fresh = g_strconcat (change.fifo, ".new", NULL);
  GThread *thread;

  g_assert_cmpint (mkfifo (fresh, 0644), ==, 0);
  g_assert_cmpint (g_rename (fresh, change.fifo), ==, 0);
  thread = g_thread_new ("change", answer_once, &change);
  join_as_nobody (fixture, pid, "{}", ACCESS_DENIED);
  g_thread_join (thread);
  g_assert_true (join_is_in (fixture, pid, JOIN_OUTSIDE));
  set_uids (fixture, pid, OWN_UIDS);
  g_free (change.fifo);
}

static void
start_for_members (Fixture *fixture)
{
  fixture_start_daemon_for (fixture, NOBODY);
  fake_kernel_make_cgroup (fixture->kernel, JOIN_OUTSIDE);
  manager_as_nobody (fixture, "CreatePod", "('b', @a{sv} {})", "ok");
}

/* Members may change everything, but move their own processes only. */
static void
test_member (Fixture *fixture, gconstpointer data)
{
  pid_t pid;

  start_for_members (fixture);
  join_as_nobody (fixture, join_start_process (fixture), "{}", ACCESS_DENIED);
  pid = start_as_nobody (fixture);
  join_as_nobody (fixture, pid, "{}", "ok");
  fake_processes_end (fake_kernel_get_processes (fixture->kernel), "/");
  manager_as_nobody (fixture, "UpdatePod", "('b', {'Labels': <{'a': 'b'}>})", "ok");
}

/* What is a member's in part only is not its own, be it so only when it has been moved. */
static void
test_foreign_uids (Fixture *fixture, gconstpointer data)
{
  static const char *const foreign[] = {
    "0\t65534\t65534\t65534",
    "65534\t0\t65534\t65534",
    "65534\t65534\t0\t65534",
    "65534\t65534\t65534\t0",
  };
  pid_t pid, other;

  start_for_members (fixture);
  pid = start_as_nobody (fixture);
  other = start_as_nobody (fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (foreign); i++) {
    set_uids (fixture, pid, foreign[i]);
    join_as_nobody (fixture, pid, "{}", ACCESS_DENIED);
    g_assert_true (join_is_in (fixture, pid, JOIN_OUTSIDE));
  }
  set_uids (fixture, pid, OWN_UIDS);
  join_while_it_changes (fixture, pid);
  /* And into a container that is there. */
  join_as_nobody (fixture, other, "{}", "ok");
  join_while_it_changes (fixture, pid);
  join_as_nobody (fixture, pid, "{}", "ok");
  fake_processes_end (fake_kernel_get_processes (fixture->kernel), "/");
}

/* Properties that reach further than the unit are root's. */
static void
test_properties (Fixture *fixture, gconstpointer data)
{
  start_for_members (fixture);
  manager_as_nobody (fixture, "CreatePod",
                     "('c', {'SystemdProperties': <[('KillMode', <'none'>)]>})", ACCESS_DENIED);
  manager_as_nobody (fixture, "UpdatePod",
                     "('b', {'SystemdProperties': <[('Before', <['sshd.service']>)]>})",
                     ACCESS_DENIED);
  join_as_nobody (fixture, start_as_nobody (fixture),
                  "{'SystemdProperties': <[('SendSIGKILL', <false>)]>}", ACCESS_DENIED);
  manager_as_nobody (fixture, "CreatePod",
                     "('c', {'SystemdProperties': <[('MemoryZSwapMax', <uint64 4096>)]>})", "ok");
  fake_processes_end (fake_kernel_get_processes (fixture->kernel), "/");
}

/* To itself alone a member may delegate. */
static void
test_delegation (Fixture *fixture, gconstpointer data)
{
  pid_t pid;

  start_for_members (fixture);
  pid = start_as_nobody (fixture);
  join_as_nobody (fixture, pid, "{'Delegate': <true>, 'User': <'root'>}", ACCESS_DENIED);
  join_as_nobody (fixture, pid, "{'Delegate': <true>, 'User': <'0'>}", ACCESS_DENIED);
  join_as_nobody (fixture, pid, "{'Delegate': <true>, 'User': <'65533'>}", ACCESS_DENIED);
  g_assert_true (join_is_in (fixture, pid, JOIN_OUTSIDE));
  join_as_nobody (fixture, pid, "{'Delegate': <true>, 'User': <'65534'>}", "ok");
  manager_as_nobody (fixture, "CreateContainer",
                     "('b', 'db', {'Delegate': <true>, 'User': <'root'>})", ACCESS_DENIED);
  manager_as_nobody (fixture, "CreateContainer",
                     "('b', 'db', {'Delegate': <true>, 'User': <'65533'>})", ACCESS_DENIED);
  manager_as_nobody (fixture, "CreateContainer",
                     "('b', 'db', {'SystemdProperties': <[('SendSIGKILL', <false>)]>})",
                     ACCESS_DENIED);
  manager_as_nobody (fixture, "CreateContainer",
                     "('b', 'db', {'Delegate': <true>, 'User': <'65534'>})", "ok");
  manager_as_nobody (fixture, "UpdateContainer", "('b', 'db', {'PidsLimit': <uint64 9>})", "ok");
  manager_as_nobody (fixture, "RemoveContainer", "('b', 'db', @a{sv} {})", "ok");
  fake_processes_end (fake_kernel_get_processes (fixture->kernel), "/");
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

/* Who keeps trying is told of once, with all that is known. */
static void
test_event (Fixture *fixture, gconstpointer data)
{
  journal_set_up (fixture);
  fixture_start_daemon (fixture);
  g_free (fixture_must_create (fixture, "a", "{}"));
  for (int i = 0; i < 3; i++)
    manager_as_nobody (fixture, "RemovePod", "('a', @a{sv} {})", ACCESS_DENIED);
  pod_as_nobody (fixture, "Update", "(@a{sv} {},)", ACCESS_DENIED);
  manager_as_nobody (fixture, "CreatePod", "('no\\nuid', @a{sv} {})", ACCESS_DENIED);
  journal_wait_for (fixture, EVENT_CALL_DENIED,
                    "NODECGROUPS_POD_UID=a|NODECGROUPS_OPERATION=RemovePod|"
                    "NODECGROUPS_CALLER_UID=65534|NODECGROUPS_DURATION_USEC=");
  journal_wait_for (fixture, EVENT_CALL_DENIED,
                    "NODECGROUPS_POD_UID=a|NODECGROUPS_OPERATION=Pod.Update|"
                    "NODECGROUPS_CALLER_UID=65534");
  journal_wait_for (fixture, EVENT_CALL_DENIED, "NODECGROUPS_OPERATION=CreatePod");
  g_assert_cmpuint (journal_count_events (fixture, EVENT_CALL_DENIED), ==, 3);
  g_assert_cmpuint (journal_count (fixture, "no|uid"), ==, 0);
}

int
main (int argc, char **argv)
{
  if (argc == 7 && g_str_equal (argv[1], "--call"))
    return call (argv + 2);
  g_test_init (&argc, &argv, NULL);
  JOIN_TEST ("/access/owner", test_owner);
  JOIN_TEST ("/access/no-row", test_no_row);
  JOIN_TEST ("/access/order", test_order);
  if (geteuid () == 0) {
    JOIN_TEST ("/access/changes", test_changes);
    JOIN_TEST ("/access/no-word-more", test_no_word_more);
    JOIN_TEST ("/access/reads", test_reads);
    FIXTURE_TEST_WITHOUT_DAEMON ("/access/member", test_member);
    FIXTURE_TEST_WITHOUT_DAEMON ("/access/foreign-uids", test_foreign_uids);
    FIXTURE_TEST_WITHOUT_DAEMON ("/access/delegation", test_delegation);
    FIXTURE_TEST_WITHOUT_DAEMON ("/access/properties", test_properties);
    FIXTURE_TEST_WITHOUT_DAEMON ("/access/event", test_event);
  }
  return g_test_run ();
}
