/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Continual validation.
 *
 * An entry is read in a worker, one entry at a time, so that a thousand pods do not hold up those
 * who wait for their figures. Our own writes are seen as well: by then nothing differs.
 */
#include "daemon/drift.h"

#include "daemon/cgroup-check.h"
#include "daemon/policy/contest.h"
#include "lib/file-watch.h"

/* systemd writes the files of a unit one after the other. */
#define SETTLE_MSEC 20
/* While its owner is at work an entry is not judged, but what came meanwhile is not forgotten. */
#define BUSY_USEC (G_USEC_PER_SEC / 2)
#define BUSY_MAX 60

typedef struct {
  Drift *drift;
  char *key;
  const DriftOwner *owner;
  gpointer user_data;
  char *cgroup; /* (nullable): that is watched */
  Contest contest;
  gboolean is_told; /* what differs now, in a pause: it is not told again */
  gboolean is_repairing;
  gboolean is_again; /* something came meanwhile */
  guint timeout;     /* for the pause to be over, or for quiet, or for the owner; or 0 */
  guint n_busy;      /* how often in a row it was not the time to judge */
  gboolean is_queued;
  gboolean is_gone;
  guint refs; /* of the table and of the check that is under way */
} Entry;

struct Drift {
  const NcgHierarchy *hierarchy;
  NcgWorker *worker;
  NcgFileWatch *watch; /* (nullable): where the kernel has no more, the slow timer remains */
  GHashTable *entries; /* key → Entry */
  GQueue queue;        /* Entry, with a reference: to be compared */
  Entry *current;      /* (nullable): the one that is; repairs go on beside it */
  guint settle;        /* the source that begins, or 0 */
  guint64 n_found;
  DriftListener listener;
  gpointer user_data;
  GCancellable *stop;
};

static void run_next (Drift *self);

static Entry *
entry_ref (Entry *entry)
{
  entry->refs++;
  return entry;
}

static void
entry_unref (gpointer data)
{
  Entry *entry = data;

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
  Entry *entry = data;

  entry->is_gone = TRUE;
  if (entry->timeout != 0)
    g_source_remove (entry->timeout);
  entry->timeout = 0;
  entry_unref (entry);
}

static gboolean
on_settled (gpointer user_data)
{
  Drift *self = user_data;

  self->settle = 0;
  if (self->current == NULL)
    run_next (self);
  return G_SOURCE_REMOVE;
}

static void
enqueue (Drift *self, Entry *entry)
{
  if (!entry->is_queued)
    g_queue_push_tail (&self->queue, entry_ref (entry));
  entry->is_queued = TRUE;
  if (self->settle == 0 && self->current == NULL)
    self->settle = g_timeout_add (SETTLE_MSEC, on_settled, self);
}

static void
on_written (const char *key, gpointer user_data)
{
  drift_check (user_data, key);
}

Drift *
drift_new (const NcgHierarchy *hierarchy, NcgWorker *worker)
{
  Drift *self = g_new0 (Drift, 1);

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
    g_source_remove (self->settle);
  ncg_file_watch_free (self->watch);
  g_queue_clear_full (&self->queue, entry_unref);
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
static void
watch_cgroup (Drift *self, Entry *entry, const char *cgroup)
{
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

    ncg_file_watch_add_cgroup (self->watch, entry->key, path);
  }
}

void
drift_watch (
    Drift *self, const char *key, const char *cgroup, const DriftOwner *owner, gpointer user_data)
{
  Entry *entry = g_hash_table_lookup (self->entries, key);

  if (entry == NULL) {
    entry = g_new0 (Entry, 1);
    entry->drift = self;
    entry->key = g_strdup (key);
    entry->refs = 1;
    g_hash_table_insert (self->entries, entry->key, entry);
  }
  entry->owner = owner;
  entry->user_data = user_data;
  watch_cgroup (self, entry, cgroup);
}

void
drift_unwatch (Drift *self, const char *key)
{
  Entry *entry = g_hash_table_lookup (self->entries, key);

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
  Entry *entry = g_hash_table_lookup (self->entries, key);

  if (entry != NULL)
    enqueue (self, entry);
}

void
drift_check_all (Drift *self)
{
  GHashTableIter iter;
  gpointer entry;

  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, &entry))
    enqueue (self, entry);
}

