/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Object paths of units.
 */
#include "lib/systemd-path.h"

#include "lib/systemd.h"

#include <systemd/sd-bus.h>

#define UNITS NCG_SYSTEMD_PATH "/unit"

char *
ncg_systemd_unit_path (const char *unit)
{
  char *path = NULL;

  if (sd_bus_path_encode (UNITS, unit, &path) < 0)
    return NULL;
  return path;
}

const char *
ncg_systemd_unit_interface (const char *unit)
{
  if (g_str_has_suffix (unit, ".scope"))
    return "org.freedesktop.systemd1.Scope";
  if (g_str_has_suffix (unit, ".service"))
    return "org.freedesktop.systemd1.Service";
  return "org.freedesktop.systemd1.Slice";
}

char *
ncg_systemd_path_find_unit (const char *path, GVariant *arguments)
{
  g_autoptr (GVariant) first = NULL;
  char *unit = NULL;

  if (sd_bus_path_decode (path, UNITS, &unit) > 0)
    return unit;
  if (arguments != NULL && g_variant_n_children (arguments) > 0)
    first = g_variant_get_child_value (arguments, 0);
  if (first != NULL && g_variant_is_of_type (first, G_VARIANT_TYPE_STRING))
    return g_variant_dup_string (first, NULL);
  return NULL;
}
