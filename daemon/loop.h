/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The main loop: sources of the thread that everything runs in, which need not be the one of
 * main(). As their namesakes in GLib, on the thread's default context in place of the process's.
 */
#pragma once

#include <glib.h>

guint loop_add (guint msec, GSourceFunc function, gpointer user_data);
guint loop_add_seconds (guint seconds, GSourceFunc function, gpointer user_data);
guint loop_add_idle (GSourceFunc function, gpointer user_data);
guint loop_add_signal (int signal, GSourceFunc function, gpointer user_data);

/* With its own end: @free is called when the source is destroyed. */
guint loop_add_full (guint msec, GSourceFunc function, gpointer user_data, GDestroyNotify free);

/* In the next turn, in the order in which they were added: after what GDBus was given to send. */
guint loop_add_next (GSourceFunc function, gpointer user_data, GDestroyNotify free);

/* One that was added in this thread. */
void loop_remove (guint id);

/* @begin: called once, first of all
 * @end: called once, last of all */
typedef struct {
  void (*begin) (gpointer user_data);
  void (*end) (gpointer user_data);
} LoopBody;

/**
 * loop_run:
 * @context: (nullable): of another thread, which iterates it; else the loop runs in this one
 *
 * Runs @body, and all sources that are added in it, and waits until loop_quit().
 *
 * With the context of GDBus' thread (bus-context.h) a call comes, and its reply leaves, without
 * waking another thread up, which would take longer than what the daemon does for a call. In that
 * thread nothing may wait for an answer of the bus, as GDBus' functions that end in _sync do; and
 * where an answer to a call of our own is told, GDBus has locked the connection, so that whatever
 * needs it comes in the next turn.
 *
 * Returns: the status that loop_quit() was given
 */
int loop_run (GMainContext *context, const LoopBody *body, gpointer user_data);

/* From within the loop, once: ends it. Nothing that was added is called any more but the end of the
 * body. Need not return. */
void loop_quit (int status);
