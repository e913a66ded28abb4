/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of units.
 */
#include "lib/systemd-units.h"

#include "lib/systemd-originals.h"

struct NcgSystemdUnits {
  GHashTable *units;    /* unit → NcgSystemdUnit */
  GHashTable *dropping; /* unit → what a call for it leaves out: an array of NcgDropped */
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
  self->dropping =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
  return self;
}

void
ncg_systemd_units_free (NcgSystemdUnits *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->units);
  g_hash_table_unref (self->dropping);
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
  g_hash_table_remove (self->dropping, place->unit);
}

void
ncg_systemd_units_drop (NcgSystemdUnits *self, const char *unit, GPtrArray *dropped)
{
  g_hash_table_replace (self->dropping, g_strdup (unit), g_ptr_array_ref (dropped));
}

void
ncg_systemd_units_fail (NcgSystemdUnits *self, const char *unit)
{
  g_hash_table_remove (self->dropping, unit);
}

/* (nullable) */
static const NcgDropped *
find_dropped (const GPtrArray *dropped, const char *setting)
{
  for (guint i = 0; dropped != NULL && i < dropped->len; i++) {
    const NcgDropped *one = g_ptr_array_index (dropped, i);

    if (g_str_equal (one->setting, setting))
      return one;
  }
  return NULL;
}

static void
add_copy (GPtrArray *list, const NcgDropped *dropped)
{
  NcgDropped *copy = g_new0 (NcgDropped, 1);

  copy->setting = g_strdup (dropped->setting);
  copy->wanted = g_strdup (dropped->wanted);
  copy->reason = g_strdup (dropped->reason);
  copy->version = dropped->version;
  g_ptr_array_add (list, copy);
}

/* What the call does not name any more was left out all the same until it is done. */
GPtrArray *
ncg_systemd_units_list_dropped (const NcgSystemdUnits *self, const char *unit)
{
  const NcgSystemdUnit *known = g_hash_table_lookup (self->units, unit);
  const GPtrArray *before = known != NULL ? known->dropped : NULL;
  const GPtrArray *now = g_hash_table_lookup (self->dropping, unit);
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify) ncg_dropped_free);

  for (guint i = 0; before != NULL && i < before->len; i++) {
    const NcgDropped *one = g_ptr_array_index (before, i);
    const NcgDropped *again = find_dropped (now, one->setting);

    add_copy (list, again != NULL ? again : one);
  }
  for (guint i = 0; now != NULL && i < now->len; i++) {
    const NcgDropped *one = g_ptr_array_index (now, i);

    if (find_dropped (before, one->setting) == NULL)
      add_copy (list, one);
  }
  return list;
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
