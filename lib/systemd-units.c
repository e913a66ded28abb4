/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of units.
 */
#include "lib/systemd-units.h"

#include "lib/systemd-originals.h"

struct NcgSystemdUnits {
  GHashTable *units; /* unit → NcgSystemdUnit */
};

static void
unit_free (gpointer data)
{
  NcgSystemdUnit *unit = data;

  g_free (unit->unit);
  g_free (unit->cgroup);
  ncg_resources_clear (&unit->resources);
  g_clear_pointer (&unit->dropped, g_ptr_array_unref);
  g_hash_table_unref (unit->originals);
  g_free (unit);
}

NcgSystemdUnits *
ncg_systemd_units_new (void)
{
  NcgSystemdUnits *self = g_new0 (NcgSystemdUnits, 1);

  self->units = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, unit_free);
  return self;
}

void
ncg_systemd_units_free (NcgSystemdUnits *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->units);
  g_free (self);
}

const NcgSystemdUnit *
ncg_systemd_units_find (NcgSystemdUnits *self, const char *unit)
{
  return g_hash_table_lookup (self->units, unit);
}

GStrv
ncg_systemd_units_list (const NcgSystemdUnits *self)
{
  GPtrArray *names = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer unit;

  g_hash_table_iter_init (&iter, self->units);
  while (g_hash_table_iter_next (&iter, &unit, NULL))
    g_ptr_array_add (names, g_strdup (unit));
  g_ptr_array_add (names, NULL);
  return (GStrv) g_ptr_array_free (names, FALSE);
}

void
ncg_systemd_units_remember (NcgSystemdUnits *self,
                            const NcgPlace *place,
                            const NcgResources *resources,
                            GPtrArray *dropped)
{
  const NcgSystemdUnit *before = ncg_systemd_units_find (self, place->unit);
  NcgSystemdUnit *unit = g_new0 (NcgSystemdUnit, 1);

  unit->originals =
      before != NULL ? g_hash_table_ref (before->originals) : ncg_systemd_originals_new ();
  unit->unit = g_strdup (place->unit);
  unit->cgroup = g_strdup (place->cgroup);
  ncg_resources_copy (resources, &unit->resources);
  unit->dropped = dropped;
  g_hash_table_replace (self->units, unit->unit, unit);
}

void
ncg_systemd_units_doubt (NcgSystemdUnits *self, const char *unit)
{
  NcgSystemdUnit *known = g_hash_table_lookup (self->units, unit);

  if (known != NULL)
    known->is_doubtful = TRUE;
}

void
ncg_systemd_units_forget (NcgSystemdUnits *self, const char *unit)
{
  g_hash_table_remove (self->units, unit);
}
