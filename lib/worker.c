/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A bounded pool of threads, over GThreadPool, whose queue is first in, first out.
 */
#include "lib/worker.h"

#include "lib/error.h"

struct NcgWorker {
  GThreadPool *pool;
  int is_ending; /* atomic */
};

typedef struct {
  GTask *task;
  GTaskThreadFunc func;
} Job;

static void
run_job (gpointer data, gpointer user_data)
{
  Job *job = data;
  NcgWorker *self = user_data;
  GTask *task = job->task;

  if (g_atomic_int_get (&self->is_ending))
    g_task_return_new_error (task, NCG_ERROR, NCG_ERROR_NOT_READY, "the program is ending");
  else if (!g_task_return_error_if_cancelled (task))
    job->func (task, g_task_get_source_object (task), g_task_get_task_data (task),
               g_task_get_cancellable (task));
  g_object_unref (task);
  g_free (job);
}

NcgWorker *
ncg_worker_new (guint n_threads)
{
  NcgWorker *self = g_new0 (NcgWorker, 1);

  self->pool = g_thread_pool_new (run_job, self, (int) n_threads, TRUE, NULL);
  return self;
}

void
ncg_worker_run (NcgWorker *self, GTask *task, GTaskThreadFunc func)
{
  Job *job = g_new (Job, 1);

  job->task = g_object_ref (task);
  job->func = func;
  if (g_thread_pool_get_num_threads (self->pool) > 0)
    g_thread_pool_push (self->pool, job, NULL);
  else
    run_job (job, self);
}

void
ncg_worker_free (NcgWorker *self)
{
  if (self == NULL)
    return;
  g_atomic_int_set (&self->is_ending, 1);
  g_thread_pool_free (self->pool, FALSE, TRUE);
  g_free (self);
}
