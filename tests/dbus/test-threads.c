/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The loop of the daemon runs beside the bus, and what that asks for: the name, and the end.
 */
#include "tests/dbus/fixture.h"

#include <signal.h>
#include <string.h>

#define N_PODS 20

/* How often a thread has gone to sleep (proc_pid_status(5)). */
static guint64
count_sleeps (const Fixture *fixture)
{
  const char *pid = g_subprocess_get_identifier (fixture->daemon);
  g_autofree char *path = g_strdup_printf ("/proc/%s/task/%s/status", pid, pid);
  static const char key[] = "\nvoluntary_ctxt_switches:";
  g_autofree char *text = NULL;
  const char *found;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  found = strstr (text, key);
  g_assert_nonnull (found);
  return g_ascii_strtoull (g_strchug ((char *) found + strlen (key)), NULL, 10);
}

/* The thread of main() has no part in what is done for a call. */
static void
test_main_sleeps (Fixture *fixture, gconstpointer data)
{
  guint64 before;

  g_free (fixture_must_create (fixture, "a", "{}"));
  fixture_must_remove (fixture, "a");
  before = count_sleeps (fixture);
  for (guint i = 0; i < N_PODS; i++) {
    g_free (fixture_must_create (fixture, "a", "{}"));
    fixture_must_remove (fixture, "a");
  }
  g_assert_cmpuint (count_sleeps (fixture), ==, before);
}

static guint32
call_bus (Fixture *fixture, const char *method, GVariant *arguments)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (
      fixture->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
      method, arguments, G_VARIANT_TYPE ("(u)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  guint32 code;

  g_assert_no_error (error);
  g_variant_get (reply, "(u)", &code);
  return code;
}

/* It ends, and says why. */
static void
test_name_taken (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = NULL;

  fixture->log = g_build_filename (fixture->bus_directory, "log", NULL);
  g_assert_cmpuint (call_bus (fixture, "RequestName", g_variant_new ("(su)", BUS_NAME, 4)), ==, 1);
  fixture_launch_daemon (fixture);
  fixture_wait (g_subprocess_get_identifier (fixture->daemon) == NULL);
  g_assert_true (g_subprocess_get_if_exited (fixture->daemon));
  g_assert_cmpint (g_subprocess_get_exit_status (fixture->daemon), ==, 1);
  g_clear_object (&fixture->daemon);
  g_assert_true (g_file_get_contents (fixture->log, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "the name " BUS_NAME " is owned by another process"));
  g_assert_cmpuint (call_bus (fixture, "ReleaseName", g_variant_new ("(s)", BUS_NAME)), ==, 1);
}

/* The name is free when it has ended, and the next one gets it. */
static void
test_name_again (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 3; i++) {
    fixture_stop_daemon (fixture);
    g_assert_false (fixture_has_name (fixture));
    fixture_start_daemon (fixture);
  }
}

/* It ends all the same. */
static void
test_bus_stands_still (Fixture *fixture, gconstpointer data)
{
  g_subprocess_send_signal (fixture->bus, SIGSTOP);
  fixture_stop_daemon (fixture);
  g_subprocess_send_signal (fixture->bus, SIGCONT);
  fixture_start_daemon (fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_TEST ("/threads/main-sleeps", test_main_sleeps);
  FIXTURE_TEST_WITHOUT_DAEMON ("/threads/name-taken", test_name_taken);
  FIXTURE_TEST ("/threads/name-again", test_name_again);
  FIXTURE_TEST ("/threads/bus-stands-still", test_bus_stands_still);
  return g_test_run ();
}
