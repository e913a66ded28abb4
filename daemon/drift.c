/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Continual validation.
 *
 * Entries are read in a worker, all that wait in one task, so that a thousand pods neither hold up
 * those who wait for their figures nor wake anybody a thousand times. Our own writes are seen as
 * well: by then nothing differs.
 *
 * The watches see every write, and tell if they could not. The slow timer is for what nobody has
 * thought of, and looks at a part of the entries each time.
 */
#include "daemon/drift-private.h"

#include "daemon/events.h"
#include "daemon/loop.h"

/* systemd writes the files of a unit one after the other. */
#define SETTLE_MSEC 20
/* While its owner is at work an entry is not judged, but what came meanwhile is not forgotten. */
#define BUSY_USEC (G_USEC_PER_SEC / 2)
#define BUSY_MAX 60
/* What is asked about so many holds the main loop up for a few milliseconds. */
#define BATCH_MAX 512

DriftEntry *
drift_entry_ref (DriftEntry *entry)
{
  entry->refs++;
  return entry;
}

void
drift_entry_unref (gpointer data)
{
  DriftEntry *entry = data;

  if (--entry->refs > 0)
    return;
  g_free (entry->key);
  g_free (entry->cgroup);
  g_free (entry);
}

/* Out of the table: nothing more happens to it. */
static void
entry_leave (gpointer data)
{
  DriftEntry *entry = data;

  entry->is_gone = TRUE;
  alarm_clear (&entry->alarm);
  drift_entry_unref (entry);
}

static gboolean
on_settled (gpointer user_data)
{
  Drift *self = user_data;

  self->settle = 0;
  drift_run_next (self);
  return G_SOURCE_REMOVE;
}

static void
put_into_queue (Drift *self, DriftEntry *entry)
{
  if (!entry->is_queued)
    g_queue_push_tail (&self->queue, drift_entry_ref (entry));
  entry->is_queued = TRUE;
}

void
drift_enqueue (Drift *self, DriftEntry *entry)
{
  put_into_queue (self, entry);
  if (self->settle == 0 && !self->is_reading)
    self->settle = loop_add (SETTLE_MSEC, on_settled, self);
}

static void
on_written (const char *key, gpointer user_data)
{
  drift_check (user_data, key);
}

Drift *
drift_new (NcgDriver *driver, const NcgHierarchy *hierarchy, NcgWorker *worker)
{
  Drift *self = g_new0 (Drift, 1);

  self->driver = driver;
  self->hierarchy = hierarchy;
  self->worker = worker;
  self->entries = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, entry_leave);
  self->stop = g_cancellable_new ();
  g_queue_init (&self->queue);
  self->watch = ncg_file_watch_new (on_written, self);
  return self;
}

void
drift_free (Drift *self)
{
  if (self == NULL)
    return;
  g_cancellable_cancel (self->stop);
  g_clear_object (&self->stop);
  if (self->settle != 0)
    loop_remove (self->settle);
  ncg_file_watch_free (self->watch);
  g_queue_clear_full (&self->queue, drift_entry_unref);
  g_hash_table_unref (self->entries);
  g_free (self);
}

void
drift_set_listener (Drift *self, const DriftListener *listener, gpointer user_data)
{
  self->listener = *listener;
  self->user_data = user_data;
}

guint64
drift_get_found (const Drift *self)
{
  return self->n_found;
}

/* Each time anew, which comes to nothing for a cgroup that is watched: one of the same name may
 * have been made instead of it. */
void
drift_watch_cgroup (Drift *self, DriftEntry *entry, const char *cgroup)
{
  entry->is_unwatched = self->watch == NULL;
  if (self->watch == NULL)
    return;
  if (g_strcmp0 (entry->cgroup, cgroup) != 0) {
    ncg_file_watch_remove (self->watch, entry->key);
    g_free (entry->cgroup);
    entry->cgroup = g_strdup (cgroup);
  }
  for (guint i = 0; i < self->hierarchy->trees->len; i++) {
    const NcgTree *tree = g_ptr_array_index (self->hierarchy->trees, i);
    g_autofree char *path = g_strconcat (tree->mount, cgroup, NULL);

    if (!ncg_file_watch_add_cgroup (self->watch, entry->key, path))
      entry->is_unwatched = TRUE;
  }
}

