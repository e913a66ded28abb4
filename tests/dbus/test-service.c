/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the daemon is on the bus: its interfaces, properties, objects and signals, and its name.
 */
#include "tests/dbus/fixture.h"

#include <string.h>

/* The text of a value, without its type. */
static char *
print (GVariant *value)
{
  g_autoptr (GVariant) owned = value;

  return g_variant_print (owned, FALSE);
}

static void
assert_property (Fixture *fixture, const char *name, const char *expected)
{
  g_autofree char *text =
      print (fixture_get_property (fixture, MANAGER_PATH, MANAGER_INTERFACE, name));

  g_assert_cmpstr (text, ==, expected);
}

static void
test_properties (Fixture *fixture, gconstpointer data)
{
  assert_property (fixture, "Version", "'" VERSION "'");
  assert_property (fixture, "Driver", "'systemd'");
  assert_property (fixture, "Hierarchy", "'unified'");
  assert_property (fixture, "SystemdVersion", "252");
  assert_property (fixture, "Controllers", "['cpu', 'cpuset', 'io', 'memory', 'pids']");
  assert_property (fixture, "CgroupRoot", "'/machine'");
  assert_property (fixture, "PodCount", "0");
  assert_property (fixture, "Features",
                   "['attach-processes', 'cpu-quota-period', 'cpuset', 'freeze', 'memory-min', "
                   "'memory-zswap', 'scope-oom-policy']");
}

/* A systemd that knows less. */
static void
test_features (Fixture *fixture, gconstpointer data)
{
  fake_systemd_hide_property (fixture->systemd, "OOMPolicy");
  fake_systemd_hide_property (fixture->systemd, "MemoryZSwapMax");
  fixture_start_daemon (fixture);
  assert_property (fixture, "Features",
                   "['attach-processes', 'cpu-quota-period', 'cpuset', 'freeze', 'memory-min']");
}

static void
append_annotations (GString *text, GDBusAnnotationInfo **annotations)
{
  for (guint i = 0; annotations != NULL && annotations[i] != NULL; i++)
    if (!g_str_has_prefix (annotations[i]->key, "org.gtk."))
      g_string_append_printf (text, " @%s=%s", annotations[i]->key, annotations[i]->value);
}

static void
append_arguments (GString *text, const char *direction, GDBusArgInfo **arguments)
{
  for (guint i = 0; arguments != NULL && arguments[i] != NULL; i++)
    g_string_append_printf (text, " %s %s %s", direction, arguments[i]->signature,
                            arguments[i]->name);
}

static void
append_members (GString *text, const GDBusInterfaceInfo *info)
{
  for (guint i = 0; info->methods != NULL && info->methods[i] != NULL; i++) {
    g_string_append_printf (text, "\nmethod %s", info->methods[i]->name);
    append_arguments (text, "in", info->methods[i]->in_args);
    append_arguments (text, "out", info->methods[i]->out_args);
    append_annotations (text, info->methods[i]->annotations);
  }
  for (guint i = 0; info->signals != NULL && info->signals[i] != NULL; i++) {
    g_string_append_printf (text, "\nsignal %s", info->signals[i]->name);
    append_arguments (text, "", info->signals[i]->args);
    append_annotations (text, info->signals[i]->annotations);
  }
  for (guint i = 0; info->properties != NULL && info->properties[i] != NULL; i++) {
    g_string_append_printf (text, "\nproperty %s %s %u", info->properties[i]->name,
                            info->properties[i]->signature, info->properties[i]->flags);
    append_annotations (text, info->properties[i]->annotations);
  }
}

/* What an interface says, apart from how it is written. */
static char *
describe (const char *xml, const char *interface)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusNodeInfo) node = g_dbus_node_info_new_for_xml (xml, &error);
  g_autoptr (GString) text = g_string_new (interface);
  GDBusInterfaceInfo *info;

  g_assert_no_error (error);
  info = g_dbus_node_info_lookup_interface (node, interface);
  g_assert_nonnull (info);
  append_members (text, info);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
assert_introspection (Fixture *fixture, const char *path, const char *interface)
{
  g_autofree char *file = g_strdup_printf (INTERFACES "/%s.xml", interface);
  g_autofree char *written = NULL;
  g_autofree char *expected = NULL;
  g_autofree char *actual = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;
  const char *xml;

  g_file_get_contents (file, &written, NULL, &error);
  g_assert_no_error (error);
  expected = describe (written, interface);
  reply = fixture_call_object (fixture, path, "org.freedesktop.DBus.Introspectable", "Introspect",
                               NULL, &error);
  g_assert_no_error (error);
  g_variant_get (reply, "(&s)", &xml);
  actual = describe (xml, interface);
  g_assert_cmpstr (actual, ==, expected);
}

