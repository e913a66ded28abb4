/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A client.
 */
#include "tests/vm/client.h"

#include "dbus-interfaces/ncg-dbus.h"
#include "tests/vm/machine.h"

/* Far above the daemon's own deadlines, so that it is the daemon that gives up. */
#define TIMEOUT_MSEC (120 * 1000)

GDBusConnection *
client_connect (void)
{
  g_autofree char *address = g_dbus_address_get_for_bus_sync (G_BUS_TYPE_SYSTEM, NULL, NULL);
  g_autoptr (GError) error = NULL;
  GDBusConnection *bus =
      g_dbus_connection_new_for_address_sync (address,
                                              G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                  G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                              NULL, NULL, &error);

  g_assert_no_error (error);
  return bus;
}

GDBusConnection *
client_get_bus (void)
{
  static GDBusConnection *bus;

  if (bus == NULL)
    bus = client_connect ();
  return bus;
}

static GDBusMethodInfo *
find_method (const char *interface, const char *method)
{
  GDBusInterfaceInfo *const infos[] = {
    ncg_dbus_manager_interface_info (),
    ncg_dbus_node_interface_info (),
    ncg_dbus_pod_interface_info (),
  };

  for (gsize i = 0; i < G_N_ELEMENTS (infos); i++)
    if (g_str_equal (infos[i]->name, interface))
      return g_dbus_interface_info_lookup_method (infos[i], method);
  return NULL;
}

static GVariant *
parse_arguments (const char *interface, const char *method, const char *text)
{
  const GDBusMethodInfo *info = find_method (interface, method);
  g_autoptr (GString) type = g_string_new ("(");
  g_autoptr (GError) error = NULL;
  GVariant *arguments;

  g_assert_nonnull (info);
  for (guint i = 0; info->in_args != NULL && info->in_args[i] != NULL; i++)
    g_string_append (type, info->in_args[i]->signature);
  g_string_append_c (type, ')');
  arguments = g_variant_parse (G_VARIANT_TYPE (type->str), text, NULL, NULL, &error);
  if (arguments == NULL)
    machine_fail ("%s %s is no %s: %s", method, text, type->str, error->message);
  return arguments;
}

GVariant *
client_call_on (GDBusConnection *bus,
                const char *path,
                const char *interface,
                const char *method,
                const char *arguments,
                GError **error)
{
  g_autoptr (GVariant) tuple = parse_arguments (interface, method, arguments);

  return g_dbus_connection_call_sync (bus, CLIENT_NAME, path, interface, method, tuple, NULL,
                                      G_DBUS_CALL_FLAGS_NO_AUTO_START, TIMEOUT_MSEC, NULL, error);
}

void
client_begin_on (GDBusConnection *bus,
                 const char *path,
                 const char *interface,
                 const char *method,
                 const char *arguments,
                 GUnixFDList *fds,
                 GAsyncReadyCallback callback,
                 gpointer user_data)
{
  g_autoptr (GVariant) tuple = parse_arguments (interface, method, arguments);

  g_dbus_connection_call_with_unix_fd_list (bus, CLIENT_NAME, path, interface, method, tuple, NULL,
                                            G_DBUS_CALL_FLAGS_NO_AUTO_START, TIMEOUT_MSEC, fds,
                                            NULL, callback, user_data);
}

GVariant *
client_call (const char *method, const char *format, ...)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  GVariant *reply;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  reply = client_call_on (client_get_bus (), CLIENT_PATH, CLIENT_NAME, method, text, &error);
  if (reply == NULL)
    machine_fail ("%s %s failed: %s", method, text, error->message);
  return reply;
}

void
client_assert_error (const char *what, const GError *error, const char *wanted)
{
  g_autofree char *name = error != NULL ? g_dbus_error_get_remote_error (error) : NULL;
  g_autofree char *whole = strchr (wanted, '.') != NULL
                               ? g_strdup (wanted)
                               : g_strconcat (CLIENT_NAME ".Error.", wanted, NULL);

  if (error == NULL)
    machine_fail ("%s should have failed with %s", what, whole);
  if (g_strcmp0 (name, whole) != 0)
    machine_fail ("%s failed with '%s' instead of %s", what, error->message, whole);
}

char *
client_fail (const char *wanted, const char *method, const char *format, ...)
{
  g_autofree char *text = NULL;
  g_autofree char *what = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  what = g_strconcat (method, " ", text, NULL);
  reply = client_call_on (client_get_bus (), CLIENT_PATH, CLIENT_NAME, method, text, &error);
  client_assert_error (what, error, wanted);
  g_dbus_error_strip_remote_error (error);
  return g_strdup (error->message);
}

char *
client_create_pod (const char *uid, const char *spec)
{
  g_autoptr (GVariant) reply = client_call ("CreatePod", "('%s', %s)", uid, spec);
  char *cgroup;

  g_variant_get (reply, "(&o&ss)", NULL, NULL, &cgroup);
  return cgroup;
}

