/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The daemon, the bus and what is between them.
 */
#include "tests/dbus/fixture.h"

#include "tests/unit/temp-dir.h"

#include <glib/gstdio.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#define ERROR_PREFIX "org.example.NodeCgroups.Error."
#define POD_FILES "/run/nodecgroups/pods/"
#define CALL_MSEC 30000

/* Anybody may do anything, and no limit is in the way of a test of ours. What the bus is to start a
 * test writes into services, beside it. */
#define BUS_CONFIG                                                                                 \
  "<!DOCTYPE busconfig PUBLIC '-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN'"               \
  " 'http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd'>"                                \
  "<busconfig><type>session</type><listen>%s</listen><auth>EXTERNAL</auth>"                        \
  "<servicedir>services</servicedir>"                                                              \
  "<policy context='default'><allow user='*'/><allow send_destination='*' eavesdrop='true'/>"      \
  "<allow eavesdrop='true'/><allow own='*'/></policy>"                                             \
  "<limit name='max_replies_per_connection'>10000</limit>"                                         \
  "<limit name='max_message_unix_fds'>64</limit></busconfig>"

void
fixture_iterate (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_usleep (2000);
}

/* A test that fails leaves nobody behind. */
static void
end_with_parent (gpointer user_data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

/* Only root has capabilities to lose. */
static void
prepare_daemon (gpointer user_data)
{
  const Fixture *self = user_data;

  end_with_parent (NULL);
  if (self->is_barred) {
    prctl (PR_CAPBSET_DROP, CAP_DAC_OVERRIDE);
    prctl (PR_CAPBSET_DROP, CAP_DAC_READ_SEARCH);
  }
}

static GSubprocess *
spawn (const char *const *command, GSubprocessFlags flags)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (flags);
  g_autoptr (GError) error = NULL;
  GSubprocess *process;

  g_subprocess_launcher_set_child_setup (launcher, end_with_parent, NULL, NULL);
  process = g_subprocess_launcher_spawnv (launcher, command, &error);

  g_assert_no_error (error);
  return process;
}

static GDBusConnection *
try_connect (Fixture *self, GError **error)
{
  GDBusConnection *connection =
      g_dbus_connection_new_for_address_sync (self->bus_address,
                                              G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                  G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                              NULL, NULL, error);

  if (connection != NULL)
    g_dbus_connection_set_exit_on_close (connection, FALSE);
  return connection;
}

GDBusConnection *
fixture_connect (Fixture *self)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection = try_connect (self, &error);

  g_assert_no_error (error);
  return connection;
}

void
fixture_start_bus (Fixture *self)
{
  g_autofree char *config = g_build_filename (self->bus_directory, "config", NULL);
  g_autofree char *option = g_strconcat ("--config-file=", config, NULL);
  const char *const command[] = { "dbus-daemon", option, "--nofork", "--nopidfile", NULL };

  self->bus = spawn (command, G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  fixture_wait ((self->connection = try_connect (self, NULL)) != NULL);
}

void
fixture_stop_bus (Fixture *self)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *socket = g_build_filename (self->bus_directory, "bus", NULL);

  g_dbus_connection_close_sync (self->connection, NULL, NULL);
  g_clear_object (&self->connection);
  g_subprocess_send_signal (self->bus, SIGKILL);
  g_subprocess_wait (self->bus, NULL, &error);
  g_assert_no_error (error);
  g_clear_object (&self->bus);
  g_assert_cmpint (g_unlink (socket), ==, 0);
}

static void
make_bus (Fixture *self)
{
  g_autofree char *config = NULL;

  self->bus_directory = temp_dir_new ();
  g_assert_cmpint (g_chmod (self->bus_directory, 0755), ==, 0);
  self->bus_address = g_strdup_printf ("unix:path=%s/bus", self->bus_directory);
  config = g_strdup_printf (BUS_CONFIG, self->bus_address);
  temp_dir_write (self->bus_directory, "config", config);
  fixture_start_bus (self);
}

void
fixture_set_up_without_daemon (Fixture *self, gconstpointer data)
{
  self->kernel = fake_kernel_new ();
  self->systemd = fake_systemd_new (self->kernel);
  self->root = fake_kernel_get_root (self->kernel);
  make_bus (self);
}

void
fixture_set_up (Fixture *self, gconstpointer data)
{
  fixture_set_up_without_daemon (self, data);
  fixture_start_daemon (self);
}

