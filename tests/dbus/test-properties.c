/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a client knows that has read the properties once and listens: the same as one that reads
 * them again, by what the XML says of each of them.
 */
#include "tests/dbus/drift-rig.h"
#include "tests/dbus/join.h"
#include "tests/dbus/signals.h"

#include <string.h>

#define CHANGES "org.freedesktop.DBus.Property.EmitsChangedSignal"
#define POD_PATH MANAGER_PATH "/pod/a"

#define RESERVED                                                                                   \
  DRIFT_RIG_HEAD "systemReserved: {cpu: 500m, memory: 1Gi}\n"                                      \
                 "kubeReserved: {cpu: 250m, memory: 512Mi}\n"                                      \
                 "evictionHard: {memory.available: 100Mi}\n"                                       \
                 "enforceNodeAllocatable: [pods, system-reserved]\n"

static GDBusProxy *
listen_to (Fixture *fixture, const char *path, const char *interface)
{
  g_autoptr (GError) error = NULL;
  GDBusProxy *proxy = g_dbus_proxy_new_sync (fixture->connection, G_DBUS_PROXY_FLAGS_NONE, NULL,
                                             BUS_NAME, path, interface, NULL, &error);

  g_assert_no_error (error);
  return proxy;
}

/* Whether a property has been told to be @expected, or to have that in it. */
static gboolean
is_told (GDBusProxy *proxy, const char *name, const char *expected)
{
  g_autoptr (GVariant) value = g_dbus_proxy_get_cached_property (proxy, name);
  g_autofree char *text = value != NULL ? g_variant_print (value, FALSE) : g_strdup ("");

  return strstr (text, expected) != NULL;
}

/* (transfer full): of the XML, "true", "false" or "const" */
static char *
find_annotation (const char *interface, const char *property)
{
  g_autofree char *path = g_strconcat (INTERFACES "/", interface, ".xml", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusNodeInfo) node = NULL;
  GDBusInterfaceInfo *info;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  node = g_dbus_node_info_new_for_xml (text, &error);
  g_assert_no_error (error);
  info = g_dbus_node_info_lookup_interface (node, interface);
  return g_strdup (g_dbus_annotation_info_lookup (
      g_dbus_interface_info_lookup_property (info, property)->annotations, CHANGES));
}

/* Whether what the client knows is what there is. What changes and is not told of (false) is what
 * it was when the client began; all else is up to date. */
static gboolean
is_up_to_date (Fixture *fixture, GDBusProxy *proxy)
{
  const char *interface = g_dbus_proxy_get_interface_name (proxy);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = fixture_call_object (fixture, g_dbus_proxy_get_object_path (proxy),
                                                    "org.freedesktop.DBus.Properties", "GetAll",
                                                    g_variant_new ("(s)", interface), &error);
  g_autoptr (GVariant) all = NULL;
  gboolean is_same = TRUE;
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_assert_no_error (error);
  all = g_variant_get_child_value (reply, 0);
  g_variant_iter_init (&iter, all);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value)) {
    g_autoptr (GVariant) known = g_dbus_proxy_get_cached_property (proxy, name);
    g_autofree char *annotation = find_annotation (interface, name);

    g_assert_nonnull (known);
    if (!g_str_equal (annotation, "false") && !g_variant_equal (known, value)) {
      g_test_message ("%s is not known", name);
      is_same = FALSE;
    }
  }
  return is_same;
}

static void
reload (Fixture *fixture, const char *config)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;

  fake_kernel_write_file (fixture->kernel, DRIFT_RIG_CONFIG, config);
  reply = fixture_call_object (fixture, MANAGER_PATH, NODE_INTERFACE, "Reload", NULL, &error);
  g_assert_no_error (error);
}

