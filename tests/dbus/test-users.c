/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Several users at once: each has a share of what the daemon takes on, and the calls of one
 * connection stay in order. Other users' calls need root, to become them; without it these tests do
 * not exist.
 *
 * The other user is this program itself, executed anew.
 */
#include "daemon/quota.h"
#include "tests/dbus/calls.h"
#include "tests/dbus/held-file.h"
#include "tests/dbus/join.h"

#include <grp.h>
#include <string.h>
#include <unistd.h>

#define SELF "/proc/self/exe"
#define NOBODY 65534
#define LIMIT_EXCEEDED "org.example.NodeCgroups.Error.LimitExceeded"

typedef struct {
  guint n_ended;
  guint n_refused; /* LimitExceeded */
  guint n_failed;  /* for another reason */
} Count;

static void
on_reply (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Count *count = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  g_autofree char *name = error != NULL ? g_dbus_error_get_remote_error (error) : NULL;

  count->n_ended++;
  if (g_strcmp0 (name, LIMIT_EXCEEDED) == 0)
    count->n_refused++;
  else if (reply == NULL)
    count->n_failed++;
}

static GDBusConnection *
connect_to (const char *address)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection =
      g_dbus_connection_new_for_address_sync (address,
                                              G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                  G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                              NULL, NULL, &error);

  g_assert_no_error (error);
  return connection;
}

static void
begin (GDBusConnection *connection, const char *method, const char *arguments, Count *count)
{
  g_dbus_connection_call (connection, BUS_NAME, MANAGER_PATH, MANAGER_INTERFACE, method,
                          g_variant_new_parsed (arguments), NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START,
                          60000, NULL, on_reply, count);
}

/* ADDRESS METHOD ARGUMENTS CONNECTIONS CALLS: so many calls over each of so many connections.
 * Prints how many were refused as soon as no more than a user's share is under way, or after 20 s;
 * and at the end how many failed otherwise. */
static int
flood (char **argv)
{
  guint n_connections = (guint) g_ascii_strtoull (argv[3], NULL, 10);
  guint n_calls = (guint) g_ascii_strtoull (argv[4], NULL, 10);
  gint64 end = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;
  g_autoptr (GPtrArray) connections = g_ptr_array_new_with_free_func (g_object_unref);
  Count count = { 0 };

  for (guint i = 0; i < n_connections; i++)
    g_ptr_array_add (connections, connect_to (argv[0]));
  for (guint i = 0; i < n_connections * n_calls; i++)
    begin (g_ptr_array_index (connections, i % n_connections), argv[1], argv[2], &count);
  while (n_connections * n_calls - count.n_ended > QUOTA_PER_USER && g_get_monotonic_time () < end)
    fixture_iterate ();
  g_print ("%u refused\n", count.n_refused);
  while (count.n_ended < n_connections * n_calls)
    g_main_context_iteration (NULL, TRUE);
  g_print ("%u refused, %u failed\n", count.n_refused, count.n_failed);
  return 0;
}

static void
become_nobody (gpointer user_data)
{
  if (setgroups (0, NULL) < 0 || setresgid (NOBODY, NOBODY, NOBODY) < 0 ||
      setresuid (NOBODY, NOBODY, NOBODY) < 0)
    _exit (125);
}

/* This program, as nobody. */
typedef struct {
  GSubprocess *process;
  GDataInputStream *output;
} Other;

static Other *
other_start (const char *const *arguments)
{
  Other *self = g_new0 (Other, 1);
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr (GError) error = NULL;

  g_subprocess_launcher_set_child_setup (launcher, become_nobody, NULL, NULL);
  self->process = g_subprocess_launcher_spawnv (launcher, arguments, &error);
  g_assert_no_error (error);
  self->output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (self->process));
  return self;
}