void
fixture_tear_down (Fixture *self, gconstpointer data)
{
  if (self->daemon != NULL)
    fixture_stop_daemon (self);
  fixture_stop_bus (self);
  fake_systemd_free (self->systemd);
  fake_kernel_free (self->kernel);
  temp_dir_free (self->bus_directory);
  g_free (self->bus_address);
  g_free (self->log);
  g_free (self->notify);
}

guint
fixture_count_descriptors (Fixture *self)
{
  g_autofree char *path =
      g_strdup_printf ("/proc/%s/fd", g_subprocess_get_identifier (self->daemon));
  g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);
  guint n = 0;

  g_assert_nonnull (directory);
  while (g_dir_read_name (directory) != NULL)
    n++;
  return n;
}

GSubprocess *
fixture_spawn_daemon (const char *const *arguments)
{
  g_autoptr (GPtrArray) command = g_ptr_array_new ();

  g_ptr_array_add (command, (char *) NODECGROUPSD);
  for (guint i = 0; arguments[i] != NULL; i++)
    g_ptr_array_add (command, (char *) arguments[i]);
  g_ptr_array_add (command, NULL);
  return spawn ((const char *const *) command->pdata,
                G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
}

void
fixture_start_daemon_for (Fixture *self, guint group)
{
  const struct group *entry = getgrgid (group);
  const char *const arguments[] = {
    "--root", self->root, "--bus-address", self->bus_address, "--group", entry->gr_name, NULL,
  };

  self->daemon = fixture_spawn_daemon (arguments);
  fixture_wait_for_name (self);
}

void
fixture_launch_daemon (Fixture *self)
{
  const char *program = self->program != NULL ? self->program : NODECGROUPSD;
  const char *const command[] = {
    program, "--root", self->root, "--bus-address", self->bus_address, self->option, NULL,
  };

  /* What it says must not look like the test's own protocol. */
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
  g_autofree char *runtime = g_strconcat (self->root, "/run", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (self->daemon);
  g_subprocess_launcher_set_child_setup (launcher, prepare_daemon, self, NULL);
  g_subprocess_launcher_set_stderr_file_path (launcher, self->log);
  g_subprocess_launcher_setenv (launcher, "XDG_RUNTIME_DIR", runtime, TRUE);
  if (self->notify != NULL)
    g_subprocess_launcher_setenv (launcher, "NOTIFY_SOCKET", self->notify, TRUE);
  self->daemon = g_subprocess_launcher_spawnv (launcher, command, &error);
  g_assert_no_error (error);
}

void
fixture_start_daemon (Fixture *self)
{
  fixture_launch_daemon (self);
  fixture_wait_for_name (self);
}

void
fixture_stop_daemon (Fixture *self)
{
  g_autoptr (GError) error = NULL;

  g_subprocess_send_signal (self->daemon, SIGTERM);
  g_subprocess_wait (self->daemon, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_if_exited (self->daemon));
  g_assert_cmpint (g_subprocess_get_exit_status (self->daemon), ==, 0);
  g_clear_object (&self->daemon);
}

void
fixture_kill_daemon (Fixture *self)
{
  g_autoptr (GError) error = NULL;

  g_subprocess_send_signal (self->daemon, SIGKILL);
  g_subprocess_wait (self->daemon, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_if_signaled (self->daemon));
  g_clear_object (&self->daemon);
}

gboolean
fixture_has_name (Fixture *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (
      self->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
      "NameHasOwner", g_variant_new ("(s)", BUS_NAME), G_VARIANT_TYPE ("(b)"),
      G_DBUS_CALL_FLAGS_NONE, CALL_MSEC, NULL, &error);
  gboolean has;

  g_assert_no_error (error);
  g_variant_get (reply, "(b)", &has);
  return has;
}

void
fixture_wait_for_name (Fixture *self)
{
  fixture_wait (fixture_has_name (self));
}

GVariant *
fixture_call_object (Fixture *self,
                     const char *path,
                     const char *interface,
                     const char *method,
                     GVariant *arguments,
                     GError **error)
{
  return g_dbus_connection_call_sync (self->connection, BUS_NAME, path, interface, method,
                                      arguments, NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, CALL_MSEC,
                                      NULL, error);
}

GVariant *
fixture_call (Fixture *self, const char *method, GVariant *arguments, GError **error)
{
  return fixture_call_object (self, MANAGER_PATH, MANAGER_INTERFACE, method, arguments, error);
}

/* A floating tuple of a uid and an a{sv}. */
static GVariant *
uid_and_dictionary (const char *uid, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) dictionary =
      g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, &error);

  g_assert_no_error (error);
  return g_variant_new ("(s@a{sv})", uid, dictionary);
}

