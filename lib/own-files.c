/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The files that are ours.
 *
 * For one unit there is one writer at a time: what comes meanwhile waits, so that an old value is
 * never written over a new one.
 */
#include "lib/own-files.h"

#include "lib/cgroup-tree.h"
#include "lib/error.h"
#include "lib/file-watch.h"
#include "lib/own-entry.h"
#include "lib/own-write.h"
#include "lib/unit-properties.h"

/* Between two restorations of one unit. */
#define PAUSE_MSEC 100

struct NcgOwnFiles {
  guint refs; /* one of the owner, one of each job */
  const NcgHierarchy *hierarchy;
  GPtrArray *foreign; /* (element-type NcgTree) */
  char *proc;
  const NcgSystemdFeatures *features;
  gboolean owner_watches;
  GHashTable *entries; /* unit → NcgOwnEntry */
  NcgFileWatch *watch; /* (nullable): where the kernel has no more, a reload alone is heeded */
};

/* One writing, or restoring where there is nobody to answer. */
typedef struct {
  NcgOwnFiles *files;
  char *unit;
  char *cgroup;
  NcgResources resources; /* those that are to be remembered then */
  GPtrArray *settings;
  guint generation; /* of the entry, when the writer began */
  gboolean is_restoring;
  gboolean is_partial;   /* only what is watched here: the rest is for the owner to see and tell */
  gboolean is_gathering; /* and nothing is written */
} Job;

static void run_job (GTask *task);
static void restore_watched (NcgOwnFiles *self, const char *unit);

static void
unref (NcgOwnFiles *self)
{
  if (--self->refs > 0)
    return;
  g_hash_table_unref (self->entries);
  g_ptr_array_unref (self->foreign);
  g_free (self->proc);
  g_free (self);
}

static void
job_free (gpointer data)
{
  Job *job = data;

  unref (job->files);
  g_free (job->unit);
  g_free (job->cgroup);
  ncg_resources_clear (&job->resources);
  g_clear_pointer (&job->settings, g_ptr_array_unref);
  g_free (job);
}

typedef struct {
  NcgOwnFiles *files;
  char *unit;
} Later;

static void
later_free (gpointer data)
{
  Later *later = data;

  unref (later->files);
  g_free (later->unit);
  g_free (later);
}

static gboolean
on_later (gpointer user_data)
{
  Later *later = user_data;

  restore_watched (later->files, later->unit);
  return G_SOURCE_REMOVE;
}

static void
restore_later (NcgOwnFiles *self, const char *unit)
{
  g_autoptr (GSource) source = g_timeout_source_new (PAUSE_MSEC);
  Later *later = g_new0 (Later, 1);

  later->files = self;
  later->unit = g_strdup (unit);
  self->refs++;
  g_source_set_callback (source, on_later, later, later_free);
  g_source_attach (source, g_main_context_get_thread_default ());
}

/* At once, but with somebody who writes all the time there is no race. */
static void
on_written_by_others (const char *unit, gpointer user_data)
{
  NcgOwnFiles *self = user_data;
  NcgOwnEntry *entry = g_hash_table_lookup (self->entries, unit);
  gint64 now_usec = g_get_monotonic_time ();

  if (entry == NULL || entry->is_waiting)
    return;
  entry->is_waiting = now_usec - entry->restored_usec < PAUSE_MSEC * 1000;
  entry->restored_usec = now_usec;
  if (entry->is_waiting)
    restore_later (self, unit);
  else
    restore_watched (self, unit);
}

NcgOwnFiles *
ncg_own_files_new (const NcgHierarchy *hierarchy,
                   GPtrArray *foreign,
                   const char *proc,
                   gboolean owner_watches)
{
  NcgOwnFiles *self = g_new0 (NcgOwnFiles, 1);

  self->refs = 1;
  self->hierarchy = hierarchy;
  self->foreign = g_ptr_array_ref (foreign);
  self->proc = g_strdup (proc);
  self->owner_watches = owner_watches;
  self->entries = ncg_own_entries_new ();
  self->watch = ncg_file_watch_new (on_written_by_others, self);
  return self;
}

void
ncg_own_files_free (NcgOwnFiles *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->watch, ncg_file_watch_free);
  g_hash_table_remove_all (self->entries);
  self->features = NULL;
  unref (self);
}

void
ncg_own_files_set_features (NcgOwnFiles *self, const NcgSystemdFeatures *features)
{
  self->features = features;
}

static GPtrArray *
list_own (const NcgOwnFiles *self, const NcgResources *resources)
{
  return ncg_unit_properties_list_own (resources, self->hierarchy, self->features);
}

gboolean
ncg_own_files_is_needed (const NcgOwnFiles *self, const NcgResources *resources)
{
  g_autoptr (GPtrArray) own = list_own (self, resources);

  return own->len > 0;
}