static void
test_introspection (Fixture *fixture, gconstpointer data)
{
  g_autofree char *slice = fixture_must_create (fixture, "a", "{}");

  assert_introspection (fixture, MANAGER_PATH, MANAGER_INTERFACE);
  assert_introspection (fixture, MANAGER_PATH, NODE_INTERFACE);
  assert_introspection (fixture, MANAGER_PATH "/pod/a", POD_INTERFACE);
}

static void
test_objects (Fixture *fixture, gconstpointer data)
{
  g_autofree char *slice = fixture_must_create (fixture, "a-b", "{'Labels': <{'app': 'web'}>}");
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      fixture_call_object (fixture, MANAGER_PATH, "org.freedesktop.DBus.ObjectManager",
                           "GetManagedObjects", NULL, &error);
  g_autoptr (GVariant) objects = NULL;
  g_autoptr (GVariant) interfaces = NULL;
  g_autoptr (GVariant) pod = NULL;
  const char *uid;

  g_assert_no_error (error);
  objects = g_variant_get_child_value (reply, 0);
  g_assert_cmpuint (g_variant_n_children (objects), ==, 1);
  g_assert_true (g_variant_lookup (objects, MANAGER_PATH "/pod/a_2db", "@a{sa{sv}}", &interfaces));
  g_assert_true (g_variant_lookup (interfaces, POD_INTERFACE, "@a{sv}", &pod));
  g_assert_true (g_variant_lookup (pod, "Uid", "&s", &uid));
  g_assert_cmpstr (uid, ==, "a-b");
}

static gboolean
has_object (GDBusObjectManager *objects, const char *path)
{
  g_autoptr (GDBusInterface) interface =
      g_dbus_object_manager_get_interface (objects, path, POD_INTERFACE);
  g_autoptr (GVariant) uid = NULL;

  if (interface == NULL)
    return FALSE;
  uid = g_dbus_proxy_get_cached_property (G_DBUS_PROXY (interface), "Uid");
  return g_strcmp0 (g_variant_get_string (uid, NULL), "b") == 0;
}

/* As a client's library sees it: what is there, what comes, and what goes. */
static void
test_object_manager (Fixture *fixture, gconstpointer data)
{
  g_autofree char *first = fixture_must_create (fixture, "a", "{}");
  g_autofree char *second = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusObjectManager) objects = g_dbus_object_manager_client_new_sync (
      fixture->connection, G_DBUS_OBJECT_MANAGER_CLIENT_FLAGS_NONE, BUS_NAME, MANAGER_PATH, NULL,
      NULL, NULL, NULL, &error);
  g_autolist (GDBusObject) known = NULL;

  g_assert_no_error (error);
  known = g_dbus_object_manager_get_objects (objects);
  g_assert_cmpuint (g_list_length (known), ==, 1);
  g_assert_cmpstr (g_dbus_object_get_object_path (known->data), ==, MANAGER_PATH "/pod/a");
  second = fixture_must_create (fixture, "b", "{}");
  fixture_wait (has_object (objects, MANAGER_PATH "/pod/b"));
  fixture_must_remove (fixture, "b");
  fixture_wait (!has_object (objects, MANAGER_PATH "/pod/b"));
}

static void
assert_pod_property (Fixture *fixture, const char *name, const char *expected)
{
  g_autofree char *text = print (fixture_get_pod_property (fixture, "a", name));

  g_assert_cmpstr (text, ==, expected);
}

