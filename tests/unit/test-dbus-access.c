/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of who may, against the XML and the bus policy.
 */
#include "daemon/dbus-access.h"

#include <string.h>

#define NAME "org.example.NodeCgroups"
#define STANDARD "org.freedesktop.DBus."

static const char *const interfaces[] = { NAME, NAME ".Node", NAME ".Pod" };

static GDBusNodeInfo *
read_interface (const char *interface)
{
  g_autofree char *file = g_strdup_printf ("%s/%s.xml", INTERFACES, interface);
  g_autofree char *xml = NULL;
  g_autoptr (GError) error = NULL;
  GDBusNodeInfo *node;

  g_file_get_contents (file, &xml, NULL, &error);
  g_assert_no_error (error);
  node = g_dbus_node_info_new_for_xml (xml, &error);
  g_assert_no_error (error);
  return node;
}

/* Each method of the XML has a row, and each row of ours a method. */
static void
test_xml (void)
{
  gsize n, n_ours = 0, n_methods = 0;
  const DbusAccessRow *rows = dbus_access_list (&n);

  for (gsize i = 0; i < G_N_ELEMENTS (interfaces); i++) {
    g_autoptr (GDBusNodeInfo) node = read_interface (interfaces[i]);
    GDBusMethodInfo **methods = node->interfaces[0]->methods;

    for (; *methods != NULL; methods++, n_methods++)
      if (dbus_access_find (interfaces[i], (*methods)->name) == NULL)
        g_error ("%s.%s has no row: nobody could call it", interfaces[i], (*methods)->name);
  }
  for (gsize i = 0; i < n; i++) {
    g_autoptr (GDBusNodeInfo) node = NULL;

    if (g_str_has_prefix (rows[i].interface, STANDARD))
      continue;
    node = read_interface (rows[i].interface);
    n_ours++;
    if (g_dbus_interface_info_lookup_method (node->interfaces[0], rows[i].member) == NULL)
      g_error ("%s.%s has a row, and is not in the XML", rows[i].interface, rows[i].member);
  }
  g_assert_cmpuint (n_ours, ==, n_methods);
}

/* What changes nothing by its name is for anybody, and nothing else is. */
static void
test_who (void)
{
  static const char *const reading[] = { "Get", "List", "Verify", "Introspect", "Ping" };
  gsize n;
  const DbusAccessRow *rows = dbus_access_list (&n);

  for (gsize i = 0; i < n; i++) {
    gboolean is_reading = FALSE;

    for (gsize j = 0; j < G_N_ELEMENTS (reading); j++)
      is_reading |= g_str_has_prefix (rows[i].member, reading[j]);
    if (is_reading != (rows[i].who == DBUS_ACCESS_ANYBODY))
      g_error ("%s.%s is for the wrong", rows[i].interface, rows[i].member);
    /* GDBus answers these itself, and asks nobody. */
    if (g_str_has_prefix (rows[i].interface, STANDARD))
      g_assert_cmpint (rows[i].who, !=, DBUS_ACCESS_GROUP);
  }
}

static void
test_find (void)
{
  g_assert_cmpint (dbus_access_find (NAME, "CreatePod")->who, ==, DBUS_ACCESS_GROUP);
  g_assert_cmpint (dbus_access_find (NAME ".Node", "Verify")->who, ==, DBUS_ACCESS_ANYBODY);
  g_assert_cmpint (dbus_access_find (STANDARD "Properties", "Set")->who, ==, DBUS_ACCESS_NOBODY);
  g_assert_null (dbus_access_find (NAME, "Verify"));
  g_assert_null (dbus_access_find (NAME, "createPod"));
  g_assert_null (dbus_access_find (NULL, "ListPods"));
  g_assert_null (dbus_access_find (NAME, NULL));
  g_assert_null (dbus_access_find ("", ""));
}

/* The rules of a bus policy. */
typedef struct {
  char *context; /* of the policy that is being read */
  GHashTable *allowed;
  gboolean denies_name;
  gboolean denies_calls;
  guint n_others; /* policies that let everything through: of the group, and of root */
} Policy;

static const char *
find_attribute (const char *wanted, const char **names, const char **values)
{
  for (; *names != NULL; names++, values++)
    if (g_str_equal (*names, wanted))
      return *values;
  return NULL;
}

static void
read_default_rule (Policy *policy, gboolean is_allow, const char **names, const char **values)
{
  const char *interface = find_attribute ("send_interface", names, values);
  const char *member = find_attribute ("send_member", names, values);

  if (!is_allow) {
    policy->denies_name |= find_attribute ("own", names, values) != NULL;
    policy->denies_calls |= g_strv_length ((char **) names) == 1 &&
                            find_attribute ("send_destination", names, values) != NULL;
    return;
  }
  /* All that is denied comes first, since the last rule that fits counts. */
  g_assert_true (policy->denies_name && policy->denies_calls);
  g_assert_cmpuint (g_strv_length ((char **) names), ==, 3);
  g_assert_cmpstr (find_attribute ("send_destination", names, values), ==, NAME);
  g_assert_nonnull (interface);
  g_assert_nonnull (member);
  g_assert_true (g_hash_table_add (policy->allowed, g_strconcat (interface, ".", member, NULL)));
}

static void
on_element (GMarkupParseContext *context,
            const char *element,
            const char **names,
            const char **values,
            gpointer user_data,
            GError **error)
{
  Policy *policy = user_data;
  gboolean is_allow = g_str_equal (element, "allow");

  if (g_str_equal (element, "policy")) {
    g_free (policy->context);
    policy->context = g_strdup_printf ("%s=%s", names[0], values[0]);
  } else if (is_allow || g_str_equal (element, "deny")) {
    if (g_str_equal (policy->context, "context=default"))
      read_default_rule (policy, is_allow, names, values);
    else if (find_attribute ("send_destination", names, values) != NULL)
      policy->n_others++;
    else
      g_assert_cmpstr (policy->context, ==, "user=root"); /* and may own the name */
  }
}

static void
test_policy (void)
{
  static const GMarkupParser parser = { .start_element = on_element };
  Policy policy = { .allowed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL) };
  g_autoptr (GMarkupParseContext) context = g_markup_parse_context_new (
      &parser, G_MARKUP_IGNORE_QUALIFIED | G_MARKUP_PREFIX_ERROR_POSITION, &policy, NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  gsize n, length;
  const DbusAccessRow *rows = dbus_access_list (&n);

  g_file_get_contents (POLICY, &text, &length, &error);
  g_assert_no_error (error);
  g_markup_parse_context_parse (context, text, (gssize) length, &error);
  g_assert_no_error (error);
  for (gsize i = 0; i < n; i++) {
    g_autofree char *whole = g_strconcat (rows[i].interface, ".", rows[i].member, NULL);

    if (g_hash_table_remove (policy.allowed, whole) != (rows[i].who == DBUS_ACCESS_ANYBODY))
      g_error ("the bus policy and the table do not agree on %s", whole);
  }
  g_assert_cmpuint (g_hash_table_size (policy.allowed), ==, 0);
  g_assert_cmpuint (policy.n_others, ==, 2);
  g_hash_table_unref (policy.allowed);
  g_free (policy.context);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dbus-access/xml", test_xml);
  g_test_add_func ("/dbus-access/who", test_who);
  g_test_add_func ("/dbus-access/find", test_find);
  g_test_add_func ("/dbus-access/policy", test_policy);
  return g_test_run ();
}
