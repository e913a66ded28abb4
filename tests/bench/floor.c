/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The floor: calls of systemd.
 */
#include "tests/bench/floor.h"

#include "daemon/policy/settings.h"
#include "lib/unit-properties.h"
#include "tests/bench/calls.h"
#include "tests/bench/fail.h"
#include "tests/vm/machine.h"

static GVariant *
make_settings (gboolean of_pod)
{
  const SettingsDefaults none = { 0 };
  g_autoptr (GVariant) limits = g_variant_ref_sink (calls_new_limits ());
  g_auto (Spec) spec = { 0 };
  g_auto (NcgResources) resources = { 0 };
  g_autoptr (GError) error = NULL;
  GVariant *settings = NULL;

  if (of_pod && spec_parse (limits, SPEC_OF_POD, &spec, &error))
    settings_for_pod (&spec, &none, &resources);
  else if (error == NULL)
    settings_for_container (&spec, &none, &resources);
  if (error == NULL)
    settings =
        ncg_unit_properties_from_resources (&resources, machine_get_hierarchy (), NULL, &error);
  if (settings == NULL)
    fail ("the settings of the floor: %s", error->message);
  return settings;
}

/* The very properties that the daemon sends. */
static void
add_settings (GVariantBuilder *properties, gboolean of_pod)
{
  static GVariant *made[2];

  if (made[of_pod] == NULL)
    made[of_pod] = make_settings (of_pod);
  ncg_unit_properties_add_all (properties, made[of_pod]);
}

static void
add_leaf (GVariantBuilder *properties, const char *slice, gboolean is_delegated)
{
  ncg_unit_properties_add (properties, "Slice", g_variant_new_string (slice));
  ncg_unit_properties_add (properties, "CollectMode", g_variant_new_string ("inactive-or-failed"));
  if (is_delegated)
    ncg_unit_properties_add (properties, "Delegate", g_variant_new_boolean (TRUE));
}

static void
begin (GVariantBuilder *properties)
{
  g_variant_builder_init (properties, G_VARIANT_TYPE ("a(sv)"));
  ncg_unit_properties_add (properties, "Description", g_variant_new_string ("the floor"));
}

static sd_bus_message *
new_start (Connection *connection, const char *unit, GVariantBuilder *properties)
{
  GVariant *no_units = g_variant_new_array (G_VARIANT_TYPE ("(sa(sv))"), NULL, 0);

  return connection_new_call (
      connection, PEER_SYSTEMD, "StartTransientUnit",
      g_variant_new ("(ssa(sv)@a(sa(sv)))", unit, "replace", properties, no_units));
}

sd_bus_message *
floor_new_slice_of (Connection *connection, const char *unit, FloorParts parts)
{
  GVariantBuilder properties;

  begin (&properties);
  if ((parts & FLOOR_DEPENDENCIES) == 0)
    ncg_unit_properties_add (&properties, "DefaultDependencies", g_variant_new_boolean (FALSE));
  if ((parts & FLOOR_LIMITS) != 0)
    add_settings (&properties, TRUE);
  return new_start (connection, unit, &properties);
}

sd_bus_message *
floor_new_slice (Connection *connection, const char *unit)
{
  return floor_new_slice_of (connection, unit, FLOOR_LIMITS | FLOOR_DEPENDENCIES);
}

sd_bus_message *
floor_new_limits (Connection *connection, const char *unit)
{
  GVariantBuilder properties;

  g_variant_builder_init (&properties, G_VARIANT_TYPE ("a(sv)"));
  add_settings (&properties, TRUE);
  return connection_new_call (connection, PEER_SYSTEMD, "SetUnitProperties",
                              g_variant_new ("(sba(sv))", unit, TRUE, &properties));
}

static GVariant *
new_pids (const pid_t *pids, gsize n_pids)
{
  return g_variant_new_fixed_array (G_VARIANT_TYPE_UINT32, pids, n_pids, sizeof (guint32));
}

sd_bus_message *
floor_new_scope (Connection *connection,
                 const char *unit,
                 const char *slice,
                 const pid_t *pids,
                 gsize n_pids,
                 gboolean is_delegated)
{
  GVariantBuilder properties;

  begin (&properties);
  add_leaf (&properties, slice, is_delegated);
  ncg_unit_properties_add (&properties, "PIDs", new_pids (pids, n_pids));
  add_settings (&properties, FALSE);
  return new_start (connection, unit, &properties);
}

sd_bus_message *
floor_new_holder (Connection *connection, const char *unit, const char *slice)
{
  GVariantBuilder properties;

  begin (&properties);
  add_leaf (&properties, slice, TRUE);
  ncg_unit_properties_add (&properties, "Type", g_variant_new_string ("oneshot"));
  ncg_unit_properties_add (&properties, "RemainAfterExit", g_variant_new_boolean (TRUE));
  ncg_unit_properties_add (&properties, "ExecStart",
                           g_variant_new_parsed ("[('/bin/true', ['/bin/true'], false)]"));
  add_settings (&properties, FALSE);
  return new_start (connection, unit, &properties);
}

sd_bus_message *
floor_new_attach (Connection *connection, const char *unit, pid_t pid)
{
  return connection_new_call (connection, PEER_SYSTEMD, "AttachProcessesToUnit",
                              g_variant_new ("(ss@au)", unit, "", new_pids (&pid, 1)));
}

sd_bus_message *
floor_new_stop (Connection *connection, const char *unit)
{
  return connection_new_call (connection, PEER_SYSTEMD, "StopUnit",
                              g_variant_new ("(ss)", unit, "replace"));
}
