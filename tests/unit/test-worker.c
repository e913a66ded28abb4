/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The bounded pool of threads.
 */
#include "lib/worker.h"

#include "lib/error.h"

#include <pthread.h>

#define N_THREADS 3
#define N_TASKS 60

typedef struct {
  NcgWorker *worker;
  GMutex mutex;
  GCond cond;
  gboolean is_blocked; /* tasks wait until it is not */
  guint n_running;
  guint n_running_most;
  guint n_steps;   /* that have begun */
  GArray *started; /* of guint: the numbers of tasks in the order of their start */
  guint n_returned;
  guint n_failed;
  GError *error;        /* the last */
  GThread *main_thread; /* that of the callbacks */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  if (data != NULL)
    fixture->worker = ncg_worker_new (GPOINTER_TO_UINT (data));
  g_mutex_init (&fixture->mutex);
  g_cond_init (&fixture->cond);
  fixture->started = g_array_new (FALSE, FALSE, sizeof (guint));
  fixture->main_thread = g_thread_self ();
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ncg_worker_free (fixture->worker);
  g_array_unref (fixture->started);
  g_clear_error (&fixture->error);
  g_mutex_clear (&fixture->mutex);
  g_cond_clear (&fixture->cond);
}

static void
on_returned (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_true (g_thread_self () == fixture->main_thread);
  g_clear_error (&fixture->error);
  fixture->n_returned++;
  if (!g_task_propagate_boolean (G_TASK (result), &fixture->error))
    fixture->n_failed++;
}

static void
work (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Fixture *fixture = g_object_get_data (G_OBJECT (task), "fixture");
  guint number = GPOINTER_TO_UINT (data);

  g_assert_true (g_thread_self () != fixture->main_thread);
  g_mutex_lock (&fixture->mutex);
  g_array_append_val (fixture->started, number);
  fixture->n_running++;
  fixture->n_running_most = MAX (fixture->n_running_most, fixture->n_running);
  g_cond_broadcast (&fixture->cond);
  while (fixture->is_blocked)
    g_cond_wait (&fixture->cond, &fixture->mutex);
  g_mutex_unlock (&fixture->mutex);
  g_usleep (200);
  g_mutex_lock (&fixture->mutex);
  fixture->n_running--;
  g_mutex_unlock (&fixture->mutex);
  g_task_return_boolean (task, TRUE);
}

static void
start (Fixture *fixture, guint number, GCancellable *cancellable)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, on_returned, fixture);

  g_object_set_data (G_OBJECT (task), "fixture", fixture);
  g_task_set_task_data (task, GUINT_TO_POINTER (number), NULL);
  ncg_worker_run (fixture->worker, task, work);
}

static void
wait_for (Fixture *fixture, guint n_returned)
{
  while (fixture->n_returned < n_returned)
    g_main_context_iteration (NULL, TRUE);
}

static void
set_blocked (Fixture *fixture, gboolean is_blocked)
{
  g_mutex_lock (&fixture->mutex);
  fixture->is_blocked = is_blocked;
  g_cond_broadcast (&fixture->cond);
  g_mutex_unlock (&fixture->mutex);
}

/* As many run at once as there are threads, and never more. */
static void
test_bound (Fixture *fixture, gconstpointer data)
{
  set_blocked (fixture, TRUE);
  for (guint i = 0; i < N_TASKS; i++)
    start (fixture, i, NULL);
  g_mutex_lock (&fixture->mutex);
  while (fixture->n_running < N_THREADS)
    g_cond_wait (&fixture->cond, &fixture->mutex);
  g_mutex_unlock (&fixture->mutex);
  g_usleep (20000);
  set_blocked (fixture, FALSE);
  wait_for (fixture, N_TASKS);
  g_assert_cmpuint (fixture->n_running_most, ==, N_THREADS);
  g_assert_cmpuint (fixture->started->len, ==, N_TASKS);
  g_assert_cmpuint (fixture->n_failed, ==, 0);
}

static void
test_order (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < N_TASKS; i++)
    start (fixture, i, NULL);
  wait_for (fixture, N_TASKS);
  for (guint i = 0; i < N_TASKS; i++)
    g_assert_cmpuint (g_array_index (fixture->started, guint, i), ==, i);
}

