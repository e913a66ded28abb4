/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ten thousand malformed calls to all members that the XML has: each gets a clean error, and
 * nothing is changed by any. They follow from the random seed that is printed, which --seed
 * repeats.
 */
#include "tests/dbus/garbage.h"
#include "tests/dbus/join.h"

#include <gio/gunixfdlist.h>
#include <string.h>
#include <unistd.h>

#define N_CALLS 10000
#define WINDOW 48 /* under way at a time */
#define NOBODY 65534
#define MESSAGE_MAX 8192
#define MANY 20000
#define ERROR_PREFIX "org.example.NodeCgroups.Error."
#define ACCESS_DENIED "org.freedesktop.DBus.Error.AccessDenied"

typedef struct {
  const char *interface;
  const char *name;
  char *signature;      /* of the arguments: "(sa{sv})" */
  gboolean is_reading;  /* it may succeed, whoever calls */
  gboolean is_of_a_pod; /* its object is a pod */
} Member;

typedef struct {
  Fixture *fixture;
  GPtrArray *nodes;
  GArray *members;
  GDBusConnection *stranger; /* (nullable): another user's */
  guint n_pending;
  guint n_sent;
  guint n_answered;
  guint n_successes;
  guint n_denied;
} Storm;

/* One call that is under way. */
typedef struct {
  Storm *storm;
  guint number;
  char *what;
  gboolean may_succeed;
  gboolean must_be_denied;
} Shot;

static const char *const own_errors[] = {
  "InvalidArgument", "NoSuchPod",       "NoSuchContainer", "NoSuchProcess", "PodExists",
  "NotSupported",    "ContainerExists", "NotReady",        "Busy",          "LimitExceeded",
  "SystemdFailed",   "Failed",
};

static const char *const standard_errors[] = {
  "AccessDenied",  "InvalidArgs",      "UnknownMethod",   "UnknownInterface",
  "UnknownObject", "PropertyReadOnly", "UnknownProperty",
};

/* Of our own list, or one of those that the bus and GDBus have for what was called wrongly. */
static gboolean
is_clean_name (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (own_errors); i++)
    if (g_str_has_prefix (name, ERROR_PREFIX) &&
        g_str_equal (name + strlen (ERROR_PREFIX), own_errors[i]))
      return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (standard_errors); i++) {
    g_autofree char *whole = g_strconcat ("org.freedesktop.DBus.Error.", standard_errors[i], NULL);

    if (g_str_equal (name, whole))
      return TRUE;
  }
  return FALSE;
}

/* Whoever reads it on a terminal or in a log sees what is meant. */
static gboolean
is_clean_message (const char *message)
{
  if (message[0] == '\0' || strlen (message) > MESSAGE_MAX)
    return FALSE;
  for (; *message != '\0'; message = g_utf8_next_char (message))
    if (g_unichar_iscntrl (g_utf8_get_char (message)))
      return FALSE;
  return TRUE;
}

static void
shot_free (Shot *shot)
{
  g_free (shot->what);
  g_free (shot);
}

static void
judge (const Shot *shot, GDBusMessage *reply)
{
  const char *name = g_dbus_message_get_error_name (reply);
  GVariant *body = g_dbus_message_get_body (reply);
  const char *message = "";

  if (name == NULL) {
    if (!shot->may_succeed)
      g_error ("call %u succeeds: %s", shot->number, shot->what);
    shot->storm->n_successes++;
    return;
  }
  if (body != NULL && g_variant_is_of_type (body, G_VARIANT_TYPE ("(s)")))
    g_variant_get (body, "(&s)", &message);
  if (!is_clean_name (name) || !g_utf8_validate (message, -1, NULL))
    g_error ("call %u has the error %s (%s): %s", shot->number, name, message, shot->what);
  /* What GDBus says of a wrong property or signature quotes it as it is. */
  if (!is_clean_message (message) && g_str_has_prefix (name, ERROR_PREFIX))
    g_error ("call %u has an error with the message \"%s\": %s", shot->number, message, shot->what);
  if (shot->must_be_denied && !g_str_equal (name, ACCESS_DENIED))
    g_error ("call %u, of a stranger, has the error %s: %s", shot->number, name, shot->what);
  shot->storm->n_denied += g_str_equal (name, ACCESS_DENIED) ? 1 : 0;
}

static void
on_reply (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Shot *shot = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusMessage) reply =
      g_dbus_connection_send_message_with_reply_finish (G_DBUS_CONNECTION (source), result, &error);

  if (reply == NULL)
    g_error ("call %u has no reply (%s): %s", shot->number, error->message, shot->what);
  judge (shot, reply);
  shot->storm->n_pending--;
  shot->storm->n_answered++;
  shot_free (shot);
}