void
drift_watch (
    Drift *self, const char *key, const char *cgroup, const DriftOwner *owner, gpointer user_data)
{
  DriftEntry *entry = g_hash_table_lookup (self->entries, key);

  if (entry == NULL) {
    entry = g_new0 (DriftEntry, 1);
    entry->drift = self;
    entry->key = g_strdup (key);
    entry->refs = 1;
    entry->turn = self->next_turn++ % DRIFT_TURNS;
    g_hash_table_insert (self->entries, entry->key, entry);
  }
  entry->owner = owner;
  entry->user_data = user_data;
  drift_watch_cgroup (self, entry, cgroup);
}

void
drift_unwatch (Drift *self, const char *key)
{
  DriftEntry *entry = g_hash_table_lookup (self->entries, key);

  if (entry == NULL)
    return;
  if (self->watch != NULL)
    ncg_file_watch_remove (self->watch, key);
  if (entry->contest.pause_usec > 0 && self->listener.contested != NULL)
    self->listener.contested (key, NULL, self->user_data);
  g_hash_table_remove (self->entries, key);
}

void
drift_check (Drift *self, const char *key)
{
  DriftEntry *entry = g_hash_table_lookup (self->entries, key);

  if (entry != NULL)
    drift_enqueue (self, entry);
}

void
drift_check_all (Drift *self)
{
  GHashTableIter iter;
  gpointer entry;

  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, &entry))
    drift_enqueue (self, entry);
}

void
drift_check_some (Drift *self)
{
  GHashTableIter iter;
  gpointer value;

  self->turn = (self->turn + 1) % DRIFT_TURNS;
  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    DriftEntry *entry = value;

    if (entry->turn == self->turn || entry->is_unwatched)
      put_into_queue (self, entry);
  }
  /* Nothing has been written that would have to settle. */
  if (self->settle == 0)
    drift_run_next (self);
}

void
drift_note (Drift *self,
            const char *object,
            const char *setting,
            const char *wanted,
            const char *actual,
            gboolean is_repaired)
{
  gboolean is_cgroup = object[0] == '/';
  g_autofree char *name = g_path_get_basename (object);
  const EventFields fields = {
    .object = object,
    .cgroup = is_cgroup ? object : NULL,
    .unit = is_cgroup && strchr (name, '.') != NULL ? name : NULL,
    .setting = setting,
    .wanted = wanted,
    .actual = actual,
  };

  self->n_found++;
  event_log (is_repaired ? EVENT_DRIFT_REPAIRED : EVENT_DRIFT_FOUND, &fields,
             "%s of %s was %s and should be %s: something else changed it; %s", setting, object,
             actual, wanted, is_repaired ? "it is set again" : "it is not set again");
  if (self->listener.found != NULL)
    self->listener.found (object, setting, wanted, actual, is_repaired, self->user_data);
}

static void
on_alarm (gpointer user_data)
{
  DriftEntry *entry = user_data;

  drift_enqueue (entry->drift, entry);
}

void
drift_look_again_at (DriftEntry *entry, gint64 time_usec)
{
  alarm_set (&entry->alarm, time_usec, on_alarm, entry);
}

static void
begin (Drift *self, DriftBatch *batch, DriftEntry *entry)
{
  g_autofree char *cgroup = NULL;
  g_auto (NcgResources) wanted = { 0 };

  if (entry->is_gone)
    return;
  if (entry->is_repairing) {
    entry->is_again = TRUE;
    return;
  }
  if (!entry->owner->get_wanted (entry->key, entry->user_data, &cgroup, &wanted)) {
    if (entry->n_busy++ < BUSY_MAX)
      drift_look_again_at (entry, g_get_monotonic_time () + BUSY_USEC);
    return;
  }
  entry->n_busy = 0;
  drift_watch_cgroup (self, entry, cgroup);
  drift_batch_add (batch, entry, cgroup, &wanted);
}

void
drift_run_next (Drift *self)
{
  DriftEntry *entry;

  /* If there is nothing to wait for, the next ones begin at once. */
  while (!self->is_reading && !g_queue_is_empty (&self->queue)) {
    g_autoptr (DriftBatch) batch = drift_batch_new (self);

    while (drift_batch_count (batch) < BATCH_MAX &&
           (entry = g_queue_pop_head (&self->queue)) != NULL) {
      entry->is_queued = FALSE;
      begin (self, batch, entry);
      drift_entry_unref (entry);
    }
    if (drift_batch_count (batch) > 0)
      drift_batch_run (g_steal_pointer (&batch));
  }
}