static void
test_cancelled (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  set_blocked (fixture, TRUE);
  start (fixture, 0, NULL);
  start (fixture, 1, cancellable);
  g_cancellable_cancel (cancellable);
  set_blocked (fixture, FALSE);
  wait_for (fixture, 2);
  g_assert_cmpuint (fixture->started->len, ==, 1);
  g_assert_error (fixture->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static gpointer
unblock (gpointer data)
{
  g_usleep (50000);
  set_blocked (data, FALSE);
  return NULL;
}

/* What runs is waited for, and what has not started returns an error. */
static void
test_free (Fixture *fixture, gconstpointer data)
{
  GThread *thread;

  set_blocked (fixture, TRUE);
  for (guint i = 0; i < 5; i++)
    start (fixture, i, NULL);
  g_mutex_lock (&fixture->mutex);
  while (fixture->n_running < 1)
    g_cond_wait (&fixture->cond, &fixture->mutex);
  g_mutex_unlock (&fixture->mutex);
  thread = g_thread_new ("unblock", unblock, fixture);
  g_clear_pointer (&fixture->worker, ncg_worker_free);
  g_assert_cmpuint (fixture->n_running, ==, 0);
  g_assert_cmpuint (fixture->started->len, ==, 1);
  g_thread_join (thread);
  wait_for (fixture, 5);
  g_assert_cmpuint (fixture->n_failed, ==, 4);
  g_assert_error (fixture->error, NCG_ERROR, NCG_ERROR_NOT_READY);
}

/* A task of many steps. */
typedef struct {
  Fixture *fixture;
  guint n_done[N_TASKS];
  guint n_steps;
  guint n_before; /* steps of all that began before the first of this */
  guint n_at_end; /* how many were done */
} Steps;

static void
step (gpointer data, guint i)
{
  Steps *steps = data;
  Fixture *fixture = steps->fixture;

  g_mutex_lock (&fixture->mutex);
  if (steps->n_steps == 0)
    steps->n_before = fixture->n_steps;
  fixture->n_steps++;
  steps->n_done[i]++;
  steps->n_steps++;
  fixture->n_running++;
  fixture->n_running_most = MAX (fixture->n_running_most, fixture->n_running);
  g_cond_broadcast (&fixture->cond);
  while (fixture->is_blocked)
    g_cond_wait (&fixture->cond, &fixture->mutex);
  fixture->n_running--;
  g_mutex_unlock (&fixture->mutex);
}

static void
end_steps (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Steps *steps = data;

  steps->n_at_end = steps->n_steps;
  g_task_return_boolean (task, TRUE);
}

static void
start_steps (Fixture *fixture, Steps *steps, guint n, GCancellable *cancellable)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, on_returned, fixture);

  *steps = (Steps){ .fixture = fixture };
  g_task_set_task_data (task, steps, NULL);
  ncg_worker_run_steps (fixture->worker, task, n, step, end_steps);
}

/* Until @n tasks or steps are at work, or wait there until they are let go on. */
static void
wait_running (Fixture *fixture, guint n)
{
  g_mutex_lock (&fixture->mutex);
  while (fixture->n_running < n)
    g_cond_wait (&fixture->cond, &fixture->mutex);
  g_mutex_unlock (&fixture->mutex);
}

static void
test_steps (Fixture *fixture, gconstpointer data)
{
  Steps steps, none;

  start_steps (fixture, &steps, N_TASKS, NULL);
  start_steps (fixture, &none, 0, NULL);
  wait_for (fixture, 2);
  for (guint i = 0; i < N_TASKS; i++)
    g_assert_cmpuint (steps.n_done[i], ==, 1);
  g_assert_cmpuint (steps.n_at_end, ==, N_TASKS);
  g_assert_cmpuint (none.n_steps, ==, 0);
  g_assert_cmpuint (fixture->n_failed, ==, 0);
}

/* Steps that do not come to an end leave half of the threads. */
static void
test_steps_bound (Fixture *fixture, gconstpointer data)
{
  guint n_most = MIN (GPOINTER_TO_UINT (data) / 2, g_get_num_processors ());
  Steps steps;

  set_blocked (fixture, TRUE);
  start_steps (fixture, &steps, N_TASKS, NULL);
  wait_running (fixture, n_most);
  start (fixture, 0, NULL);
  wait_running (fixture, n_most + 1);
  g_usleep (20000);
  g_assert_cmpuint (fixture->n_running_most, ==, n_most + 1);
  set_blocked (fixture, FALSE);
  wait_for (fixture, 2);
  g_assert_cmpuint (steps.n_at_end, ==, N_TASKS);
}