static const char *
choose_path (const Member *member)
{
  return member->is_of_a_pod ? MANAGER_PATH "/pod/a" : MANAGER_PATH;
}

/* The right types, with wrong content. */
static GVariant *
make_content (const Member *member)
{
  return garbage_value (G_VARIANT_TYPE (member->signature), 1 + garbage_number (12));
}

/* Very many of what there may be several of. */
static GVariant *
make_huge (const Member *member)
{
  GVariantBuilder builder;

  if (strstr (member->signature, "au") != NULL) {
    g_autofree guint32 *pids = g_new0 (guint32, MANY);

    for (guint i = 0; i < MANY; i++)
      pids[i] = 400000000 + i;
    if (!member->is_of_a_pod)
      return g_variant_new ("(ss@au@a{sv})", "a", "c",
                            g_variant_new_fixed_array (G_VARIANT_TYPE_UINT32, pids, MANY, 4),
                            garbage_dictionary (1));
    return g_variant_new ("(s@au@a{sv})", "c",
                          g_variant_new_fixed_array (G_VARIANT_TYPE_UINT32, pids, MANY, 4),
                          garbage_dictionary (1));
  }
  if (strstr (member->signature, "as") == NULL)
    return make_content (member);
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("as"));
  for (guint i = 0; i < MANY; i++)
    g_variant_builder_add (&builder, "s", "no-such-pod");
  return g_variant_new ("(as@a{sv})", &builder, garbage_dictionary (40));
}

static void
fire (Storm *storm,
      const Member *member,
      GDBusMessage *message,
      gboolean may_succeed,
      gboolean has_right_types)
{
  gboolean is_stranger = storm->stranger != NULL && garbage_number (6) == 0;
  GVariant *body = g_dbus_message_get_body (message);
  g_autofree char *text = body != NULL ? g_variant_print (body, TRUE) : g_strdup ("nothing");
  Shot *shot = g_new0 (Shot, 1);

  shot->storm = storm;
  shot->number = storm->n_sent++;
  shot->may_succeed = may_succeed;
  shot->must_be_denied = is_stranger && has_right_types && !member->is_reading;
  shot->what =
      g_strdup_printf ("%s.%s of %s with %.1500s%s", g_dbus_message_get_interface (message),
                       g_dbus_message_get_member (message), g_dbus_message_get_path (message), text,
                       is_stranger ? " (a stranger)" : "");
  storm->n_pending++;
  g_dbus_connection_send_message_with_reply (
      is_stranger ? storm->stranger : storm->fixture->connection, message,
      G_DBUS_SEND_MESSAGE_FLAGS_NONE, 60000, NULL, NULL, on_reply, shot);
}

/* The object, the interface or the member is another. */
static GDBusMessage *
make_misdirected (const Member *member)
{
  static const char *const paths[] = {
    "/",
    "/org/example",
    MANAGER_PATH "/pod",
    MANAGER_PATH "/pod/zz",
    MANAGER_PATH "/pod/a/a",
    MANAGER_PATH,
  };
  static const char *const interfaces[] = {
    "org.example.NodeCgroups.None",
    "org.freedesktop.DBus.Properties",
    "org.freedesktop.systemd1.Manager",
    "a.b",
  };
  guint kind = garbage_number (4);

  if (kind == 0)
    return g_dbus_message_new_method_call (BUS_NAME, choose_path (member), member->interface,
                                           "NoSuchMember");
  if (kind == 1)
    return g_dbus_message_new_method_call (BUS_NAME, choose_path (member), NULL, member->name);
  if (kind == 2)
    return g_dbus_message_new_method_call (BUS_NAME, choose_path (member),
                                           interfaces[garbage_number (G_N_ELEMENTS (interfaces))],
                                           member->name);
  return g_dbus_message_new_method_call (
      BUS_NAME, paths[garbage_number (G_N_ELEMENTS (paths) - (member->is_of_a_pod ? 0 : 1))],
      member->interface, member->name);
}

static void
shoot (Storm *storm, const Member *member)
{
  guint kind = garbage_number (16);
  g_autoptr (GDBusMessage) message = NULL;
  g_autoptr (GUnixFDList) fds = NULL;
  gboolean has_content = g_variant_type_n_items (G_VARIANT_TYPE (member->signature)) > 0;
  GVariant *body;

  if (kind == 0) {
    message = make_misdirected (member);
    g_dbus_message_set_body (message, make_content (member));
    fire (storm, member, message, FALSE, FALSE);
    return;
  }
  message = g_dbus_message_new_method_call (BUS_NAME, choose_path (member), member->interface,
                                            member->name);
  if (kind <= 4 || !has_content)
    body = g_variant_new ("(@*@*)", garbage_any (5), garbage_nested ());
  else if (kind == 5 && garbage_number (8) == 0)
    body = make_huge (member);
  else
    body = make_content (member);
  g_variant_ref_sink (body);
  g_dbus_message_set_body (message, body);
  if (strchr (member->signature, 'h') != NULL && garbage_number (4) > 0) {
    fds = garbage_descriptors ();
    g_dbus_message_set_unix_fd_list (message, fds);
  }
  fire (storm, member, message, member->is_reading,
        g_variant_is_of_type (body, G_VARIANT_TYPE (member->signature)));
  g_variant_unref (body);
}

