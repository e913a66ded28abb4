/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The calls for figures.
 */
#include "tests/dbus/join.h"

#include <string.h>

#define OTHER_POD "/machine.slice/machine-besteffort.slice/machine-besteffort-podb.slice"

/* A call whose answer is this, as text. */
static void
assert_answer (Fixture *fixture, const char *method, const char *arguments, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      fixture_call (fixture, method, g_variant_new_parsed (arguments), &error);
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  text = g_variant_print (reply, FALSE);
  g_assert_cmpstr (text, ==, expected);
}

static void
assert_fails (
    Fixture *fixture, const char *method, const char *arguments, const char *name, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (fixture_call (fixture, method, g_variant_new_parsed (arguments), &error));
  fixture_assert_error (&error, name, text);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  join_set_up (fixture, data);
  g_free (fixture_must_create (fixture, "b", "{'PidsLimit': <uint64 7>}"));
  fake_kernel_write (fixture->kernel, JOIN_POD, "memory.current", "1000");
  fake_kernel_write (fixture->kernel, OTHER_POD, "memory.current", "2000");
}

static void
test_fields (Fixture *fixture, gconstpointer data)
{
  assert_answer (fixture, "GetPodStats", "('b', {'Fields': <['PidsLimit', 'MemoryUsageBytes']>})",
                 "({'MemoryUsageBytes': <uint64 2000>, 'PidsLimit': <uint64 7>},)");
  assert_answer (fixture, "GetPodStats", "('b', {'Fields': <@as []>})", "({},)");
  assert_fails (fixture, "GetPodStats", "('b', {'Fields': <['PidsLimit', 'Pids']>})",
                "InvalidArgument", "Fields: there is no figure 'Pids'; those there are: Time");
  assert_fails (fixture, "GetPodStats", "('b', {'Fields': <'PidsLimit'>})", "InvalidArgument",
                "Fields has the type 's'; it takes 'as'");
  assert_fails (fixture, "GetPodStats", "('b', {'Nonsense': <true>})", "InvalidArgument",
                "'Nonsense' here; there are Containers (b) and Fields (as)");
}

static void
test_containers (Fixture *fixture, gconstpointer data)
{
  join_one (fixture, "app", join_start_process (fixture), "{'PidsLimit': <'9'>}");
  fake_kernel_make_cgroup (fixture->kernel, JOIN_POD "/crio-1.scope/inner");
  fake_kernel_write (fixture->kernel, JOIN_POD "/crio-1.scope", "pids.max", "5");
  assert_answer (fixture, "GetPodStats", "('a', {'Fields': <['PidsLimit']>, 'Containers': <true>})",
                 "({'Containers': <{'crio-1.scope': {'PidsLimit': <uint64 5>},"
                 " 'app': {'PidsLimit': <uint64 9>}}>},)");
  assert_answer (fixture, "GetStats", "(['a'], {'Fields': <['PidsLimit']>, 'Containers': <true>})",
                 "({'a': {'Containers': <{'crio-1.scope': {'PidsLimit': <uint64 5>},"
                 " 'app': {'PidsLimit': <uint64 9>}}>}},)");
}

/* Somebody made a cgroup with the name of a container, whose own has another. */
static void
test_same_name (Fixture *fixture, gconstpointer data)
{
  join_one (fixture, "app", join_start_process (fixture), "{'PidsLimit': <'9'>}");
  fake_kernel_make_cgroup (fixture->kernel, JOIN_POD "/app");
  fake_kernel_write (fixture->kernel, JOIN_POD "/app", "pids.max", "5");
  assert_answer (fixture, "GetPodStats", "('a', {'Fields': <['PidsLimit']>, 'Containers': <true>})",
                 "({'Containers': <{'/app': {'PidsLimit': <uint64 5>},"
                 " 'app': {'PidsLimit': <uint64 9>}}>},)");
}

static GVariant *
get_all (Fixture *fixture, const char *arguments)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      fixture_call (fixture, "GetStats", g_variant_new_parsed (arguments), &error);

  g_assert_no_error (error);
  return g_variant_get_child_value (reply, 0);
}

static void
assert_usage (GVariant *stats, const char *uid, guint64 expected)
{
  g_autoptr (GVariant) pod = g_variant_lookup_value (stats, uid, G_VARIANT_TYPE_VARDICT);
  guint64 usage = 0;

  g_assert_nonnull (pod);
  g_assert_true (g_variant_lookup (pod, "MemoryUsageBytes", "t", &usage));
  g_assert_cmpuint (usage, ==, expected);
}

