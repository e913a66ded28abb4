/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Telling each kill once.
 */
#include "daemon/policy/oom-told.h"

void
oom_told_clear (OomTold *self)
{
  g_clear_pointer (&self->leaves, g_hash_table_unref);
}

static void
kill_free (gpointer data)
{
  OomKill *kill = data;

  g_free (kill->leaf);
  g_free (kill);
}

static void
add_kill (GPtrArray *kills, const char *leaf, guint64 n)
{
  OomKill *kill = g_new0 (OomKill, 1);

  kill->leaf = g_strdup (leaf);
  kill->kills = n;
  g_ptr_array_add (kills, kill);
}

static int
compare_kills (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 ((*(const OomKill *const *) a)->leaf, (*(const OomKill *const *) b)->leaf);
}

static guint64
get_count (GHashTable *leaves, const char *leaf)
{
  return leaves != NULL ? (guint64) GPOINTER_TO_SIZE (g_hash_table_lookup (leaves, leaf)) : 0;
}

/* The kernel counts in a leaf before it counts in those above it: what the total does not have yet
 * is told the next time. Returns: how many of @left are left */
static guint64
compare_leaves (
    const OomTold *self, const NcgOomCount *now, guint64 left, GHashTable *leaves, GPtrArray *kills)
{
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, now->leaves);
  while (g_hash_table_iter_next (&iter, &name, &value)) {
    guint64 count = (guint64) GPOINTER_TO_SIZE (value);
    guint64 told = get_count (self->leaves, name);
    guint64 n;

    if (told > count)
      told = 0;
    n = MIN (count - told, left);
    left -= n;
    g_hash_table_insert (leaves, g_strdup (name), GSIZE_TO_POINTER ((gsize) (told + n)));
    if (n > 0)
      add_kill (kills, name, n);
  }
  return left;
}

/* (nullable): the leaf that is not there any more, if it is only one */
static const char *
find_gone (const OomTold *self, const NcgOomCount *now)
{
  const char *gone = NULL;
  GHashTableIter iter;
  gpointer name;

  if (self->leaves == NULL || self->is_loaded)
    return NULL;
  g_hash_table_iter_init (&iter, self->leaves);
  while (g_hash_table_iter_next (&iter, &name, NULL)) {
    if (g_hash_table_contains (now->leaves, name))
      continue;
    if (gone != NULL)
      return NULL;
    gone = name;
  }
  return gone;
}

static void
begin (OomTold *self, const NcgOomCount *now, GHashTable *leaves)
{
  GHashTableIter iter;
  gpointer name, value;

  self->is_begun = TRUE;
  self->total = now->total;
  g_hash_table_iter_init (&iter, now->leaves);
  while (g_hash_table_iter_next (&iter, &name, &value))
    g_hash_table_insert (leaves, g_strdup (name), value);
}

/* Without a total over all, the one that there is is of the group's own processes. */
static void
compare_all (OomTold *self, const NcgOomCount *now, GHashTable *leaves, GPtrArray *kills)
{
  guint64 fresh;

  if (now->total < self->total) {
    g_clear_pointer (&self->leaves, g_hash_table_unref);
    self->total = 0;
  }
  fresh = now->total - self->total;
  self->total = now->total;
  if (now->has_total) {
    const char *gone = find_gone (self, now);

    fresh = compare_leaves (self, now, fresh, leaves, kills);
    if (fresh > 0)
      add_kill (kills, gone != NULL ? gone : "", fresh);
  } else {
    compare_leaves (self, now, G_MAXUINT64, leaves, kills);
    if (fresh > 0)
      add_kill (kills, "", fresh);
  }
}

GPtrArray *
oom_told_compare (OomTold *self, const NcgOomCount *now)
{
  GPtrArray *kills = g_ptr_array_new_with_free_func (kill_free);
  GHashTable *leaves = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  if (self->is_begun)
    compare_all (self, now, leaves, kills);
  else
    begin (self, now, leaves);
  g_clear_pointer (&self->leaves, g_hash_table_unref);
  self->leaves = leaves;
  self->is_loaded = FALSE;
  g_ptr_array_sort (kills, compare_kills);
  return kills;
}

void
oom_told_add_leaf (OomTold *self, const char *leaf)
{
  if (!self->is_begun)
    return;
  if (self->leaves == NULL)
    self->leaves = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (!g_hash_table_contains (self->leaves, leaf))
    g_hash_table_insert (self->leaves, g_strdup (leaf), GSIZE_TO_POINTER (0));
}

GVariant *
oom_told_save (const OomTold *self)
{
  GVariantBuilder builder;
  GHashTableIter iter;
  gpointer name, value;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{st}"));
  g_variant_builder_add (&builder, "{st}", "", self->total);
  if (self->leaves != NULL)
    g_hash_table_iter_init (&iter, self->leaves);
  while (self->leaves != NULL && g_hash_table_iter_next (&iter, &name, &value))
    if (value != NULL)
      g_variant_builder_add (&builder, "{st}", name, (guint64) GPOINTER_TO_SIZE (value));
  return g_variant_builder_end (&builder);
}

void
oom_told_load (OomTold *self, GVariant *saved)
{
  GVariantIter iter;
  const char *name;
  guint64 count;

  oom_told_clear (self);
  self->is_begun = TRUE;
  self->is_loaded = TRUE;
  self->total = 0;
  self->leaves = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_variant_iter_init (&iter, saved);
  while (g_variant_iter_next (&iter, "{&st}", &name, &count)) {
    if (name[0] == '\0')
      self->total = count;
    else
      g_hash_table_insert (self->leaves, g_strdup (name), GSIZE_TO_POINTER ((gsize) count));
  }
}
