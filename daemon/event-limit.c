/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Counting by key.
 */
#include "daemon/event-limit.h"

/* Keys that are remembered; with more than that, those that are over are forgotten, and if that
 * does not help all of them. */
#define KEYS_MAX 1024

typedef struct {
  gint64 begun_usec; /* the interval */
  guint n_passed;    /* in it */
  guint n_suppressed;
} Entry;

struct EventLimit {
  gint64 interval_usec;
  GHashTable *entries; /* key → Entry */
};

EventLimit *
event_limit_new (gint64 interval_usec)
{
  EventLimit *self = g_new0 (EventLimit, 1);

  self->interval_usec = interval_usec;
  self->entries = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

void
event_limit_free (EventLimit *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->entries);
  g_free (self);
}

typedef struct {
  gint64 interval_usec;
  gint64 now_usec;
} Age;

static gboolean
is_over (const Entry *entry, const Age *age)
{
  return age->now_usec - entry->begun_usec >= age->interval_usec;
}

static gboolean
on_entry (gpointer key, gpointer entry, gpointer age)
{
  return is_over (entry, age);
}

static Entry *
add_entry (EventLimit *self, const char *key, const Age *age)
{
  Entry *entry = g_new0 (Entry, 1);

  if (g_hash_table_size (self->entries) >= KEYS_MAX)
    g_hash_table_foreach_remove (self->entries, on_entry, (gpointer) age);
  if (g_hash_table_size (self->entries) >= KEYS_MAX)
    g_hash_table_remove_all (self->entries);
  entry->begun_usec = age->now_usec;
  g_hash_table_insert (self->entries, g_strdup (key), entry);
  return entry;
}

gboolean
event_limit_pass (
    EventLimit *self, const char *key, guint burst, gint64 now_usec, guint *ret_suppressed)
{
  const Age age = { self->interval_usec, now_usec };
  Entry *entry = g_hash_table_lookup (self->entries, key);

  if (entry == NULL)
    entry = add_entry (self, key, &age);
  if (is_over (entry, &age)) {
    entry->begun_usec = now_usec;
    entry->n_passed = 0;
  }
  if (entry->n_passed >= burst) {
    entry->n_suppressed++;
    return FALSE;
  }
  entry->n_passed++;
  *ret_suppressed = entry->n_suppressed;
  entry->n_suppressed = 0;
  return TRUE;
}
