/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Services.
 */
#include "tests/dbus/fake-services.h"

#define MANAGER_PATH "/org/freedesktop/systemd1"
#define MANAGER "org.freedesktop.systemd1.Manager"

static char *
object_path (const char *name)
{
  char *path;

  g_assert_cmpint (sd_bus_path_encode (MANAGER_PATH "/unit", name, &path), >=, 0);
  return path;
}

static void
tell_of_unit (FakeManager *manager, const char *signal, const char *name)
{
  g_autofree char *path = object_path (name);

  fake_bus_emit (manager->bus, MANAGER_PATH, MANAGER, signal, "so", name, path);
}

void
fake_services_tell_changed (FakeManager *manager, const char *name)
{
  g_autofree char *path = object_path (name);

  fake_bus_emit (manager->bus, path, "org.freedesktop.DBus.Properties", "PropertiesChanged",
                 "sa{sv}as", "org.freedesktop.systemd1.Unit", 0, 0);
}

void
fake_services_load_for_nothing (FakeManager *manager, const char *name)
{
  tell_of_unit (manager, "UnitNew", name);
  tell_of_unit (manager, "UnitRemoved", name);
}

void
fake_services_tell_reloaded (FakeManager *manager)
{
  g_auto (GStrv) names = fake_units_list (manager->units);

  for (guint i = 0; names[i] != NULL; i++)
    tell_of_unit (manager, "UnitRemoved", names[i]);
  for (guint i = 0; names[i] != NULL; i++)
    tell_of_unit (manager, "UnitNew", names[i]);
}

void
fake_services_start (FakeManager *manager, const char *name, const char *slice, pid_t main_pid)
{
  FakeUnit *unit = fake_units_find (manager->units, name);

  if (unit == NULL) {
    unit = fake_units_add (manager->units, name);
    unit->has_fragment = TRUE;
    tell_of_unit (manager, "UnitNew", name);
  }
  if (unit->is_active)
    fake_services_stop (manager, name, FALSE);
  if (slice != NULL)
    g_hash_table_replace (unit->properties, g_strdup ("Slice"),
                          g_variant_ref_sink (g_variant_new_string (slice)));
  unit->main_pid = main_pid;
  g_assert_true (fake_units_start (manager->units, unit));
  fake_services_tell_changed (manager, name);
}

void
fake_services_stop (FakeManager *manager, const char *name, gboolean is_forgotten)
{
  FakeUnit *unit = fake_units_find (manager->units, name);

  g_assert_nonnull (unit);
  unit->main_pid = 0;
  unit->has_fragment = !is_forgotten;
  fake_units_stop (manager->units, unit);
  if (!is_forgotten)
    fake_services_tell_changed (manager, name);
}