gboolean
ncg_own_files_is_set_back (const NcgFileSetting *setting)
{
  if (g_str_equal (setting->file, "memory.oom.group"))
    return g_str_equal (setting->wanted, "1");
  return setting->key != NULL && g_str_equal (setting->file, "io.bfq.weight");
}

static void
watch_settings (NcgOwnFiles *self, const NcgOwnEntry *entry, const GPtrArray *settings)
{
  for (guint i = 0; self->watch != NULL && i < settings->len; i++) {
    const NcgFileSetting *setting = g_ptr_array_index (settings, i);
    g_autofree char *path = NULL;

    if (self->owner_watches && !ncg_own_files_is_set_back (setting))
      continue;
    path = g_strconcat (setting->tree->mount, entry->cgroup, "/", setting->file, NULL);
    ncg_file_watch_add (self->watch, entry->unit, path);
  }
}

/* What is restored is not made again. */
static gboolean
is_there (const Job *job, GError **error)
{
  if (!job->is_restoring || ncg_cgroup_tree_exists (job->files->hierarchy->trees, job->cgroup))
    return TRUE;
  g_set_error (error, NCG_ERROR, NCG_ERROR_NOT_FOUND, "there is no cgroup %s any more",
               job->cgroup);
  return FALSE;
}

static NcgOwnWrite
get_write (const Job *job)
{
  const NcgOwnFiles *files = job->files;

  return (NcgOwnWrite){ files->hierarchy, files->foreign, files->proc, job->cgroup, job->settings };
}

static void
write_in_worker (GTask *worker, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Job *job = data;
  const NcgOwnWrite what = get_write (job);
  GError *error = NULL;

  if (is_there (job, &error) &&
      (job->is_gathering ? ncg_own_write_gather : ncg_own_write_run) (&what, &error))
    g_task_return_boolean (worker, TRUE);
  else
    g_task_return_error (worker, error);
}

/* Who comes next: somebody with new values, or what was written behind our back. */
static void
run_next (NcgOwnFiles *self, NcgOwnEntry *entry)
{
  g_autoptr (GTask) next = g_queue_pop_head (&entry->waiting);

  entry->is_busy = FALSE;
  if (next != NULL)
    run_job (next);
  else if (entry->is_forgotten)
    g_hash_table_remove (self->entries, entry->unit);
  else if (entry->is_dirty)
    ncg_own_files_restore (self, entry->unit);
  else if (entry->is_touched)
    restore_watched (self, entry->unit);
}

static void
remember (NcgOwnEntry *entry, const Job *job)
{
  ncg_own_entry_set_resources (entry, &job->resources);
  watch_settings (job->files, entry, job->settings);
}

/* The next one is started first: whoever gets the answer may forget the unit at once. */
static void
on_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Job *job = g_task_get_task_data (task);
  GError *error = NULL;
  gboolean is_written = g_task_propagate_boolean (G_TASK (result), &error);
  NcgOwnEntry *entry = g_hash_table_lookup (job->files->entries, job->unit);

  if (entry != NULL && entry->generation == job->generation && is_written) {
    remember (entry, job);
  } else if (entry != NULL && entry->generation == job->generation && job->is_restoring &&
             g_error_matches (error, NCG_ERROR, NCG_ERROR_NOT_FOUND)) {
    ncg_own_files_forget (job->files, job->unit);
  }
  if (entry != NULL)
    run_next (job->files, entry);
  if (is_written)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/* As most often, of a unit that is new: two changes of thread are more than the few files. */
static gboolean
is_done (const Job *job)
{
  const NcgOwnWrite what = get_write (job);

  return ncg_own_write_is_done (&what);
}

static void
leave_to_owner (GPtrArray *settings)
{
  for (guint i = settings->len; i > 0; i--)
    if (!ncg_own_files_is_set_back (g_ptr_array_index (settings, i - 1)))
      g_ptr_array_remove_index (settings, i - 1);
}

static void
run_job (GTask *task)
{
  Job *job = g_task_get_task_data (task);
  NcgOwnEntry *entry = g_hash_table_lookup (job->files->entries, job->unit);
  g_autoptr (GTask) worker = NULL;

  if (entry != NULL && entry->is_busy) {
    g_queue_push_tail (&entry->waiting, g_object_ref (task));
    return;
  }
  if (entry != NULL) {
    entry->is_busy = TRUE;
    entry->is_dirty = FALSE;
    entry->is_touched = FALSE;
    job->generation = entry->generation;
    /* What is restored is what was remembered last. */
    if (job->is_restoring)
      ncg_resources_copy (&entry->resources, &job->resources);
  }
  job->settings = list_own (job->files, &job->resources);
  if (job->is_partial)
    leave_to_owner (job->settings);
  if (entry != NULL && !job->is_restoring && is_done (job)) {
    remember (entry, job);
    run_next (job->files, entry);
    g_task_return_boolean (task, TRUE);
    return;
  }
  worker = g_task_new (NULL, NULL, on_written, g_object_ref (task));
  g_task_set_task_data (worker, job, NULL);
  g_task_run_in_thread (worker, write_in_worker);
}