static void
test_pod_properties (Fixture *fixture, gconstpointer data)
{
  gint64 before = g_get_real_time ();
  g_autofree char *slice = fixture_must_create (
      fixture, "a",
      "{'CPULimit': <'500m'>, 'PidsLimit': <'max'>, 'CPUSet': <'0,1'>, 'Labels': <{'k': 'v'}>}");
  g_autoptr (GVariant) created = fixture_get_pod_property (fixture, "a", "CreatedUSec");

  assert_pod_property (fixture, "Uid", "'a'");
  assert_pod_property (fixture, "QosClass", "'Burstable'");
  assert_pod_property (fixture, "Slice", "'machine-burstable-poda.slice'");
  assert_pod_property (fixture, "ControlGroup",
                       "'/machine.slice/machine-burstable.slice/machine-burstable-poda.slice'");
  assert_pod_property (fixture, "State", "'active'");
  assert_pod_property (fixture, "Containers", "[]");
  assert_pod_property (fixture, "Spec",
                       "{'CPULimit': <uint64 500>, 'CPUSet': <'0-1'>, 'Labels': <{'k': 'v'}>, "
                       "'PidsLimit': <'max'>}");
  g_assert_cmpint ((gint64) g_variant_get_uint64 (created), >=, before);
  g_assert_cmpint ((gint64) g_variant_get_uint64 (created), <=, g_get_real_time ());
}

static void
test_list (Fixture *fixture, gconstpointer data)
{
  g_autofree char *second =
      fixture_must_create (fixture, "b", "{'CPULimit': <'1'>, 'MemoryLimit': <'1Gi'>}");
  g_autofree char *first = fixture_must_create (fixture, "a", "{}");
  g_autoptr (GError) error = NULL;
  g_autofree char *list = print (fixture_call (fixture, "ListPods", NULL, &error));

  g_assert_no_error (error);
  g_assert_cmpstr (list, ==,
                   "([('a', 'BestEffort', '/org/example/NodeCgroups/pod/a', "
                   "'machine-besteffort-poda.slice', 'active'), ('b', 'Guaranteed', "
                   "'/org/example/NodeCgroups/pod/b', 'machine-podb.slice', 'active')],)");
  assert_property (fixture, "PodCount", "2");
}

/* Signals are passed on another way than replies; only here all come as they were sent. */
static GDBusMessage *
on_message (GDBusConnection *connection,
            GDBusMessage *message,
            gboolean incoming,
            gpointer user_data)
{
  GVariant *body = g_dbus_message_get_body (message);
  g_autofree char *text = body != NULL ? g_variant_print (body, FALSE) : g_strdup ("");

  if (incoming && g_strcmp0 (g_dbus_message_get_interface (message), MANAGER_INTERFACE) == 0)
    g_async_queue_push (user_data,
                        g_strdup_printf ("%s %s", g_dbus_message_get_member (message), text));
  else if (incoming &&
           g_dbus_message_get_message_type (message) == G_DBUS_MESSAGE_TYPE_METHOD_RETURN)
    g_async_queue_push (user_data, g_strdup_printf ("reply %s", text));
  return message;
}

static void
assert_next (GAsyncQueue *messages, const char *expected)
{
  g_autofree char *message = g_async_queue_timeout_pop (messages, 10 * G_USEC_PER_SEC);

  g_assert_cmpstr (message, ==, expected);
}

static void
add_match (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (
      fixture->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
      "AddMatch", g_variant_new ("(s)", "type='signal',interface='" MANAGER_INTERFACE "'"), NULL,
      G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);

  g_assert_no_error (error);
}

static void
test_signals (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncQueue) messages = g_async_queue_new_full (g_free);
  g_autofree char *slice = NULL;
  guint id;

  add_match (fixture);
  id = g_dbus_connection_add_filter (fixture->connection, on_message, messages, NULL);
  slice = fixture_must_create (fixture, "a", "{}");
  fixture_must_remove (fixture, "a");
  assert_next (messages,
               "reply ('/org/example/NodeCgroups/pod/a', 'machine-besteffort-poda.slice', "
               "'/machine.slice/machine-besteffort.slice/machine-besteffort-poda.slice')");
  assert_next (messages, "PodAdded ('a', '/org/example/NodeCgroups/pod/a')");
  assert_next (messages, "reply ");
  assert_next (messages, "PodRemoved ('a', '/org/example/NodeCgroups/pod/a')");
  g_dbus_connection_remove_filter (fixture->connection, id);
}

static void
on_changed (GDBusConnection *connection,
            const char *sender,
            const char *path,
            const char *interface,
            const char *member,
            GVariant *arguments,
            gpointer user_data)
{
  g_ptr_array_add (user_data, g_variant_print (arguments, FALSE));
}

static gboolean
contains (GPtrArray *events, const char *text)
{
  for (guint i = 0; i < events->len; i++)
    if (strstr (g_ptr_array_index (events, i), text) != NULL)
      return TRUE;
  return FALSE;
}

