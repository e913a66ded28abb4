/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One look at some cgroups: read together; then each by itself judged, repaired by its owner, read
 * again, told.
 */
#include "daemon/cgroup-check.h"
#include "daemon/drift-private.h"

/* One entry at work: read, repaired, and read again. */
typedef struct {
  Drift *drift;
  GCancellable *stop; /* cancelled if there is no drift any more */
  DriftEntry *entry;
  CgroupCheck *check;
  GPtrArray *differing; /* (nullable) (element-type NcgFileSetting): before the repair */
  gboolean was_missing; /* the cgroup, then */
  gboolean is_silent;   /* nothing but what the driver sets again by itself: nobody's change */
} Round;

struct DriftBatch {
  Drift *drift;
  GPtrArray *rounds; /* owned */
  GPtrArray *checks; /* theirs */
};

static void
round_free (Round *round)
{
  g_object_unref (round->stop);
  drift_entry_unref (round->entry);
  cgroup_check_free (round->check);
  g_clear_pointer (&round->differing, g_ptr_array_unref);
  g_free (round);
}

static gboolean
get_wanted (const DriftEntry *entry, char **ret_cgroup, NcgResources *ret_wanted)
{
  return entry->owner->get_wanted (entry->key, entry->user_data, ret_cgroup, ret_wanted);
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

static void
tell_contest (const Round *round)
{
  static const char advice[] = "a kubelet with enforceNodeAllocatable, a drop-in or script with "
                               "'systemctl set-property'), or take the setting out of this node's "
                               "configuration";
  const DriftEntry *entry = round->entry;
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
  DriftEntry *entry = round->entry;
  gint64 quiet_usec;

  contest_note_repair (&entry->contest, g_get_monotonic_time ());
  if (entry->is_gone || !contest_is_on (&entry->contest, &quiet_usec))
    return;
  tell_contest (round);
  drift_look_again_at (entry, quiet_usec);
}

static void
finish_repair (Round *round)
{
  Drift *self = round->drift;
  DriftEntry *entry = round->entry;

  entry->is_repairing = FALSE;
  if (entry->is_again && !entry->is_gone)
    drift_enqueue (self, entry);
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
  if (!round->is_silent)
    note_repair (round);
  if (!round->entry->is_gone)
    drift_watch_cgroup (round->drift, round->entry, round->check->cgroup);
  finish_repair (round);
}

static void
on_repaired (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Round *round = user_data;
  DriftEntry *entry = round->entry;
  g_autoptr (GError) error = NULL;
  g_autofree char *cgroup = NULL;
  g_auto (NcgResources) wanted = { 0 };
  gboolean is_set = entry->owner->repair_finish (result, &error);

  if (g_cancellable_is_cancelled (round->stop)) {
    round_free (round);
    return;
  }
  if (!is_set && !round->is_silent)
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
settle_contest (Drift *self, DriftEntry *entry)
{
  gint64 quiet_usec;

  if (contest_settle (&entry->contest, g_get_monotonic_time ())) {
    if (self->listener.contested != NULL)
      self->listener.contested (entry->key, NULL, self->user_data);
  } else if (contest_is_on (&entry->contest, &quiet_usec) && !alarm_is_set (&entry->alarm)) {
    drift_look_again_at (entry, quiet_usec);
  }
}

/* During a pause a change is told once. */
static void
wait_for_pause (Round *round, gint64 wait_usec)
{
  tell (round, FALSE);
  drift_look_again_at (round->entry, g_get_monotonic_time () + wait_usec);
}

/* Others do not wait for it: systemd may take long with one of them. */
static void
repair (Round *round)
{
  DriftEntry *entry = round->entry;

  entry->is_repairing = TRUE;
  entry->owner->repair_async (entry->key, entry->user_data, on_repaired, round);
}

/* Leaves what somebody changed. Returns: whether there was something else */
static gboolean
drop_restored (const Drift *self, GPtrArray *differing)
{
  guint n = differing->len;

  for (guint i = n; i > 0; i--)
    if (ncg_driver_restores (self->driver, g_ptr_array_index (differing, i - 1)))
      g_ptr_array_remove_index (differing, i - 1);
  return differing->len < n;
}

static void
judge (Round *round)
{
  DriftEntry *entry = round->entry;
  gint64 wait_usec = contest_get_wait (&entry->contest, g_get_monotonic_time ());
  gboolean is_restored;

  round->was_missing = round->check->is_missing;
  round->differing = cgroup_check_take_differing (round->check);
  is_restored = drop_restored (round->drift, round->differing);
  round->is_silent = is_restored && !round->was_missing && round->differing->len == 0;
  if (round->is_silent) {
    /* The driver has most probably been faster. */
    repair (round);
  } else if (!round->was_missing && round->differing->len == 0) {
    entry->is_told = FALSE;
    settle_contest (round->drift, entry);
    round_free (round);
  } else if (wait_usec > 0) {
    wait_for_pause (round, wait_usec);
    round_free (round);
  } else {
    repair (round);
  }
}

DriftBatch *
drift_batch_new (Drift *self)
{
  DriftBatch *batch = g_new0 (DriftBatch, 1);

  batch->drift = self;
  batch->rounds = g_ptr_array_new_with_free_func ((GDestroyNotify) round_free);
  batch->checks = g_ptr_array_new ();
  return batch;
}

void
drift_batch_free (DriftBatch *batch)
{
  g_ptr_array_unref (batch->rounds);
  g_ptr_array_unref (batch->checks);
  g_free (batch);
}

guint
drift_batch_count (const DriftBatch *batch)
{
  return batch->rounds->len;
}

void
drift_batch_add (DriftBatch *batch,
                 DriftEntry *entry,
                 const char *cgroup,
                 const NcgResources *wanted)
{
  Drift *self = batch->drift;
  Round *round = g_new0 (Round, 1);

  round->drift = self;
  round->stop = g_object_ref (self->stop);
  round->entry = drift_entry_ref (entry);
  round->check = cgroup_check_new (self->hierarchy, cgroup, wanted);
  g_ptr_array_add (batch->rounds, round);
  g_ptr_array_add (batch->checks, round->check);
}

/* What comes while they are judged is for the next ones. */
static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DriftBatch) batch = user_data;
  Drift *self = batch->drift;

  if (!cgroup_check_read_finish (result))
    return;
  g_ptr_array_set_free_func (batch->rounds, NULL);
  for (guint i = 0; i < batch->rounds->len; i++) {
    Round *round = g_ptr_array_index (batch->rounds, i);

    if (is_current (round))
      judge (round);
    else
      round_free (round);
  }
  self->is_reading = FALSE;
  drift_run_next (self);
}

void
drift_batch_run (DriftBatch *batch)
{
  Drift *self = batch->drift;

  self->is_reading = TRUE;
  cgroup_check_read_all_async (batch->checks, self->worker, self->stop, on_read, batch);
}
