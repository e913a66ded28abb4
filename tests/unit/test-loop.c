/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The main loop, in this thread and in that of GDBus, which both do the same.
 */
#include "daemon/loop.h"

#include "daemon/bus-context.h"

#include <signal.h>

#define STATUS 7

typedef struct {
  GThread *thread; /* of the loop */
  guint removed;   /* is never called */
  guint n_seconds;
  gboolean has_next;
  gboolean has_signal;
  gboolean is_freed;
  gboolean has_ended;
} Run;

static void
assert_in_loop (const Run *run)
{
  g_assert_true (g_thread_self () == run->thread);
  g_assert_false (run->has_ended);
}

static gboolean
on_removed (gpointer user_data)
{
  g_error ("a source that was removed is called");
  return G_SOURCE_CONTINUE;
}

/* Ready in the same turn as what ends the loop. */
static gboolean
on_too_late (gpointer user_data)
{
  assert_in_loop (user_data);
  return G_SOURCE_CONTINUE;
}

static void
on_freed (gpointer user_data)
{
  Run *run = user_data;

  run->is_freed = TRUE;
}

static gboolean
on_second (gpointer user_data)
{
  Run *run = user_data;

  assert_in_loop (run);
  g_assert_true (run->has_next);
  g_assert_true (run->has_signal);
  g_assert_true (run->is_freed);
  run->n_seconds++;
  if (run->n_seconds == 1)
    return G_SOURCE_CONTINUE;
  loop_add_next (on_too_late, run, NULL);
  loop_quit (STATUS);
  return G_SOURCE_REMOVE;
}

static gboolean
on_signal (gpointer user_data)
{
  Run *run = user_data;

  assert_in_loop (run);
  run->has_signal = TRUE;
  return G_SOURCE_REMOVE;
}

static gboolean
on_time (gpointer user_data)
{
  Run *run = user_data;

  assert_in_loop (run);
  loop_remove (run->removed);
  raise (SIGUSR1);
  return G_SOURCE_REMOVE;
}

static gboolean
on_next (gpointer user_data)
{
  Run *run = user_data;

  assert_in_loop (run);
  run->has_next = TRUE;
  return G_SOURCE_REMOVE;
}

static gboolean
on_idle (gpointer user_data)
{
  Run *run = user_data;

  assert_in_loop (run);
  g_assert_true (run->has_next);
  return G_SOURCE_REMOVE;
}

static void
on_begin (gpointer user_data)
{
  Run *run = user_data;

  run->thread = g_thread_self ();
  run->removed = loop_add (100, on_removed, run);
  loop_add_idle (on_idle, run);
  loop_add_next (on_next, run, NULL);
  loop_add_signal (SIGUSR1, on_signal, run);
  loop_add_full (10, on_time, run, on_freed);
  loop_add_seconds (1, on_second, run);
}

static void
on_end (gpointer user_data)
{
  Run *run = user_data;

  assert_in_loop (run);
  run->has_ended = TRUE;
}

static void
run_in (GMainContext *context)
{
  static const LoopBody body = { on_begin, on_end };
  Run run = { NULL };

  g_assert_cmpint (loop_run (context, &body, &run), ==, STATUS);
  g_assert_true (run.has_ended);
  g_assert_true ((run.thread == g_thread_self ()) == (context == NULL));
}

static void
test_here (void)
{
  run_in (NULL);
}

/* Last, since that thread ends with the loop. */
static void
test_beside_bus (void)
{
  g_autoptr (GMainContext) context = bus_context_find ();

  run_in (context);
}

/* At once: also where nobody waits for the end yet. */
static void
quit_at_once (gpointer user_data)
{
  loop_quit (STATUS);
}

static void
do_nothing (gpointer user_data)
{
}

static void
test_at_once (void)
{
  static const LoopBody body = { quit_at_once, do_nothing };

  if (g_test_subprocess ()) {
    g_autoptr (GMainContext) context = bus_context_find ();

    g_assert_cmpint (loop_run (context, &body, NULL), ==, STATUS);
    return;
  }
  g_assert_cmpint (loop_run (NULL, &body, NULL), ==, STATUS);
  g_test_trap_subprocess (NULL, 10 * G_USEC_PER_SEC, (GTestSubprocessFlags) 0);
  g_test_trap_assert_passed ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/loop/at-once", test_at_once);
  g_test_add_func ("/loop/here", test_here);
  g_test_add_func ("/loop/beside-bus", test_beside_bus);
  return g_test_run ();
}
