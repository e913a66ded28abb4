/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of held leaves.
 */
#include "lib/held-leaves.h"

#include <string.h>

struct NcgHeldLeaves {
  GHashTable *leaves; /* path → NcgHeldLeaf */
};

static void
leaf_free (gpointer data)
{
  NcgHeldLeaf *leaf = data;

  g_free (leaf->description);
  ncg_resources_clear (&leaf->resources);
  g_free (leaf);
}

NcgHeldLeaves *
ncg_held_leaves_new (void)
{
  NcgHeldLeaves *self = g_new0 (NcgHeldLeaves, 1);

  self->leaves = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, leaf_free);
  return self;
}

void
ncg_held_leaves_free (NcgHeldLeaves *self)
{
  g_hash_table_unref (self->leaves);
  g_free (self);
}

void
ncg_held_leaves_add (NcgHeldLeaves *self, const char *path, const NcgLeaf *leaf)
{
  NcgHeldLeaf *held = g_new0 (NcgHeldLeaf, 1);

  held->description = g_strdup (leaf->description);
  ncg_resources_copy (leaf->resources, &held->resources);
  held->is_delegated = leaf->is_delegated;
  held->user = leaf->user;
  g_hash_table_replace (self->leaves, g_strdup (path), held);
}

NcgHeldLeaf *
ncg_held_leaves_find (const NcgHeldLeaves *self, const char *path)
{
  return g_hash_table_lookup (self->leaves, path);
}

static gboolean
is_at_or_below (gpointer key, gpointer value, gpointer path)
{
  const char *held = key;
  gsize length = strlen (path);

  return strncmp (held, path, length) == 0 && (held[length] == '\0' || held[length] == '/');
}

void
ncg_held_leaves_remove (NcgHeldLeaves *self, const char *path)
{
  g_hash_table_foreach_remove (self->leaves, is_at_or_below, (gpointer) path);
}
