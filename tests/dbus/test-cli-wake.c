/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl with a daemon that the bus would start: one whose unit fails, which only systemd
 * knows, and one that comes.
 */
#include "tests/dbus/cli.h"
#include "tests/unit/temp-dir.h"

#include <glib/gstdio.h>

#define SERVICE                                                                                    \
  "[D-BUS Service]\nName=" BUS_NAME "\nExec=/bin/sh -c 'touch %s/asked; sleep %d; exit 3'\n"
#define UNIT "/org/freedesktop/systemd1/unit/nodecgroupsd_2eservice"
#define UNIT_XML                                                                                   \
  "<node><interface name='org.freedesktop.systemd1.Unit'>"                                         \
  "<property name='ActiveState' type='s' access='read'/>"                                          \
  "<property name='SubState' type='s' access='read'/>"                                             \
  "<property name='Job' type='(uo)' access='read'/>"                                               \
  "<property name='StateChangeTimestampMonotonic' type='t' access='read'/></interface></node>"

/* What is started never has its name; the bus gives up when it ends. */
#define SECONDS 15

/* A systemd of this bus. */
typedef struct {
  Fixture *fixture;
  const char *active;
  const char *sub;
  guint job;         /* 0: none */
  gboolean is_stuck; /* it stays as it was before; else it goes on trying once it was started */
} Unit;

static GVariant *
get_property (GDBusConnection *connection,
              const char *sender,
              const char *path,
              const char *interface,
              const char *name,
              GError **error,
              gpointer user_data)
{
  const Unit *self = user_data;
  g_autofree char *asked = g_build_filename (self->fixture->bus_directory, "asked", NULL);
  gboolean is_asked = g_file_test (asked, G_FILE_TEST_EXISTS);

  if (g_str_equal (name, "StateChangeTimestampMonotonic"))
    return g_variant_new_uint64 (is_asked && !self->is_stuck ? (guint64) g_get_monotonic_time ()
                                                             : 1);
  if (g_str_equal (name, "Job"))
    return g_variant_new ("(uo)", self->job, "/");
  return g_variant_new_string (g_str_equal (name, "ActiveState") ? self->active : self->sub);
}

