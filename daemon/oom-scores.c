/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Oom scores.
 */
#include "daemon/oom-scores.h"

#include "daemon/fault-point.h"
#include "daemon/loop.h"
#include "lib/error.h"
#include "lib/oom-score.h"

#define SETTING "oom_score_adj"
#define PREFIX "OomScore:"
/* systemd tells of a new main process as soon as it has forked. What OOMScoreAdjust= of the unit
 * says is set by the child, maybe after us: so we look once more. */
#define SETTLE_MSEC 1000
/* -1000 would make all of a slice immortal, whatever it leaks. */
#define SLICE_MIN (-999)

typedef struct {
  OomScores *owner;
  char *unit;
  int score;
  gboolean is_slice;
  pid_t pid;        /* of a service: whose score was right when it was looked at last; or 0 */
  guint settle;     /* the source that will look again, or 0 */
  gboolean is_busy; /* a slice that a worker is at */
  gboolean again;
} Entry;

struct OomScores {
  Manager *manager;
  const Services *services;
  Conditions *conditions;
  OomScoresDrift drift;
  gpointer user_data;
  GPtrArray *entries; /* (element-type Entry) */
  GCancellable *end;  /* of the workers' results */
};

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  if (entry->settle != 0)
    loop_remove (entry->settle);
  g_free (entry->unit);
  g_free (entry);
}

OomScores *
oom_scores_new (Manager *manager,
                const Services *services,
                Conditions *conditions,
                OomScoresDrift drift,
                gpointer user_data)
{
  OomScores *self = g_new0 (OomScores, 1);

  self->manager = manager;
  self->services = services;
  self->conditions = conditions;
  self->drift = drift;
  self->user_data = user_data;
  self->entries = g_ptr_array_new_with_free_func (entry_free);
  self->end = g_cancellable_new ();
  return self;
}

void
oom_scores_free (OomScores *self)
{
  if (self == NULL)
    return;
  g_cancellable_cancel (self->end);
  g_object_unref (self->end);
  g_ptr_array_unref (self->entries);
  g_free (self);
}

static Entry *
find_entry (OomScores *self, const char *unit)
{
  for (guint i = 0; i < self->entries->len; i++) {
    Entry *entry = g_ptr_array_index (self->entries, i);

    if (g_str_equal (entry->unit, unit))
      return entry;
  }
  return NULL;
}

static void
set_condition (Entry *entry, gboolean holds, const char *message)
{
  g_autofree char *name = g_strconcat (PREFIX, entry->unit, NULL);

  conditions_set (entry->owner->conditions, name, holds, message);
}

static void
drop_condition (Entry *entry)
{
  g_autofree char *name = g_strconcat (PREFIX, entry->unit, NULL);

  conditions_drop (entry->owner->conditions, name);
}

/* "the main process of kubelet.service" */
static char *
describe (const Entry *entry)
{
  return g_strdup_printf (entry->is_slice ? "the processes of %s" : "the main process of %s",
                          entry->unit);
}

static void
set_right (Entry *entry)
{
  g_autofree char *what = describe (entry);
  g_autofree char *message = g_strdup_printf ("the oom_score_adj of %s is %d", what, entry->score);

  set_condition (entry, TRUE, message);
}

static void
set_failed (Entry *entry, const GError *error)
{
  g_autofree char *what = describe (entry);
  gboolean is_denied = g_error_matches (error, NCG_ERROR, NCG_ERROR_ACCESS_DENIED);
  g_autofree char *message = g_strdup_printf (
      "the oom_score_adj of %s cannot be set to %d: %s%s", what, entry->score, error->message,
      is_denied ? "; the daemon needs CAP_SYS_RESOURCE, see CapabilityBoundingSet= of its unit"
                : "");

  set_condition (entry, FALSE, message);
}

/* Where a process has to be, so that it is the one that is meant: its number may be another's since
 * somebody told it. */
typedef struct {
  const char *proc;
  const NcgTree *tree;
  const char *cgroup;
} Place;

