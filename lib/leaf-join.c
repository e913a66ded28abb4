/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Joining a leaf, in a worker.
 */
#include "lib/leaf-join.h"

typedef struct {
  char *root;
  char *proc;
  char *cgroup;
  char *subgroup;
  const NcgHierarchy *hierarchy;
  GPtrArray *foreign;
  GPtrArray *processes;
  const NcgOrigins *origins;
  NcgOrigins *now; /* (nullable): where they were when they were to be moved */
  uid_t user;
  gboolean ends_empty;
  gboolean was_filled;
} Job;

static void
job_free (gpointer data)
{
  Job *job = data;

  g_free (job->root);
  g_free (job->proc);
  g_free (job->cgroup);
  g_free (job->subgroup);
  g_clear_pointer (&job->foreign, g_ptr_array_unref);
  g_clear_pointer (&job->processes, g_ptr_array_unref);
  g_clear_pointer (&job->now, ncg_origins_free);
  g_free (job);
}

static gboolean
prepare (const Job *job, GError **error)
{
  if (job->foreign != NULL &&
      !ncg_leaf_make_foreign (job->foreign, ncg_hierarchy_get_primary (job->hierarchy), job->cgroup,
                              error))
    return FALSE;
  if (job->user != NCG_NO_USER &&
      !ncg_leaf_delegate (job->root, job->hierarchy, job->cgroup, job->user, error))
    return FALSE;
  return job->subgroup == NULL || ncg_leaf_make_subgroup (job->root, job->hierarchy, job->cgroup,
                                                          job->subgroup, job->user, error);
}

/* Where whoever asked has found the processes is not where they are, if they have been moved
 * already. */
static gboolean
move (Job *job, GError **error)
{
  g_autofree char *path = job->subgroup != NULL
                              ? g_strconcat (job->cgroup, "/", job->subgroup, NULL)
                              : g_strdup (job->cgroup);
  NcgOrigins *now;

  if (job->processes == NULL)
    return TRUE;
  now = ncg_origins_read (job->hierarchy, job->proc, job->processes, error);
  job->now = now;
  if (job->origins == NULL)
    job->origins = now;
  return now != NULL &&
         ncg_origins_attach (now, path, job->ends_empty ? &job->was_filled : NULL, error);
}

static void
run_in_worker (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Job *job = data;
  GError *error = NULL;

  if (prepare (job, &error) && move (job, &error)) {
    g_task_return_boolean (task, TRUE);
    return;
  }
  if (job->origins != NULL)
    ncg_origins_restore (job->origins);
  g_task_return_error (task, error);
}

void
ncg_leaf_join_async (const NcgLeafJoin *join,
                     const NcgOrigins *origins,
                     GAsyncReadyCallback callback,
                     gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Job *job = g_new0 (Job, 1);

  job->root = g_strdup (join->root);
  job->proc = g_strconcat (join->root, "/proc", NULL);
  job->cgroup = g_strdup (join->cgroup);
  job->subgroup = g_strdup (join->subgroup);
  job->hierarchy = join->hierarchy;
  if (join->foreign != NULL)
    job->foreign = g_ptr_array_ref ((GPtrArray *) join->foreign);
  if (join->processes != NULL)
    job->processes = g_ptr_array_ref ((GPtrArray *) join->processes);
  job->origins = origins;
  job->user = join->user;
  job->ends_empty = join->ends_empty;
  g_task_set_task_data (task, job, job_free);
  g_task_run_in_thread (task, run_in_worker);
}

gboolean
ncg_leaf_join_finish (GAsyncResult *result, gboolean *ret_was_filled, GError **error)
{
  const Job *job = g_task_get_task_data (G_TASK (result));

  if (ret_was_filled != NULL)
    *ret_was_filled = !job->ends_empty || job->was_filled;
  return g_task_propagate_boolean (G_TASK (result), error);
}