/* The only thread is at a step when another task comes, whose turn is before the next step. */
static void
test_steps_turns (Fixture *fixture, gconstpointer data)
{
  Steps first, second;

  set_blocked (fixture, TRUE);
  start_steps (fixture, &first, 2, NULL);
  wait_running (fixture, 1);
  start_steps (fixture, &second, 1, NULL);
  set_blocked (fixture, FALSE);
  wait_for (fixture, 2);
  g_assert_cmpuint (first.n_at_end, ==, 2);
  g_assert_cmpuint (second.n_at_end, ==, 1);
  g_assert_cmpuint (second.n_before, ==, 1);
}

static void
test_steps_cancelled (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Steps steps;

  set_blocked (fixture, TRUE);
  start_steps (fixture, &steps, N_TASKS, cancellable);
  wait_running (fixture, 1);
  g_cancellable_cancel (cancellable);
  set_blocked (fixture, FALSE);
  wait_for (fixture, 1);
  g_assert_cmpuint (steps.n_steps, <=, N_THREADS);
  g_assert_cmpuint (steps.n_at_end, ==, 0);
  g_assert_error (fixture->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* Steps that run are waited for, no other one begins, and the task returns one error. */
static void
test_steps_free (Fixture *fixture, gconstpointer data)
{
  Steps steps, waiting;
  GThread *thread;

  set_blocked (fixture, TRUE);
  start_steps (fixture, &steps, N_TASKS, NULL);
  start_steps (fixture, &waiting, N_TASKS, NULL);
  wait_running (fixture, 1);
  thread = g_thread_new ("unblock", unblock, fixture);
  g_clear_pointer (&fixture->worker, ncg_worker_free);
  g_assert_cmpuint (fixture->n_running, ==, 0);
  g_assert_cmpuint (steps.n_steps, <=, 4);
  g_assert_cmpuint (steps.n_at_end + waiting.n_at_end, ==, 0);
  g_thread_join (thread);
  wait_for (fixture, 2);
  g_assert_cmpuint (fixture->n_failed, ==, 2);
  g_assert_error (fixture->error, NCG_ERROR, NCG_ERROR_NOT_READY);
}

static void
work_here (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Fixture *fixture = g_object_get_data (G_OBJECT (task), "fixture");

  g_assert_true (g_thread_self () == fixture->main_thread);
  g_task_return_boolean (task, TRUE);
}

/* A machine on which no thread can be started: none has room for its stack. GLib keeps threads of
 * other pools for a while, so that this has to be the first test. */
static void
test_no_threads (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, on_returned, fixture);
  pthread_attr_t usual, huge;
  Steps steps;

  g_assert_cmpint (pthread_getattr_default_np (&usual), ==, 0);
  g_assert_cmpint (pthread_attr_init (&huge), ==, 0);
  g_assert_cmpint (pthread_attr_setstacksize (&huge, (gsize) 1 << (8 * sizeof (gsize) - 2)), ==, 0);
  g_assert_cmpint (pthread_setattr_default_np (&huge), ==, 0);
  fixture->worker = ncg_worker_new (N_THREADS);
  g_assert_cmpint (pthread_setattr_default_np (&usual), ==, 0);
  pthread_attr_destroy (&huge);
  pthread_attr_destroy (&usual);

  g_object_set_data (G_OBJECT (task), "fixture", fixture);
  ncg_worker_run (fixture->worker, task, work_here);
  start_steps (fixture, &steps, N_TASKS, NULL);
  wait_for (fixture, 2);
  g_assert_cmpuint (fixture->n_failed, ==, 0);
  g_assert_cmpuint (steps.n_at_end, ==, N_TASKS);
}

#define ADD(name, n_threads, function)                                                             \
  g_test_add (name, Fixture, GUINT_TO_POINTER (n_threads), set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/worker/no-threads", 0, test_no_threads);
  ADD ("/worker/bound", N_THREADS, test_bound);
  ADD ("/worker/order", 1, test_order);
  ADD ("/worker/cancelled", 1, test_cancelled);
  ADD ("/worker/free", 1, test_free);
  ADD ("/worker/steps", 4, test_steps);
  ADD ("/worker/steps/bound", 4, test_steps_bound);
  ADD ("/worker/steps/turns", 1, test_steps_turns);
  ADD ("/worker/steps/cancelled", 4, test_steps_cancelled);
  ADD ("/worker/steps/free", 4, test_steps_free);
  return g_test_run ();
}