static Place
place_of (const OomScores *self, const char *cgroup)
{
  return (Place){ self->manager->proc, ncg_hierarchy_get_primary (self->manager->hierarchy),
                  cgroup };
}

/* (transfer full): the process, if it is in the place or below; %NCG_ERROR_NO_SUCH_PROCESS if it
 * ended, %NCG_ERROR_NOT_FOUND if it is elsewhere */
static NcgProcess *
open_process (const Place *place, pid_t pid, GError **error)
{
  g_autoptr (NcgProcess) process = ncg_process_open (place->proc, pid, error);

  if (process == NULL ||
      !ncg_process_check_inside (process, place->proc, place->tree, place->cgroup, error))
    return NULL;
  return g_steal_pointer (&process);
}

/* Gives a process the score. In any thread.
 *
 * @ret_before: the score that it had
 *
 * Returns: whether it has the score now; errors of open_process() */
static gboolean
ensure_score (const Place *place, pid_t pid, int score, int *ret_before, GError **error)
{
  g_autoptr (NcgProcess) process = open_process (place, pid, error);
  const char *proc = place->proc;
  int after;

  if (process == NULL || !ncg_oom_score_read (process, proc, ret_before, error))
    return FALSE;
  if (*ret_before == score)
    return TRUE;
  if (!ncg_oom_score_write (process, proc, score, error) ||
      !ncg_oom_score_read (process, proc, &after, error))
    return FALSE;
  if (after != score)
    g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED, "it is %d after it was written", after);
  return after == score;
}

static void
tell_drift (Entry *entry, int actual, gboolean repaired)
{
  OomScores *self = entry->owner;
  g_autofree char *wanted_text = g_strdup_printf ("%d", entry->score);
  g_autofree char *actual_text = g_strdup_printf ("%d", actual);

  if (self->drift != NULL)
    self->drift (entry->unit, SETTING, wanted_text, actual_text, repaired, self->user_data);
}

static void
apply_to_main (Entry *entry, pid_t pid, const char *cgroup)
{
  const Place place = place_of (entry->owner, cgroup);
  g_autoptr (GError) error = NULL;
  int before = entry->score;
  gboolean was_right = entry->pid == pid && entry->settle == 0;
  gboolean is_right = ensure_score (&place, pid, entry->score, &before, &error);

  FAULT_POINT ("oom-score:written");
  entry->pid = is_right ? pid : 0;
  /* It ended just now: systemd will tell of it. */
  if (g_error_matches (error, NCG_ERROR, NCG_ERROR_NO_SUCH_PROCESS))
    return;
  if (was_right && before != entry->score)
    tell_drift (entry, before, is_right);
  else if (is_right && before != entry->score)
    g_message ("oom_score_adj of %s, process %d, was %d, set to %d", entry->unit, (int) pid, before,
               entry->score);
  if (is_right)
    set_right (entry);
  else
    set_failed (entry, error);
}

/* What a worker does to a slice. */
typedef struct {
  Entry *entry; /* for the main loop alone */
  char *proc;
  const NcgTree *tree;
  char *cgroup;
  int score;
  guint n_changed;
  GError *error; /* the first */
} Sweep;

static void
sweep_free (gpointer data)
{
  Sweep *sweep = data;

  g_free (sweep->proc);
  g_free (sweep->cgroup);
  g_clear_error (&sweep->error);
  g_free (sweep);
}

static GArray *
list_slice (const char *mount, const char *path)
{
  g_autoptr (NcgCgroup) cgroup = ncg_cgroup_open (mount, path, NULL);

  return cgroup != NULL ? ncg_cgroup_list_processes (cgroup, TRUE, NULL) : NULL;
}