static void
test_many (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) all = get_all (fixture, "(@as [], @a{sv} {})");
  g_autoptr (GVariant) named = get_all (fixture, "(['b', 'b'], @a{sv} {})");

  g_assert_cmpuint (g_variant_n_children (all), ==, 2);
  assert_usage (all, "a", 1000);
  assert_usage (all, "b", 2000);
  g_assert_cmpuint (g_variant_n_children (named), ==, 1);
  assert_usage (named, "b", 2000);
  g_assert_null (g_variant_lookup_value (named, "a", NULL));
  assert_fails (fixture, "GetStats", "(['b', 'no'], @a{sv} {})", "NoSuchPod", "'no'");
  assert_fails (fixture, "GetStats", "(['-'], @a{sv} {})", "InvalidArgument", NULL);
  assert_fails (fixture, "GetStats", "(['b'], {'Fields': <['Pids']>})", "InvalidArgument", "Pids");
}

/* A cgroup that went behind the back of all, and one whose end is known. */
static void
test_gone (Fixture *fixture, gconstpointer data)
{
  g_autofree char *slice = fixture_must_create (fixture, "c", "{}");
  g_autoptr (GVariant) all = NULL;
  g_autoptr (GVariant) named = NULL;

  fixture_stop_pod (fixture, "c", slice);
  fake_kernel_remove_cgroup (fixture->kernel, OTHER_POD);
  all = get_all (fixture, "(@as [], @a{sv} {})");
  g_assert_cmpuint (g_variant_n_children (all), ==, 1);
  assert_usage (all, "a", 1000);
  named = get_all (fixture, "(['b', 'c'], @a{sv} {})");
  g_assert_cmpuint (g_variant_n_children (named), ==, 0);
  assert_fails (fixture, "GetPodStats", "('b', @a{sv} {})", "Failed", OTHER_POD);
}

/* What is there and cannot be read. */
static void
test_unreadable (Fixture *fixture, gconstpointer data)
{
  fake_kernel_make_cgroup (fixture->kernel, OTHER_POD "/hugetlb.2MB.current");
  assert_fails (fixture, "GetStats", "(@as [], @a{sv} {})", "Failed", "hugetlb.2MB.current");
  assert_fails (fixture, "GetPodStats", "('b', @a{sv} {})", "Failed", "hugetlb.2MB.current");
  assert_answer (fixture, "GetStats", "(@as ['b'], {'Fields': <['MemoryUsageBytes']>})",
                 "({'b': {'MemoryUsageBytes': <uint64 2000>}},)");
}

typedef struct {
  guint n_replies;
} Calls;

static void
on_reply (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Calls *calls = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  g_assert_no_error (error);
  calls->n_replies++;
}

/* More at once than there are threads. */
static void
test_at_once (Fixture *fixture, gconstpointer data)
{
  Calls calls = { 0 };

  for (guint i = 0; i < 100; i++)
    g_dbus_connection_call (fixture->connection, BUS_NAME, MANAGER_PATH, MANAGER_INTERFACE,
                            "GetStats", g_variant_new_parsed ("(@as [], @a{sv} {})"), NULL,
                            G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_reply, &calls);
  fixture_wait (calls.n_replies == 100);
}

/* The order is that of the call, whoever was read first. */
static void
test_order (Fixture *fixture, gconstpointer data)
{
  const char *const uids[] = { "p3", "p1", "b", "p0", "a", "p2" };

  for (guint i = 0; i < 4; i++) {
    g_autofree char *uid = g_strdup_printf ("p%u", i);

    g_free (fixture_must_create (fixture, uid, "{}"));
  }
  for (guint i = 0; i < 20; i++) {
    g_autoptr (GVariant) all = get_all (fixture, "(['p3', 'p1', 'b', 'p0', 'a', 'p2'], @a{sv} {})");

    g_assert_cmpuint (g_variant_n_children (all), ==, G_N_ELEMENTS (uids));
    for (guint k = 0; k < G_N_ELEMENTS (uids); k++) {
      const char *uid;

      g_variant_get_child (all, k, "{&s@a{sv}}", &uid, NULL);
      g_assert_cmpstr (uid, ==, uids[k]);
    }
  }
}

/* More calls one after the other than there may be at once, some by a client that waits for no
 * reply. */
static void
test_given_back (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 15; i++) {
    g_autoptr (GVariant) named = NULL;

    for (guint k = 0; k < 100; k++)
      g_dbus_connection_call (fixture->connection, BUS_NAME, MANAGER_PATH, MANAGER_INTERFACE,
                              "GetStats", g_variant_new_parsed ("(@as [], @a{sv} {})"), NULL,
                              G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL, NULL);
    named = get_all (fixture, "(['b'], @a{sv} {})");
    assert_usage (named, "b", 2000);
  }
}

#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/stats/fields", test_fields);
  ADD ("/stats/containers", test_containers);
  ADD ("/stats/same-name", test_same_name);
  ADD ("/stats/many", test_many);
  ADD ("/stats/gone", test_gone);
  ADD ("/stats/unreadable", test_unreadable);
  ADD ("/stats/at-once", test_at_once);
  ADD ("/stats/order", test_order);
  ADD ("/stats/given-back", test_given_back);
  return g_test_run ();
}
