/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The calls of the daemon.
 */
#include "tests/bench/calls.h"

#include "tests/vm/machine.h"

static GVariant *
no_options (void)
{
  return g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0);
}

static const struct {
  const char *controller;
  const char *key;
  const char *value;
} limits[] = {
  { "cpu", "CPULimit", "500m" },
  { "memory", "MemoryLimit", "64Mi" },
  { "pids", "PidsLimit", "100" },
};

GVariant *
calls_new_limits (void)
{
  GVariantBuilder spec;

  g_variant_builder_init (&spec, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&spec, "{sv}", "QosClass", g_variant_new_string ("Guaranteed"));
  for (gsize i = 0; i < G_N_ELEMENTS (limits); i++)
    if (ncg_hierarchy_has_controller (machine_get_hierarchy (), limits[i].controller))
      g_variant_builder_add (&spec, "{sv}", limits[i].key, g_variant_new_string (limits[i].value));
  return g_variant_builder_end (&spec);
}

char *
calls_describe_limits (void)
{
  GString *text = g_string_new (ncg_hierarchy_mode_to_string (machine_get_hierarchy ()->mode));

  g_string_append (text, " cgroups; each pod has");
  for (gsize i = 0; i < G_N_ELEMENTS (limits); i++)
    g_string_append_printf (
        text, "%s %s %s", i > 0 ? "," : "",
        ncg_hierarchy_has_controller (machine_get_hierarchy (), limits[i].controller) ? "a" : "no",
        limits[i].key);
  return g_string_free (text, FALSE);
}

sd_bus_message *
calls_new_create_pod (Connection *connection, const char *uid)
{
  return connection_new_call (connection, PEER_DAEMON, "CreatePod",
                              g_variant_new ("(s@a{sv})", uid, calls_new_limits ()));
}

sd_bus_message *
calls_new_remove_pod (Connection *connection, const char *uid)
{
  return connection_new_call (connection, PEER_DAEMON, "RemovePod",
                              g_variant_new ("(s@a{sv})", uid, no_options ()));
}

sd_bus_message *
calls_new_create_container (Connection *connection, const char *uid, const char *name)
{
  return connection_new_call (connection, PEER_DAEMON, "CreateContainer",
                              g_variant_new ("(ss@a{sv})", uid, name, no_options ()));
}

sd_bus_message *
calls_new_join_pod (
    Connection *connection, const char *uid, const char *name, const pid_t *pids, gsize n_pids)
{
  GVariant *list =
      g_variant_new_fixed_array (G_VARIANT_TYPE_UINT32, pids, n_pids, sizeof (guint32));

  return connection_new_call (connection, PEER_DAEMON, "JoinPod",
                              g_variant_new ("(ss@au@a{sv})", uid, name, list, no_options ()));
}

sd_bus_message *
calls_new_get_stats (Connection *connection, const char *const *fields)
{
  GVariantBuilder options;

  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&options, "{sv}", "Containers", g_variant_new_boolean (TRUE));
  if (fields != NULL)
    g_variant_builder_add (&options, "{sv}", "Fields", g_variant_new_strv (fields, -1));
  return connection_new_call (connection, PEER_DAEMON, "GetStats",
                              g_variant_new ("(@asa{sv})", g_variant_new_strv (NULL, 0), &options));
}

GPtrArray *
calls_list_cgroups (Connection *connection)
{
  g_autoptr (GVariant) reply =
      connection_call (connection, connection_new_call (connection, PEER_DAEMON, "ListPods",
                                                        g_variant_new_tuple (NULL, 0)));
  g_autoptr (GVariant) list = g_variant_get_child_value (reply, 0);
  GPtrArray *cgroups = g_ptr_array_new_with_free_func (g_free);

  for (gsize i = 0; i < g_variant_n_children (list); i++) {
    const char *object;

    g_variant_get_child (list, i, "(&s&s&o&s&s)", NULL, NULL, &object, NULL, NULL);
    g_ptr_array_add (cgroups, connection_get_text (connection, PEER_POD, object, "ControlGroup"));
  }
  return cgroups;
}