GVariant *
fixture_create (Fixture *self, const char *uid, const char *spec, GError **error)
{
  return fixture_call (self, "CreatePod", uid_and_dictionary (uid, spec), error);
}

static gboolean
call_for_nothing (Fixture *self, const char *method, GVariant *arguments, GError **error)
{
  g_autoptr (GVariant) reply = fixture_call (self, method, arguments, error);

  return reply != NULL;
}

gboolean
fixture_update (Fixture *self, const char *uid, const char *spec, GError **error)
{
  return call_for_nothing (self, "UpdatePod", uid_and_dictionary (uid, spec), error);
}

gboolean
fixture_remove (Fixture *self, const char *uid, GError **error)
{
  return call_for_nothing (self, "RemovePod", uid_and_dictionary (uid, "{}"), error);
}

char *
fixture_must_create (Fixture *self, const char *uid, const char *spec)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = fixture_create (self, uid, spec, &error);
  char *slice;

  g_assert_no_error (error);
  g_variant_get (reply, "(oss)", NULL, &slice, NULL);
  return slice;
}

void
fixture_must_remove (Fixture *self, const char *uid)
{
  g_autoptr (GError) error = NULL;

  fixture_remove (self, uid, &error);
  g_assert_no_error (error);
}

GVariant *
fixture_get_property (Fixture *self, const char *path, const char *interface, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      fixture_call_object (self, path, "org.freedesktop.DBus.Properties", "Get",
                           g_variant_new ("(ss)", interface, name), &error);
  GVariant *value;

  g_assert_no_error (error);
  g_variant_get (reply, "(v)", &value);
  return value;
}

GVariant *
fixture_get_pod_property (Fixture *self, const char *uid, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = fixture_call (self, "GetPod", g_variant_new ("(s)", uid), &error);
  const char *path;

  g_assert_no_error (error);
  g_variant_get (reply, "(&o)", &path);
  return fixture_get_property (self, path, POD_INTERFACE, name);
}

gboolean
fixture_has_pod_state (Fixture *self, const char *uid, const char *expected)
{
  g_autoptr (GVariant) state = fixture_get_pod_property (self, uid, "State");

  g_test_message ("%s", g_variant_get_string (state, NULL));
  return g_str_equal (g_variant_get_string (state, NULL), expected);
}

void
fixture_stop_pod (Fixture *self, const char *uid, const char *slice)
{
  fake_systemd_stop_unit (self->systemd, slice);
  fixture_wait (fixture_has_pod_state (self, uid, "vanished"));
}

char *
fixture_list_pods (Fixture *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = fixture_call (self, "ListPods", NULL, &error);

  g_assert_no_error (error);
  return g_variant_print (reply, FALSE);
}

gboolean
fixture_lists (Fixture *self, const char *text)
{
  g_autofree char *list = fixture_list_pods (self);

  return strstr (list, text) != NULL;
}

guint
fixture_count_pods (Fixture *self)
{
  g_autoptr (GVariant) count =
      fixture_get_property (self, MANAGER_PATH, MANAGER_INTERFACE, "PodCount");

  return g_variant_get_uint32 (count);
}

void
fixture_assert_error (GError **error, const char *name, const char *text)
{
  g_autofree char *expected = g_strconcat (ERROR_PREFIX, name, NULL);
  g_autofree char *actual = NULL;

  g_assert_nonnull (*error);
  actual = g_dbus_error_get_remote_error (*error);
  g_test_message ("%s", (*error)->message);
  g_assert_cmpstr (actual, ==, expected);
  if (text != NULL && strstr ((*error)->message, text) == NULL)
    g_error ("there is no \"%s\" in \"%s\"", text, (*error)->message);
  g_clear_error (error);
}

static char *
pod_file (Fixture *self, const char *name)
{
  return g_strconcat (self->root, POD_FILES, name, NULL);
}

gboolean
fixture_has_file (Fixture *self, const char *name)
{
  g_autofree char *path = pod_file (self, name);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

char *
fixture_read_file (Fixture *self, const char *name)
{
  g_autofree char *path = pod_file (self, name);
  g_autoptr (GError) error = NULL;
  char *text;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

void
fixture_write_file (Fixture *self, const char *name, const char *text)
{
  g_autofree char *path = g_strconcat (POD_FILES, name, NULL);

  temp_dir_write (self->root, path + 1, text);
}