/* By a reload. */
static void
test_node (DriftRig *self, gconstpointer data)
{
  Fixture *fixture = &self->base;
  g_autoptr (GDBusProxy) node = listen_to (fixture, MANAGER_PATH, NODE_INTERFACE);

  g_assert_true (is_told (node, "State", "'ready'"));
  reload (fixture, RESERVED);
  fixture_wait (is_told (node, "SystemReserved", "{'cpu': 500, 'memory': 1073741824}"));
  fixture_wait (is_told (node, "KubeReserved", "{'cpu': 250, 'memory': 536870912}"));
  fixture_wait (is_told (node, "EvictionHard", "{'memory': 104857600}"));
  fixture_wait (is_told (node, "Enforced", "['pods', 'system-reserved']"));
  fixture_wait (is_told (node, "Allocatable", "'cpu': 3250, 'memory': 6874464256"));
  fixture_wait (is_told (node, "Conditions", "('Enforced:system-reserved', true, "));
  fixture_wait (is_up_to_date (fixture, node));
  reload (fixture, DRIFT_RIG_HEAD);
  fixture_wait (is_told (node, "SystemReserved", "{}"));
  fixture_wait (is_told (node, "Enforced", "['pods']"));
  fixture_wait (is_up_to_date (fixture, node));
}

/* By what happens to the machine. What was drift is told of by another signal. */
static void
test_state (DriftRig *self, gconstpointer data)
{
  Fixture *fixture = &self->base;
  g_autoptr (GDBusProxy) node = listen_to (fixture, MANAGER_PATH, NODE_INTERFACE);
  g_autoptr (GVariant) count = NULL;

  fake_kernel_write (fixture->kernel, "/machine.slice", "cpu.weight", "7");
  fixture_wait (self->told->len > 0);
  count = fixture_get_property (fixture, MANAGER_PATH, NODE_INTERFACE, "DriftCount");
  g_assert_cmpuint (g_variant_get_uint64 (count), ==, 1);
  fake_systemd_stop_listening (fixture->systemd);
  fixture_wait (is_told (node, "State", "'degraded'"));
  fixture_wait (is_told (node, "Conditions", "('Systemd', false, "));
  fake_systemd_listen (fixture->systemd);
  fixture_wait (is_told (node, "State", "'ready'"));
  fixture_wait (is_told (node, "Conditions", "('Systemd', true, "));
  fixture_wait (is_up_to_date (fixture, node));
  g_assert_true (is_told (node, "DriftCount", "0"));
}

/* The start, seen by who was there before it. */
static void
test_start (Fixture *fixture, gconstpointer data)
{
  static const FakeFault fault = { "StartTransientUnit", NULL, FAKE_FAULT_DELAY, .msec = 500 };
  g_autoptr (GDBusProxy) node = listen_to (fixture, MANAGER_PATH, NODE_INTERFACE);

  fake_systemd_add_fault (fixture->systemd, &fault);
  fixture_start_daemon (fixture);
  fixture_wait (is_told (node, "State", "'ready'"));
  fixture_wait (is_up_to_date (fixture, node));
}

/* By another systemd, after a daemon-reexec. */
static void
test_manager (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GDBusProxy) manager = listen_to (fixture, MANAGER_PATH, MANAGER_INTERFACE);

  g_assert_true (is_told (manager, "SystemdVersion", "252"));
  g_assert_true (is_told (manager, "Features", "'scope-oom-policy'"));
  fake_systemd_set_version (fixture->systemd, "249.1");
  fake_systemd_hide_property (fixture->systemd, "OOMPolicy");
  fake_systemd_reload (fixture->systemd);
  fixture_wait (is_told (manager, "SystemdVersion", "249"));
  fixture_wait (is_told (manager, "Features", "'memory-zswap']"));
  g_free (fixture_must_create (fixture, "a", "{}"));
  fixture_wait (is_told (manager, "PodCount", "1"));
  fixture_wait (is_up_to_date (fixture, manager));
}