static void
add_members (Storm *storm, GDBusInterfaceInfo *interface)
{
  for (GDBusMethodInfo **method = interface->methods; *method != NULL; method++) {
    g_autoptr (GString) signature = g_string_new ("(");
    Member member = { interface->name, (*method)->name };

    for (GDBusArgInfo **arg = (*method)->in_args; *arg != NULL; arg++)
      g_string_append (signature, (*arg)->signature);
    g_string_append_c (signature, ')');
    member.signature = g_string_free (g_steal_pointer (&signature), FALSE);
    member.is_reading = g_str_has_prefix (member.name, "Get") ||
                        g_str_has_prefix (member.name, "List") ||
                        g_str_has_prefix (member.name, "Verify");
    member.is_of_a_pod = g_str_equal (interface->name, POD_INTERFACE);
    g_array_append_val (storm->members, member);
  }
}

static void
read_xml (Storm *storm, const char *file)
{
  g_autofree char *path = g_build_filename (INTERFACES, file, NULL);
  g_autofree char *xml = NULL;
  g_autoptr (GError) error = NULL;
  GDBusNodeInfo *node;

  g_file_get_contents (path, &xml, NULL, &error);
  g_assert_no_error (error);
  node = g_dbus_node_info_new_for_xml (xml, &error);
  g_assert_no_error (error);
  g_ptr_array_add (storm->nodes, node);
  add_members (storm, node->interfaces[0]);
}

/* Root can call as somebody else; who is not has no other user. */
static GDBusConnection *
connect_as_stranger (Fixture *fixture)
{
  GDBusConnection *connection;

  if (geteuid () != 0)
    return NULL;
  g_assert_cmpint (seteuid (NOBODY), ==, 0);
  connection = fixture_connect (fixture);
  g_assert_cmpint (seteuid (0), ==, 0);
  return connection;
}

static void
clear_member (gpointer data)
{
  g_free (((Member *) data)->signature);
}

static void
storm_init (Storm *storm, Fixture *fixture)
{
  *storm = (Storm){ .fixture = fixture };
  storm->nodes = g_ptr_array_new_with_free_func ((GDestroyNotify) g_dbus_node_info_unref);
  storm->members = g_array_new (FALSE, FALSE, sizeof (Member));
  g_array_set_clear_func (storm->members, clear_member);
  read_xml (storm, "org.example.NodeCgroups.xml");
  read_xml (storm, "org.example.NodeCgroups.Node.xml");
  read_xml (storm, "org.example.NodeCgroups.Pod.xml");
  storm->stranger = connect_as_stranger (fixture);
}

static void
storm_clear (Storm *storm)
{
  g_array_unref (storm->members);
  g_ptr_array_unref (storm->nodes);
  if (storm->stranger != NULL)
    g_dbus_connection_close_sync (storm->stranger, NULL, NULL);
  g_clear_object (&storm->stranger);
}

/* All that clients and the next daemon can see, as text. */
static char *
describe_state (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) pods = fixture_call (fixture, "ListPods", NULL, &error);
  g_autoptr (GVariant) objects = fixture_call_object (
      fixture, MANAGER_PATH, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", NULL, NULL);
  g_autofree char *file = fixture_read_file (fixture, "a.pod");
  g_autofree char *directory = g_build_filename (fixture->root, "run/nodecgroups/pods", NULL);
  g_autoptr (GDir) files = g_dir_open (directory, 0, &error);
  g_autoptr (GString) text = g_string_new (NULL);
  guint n_files = 0;

  g_assert_no_error (error);
  g_variant_print_string (pods, text, FALSE);
  /* The order of objects is nobody's promise, but that of a table that did not change stays. */
  g_variant_print_string (objects, text, FALSE);
  while (g_dir_read_name (files) != NULL)
    n_files++;
  g_string_append_printf (text, "%s%u", file, n_files);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
assert_systemd_not_asked (Fixture *fixture)
{
  static const char *const methods[] = { "StartTransientUnit", "SetUnitProperties", "StopUnit",
                                         "AttachProcessesToUnit" };

  for (gsize i = 0; i < G_N_ELEMENTS (methods); i++)
    g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, methods[i], NULL), ==, 0);
}