/* What it prints next has @expected in it. */
static void
other_assert_line (Other *self, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *line = g_data_input_stream_read_line (self->output, NULL, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (line);
  g_test_message ("%s", line);
  g_assert_nonnull (strstr (line, expected));
}

static void
other_end (Other *self)
{
  g_autoptr (GError) error = NULL;

  g_subprocess_wait_check (self->process, NULL, &error);
  g_assert_no_error (error);
  g_object_unref (self->process);
  g_object_unref (self->output);
  g_free (self);
}

/* More than everybody may have together, over as many connections as it takes. */
static void
test_reads (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);
  g_autoptr (HeldFile) held = held_file_new (fixture, JOIN_POD, "memory.current");
  const char *arguments = "('a', {'Fields': <['MemoryUsageBytes']>})";
  const char *const flood[] = {
    SELF, "--flood", fixture->bus_address, "GetPodStats", arguments, "5", "1000", NULL,
  };
  Other *other = other_start (flood);

  other_assert_line (other, "3976 refused");
  for (guint i = 1; i < QUOTA_PER_CONNECTION; i++)
    calls_begin (calls, "GetPodStats", g_variant_new_parsed (arguments));
  calls_begin (calls, "ListPods", NULL);
  fixture_wait (calls_count_pending (calls) < QUOTA_PER_CONNECTION);
  g_clear_pointer (&held, held_file_free);
  calls_wait (calls);
  g_assert_cmpuint (calls_count_successes (calls), ==, QUOTA_PER_CONNECTION);
  other_end (other);
}

/* ADDRESS: changes a pod and reads, as the first calls of a connection. Prints what was read. */
static int
change_and_read (char **argv)
{
  g_autoptr (GDBusConnection) connection = connect_to (argv[0]);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autofree char *text = NULL;
  Count count = { 0 };

  begin (connection, "RemovePod", "('a', @a{sv} {})", &count);
  reply = g_dbus_connection_call_sync (connection, BUS_NAME, MANAGER_PATH, MANAGER_INTERFACE,
                                       "ListPods", NULL, NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START,
                                       60000, NULL, &error);
  g_assert_no_error (error);
  text = g_variant_print (reply, FALSE);
  g_print ("%s\n", text);
  while (count.n_ended == 0)
    g_main_context_iteration (NULL, TRUE);
  g_print ("%u failed\n", count.n_failed);
  return 0;
}

/* A read does not overtake the change before it, be it that the change has to wait for the user
 * database. */
static void
test_order (Fixture *fixture, gconstpointer data)
{
  const FakeFault delay = { "StopUnit", NULL, FAKE_FAULT_JOB_DELAY, .msec = 500 };
  const char *const order[] = { SELF, "--order", fixture->bus_address, NULL };
  Other *other;

  fixture_start_daemon_for (fixture, NOBODY);
  g_free (fixture_must_create (fixture, "a", "{}"));
  fake_systemd_add_fault (fixture->systemd, &delay);
  other = other_start (order);
  other_assert_line (other, "'removing'");
  other_assert_line (other, "0 failed");
  other_end (other);
}

/* All wait for their turn with one pod. */
static void
test_changes (Fixture *fixture, gconstpointer data)
{
  const FakeFault delay = { "StartTransientUnit", NULL, FAKE_FAULT_JOB_DELAY, .msec = 4000 };
  g_autoptr (Calls) calls = calls_new (fixture);
  const char *const flood[] = {
    SELF,  "--flood", fixture->bus_address, "CreatePod", "('a', {'CPULimit': <'1'>})", "4",
    "300", NULL,
  };
  Other *other;

  fixture_start_daemon_for (fixture, NOBODY);
  fake_systemd_add_fault (fixture->systemd, &delay);
  other = other_start (flood);
  other_assert_line (other, "176 refused");
  for (guint i = 0; i < 10; i++) {
    g_autofree char *uid = g_strdup_printf ("b%u", i);

    calls_add (calls, "CreatePod", uid, "{}");
  }
  calls_wait (calls);
  g_assert_cmpuint (calls_count_successes (calls), ==, 10);
  other_assert_line (other, "176 refused, 0 failed");
  other_end (other);
}

int
main (int argc, char **argv)
{
  if (argc == 7 && g_str_equal (argv[1], "--flood"))
    return flood (argv + 2);
  if (argc == 3 && g_str_equal (argv[1], "--order"))
    return change_and_read (argv + 2);
  g_test_init (&argc, &argv, NULL);
  if (geteuid () == 0) {
    JOIN_TEST ("/users/reads", test_reads);
    FIXTURE_TEST_WITHOUT_DAEMON ("/users/changes", test_changes);
    FIXTURE_TEST_WITHOUT_DAEMON ("/users/order", test_order);
  }
  return g_test_run ();
}