static GTask *
job_new (NcgOwnFiles *self,
         const char *unit,
         const char *cgroup,
         GAsyncReadyCallback callback,
         gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  Job *job = g_new0 (Job, 1);

  job->files = self;
  self->refs++;
  job->unit = g_strdup (unit);
  job->cgroup = g_strdup (cgroup);
  g_task_set_task_data (task, job, job_free);
  return task;
}

void
ncg_own_files_write_async (NcgOwnFiles *self,
                           const char *unit,
                           const char *cgroup,
                           const NcgResources *resources,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr (GTask) task = job_new (self, unit, cgroup, callback, user_data);
  Job *job = g_task_get_task_data (task);

  if (!ncg_own_files_is_needed (self, resources)) {
    ncg_own_files_forget (self, unit);
    g_task_return_boolean (task, TRUE);
    return;
  }
  ncg_own_entry_ensure (self->entries, unit, cgroup);
  ncg_resources_copy (resources, &job->resources);
  run_job (task);
}

gboolean
ncg_own_files_write_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
ncg_own_files_keep (NcgOwnFiles *self,
                    const char *unit,
                    const char *cgroup,
                    const NcgResources *resources)
{
  g_autoptr (GPtrArray) own = list_own (self, resources);
  NcgOwnEntry *entry;

  if (own->len == 0)
    return;
  entry = ncg_own_entry_ensure (self->entries, unit, cgroup);
  ncg_own_entry_set_resources (entry, resources);
  watch_settings (self, entry, own);
}

/* While a writer is at work for it the entry stays, so that one of the same name waits. */
void
ncg_own_files_forget (NcgOwnFiles *self, const char *unit)
{
  NcgOwnEntry *entry = g_hash_table_lookup (self->entries, unit);
  g_autofree char *key = g_strdup (unit);

  if (entry == NULL)
    return;
  if (self->watch != NULL)
    ncg_file_watch_remove (self->watch, key);
  entry->generation++;
  entry->is_forgotten = TRUE;
  entry->is_dirty = FALSE;
  entry->is_touched = FALSE;
  if (!entry->is_busy) {
    g_hash_table_remove (self->entries, key);
    return;
  }
  ncg_own_entry_give_up (entry);
}

static void
on_restored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  /* The unit may be gone; else its owner will see the difference. */
  ncg_own_files_write_finish (result, NULL);
}

static void
restore (NcgOwnFiles *self, NcgOwnEntry *entry, gboolean is_partial, gboolean is_gathering)
{
  g_autoptr (GTask) task = job_new (self, entry->unit, entry->cgroup, on_restored, NULL);
  Job *job = g_task_get_task_data (task);

  job->is_restoring = TRUE;
  job->is_partial = is_partial;
  job->is_gathering = is_gathering;
  run_job (task);
}

void
ncg_own_files_restore (NcgOwnFiles *self, const char *unit)
{
  NcgOwnEntry *entry = g_hash_table_lookup (self->entries, unit);

  if (entry == NULL || entry->is_forgotten)
    return;
  entry->is_waiting = FALSE;
  if (entry->is_busy)
    entry->is_dirty = TRUE;
  else
    restore (self, entry, FALSE, FALSE);
}

/* With an owner who watches, somebody else's change of the other files is not made undone before it
 * is seen. */
static void
restore_watched (NcgOwnFiles *self, const char *unit)
{
  NcgOwnEntry *entry = g_hash_table_lookup (self->entries, unit);

  if (entry == NULL || entry->is_forgotten)
    return;
  entry->is_waiting = FALSE;
  if (entry->is_busy)
    entry->is_touched = TRUE;
  else
    restore (self, entry, self->owner_watches, FALSE);
}

void
ncg_own_files_gather (NcgOwnFiles *self, const char *unit)
{
  NcgOwnEntry *entry = g_hash_table_lookup (self->entries, unit);

  /* Whoever writes gathers, too. */
  if (entry != NULL && !entry->is_forgotten && !entry->is_busy && self->foreign->len > 0)
    restore (self, entry, FALSE, TRUE);
}

void
ncg_own_files_restore_all (NcgOwnFiles *self)
{
  GHashTableIter iter;
  gpointer unit;

  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, &unit, NULL))
    ncg_own_files_restore (self, unit);
}
