/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Turns: what has the same key runs one after the other, in the order in which it came; what has
 * another key runs at once.
 */
#pragma once

#include <gio/gio.h>

typedef struct Turns Turns;

/* Called when it is the task's turn; whoever gets it ends it with turns_leave(). */
typedef void (*TurnsCallback) (GTask *task);

Turns *turns_new (void);
void turns_free (Turns *self);

/* @changed (nullable) is called when another key is taken or left for good. */
void turns_set_changed (Turns *self, void (*changed) (gpointer user_data), gpointer user_data);

/* How many keys are taken. */
guint turns_count (const Turns *self);

/* @callback runs at once if nobody else has the turn of @key. @task: (transfer none): held until
 * then. */
void turns_take (Turns *self, const char *key, TurnsCallback callback, GTask *task);

/**
 * turns_take_until:
 * @deadline_usec: in g_get_monotonic_time()'s clock
 *
 * As turns_take(), but who has waited until then does not get the turn any more: @task returns
 * %NCG_ERROR_TIMEOUT, and nothing was begun.
 */
void turns_take_until (
    Turns *self, const char *key, TurnsCallback callback, GTask *task, gint64 deadline_usec);

/* Whether somebody has the turn of @key. */
gboolean turns_is_taken (const Turns *self, const char *key);

/* Ends the turn of @key; the next one starts from the main loop. */
void turns_leave (Turns *self, const char *key);
