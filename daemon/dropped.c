/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What was left out.
 */
#include "daemon/dropped.h"

GVariant *
dropped_list (NcgDriver *driver, const char *unit)
{
  g_autoptr (GPtrArray) all = ncg_driver_list_dropped (driver, unit);
  GVariantBuilder builder;

  if (all->len == 0)
    return NULL;
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{su}"));
  for (guint i = 0; i < all->len; i++) {
    const NcgDropped *one = g_ptr_array_index (all, i);

    g_variant_builder_add (&builder, "{su}", one->setting, (guint32) one->version);
  }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static gboolean
note (NcgDriver *driver, const char *unit, GVariant **dropped)
{
  g_autoptr (GVariant) now = dropped_list (driver, unit);

  if (now == NULL ? *dropped == NULL : *dropped != NULL && g_variant_equal (now, *dropped))
    return FALSE;
  g_clear_pointer (dropped, g_variant_unref);
  *dropped = g_steal_pointer (&now);
  return TRUE;
}

gboolean
dropped_note (NcgDriver *driver, Pod *pod)
{
  gboolean is_changed = note (driver, pod->slice, &pod->dropped);

  for (guint i = 0; i < pod->containers->len; i++) {
    Container *container = g_ptr_array_index (pod->containers, i);

    is_changed |= note (driver, container->unit, &container->dropped);
  }
  return is_changed;
}

gboolean
dropped_is_outdated (NcgDriver *driver, GVariant *dropped)
{
  guint now = ncg_driver_get_version (driver);
  GVariantIter iter;
  guint32 version;

  if (dropped == NULL)
    return FALSE;
  g_variant_iter_init (&iter, dropped);
  while (g_variant_iter_next (&iter, "{&su}", NULL, &version))
    if (version != now)
      return TRUE;
  return FALSE;
}