static void
sweep_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Sweep *sweep = data;
  const Place place = { sweep->proc, sweep->tree, sweep->cgroup };
  g_autoptr (GArray) pids = list_slice (sweep->tree->mount, sweep->cgroup);

  for (guint i = 0; pids != NULL && i < pids->len; i++) {
    g_autoptr (GError) error = NULL;
    int before = sweep->score;
    gboolean is_right =
        ensure_score (&place, g_array_index (pids, pid_t, i), sweep->score, &before, &error);

    if (is_right && before != sweep->score)
      sweep->n_changed++;
    /* One that has left meanwhile is no business of ours. */
    if (!is_right && sweep->error == NULL &&
        !g_error_matches (error, NCG_ERROR, NCG_ERROR_NO_SUCH_PROCESS) &&
        !g_error_matches (error, NCG_ERROR, NCG_ERROR_NOT_FOUND))
      sweep->error = g_steal_pointer (&error);
  }
  g_task_return_boolean (task, TRUE);
}

static void sweep_slice (Entry *entry, const char *cgroup);

static void
on_swept (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Sweep *sweep = g_task_get_task_data (G_TASK (result));
  g_autofree char *unit = user_data;
  OomScores *self;
  Entry *entry;
  const NcgService *slice;

  /* Nobody is there any more for whom it was, if it was cancelled; an entry may have been replaced
   * meanwhile, and is then looked at anew. */
  if (!g_task_propagate_boolean (G_TASK (result), NULL))
    return;
  entry = sweep->entry;
  self = entry->owner;
  entry->is_busy = FALSE;
  slice = services_find_active (self->services, unit);
  if (sweep->n_changed > 0)
    g_message ("oom_score_adj of %u processes in %s set to %d", sweep->n_changed, unit,
               sweep->score);
  if (slice != NULL && sweep->error != NULL)
    set_failed (entry, sweep->error);
  else if (slice != NULL)
    set_right (entry);
  if (slice != NULL && entry->again)
    sweep_slice (entry, slice->cgroup);
}

static void
sweep_slice (Entry *entry, const char *cgroup)
{
  OomScores *self = entry->owner;
  g_autoptr (GTask) task = NULL;
  Sweep *sweep;

  entry->again = entry->is_busy;
  if (entry->is_busy)
    return;
  entry->is_busy = TRUE;
  sweep = g_new0 (Sweep, 1);
  sweep->entry = entry;
  sweep->proc = g_strdup (self->manager->proc);
  sweep->tree = ncg_hierarchy_get_primary (self->manager->hierarchy);
  sweep->cgroup = g_strdup (cgroup);
  sweep->score = entry->score;
  task = g_task_new (NULL, self->end, on_swept, g_strdup (entry->unit));
  g_task_set_task_data (task, sweep, sweep_free);
  ncg_worker_run (self->manager->worker, task, sweep_in_thread);
}

static void
look_at (Entry *entry)
{
  const NcgService *service = services_find_active (entry->owner->services, entry->unit);

  if (service == NULL || service->cgroup[0] == '\0' ||
      (!entry->is_slice && service->main_pid == 0)) {
    entry->pid = 0;
    drop_condition (entry);
  } else if (entry->is_slice) {
    sweep_slice (entry, service->cgroup);
  } else {
    apply_to_main (entry, service->main_pid, service->cgroup);
  }
}

static gboolean
on_settled (gpointer user_data)
{
  Entry *entry = user_data;

  look_at (entry);
  entry->settle = 0;
  return G_SOURCE_REMOVE;
}

void
oom_scores_service_changed (OomScores *self, const char *unit)
{
  Entry *entry = find_entry (self, unit);
  const NcgService *service = services_find_active (self->services, unit);

  if (entry == NULL)
    return;
  /* After a daemon-reload the same is told again, and a process that was right is to stay so. */
  if (!entry->is_slice && (service == NULL || entry->pid == 0 || service->main_pid != entry->pid)) {
    if (entry->settle != 0)
      loop_remove (entry->settle);
    entry->settle = loop_add (SETTLE_MSEC, on_settled, entry);
  }
  look_at (entry);
}

void
oom_scores_check (OomScores *self)
{
  for (guint i = 0; i < self->entries->len; i++)
    look_at (g_ptr_array_index (self->entries, i));
}