void
drift_note (Drift *self,
            const char *object,
            const char *setting,
            const char *wanted,
            const char *actual,
            gboolean is_repaired)
{
  self->n_found++;
  g_warning ("%s of %s was %s and should be %s: something else changed it; %s", setting, object,
             actual, wanted, is_repaired ? "it is set again" : "it is not set again");
  if (self->listener.found != NULL)
    self->listener.found (object, setting, wanted, actual, is_repaired, self->user_data);
}

/* One entry at work: read, repaired, and read again. */
typedef struct {
  Drift *drift;
  GCancellable *stop; /* cancelled if there is no drift any more */
  Entry *entry;
  CgroupCheck *check;
  GPtrArray *differing; /* (nullable) (element-type NcgFileSetting): before the repair */
  gboolean was_missing; /* the cgroup, then */
} Round;

static void
round_free (Round *round)
{
  g_object_unref (round->stop);
  entry_unref (round->entry);
  cgroup_check_free (round->check);
  g_clear_pointer (&round->differing, g_ptr_array_unref);
  g_free (round);
}

static gboolean
get_wanted (const Entry *entry, char **ret_cgroup, NcgResources *ret_wanted)
{
  return entry->owner->get_wanted (entry->key, entry->user_data, ret_cgroup, ret_wanted);
}

static void
finish_round (Round *round)
{
  Drift *self = round->drift;

  round_free (round);
  self->current = NULL;
  run_next (self);
}

/* Tells of each difference that was there before the repair, if there was one. */
static void
tell (const Round *round, gboolean is_tried)
{
  const char *object = round->entry->key;

  if (round->entry->is_told) {
    if (is_tried)
      g_message ("%s is set again, after a pause", object);
    round->entry->is_told = !is_tried;
    return;
  }
  round->entry->is_told = !is_tried;

  if (round->was_missing)
    drift_note (round->drift, object, "cgroup", "present", "missing",
                is_tried && !round->check->is_missing);
  for (guint i = 0; i < round->differing->len; i++) {
    const NcgFileSetting *setting = g_ptr_array_index (round->differing, i);
    g_autofree char *name = ncg_file_setting_get_name (setting);

    drift_note (round->drift, object, name, setting->wanted,
                setting->actual != NULL ? setting->actual : "missing",
                is_tried && cgroup_check_is_right (round->check, setting));
  }
}

static gboolean
on_entry_timeout (gpointer user_data)
{
  Entry *entry = user_data;

  entry->timeout = 0;
  enqueue (entry->drift, entry);
  return G_SOURCE_REMOVE;
}

static void
look_again_at (Entry *entry, gint64 time_usec)
{
  gint64 wait_usec = MAX (time_usec - g_get_monotonic_time (), 0);

  if (entry->timeout != 0)
    g_source_remove (entry->timeout);
  entry->timeout = g_timeout_add ((guint) (wait_usec / 1000 + 1), on_entry_timeout, entry);
}

static void
tell_contest (const Round *round)
{
  static const char advice[] = "a kubelet with enforceNodeAllocatable, a drop-in or script with "
                               "'systemctl set-property'), or take the setting out of this node's "
                               "configuration";
  const Entry *entry = round->entry;
  const NcgFileSetting *first =
      round->differing->len > 0 ? g_ptr_array_index (round->differing, 0) : NULL;
  g_autofree char *name = first != NULL ? ncg_file_setting_get_name (first) : g_strdup ("cgroup");
  g_autofree char *what = g_strdup_printf ("%s of %s", name, entry->key);
  g_autofree char *message = contest_describe (
      &entry->contest, what, first != NULL && first->actual != NULL ? first->actual : "missing",
      first != NULL ? first->wanted : "present", advice);

  if (round->drift->listener.contested != NULL)
    round->drift->listener.contested (entry->key, message, round->drift->user_data);
}

static void
note_repair (const Round *round)
{
  Entry *entry = round->entry;
  gint64 quiet_usec;

  contest_note_repair (&entry->contest, g_get_monotonic_time ());
  if (entry->is_gone || !contest_is_on (&entry->contest, &quiet_usec))
    return;
  tell_contest (round);
  look_again_at (entry, quiet_usec);
}

static void
finish_repair (Round *round)
{
  Drift *self = round->drift;
  Entry *entry = round->entry;

  entry->is_repairing = FALSE;
  if (entry->is_again && !entry->is_gone)
    enqueue (self, entry);
  entry->is_again = FALSE;
  round_free (round);
}

