/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/loop.h"

#include <glib-unix.h>
#include <unistd.h>

static const LoopBody *body;
static gpointer body_data;
static GThread *main_thread;
static int exit_status;

/* What main() waits for. */
static GMutex end_lock;
static GCond ended;
static gboolean has_ended;

static guint
add (GSource *source, GSourceFunc function, gpointer user_data, GDestroyNotify free)
{
  guint id;

  g_source_set_callback (source, function, user_data, free);
  id = g_source_attach (source, g_main_context_get_thread_default ());
  g_source_unref (source);
  return id;
}

guint
loop_add (guint msec, GSourceFunc function, gpointer user_data)
{
  return add (g_timeout_source_new (msec), function, user_data, NULL);
}

guint
loop_add_seconds (guint seconds, GSourceFunc function, gpointer user_data)
{
  return add (g_timeout_source_new_seconds (seconds), function, user_data, NULL);
}

guint
loop_add_idle (GSourceFunc function, gpointer user_data)
{
  return add (g_idle_source_new (), function, user_data, NULL);
}

guint
loop_add_signal (int signal, GSourceFunc function, gpointer user_data)
{
  return add (g_unix_signal_source_new (signal), function, user_data, NULL);
}

guint
loop_add_full (guint msec, GSourceFunc function, gpointer user_data, GDestroyNotify free)
{
  return add (g_timeout_source_new (msec), function, user_data, free);
}

guint
loop_add_next (GSourceFunc function, gpointer user_data, GDestroyNotify free)
{
  GSource *source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  return add (source, function, user_data, free);
}

void
loop_remove (guint id)
{
  GSource *source = g_main_context_find_source_by_id (g_main_context_get_thread_default (), id);

  g_return_if_fail (source != NULL);
  g_source_destroy (source);
}

static gboolean
on_begin (gpointer user_data)
{
  body->begin (body_data);
  return G_SOURCE_REMOVE;
}

static void
wait_for_end (void)
{
  g_mutex_lock (&end_lock);
  while (!has_ended)
    g_cond_wait (&ended, &end_lock);
  g_mutex_unlock (&end_lock);
}

static void
run_here (void)
{
  while (!has_ended)
    g_main_context_iteration (NULL, TRUE);
  body->end (body_data);
}

int
loop_run (GMainContext *context, const LoopBody *loop_body, gpointer user_data)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  body = loop_body;
  body_data = user_data;
  main_thread = g_thread_self ();
  has_ended = FALSE;
  g_source_set_callback (source, on_begin, NULL, NULL);
  g_source_attach (source, context);
  if (context != NULL)
    wait_for_end ();
  else
    run_here ();
  return exit_status;
}

/* The thread of GDBus would go on with what is ready, and has nothing more to do. */
static void
end_in_this_thread (void)
{
  body->end (body_data);
  g_mutex_lock (&end_lock);
  has_ended = TRUE;
  g_cond_signal (&ended);
  g_mutex_unlock (&end_lock);
  for (;;)
    pause ();
}

void
loop_quit (int status)
{
  exit_status = status;
  if (g_thread_self () == main_thread)
    has_ended = TRUE;
  else
    end_in_this_thread ();
}
