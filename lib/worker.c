/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A bounded pool of threads, over GThreadPool, whose queue is first in, first out.
 */
#include "lib/worker.h"

#include "lib/error.h"

struct NcgWorker {
  GThreadPool *pool; /* (nullable): a newer GLib (2.84) makes none without a thread */
  GMutex mutex;      /* for its own threads: the end of @pool does not begin meanwhile */
  int is_ending;     /* atomic */
};

/* One for each task, and for all the threads that are at its steps. */
typedef struct {
  GTask *task;
  NcgWorkerStep step; /* NULL without steps */
  GTaskThreadFunc end;
  guint n_steps;
  guint next;    /* atomic: the step that nobody has begun */
  int n_runners; /* atomic: how often it is in the queue, or running */
} Job;

static gboolean
is_ending (NcgWorker *self)
{
  return g_atomic_int_get (&self->is_ending) != 0;
}

static gboolean
may_step (NcgWorker *self, const Job *job)
{
  return !is_ending (self) && !g_cancellable_is_cancelled (g_task_get_cancellable (job->task));
}

/* Whether the job stands behind those that wait, and somebody else goes on with it. Nothing may be
 * asked of a GThreadPool whose end has begun. */
static gboolean
queue_again (NcgWorker *self, Job *job)
{
  gboolean is_queued;

  g_mutex_lock (&self->mutex);
  is_queued = self->pool != NULL && !is_ending (self) && g_thread_pool_unprocessed (self->pool) > 0;
  if (is_queued)
    g_thread_pool_push (self->pool, job, NULL);
  g_mutex_unlock (&self->mutex);
  return is_queued;
}

/* Whether there is no step left that this thread could do. */
static gboolean
run_steps (NcgWorker *self, Job *job)
{
  while (may_step (self, job)) {
    guint i = (guint) g_atomic_int_add ((int *) &job->next, 1);

    if (i >= job->n_steps)
      return TRUE;
    job->step (g_task_get_task_data (job->task), i);
    if (queue_again (self, job))
      return FALSE;
  }
  return TRUE;
}

static void
end_job (NcgWorker *self, Job *job)
{
  GTask *task = job->task;

  if (is_ending (self))
    g_task_return_new_error (task, NCG_ERROR, NCG_ERROR_NOT_READY, "the program is ending");
  else if (!g_task_return_error_if_cancelled (task))
    job->end (task, g_task_get_source_object (task), g_task_get_task_data (task),
              g_task_get_cancellable (task));
  g_object_unref (task);
  g_free (job);
}

static void
run_job (gpointer data, gpointer user_data)
{
  Job *job = data;
  NcgWorker *self = user_data;

  if (job->step != NULL && !run_steps (self, job))
    return;
  if (g_atomic_int_dec_and_test (&job->n_runners))
    end_job (self, job);
}

NcgWorker *
ncg_worker_new (guint n_threads)
{
  NcgWorker *self = g_new0 (NcgWorker, 1);

  g_mutex_init (&self->mutex);
  /* Where one thread too many was asked for, an older GLib gives the others. */
  for (guint n = n_threads; self->pool == NULL && n > 0; n--)
    self->pool = g_thread_pool_new (run_job, self, (int) n, TRUE, NULL);
  return self;
}

void
ncg_worker_run (NcgWorker *self, GTask *task, GTaskThreadFunc func)
{
  ncg_worker_run_steps (self, task, 0, NULL, func);
}

void
ncg_worker_run_steps (
    NcgWorker *self, GTask *task, guint n_steps, NcgWorkerStep step, GTaskThreadFunc end)
{
  guint n_threads = self->pool != NULL ? g_thread_pool_get_num_threads (self->pool) : 0;
  /* Half of the threads are for others, however long a step takes. */
  guint n_runners = MIN (MIN (n_steps, n_threads / 2), g_get_num_processors ());
  Job *job = g_new0 (Job, 1);

  n_runners = MAX (n_runners, 1);
  job->task = g_object_ref (task);
  job->step = step;
  job->end = end;
  job->n_steps = n_steps;
  job->n_runners = (int) n_runners;
  if (n_threads == 0) {
    run_job (job, self);
    return;
  }
  for (guint i = 0; i < n_runners; i++)
    g_thread_pool_push (self->pool, job, NULL);
}

void
ncg_worker_free (NcgWorker *self)
{
  if (self == NULL)
    return;
  g_mutex_lock (&self->mutex);
  g_atomic_int_set (&self->is_ending, 1);
  g_mutex_unlock (&self->mutex);
  if (self->pool != NULL)
    g_thread_pool_free (self->pool, FALSE, TRUE);
  g_mutex_clear (&self->mutex);
  g_free (self);
}