static void
on_read_again (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Round *round = user_data;

  if (!cgroup_check_read_finish (result)) {
    round_free (round);
    return;
  }
  tell (round, TRUE);
  note_repair (round);
  if (!round->entry->is_gone)
    watch_cgroup (round->drift, round->entry, round->check->cgroup);
  finish_repair (round);
}

static void
on_repaired (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Round *round = user_data;
  Entry *entry = round->entry;
  g_autoptr (GError) error = NULL;
  g_autofree char *cgroup = NULL;
  g_auto (NcgResources) wanted = { 0 };
  gboolean is_set = entry->owner->repair_finish (result, &error);

  if (g_cancellable_is_cancelled (round->stop)) {
    round_free (round);
    return;
  }
  if (!is_set)
    g_warning ("could not set %s again: %s", entry->key, error->message);
  /* It may be at another place now. */
  if (!entry->is_gone && get_wanted (entry, &cgroup, &wanted)) {
    g_free (round->check->cgroup);
    round->check->cgroup = g_steal_pointer (&cgroup);
  }
  cgroup_check_read_async (round->check, round->drift->worker, round->stop, on_read_again, round);
}

/* Whether it should still be what was read for. */
static gboolean
is_current (const Round *round)
{
  g_autofree char *cgroup = NULL;
  g_auto (NcgResources) wanted = { 0 };

  return !round->entry->is_gone && get_wanted (round->entry, &cgroup, &wanted) &&
         g_str_equal (cgroup, round->check->cgroup) &&
         ncg_resources_equal (&wanted, &round->check->wanted);
}

static void
settle_contest (Drift *self, Entry *entry)
{
  gint64 quiet_usec;

  if (contest_settle (&entry->contest, g_get_monotonic_time ())) {
    if (self->listener.contested != NULL)
      self->listener.contested (entry->key, NULL, self->user_data);
  } else if (contest_is_on (&entry->contest, &quiet_usec) && entry->timeout == 0) {
    look_again_at (entry, quiet_usec);
  }
}

/* During a pause a change is told once. */
static void
wait_for_pause (Round *round, gint64 wait_usec)
{
  tell (round, FALSE);
  look_again_at (round->entry, g_get_monotonic_time () + wait_usec);
}

/* Others do not wait for it: systemd may take long with one of them. */
static void
repair (Round *round)
{
  Drift *self = round->drift;
  Entry *entry = round->entry;

  entry->is_repairing = TRUE;
  self->current = NULL;
  entry->owner->repair_async (entry->key, entry->user_data, on_repaired, round);
  run_next (self);
}

static void
judge (Round *round)
{
  Entry *entry = round->entry;
  gint64 wait_usec = contest_get_wait (&entry->contest, g_get_monotonic_time ());

  round->was_missing = round->check->is_missing;
  round->differing = cgroup_check_take_differing (round->check);
  if (!round->was_missing && round->differing->len == 0) {
    entry->is_told = FALSE;
    settle_contest (round->drift, entry);
    finish_round (round);
  } else if (wait_usec > 0) {
    wait_for_pause (round, wait_usec);
    finish_round (round);
  } else {
    repair (round);
  }
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Round *round = user_data;

  if (!cgroup_check_read_finish (result))
    round_free (round);
  else if (is_current (round))
    judge (round);
  else
    finish_round (round);
}

/* If there is nothing to wait for, the next one begins at once. */
static void
begin (Drift *self, Entry *entry)
{
  g_autofree char *cgroup = NULL;
  g_auto (NcgResources) wanted = { 0 };
  Round *round;

  if (entry->is_gone)
    return;
  if (entry->is_repairing) {
    entry->is_again = TRUE;
    return;
  }
  if (!get_wanted (entry, &cgroup, &wanted)) {
    if (entry->n_busy++ < BUSY_MAX)
      look_again_at (entry, g_get_monotonic_time () + BUSY_USEC);
    return;
  }
  entry->n_busy = 0;
  watch_cgroup (self, entry, cgroup);
  round = g_new0 (Round, 1);
  round->drift = self;
  round->stop = g_object_ref (self->stop);
  round->entry = entry_ref (entry);
  round->check = cgroup_check_new (self->hierarchy, cgroup, &wanted);
  self->current = entry;
  cgroup_check_read_async (round->check, self->worker, self->stop, on_read, round);
}

static void
run_next (Drift *self)
{
  Entry *entry;

  while (self->current == NULL && (entry = g_queue_pop_head (&self->queue)) != NULL) {
    entry->is_queued = FALSE;
    begin (self, entry);
    entry_unref (entry);
  }
}
