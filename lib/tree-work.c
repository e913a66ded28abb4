/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What can take long with a cgroup, in a worker.
 */
#include "lib/tree-work.h"

#include "lib/cgroup-tree.h"

typedef struct {
  const NcgHierarchy *hierarchy;
  GPtrArray *trees;
  char *proc;
  char *path;
  gboolean frozen;
  gint64 deadline;
} Work;

static void
work_free (gpointer data)
{
  Work *work = data;

  g_clear_pointer (&work->trees, g_ptr_array_unref);
  g_free (work->proc);
  g_free (work->path);
  g_free (work);
}

static void
finish (GTask *task, gboolean ok, GError *error)
{
  if (ok)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
freeze_in_worker (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Work *work = data;
  GError *error = NULL;
  gboolean ok =
      ncg_cgroup_tree_freeze (work->hierarchy, work->path, work->frozen, work->deadline, &error);

  finish (task, ok, error);
}

static void
kill_in_worker (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Work *work = data;
  GError *error = NULL;
  gboolean ok =
      ncg_cgroup_tree_kill (work->hierarchy, work->proc, work->path, work->deadline, &error);

  finish (task, ok, error);
}

static void
remove_in_worker (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Work *work = data;
  GError *error = NULL;
  gboolean ok =
      ncg_cgroup_tree_remove (work->trees, work->proc, work->path, work->deadline, &error);

  finish (task, ok, error);
}

static void
run (Work *work, GTaskThreadFunc function, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);

  g_task_set_task_data (task, work, work_free);
  g_task_run_in_thread (task, function);
}

static Work *
work_new (const char *path, gint64 deadline)
{
  Work *work = g_new0 (Work, 1);

  work->path = g_strdup (path);
  work->deadline = deadline;
  return work;
}

void
ncg_tree_work_freeze_async (const NcgHierarchy *hierarchy,
                            const char *path,
                            gboolean frozen,
                            gint64 deadline_usec,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  Work *work = work_new (path, deadline_usec);

  work->hierarchy = hierarchy;
  work->frozen = frozen;
  run (work, freeze_in_worker, callback, user_data);
}

void
ncg_tree_work_kill_async (const NcgHierarchy *hierarchy,
                          const char *proc,
                          const char *path,
                          gint64 deadline_usec,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  Work *work = work_new (path, deadline_usec);

  work->hierarchy = hierarchy;
  work->proc = g_strdup (proc);
  run (work, kill_in_worker, callback, user_data);
}

void
ncg_tree_work_remove_async (const GPtrArray *trees,
                            const char *proc,
                            const char *path,
                            gint64 deadline_usec,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  Work *work = work_new (path, deadline_usec);

  work->trees = g_ptr_array_ref ((GPtrArray *) trees);
  work->proc = g_strdup (proc);
  run (work, remove_in_worker, callback, user_data);
}

gboolean
ncg_tree_work_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