/* Each state in its turn, and what goes with it. */
static void
test_pod (Fixture *fixture, gconstpointer data)
{
  static const FakeFault slow[] = {
    { "SetUnitProperties", NULL, FAKE_FAULT_DELAY, .msec = 300 },
    { "StopUnit", NULL, FAKE_FAULT_DELAY, .msec = 300 },
  };
  g_autoptr (GDBusProxy) pod = listen_to (fixture, POD_PATH, POD_INTERFACE);
  g_autoptr (Signals) signals = signals_new (fixture);
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (slow); i++)
    fake_systemd_add_fault (fixture->systemd, &slow[i]);
  fixture_update (fixture, "a", "{'PidsLimit': <'9'>}", &error);
  g_assert_no_error (error);
  signals_wait (signals,
                POD_PATH " PropertiesChanged ('" POD_INTERFACE "', {'State': <'updating'>}");
  fixture_wait (is_told (pod, "State", "'active'"));
  fixture_wait (is_told (pod, "Spec", "'PidsLimit': <uint64 9>"));
  join_one (fixture, "app", join_start_process (fixture), "{}");
  fixture_wait (is_up_to_date (fixture, pod));
  fixture_must_remove (fixture, "a");
  signals_wait (signals,
                POD_PATH " PropertiesChanged ('" POD_INTERFACE "', {'State': <'removing'>}");
}

static guint
find_signal (const Signals *signals, const char *text)
{
  const GPtrArray *list = signals_get (signals);
  guint i = 0;

  while (i < list->len && strstr (g_ptr_array_index (list, i), text) == NULL)
    i++;
  return i;
}

/* Nothing is told of a pod of which nobody was told before. */
static void
test_new (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Signals) signals = signals_new (fixture);

  g_free (fixture_must_create (fixture, "b", "{}"));
  signals_wait (signals, "PodAdded ('b'");
  signals_wait (signals, "/pod/b PropertiesChanged");
  g_assert_cmpuint (find_signal (signals, "InterfacesAdded"), <,
                    find_signal (signals, "/pod/b PropertiesChanged"));
  g_assert_cmpuint (find_signal (signals, "PodAdded ('b'"), <,
                    find_signal (signals, "/pod/b PropertiesChanged"));
}

/* What is constant stays so when a pod has vanished: made anew it is another object. */
static void
test_made_anew (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GDBusProxy) pod = listen_to (fixture, POD_PATH, POD_INTERFACE);
  g_autoptr (Signals) signals = signals_new (fixture);

  fake_systemd_stop_unit (fixture->systemd, "machine-burstable-poda.slice");
  fixture_wait (is_told (pod, "State", "'vanished'"));
  fixture_wait (is_told (pod, "ControlGroup", "''"));
  fixture_wait (is_up_to_date (fixture, pod));
  g_free (fixture_must_create (fixture, "a", "{'QosClass': <'BestEffort'>}"));
  signals_wait (signals, "InterfacesRemoved ('" POD_PATH "'");
  signals_wait (signals, "InterfacesAdded ('" POD_PATH "'");
  g_assert_cmpuint (signals_count (signals, "'QosClass': <'BestEffort'>"), ==, 1);
  g_assert_cmpuint (signals_count (signals, "PropertiesChanged ('" POD_INTERFACE "', {'QosClass'"),
                    ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/properties/node", DriftRig, DRIFT_RIG_HEAD, drift_rig_set_up, test_node,
              drift_rig_tear_down);
  g_test_add ("/properties/state", DriftRig, DRIFT_RIG_HEAD, drift_rig_set_up, test_state,
              drift_rig_tear_down);
  FIXTURE_TEST_WITHOUT_DAEMON ("/properties/start", test_start);
  FIXTURE_TEST ("/properties/manager", test_manager);
  FIXTURE_TEST ("/properties/new", test_new);
  JOIN_TEST ("/properties/pod", test_pod);
  JOIN_TEST ("/properties/made-anew", test_made_anew);
  return g_test_run ();
}
