/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A bounded pool of threads for what may block: reading memory.stat, writes that reclaim, removing
 * directories. Tasks start in the order in which they came, so many at a time as there are threads;
 * what needs an order beyond that waits for the reply of the one before.
 */
#pragma once

#include <gio/gio.h>

typedef struct NcgWorker NcgWorker;

/**
 * ncg_worker_new:
 * @n_threads: how many tasks may run at once, at least 1
 *
 * All threads are started here, so that a task needs no new one on a machine that has run out of
 * them. With fewer than asked for it works on; if not even one can be started, tasks are run by
 * whoever calls ncg_worker_run().
 *
 * Returns: (transfer full): the pool
 */
NcgWorker *ncg_worker_new (guint n_threads);

/**
 * ncg_worker_run:
 * @task: is kept until it has returned
 * @func: as for g_task_run_in_thread(); it must return the task
 *
 * As g_task_run_in_thread(), here: @func is called in a thread, the callback of the task in the
 * main context in which the task was made. A task whose cancellable was cancelled before its turn
 * returns %G_IO_ERROR_CANCELLED without @func.
 */
void ncg_worker_run (NcgWorker *self, GTask *task, GTaskThreadFunc func);

/* A part of a task. @data: the task's, which all its steps see */
typedef void (*NcgWorkerStep) (gpointer data, guint i);

/**
 * ncg_worker_run_steps:
 * @step: called with each number below @n_steps once, beginning with 0, in any thread
 * @end: as @func of ncg_worker_run(), called when all steps are over
 *
 * A task of many parts. As many of them are done at once as there are processors, but in half of
 * the threads at most; and after each of them whatever waits has its turn before the next one. So
 * a long task is in nobody's way, and several of them share the threads.
 *
 * When it is cancelled or the pool ends, no further step begins, and the task returns the error
 * without @end.
 */
void ncg_worker_run_steps (
    NcgWorker *self, GTask *task, guint n_steps, NcgWorkerStep step, GTaskThreadFunc end);

/**
 * ncg_worker_free:
 *
 * Waits for what runs. What has not started yet does not: those tasks return %NCG_ERROR_NOT_READY.
 * The callbacks are still called if somebody runs the main context.
 */
void ncg_worker_free (NcgWorker *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NcgWorker, ncg_worker_free)