static void
own_systemd (Unit *self)
{
  static const GDBusInterfaceVTable vtable = { .get_property = get_property };
  g_autoptr (GDBusNodeInfo) info = g_dbus_node_info_new_for_xml (UNIT_XML, NULL);
  GDBusConnection *connection = self->fixture->connection;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;

  g_dbus_connection_register_object (connection, UNIT, info->interfaces[0], &vtable, self, NULL,
                                     &error);
  g_assert_no_error (error);
  reply = g_dbus_connection_call_sync (connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                       "org.freedesktop.DBus", "RequestName",
                                       g_variant_new ("(su)", "org.freedesktop.systemd1", 0), NULL,
                                       G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  g_assert_no_error (error);
}

static void
make_startable (Fixture *fixture, int seconds)
{
  g_autofree char *directory = g_build_filename (fixture->bus_directory, "services", NULL);
  g_autofree char *text = g_strdup_printf (SERVICE, fixture->bus_directory, seconds);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;

  g_assert_cmpint (g_mkdir (directory, 0755), ==, 0);
  temp_dir_write (directory, BUS_NAME ".service", text);
  reply = g_dbus_connection_call_sync (
      fixture->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
      "ReloadConfig", NULL, NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  g_assert_no_error (error);
}

static void
run (Cli *cli, int status, const char *line)
{
  g_autoptr (GSubprocess) process = cli_start_to_finish (cli, line);

  /* We are systemd meanwhile. */
  fixture_wait (g_subprocess_get_identifier (process) == NULL);
  cli_finish (cli, status, process);
}

static void
forget_asked (Fixture *fixture)
{
  g_autofree char *asked = g_build_filename (fixture->bus_directory, "asked", NULL);

  g_assert_cmpint (g_unlink (asked), ==, 0);
}

/* All that need it: it is said when it is known, and not when the bus has given up. */
static void
test_failed (Fixture *fixture, gconstpointer data)
{
  static const char *const lines[] = {
    "",         "create a",    "update a PidsLimit=9",
    "remove a", "join a b 2",  "run a -- false",
    "tree",     "top --batch", "verify a",
    "usage",    "pod a",       "reload",
    NULL,
  };
  Unit unit = { .fixture = fixture, .active = "activating", .sub = "auto-restart" };
  g_autoptr (Cli) cli = cli_new (fixture);

  own_systemd (&unit);
  make_startable (fixture, SECONDS);
  for (gsize i = 0; lines[i] != NULL; i++) {
    run (cli, 5, lines[i]);
    cli_assert_errors (cli, "nodecgroupsctl: nodecgroupsd does not run and cannot be started: "
                            "nodecgroupsd.service has failed\nTry: systemctl start nodecgroupsd; ");
  }
  unit.active = unit.sub = "failed";
  run (cli, 5, "pods");
  cli_assert_errors (cli, "nodecgroupsd.service has failed\n");
  forget_asked (fixture);
}

/* That it failed some time ago says nothing of now. */
static void
test_failed_before (Fixture *fixture, gconstpointer data)
{
  Unit unit = { .fixture = fixture, .active = "failed", .sub = "failed", .is_stuck = TRUE };
  g_autoptr (Cli) cli = cli_new (fixture);

  own_systemd (&unit);
  make_startable (fixture, 1);
  run (cli, 5, "pods");
  cli_assert_errors (cli, "cannot be started: Process " BUS_NAME " exited with status 3");
}

/* The bus waits for a unit that was stopped since it asked for it. One that has a job is to come.
 */
static void
test_left_alone (Fixture *fixture, gconstpointer data)
{
  Unit unit = { .fixture = fixture, .active = "inactive", .sub = "dead", .is_stuck = TRUE };
  g_autoptr (Cli) cli = cli_new (fixture);

  own_systemd (&unit);
  make_startable (fixture, SECONDS / 2);
  run (cli, 5, "pods");
  cli_assert_errors (cli, "nodecgroupsd.service does not run, and the bus has nobody start it now\n"
                          "Try: systemctl start nodecgroupsd; ");
  unit.job = 7;
  run (cli, 5, "pods");
  cli_assert_errors (cli, "cannot be started: Process " BUS_NAME " exited with status 3");
}

/* It comes while it is waited for. */
static void
test_comes (Fixture *fixture, gconstpointer data)
{
  Unit unit = { .fixture = fixture, .active = "activating", .sub = "start" };
  g_autoptr (Cli) cli = cli_new (fixture);
  g_autoptr (GSubprocess) process = NULL;
  g_autofree char *asked = g_build_filename (fixture->bus_directory, "asked", NULL);

  own_systemd (&unit);
  make_startable (fixture, SECONDS);
  process = cli_start_to_finish (cli, "pods --json");
  fixture_wait (g_file_test (asked, G_FILE_TEST_EXISTS));
  fixture_start_daemon (fixture);
  fixture_wait (g_subprocess_get_identifier (process) == NULL);
  cli_finish (cli, 0, process);
  g_assert_cmpstr (cli->output, ==, "[]\n");
}

/* Who only looks does not start it. */
static void
test_not_asked (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);
  g_autofree char *asked = g_build_filename (fixture->bus_directory, "asked", NULL);

  make_startable (fixture, 1);
  cli_run (cli, 5, "pods --quiet");
  cli_run (cli, 5, "metrics");
  g_assert_false (g_file_test (asked, G_FILE_TEST_EXISTS));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_TEST_WITHOUT_DAEMON ("/cli-wake/failed", test_failed);
  FIXTURE_TEST_WITHOUT_DAEMON ("/cli-wake/failed-before", test_failed_before);
  FIXTURE_TEST_WITHOUT_DAEMON ("/cli-wake/left-alone", test_left_alone);
  FIXTURE_TEST_WITHOUT_DAEMON ("/cli-wake/comes", test_comes);
  FIXTURE_TEST_WITHOUT_DAEMON ("/cli-wake/not-asked", test_not_asked);
  return g_test_run ();
}