static void
test_changes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) events = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *slice = fixture_must_create (fixture, "a", "{'CPULimit': <'500m'>}");
  g_autoptr (GError) error = NULL;
  guint id = g_dbus_connection_signal_subscribe (
      fixture->connection, NULL, "org.freedesktop.DBus.Properties", "PropertiesChanged",
      MANAGER_PATH "/pod/a", NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_changed, events, NULL);

  fixture_update (fixture, "a", "{'CPULimit': <'600m'>}", &error);
  g_assert_no_error (error);
  fixture_wait (contains (events, "'CPULimit': <uint64 600>"));
  fake_systemd_stop_unit (fixture->systemd, slice);
  fixture_wait (contains (events, "'State': <'vanished'>"));
  g_dbus_connection_signal_unsubscribe (fixture->connection, id);
}

static void
test_unknown_pods (Fixture *fixture, gconstpointer data)
{
  static const char *const methods[] = { "GetPod", "VerifyPod" };
  static const char *const with_options[] = { "GetPodStats", "RemovePod", "UpdatePod" };
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (methods); i++) {
    g_assert_null (fixture_call (fixture, methods[i], g_variant_new ("(s)", "no"), &error));
    fixture_assert_error (&error, "NoSuchPod", "no");
    g_assert_null (fixture_call (fixture, methods[i], g_variant_new ("(s)", "../no"), &error));
    fixture_assert_error (&error, "InvalidArgument", "../no");
  }
  for (gsize i = 0; i < G_N_ELEMENTS (with_options); i++) {
    g_assert_null (
        fixture_call (fixture, with_options[i], g_variant_new ("(sa{sv})", "no", NULL), &error));
    fixture_assert_error (&error, "NoSuchPod", "no");
    g_assert_null (
        fixture_call (fixture, with_options[i], g_variant_new ("(sa{sv})", "", NULL), &error));
    fixture_assert_error (&error, "InvalidArgument", NULL);
  }
}

/* Without systemd there is nothing to serve; then all is there before the name is. */
static void
test_name_is_last (Fixture *fixture, gconstpointer data)
{
  g_autofree char *state = NULL;

  fake_systemd_stop_listening (fixture->systemd);
  fixture_launch_daemon (fixture);
  for (guint i = 0; i < 20; i++) {
    g_usleep (20000);
    g_assert_false (fixture_has_name (fixture));
  }
  fake_systemd_listen (fixture->systemd);
  fixture_wait_for_name (fixture);
  state = print (fixture_get_property (fixture, MANAGER_PATH, NODE_INTERFACE, "State"));
  g_assert_cmpstr (state, ==, "'ready'");
}

/* It gives up, and touches nothing. */
static void
test_second_daemon (Fixture *fixture, gconstpointer data)
{
  const char *const arguments[] = {
    "--root", fixture->root, "--bus-address", fixture->bus_address, NULL,
  };
  g_autofree char *slice = fixture_must_create (fixture, "a", "{}");
  g_autoptr (GSubprocess) second = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *messages = NULL;

  fake_systemd_forget_calls (fixture->systemd);
  fixture_write_file (fixture, ".b.tmp", "half");
  second = fixture_spawn_daemon (arguments);
  g_subprocess_communicate_utf8 (second, NULL, NULL, NULL, &messages, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_subprocess_get_exit_status (second), ==, 1);
  g_test_message ("%s", messages);
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "StartTransientUnit", NULL), ==, 0);
  g_assert_true (fixture_has_file (fixture, ".b.tmp"));
  g_assert_true (fixture_has_name (fixture));
  fixture_must_remove (fixture, "a");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_TEST ("/service/properties", test_properties);
  FIXTURE_TEST_WITHOUT_DAEMON ("/service/features", test_features);
  FIXTURE_TEST ("/service/introspection", test_introspection);
  FIXTURE_TEST ("/service/objects", test_objects);
  FIXTURE_TEST ("/service/object-manager", test_object_manager);
  FIXTURE_TEST ("/service/pod-properties", test_pod_properties);
  FIXTURE_TEST ("/service/list", test_list);
  FIXTURE_TEST ("/service/signals", test_signals);
  FIXTURE_TEST ("/service/changes", test_changes);
  FIXTURE_TEST ("/service/unknown-pods", test_unknown_pods);
  FIXTURE_TEST_WITHOUT_DAEMON ("/service/name-is-last", test_name_is_last);
  FIXTURE_TEST ("/service/second-daemon", test_second_daemon);
  return g_test_run ();
}