static Entry *
entry_new (OomScores *self, const ConfigOomScore *score)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->owner = self;
  entry->unit = g_strdup (score->unit);
  entry->is_slice = g_str_has_suffix (score->unit, ".slice");
  entry->score = entry->is_slice ? MAX (score->score, SLICE_MIN) : score->score;
  return entry;
}

/* (nullable) (transfer full): that of @entries which is the same as @entry */
static Entry *
take_same (GPtrArray *entries, const Entry *entry)
{
  for (guint i = 0; i < entries->len; i++) {
    const Entry *old = g_ptr_array_index (entries, i);

    if (g_str_equal (old->unit, entry->unit) && old->score == entry->score)
      return g_ptr_array_steal_index (entries, i);
  }
  return NULL;
}

/* One that is the same knows which process was right, and keeps its condition. */
static void
replace_entries (OomScores *self, const Config *config)
{
  g_autoptr (GPtrArray) old = g_steal_pointer (&self->entries);
  g_autoptr (GPtrArray) kept = g_ptr_array_new_with_free_func (g_free);

  self->entries = g_ptr_array_new_with_free_func (entry_free);
  for (guint i = 0; i < config->oom_scores->len; i++) {
    Entry *entry = entry_new (self, g_ptr_array_index (config->oom_scores, i));
    Entry *same = take_same (old, entry);

    if (same != NULL) {
      entry_free (entry);
      entry = same;
      entry->is_busy = FALSE;
      g_ptr_array_add (kept, g_strconcat (PREFIX, entry->unit, NULL));
    }
    g_ptr_array_add (self->entries, entry);
  }
  conditions_drop_others (self->conditions, PREFIX, kept);
}

void
oom_scores_set_config (OomScores *self, const Config *config)
{
  /* What a worker is at was asked for by the entries of before. */
  g_cancellable_cancel (self->end);
  g_object_unref (self->end);
  self->end = g_cancellable_new ();
  replace_entries (self, config);
  oom_scores_check (self);
}

/* (transfer full) (nullable): the score of a process; NULL if it ended or is elsewhere */
static char *
read_actual (const Place *place, pid_t pid)
{
  g_autoptr (NcgProcess) process = open_process (place, pid, NULL);
  int score;

  if (process == NULL || !ncg_oom_score_read (process, place->proc, &score, NULL))
    return NULL;
  return g_strdup_printf ("%d", score);
}

/* (transfer full): @wanted if all processes of the slice have it, else one that has not. */
static char *
read_actual_of_slice (const Place *place, const char *wanted)
{
  g_autoptr (GArray) pids = list_slice (place->tree->mount, place->cgroup);

  for (guint i = 0; pids != NULL && i < pids->len; i++) {
    pid_t pid = g_array_index (pids, pid_t, i);
    g_autofree char *actual = read_actual (place, pid);
    g_autofree char *who = NULL;

    if (actual == NULL || g_str_equal (actual, wanted))
      continue;
    who = ncg_process_describe (place->proc, pid);
    return g_strdup_printf ("%s for %s", actual, who);
  }
  return g_strdup (wanted);
}

void
oom_scores_add_rows (OomScores *self, GVariantBuilder *rows)
{
  for (guint i = 0; i < self->entries->len; i++) {
    const Entry *entry = g_ptr_array_index (self->entries, i);
    const NcgService *service = services_find_active (self->services, entry->unit);
    g_autofree char *wanted = g_strdup_printf ("%d", entry->score);
    g_autofree char *actual = NULL;
    Place place;

    if (service == NULL || service->cgroup[0] == '\0')
      continue;
    place = place_of (self, service->cgroup);
    if (entry->is_slice)
      actual = read_actual_of_slice (&place, wanted);
    else if (service->main_pid != 0)
      actual = read_actual (&place, service->main_pid);
    if (actual != NULL)
      g_variant_builder_add (rows, "(ssssb)", entry->unit, SETTING, wanted, actual,
                             g_str_equal (wanted, actual));
  }
}