char *
client_join_pod (const char *uid, const char *container, pid_t pid, const char *options)
{
  g_autoptr (GVariant) reply =
      client_call ("JoinPod", "('%s', '%s', [%d], %s)", uid, container, (int) pid, options);
  char *cgroup;

  g_variant_get (reply, "(&ss)", NULL, &cgroup);
  return cgroup;
}

void
client_update_pod (const char *uid, const char *spec)
{
  g_variant_unref (client_call ("UpdatePod", "('%s', %s)", uid, spec));
}

void
client_remove_pod (const char *uid)
{
  g_variant_unref (client_call ("RemovePod", "('%s', {})", uid));
}

char *
client_list_pods (void)
{
  g_autoptr (GVariant) reply = client_call ("ListPods", "()");
  g_autoptr (GVariantIter) iter = NULL;
  g_autoptr (GString) uids = g_string_new (NULL);
  const char *uid;

  g_variant_get (reply, "(a(ssoss))", &iter);
  while (g_variant_iter_next (iter, "(&s&s&o&s&s)", &uid, NULL, NULL, NULL, NULL))
    g_string_append_printf (uids, "%s%s", uids->len > 0 ? " " : "", uid);
  return g_string_free (g_steal_pointer (&uids), FALSE);
}

void
client_remove_all (void)
{
  g_autofree char *list = client_list_pods ();
  g_auto (GStrv) uids = g_strsplit (list, " ", -1);

  for (char **uid = uids; *uid != NULL; uid++)
    client_remove_pod (*uid);
}

char *
client_get_pod (const char *uid)
{
  g_autoptr (GVariant) reply = client_call ("GetPod", "('%s',)", uid);
  char *path;

  g_variant_get (reply, "(o)", &path);
  return path;
}

GVariant *
client_get (const char *path, const char *interface, const char *property)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (
      client_get_bus (), CLIENT_NAME, path, "org.freedesktop.DBus.Properties", "Get",
      g_variant_new ("(ss)", interface, property), G_VARIANT_TYPE ("(v)"),
      G_DBUS_CALL_FLAGS_NO_AUTO_START, TIMEOUT_MSEC, NULL, &error);
  GVariant *value;

  if (reply == NULL)
    machine_fail ("%s of %s cannot be read: %s", property, path, error->message);
  g_variant_get (reply, "(v)", &value);
  return value;
}

char *
client_get_of_pod (const char *uid, const char *property)
{
  g_autofree char *path = client_get_pod (uid);
  g_autoptr (GVariant) value = client_get (path, CLIENT_POD, property);

  return g_variant_is_of_type (value, G_VARIANT_TYPE_STRING) ? g_variant_dup_string (value, NULL)
                                                             : g_variant_print (value, FALSE);
}

static gboolean
is_property (const char *uid, const char *property, const char *wanted)
{
  g_autofree char *actual = client_get_of_pod (uid, property);

  return g_str_equal (actual, wanted);
}

void
client_wait_for (const char *uid, const char *property, const char *wanted)
{
  gint64 deadline = machine_get_deadline ();
  g_autofree char *what = g_strdup_printf ("%s of pod %s is %s", property, uid, wanted);

  while (!is_property (uid, property, wanted))
    machine_pause (deadline, what, G_STRLOC);
}

char *
client_get_condition (const char *name, gboolean *ret_holds)
{
  g_autoptr (GVariant) all = client_get (CLIENT_PATH, CLIENT_NODE, "Conditions");
  GVariantIter iter;
  const char *key, *message;
  gboolean holds;

  g_variant_iter_init (&iter, all);
  while (g_variant_iter_next (&iter, "(&sb&s)", &key, &holds, &message))
    if (g_str_equal (key, name)) {
      *ret_holds = holds;
      return g_strdup (message);
    }
  return NULL;
}

static char *
find_bad_row (GVariant *reply)
{
  g_autoptr (GVariantIter) iter = NULL;
  const char *object, *setting, *wanted, *actual;
  gboolean ok;

  g_variant_get (reply, "(a(ssssb))", &iter);
  g_assert_cmpuint (g_variant_iter_n_children (iter), >, 0);
  while (g_variant_iter_next (iter, "(&s&s&s&sb)", &object, &setting, &wanted, &actual, &ok))
    if (!ok)
      return g_strdup_printf ("%s %s: %s, not %s", object, setting, actual, wanted);
  return g_strdup ("");
}

char *
client_verify_pod (const char *uid)
{
  g_autoptr (GVariant) reply = client_call ("VerifyPod", "('%s',)", uid);

  return find_bad_row (reply);
}

char *
client_verify_node (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      client_call_on (client_get_bus (), CLIENT_PATH, CLIENT_NODE, "Verify", "()", &error);

  g_assert_no_error (error);
  return find_bad_row (reply);
}
