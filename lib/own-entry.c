/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is remembered of a unit.
 */
#include "lib/own-entry.h"

#include "lib/error.h"

static void
entry_free (gpointer data)
{
  NcgOwnEntry *entry = data;

  g_free (entry->unit);
  g_free (entry->cgroup);
  ncg_resources_clear (&entry->resources);
  g_queue_clear_full (&entry->waiting, g_object_unref);
  g_free (entry);
}

GHashTable *
ncg_own_entries_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, NULL, entry_free);
}

NcgOwnEntry *
ncg_own_entry_ensure (GHashTable *entries, const char *unit, const char *cgroup)
{
  NcgOwnEntry *entry = g_hash_table_lookup (entries, unit);

  if (entry == NULL) {
    entry = g_new0 (NcgOwnEntry, 1);
    entry->unit = g_strdup (unit);
    g_queue_init (&entry->waiting);
    g_hash_table_insert (entries, entry->unit, entry);
  }
  g_free (entry->cgroup);
  entry->cgroup = g_strdup (cgroup);
  entry->is_forgotten = FALSE;
  return entry;
}

void
ncg_own_entry_set_resources (NcgOwnEntry *self, const NcgResources *resources)
{
  ncg_resources_clear (&self->resources);
  ncg_resources_copy (resources, &self->resources);
}

void
ncg_own_entry_give_up (NcgOwnEntry *self)
{
  GQueue waiting = self->waiting;
  GTask *task;

  g_queue_init (&self->waiting);
  while ((task = g_queue_pop_head (&waiting)) != NULL) {
    g_task_return_new_error (task, NCG_ERROR, NCG_ERROR_NOT_FOUND,
                             "%s went away before it had its settings", self->unit);
    g_object_unref (task);
  }
}