static void
test_calls (Fixture *fixture, gconstpointer data)
{
  g_autofree char *slice = fixture_must_create (fixture, "b", "{'Labels': <{'a': 'b'}>}");
  g_autofree char *before = describe_state (fixture);
  g_autofree char *after = NULL;
  guint n_descriptors = fixture_count_descriptors (fixture);
  Storm storm;

  storm_init (&storm, fixture);
  fake_systemd_forget_calls (fixture->systemd);
  while (storm.n_sent < N_CALLS) {
    shoot (&storm, &g_array_index (storm.members, Member, storm.n_sent % storm.members->len));
    while (storm.n_pending >= WINDOW)
      g_main_context_iteration (NULL, TRUE);
  }
  while (storm.n_pending > 0)
    g_main_context_iteration (NULL, TRUE);
  g_test_message ("%u calls of %u members: %u succeeded, %u denied", storm.n_answered,
                  storm.members->len, storm.n_successes, storm.n_denied);
  g_assert_cmpuint (storm.n_answered, ==, N_CALLS);
  storm_clear (&storm);

  assert_systemd_not_asked (fixture);
  after = describe_state (fixture);
  g_assert_cmpstr (after, ==, before);
  fixture_wait (fixture_count_descriptors (fixture) <= n_descriptors);
  fixture_must_remove (fixture, "b");
}

/* What no library would send: the bus ends the connection, and the daemon does not notice. */
static void
send_broken_bytes (Fixture *fixture)
{
  g_autoptr (GDBusConnection) connection = fixture_connect (fixture);
  g_autoptr (GDBusMessage) message =
      g_dbus_message_new_method_call (BUS_NAME, MANAGER_PATH, MANAGER_INTERFACE, "CreatePod");
  GOutputStream *stream = g_io_stream_get_output_stream (g_dbus_connection_get_stream (connection));
  g_autofree guchar *bytes = NULL;
  gsize length;

  g_dbus_message_set_serial (message, 4711);
  g_dbus_message_set_body (message,
                           g_variant_new ("(s@a{sv})", "a-name-to-break", garbage_dictionary (3)));
  bytes = g_dbus_message_to_blob (message, &length, G_DBUS_CAPABILITY_FLAGS_NONE, NULL);
  g_assert_nonnull (bytes);
  for (guint n = 1 + garbage_number (4); n > 0; n--)
    bytes[16 + garbage_number ((guint) length - 16)] = (guchar) garbage_number (256);
  g_output_stream_write_all (stream, bytes, length - garbage_number (8), NULL, NULL, NULL);
  g_output_stream_flush (stream, NULL, NULL);
  g_dbus_connection_close_sync (connection, NULL, NULL);
}

static void
test_bytes (Fixture *fixture, gconstpointer data)
{
  g_autofree char *slice = fixture_must_create (fixture, "b", "{}");
  g_autofree char *before = describe_state (fixture);
  g_autofree char *after = NULL;

  for (guint i = 0; i < 200; i++)
    send_broken_bytes (fixture);
  after = describe_state (fixture);
  g_assert_cmpstr (after, ==, before);
}

/* Valid, and let through by the bus; but GDBus takes the padding in front of the first element for
 * a part of the array, misses the last one, and then gives the connection up. Until GLib reads it,
 * the daemon has to come back. */
static void
test_undecodable (Fixture *fixture, gconstpointer data)
{
  g_autofree char *before = describe_state (fixture);
  g_autofree char *after = NULL;
  g_autoptr (GDBusMessage) message =
      g_dbus_message_new_method_call (BUS_NAME, MANAGER_PATH, "org.freedesktop.DBus.Peer", "Ping");
  g_autoptr (GDBusMessage) reply = NULL;
  g_autoptr (GVariant) answer = NULL;

  g_dbus_message_set_body (
      message, g_variant_new_parsed ("(@a{gy} {signature 'aaaai': 1, signature '': 2},)"));
  reply = g_dbus_connection_send_message_with_reply_sync (
      fixture->connection, message, G_DBUS_SEND_MESSAGE_FLAGS_NONE, 10000, NULL, NULL, NULL);
  fixture_wait ((answer = fixture_call (fixture, "ListPods", NULL, NULL)) != NULL);
  after = describe_state (fixture);
  g_assert_cmpstr (after, ==, before);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  JOIN_TEST ("/malformed/calls", test_calls);
  JOIN_TEST ("/malformed/bytes", test_bytes);
  JOIN_TEST ("/malformed/undecodable", test_undecodable);
  return g_test_run ();
}
