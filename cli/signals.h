/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Signals of the process, in the main loop: for who has to leave the terminal as it was, whatever
 * comes. GLib takes only some of them.
 */
#pragma once

#include <glib.h>

typedef struct Signals Signals;

typedef void (*SignalsCame) (int number, gpointer user_data);

/**
 * signals_new:
 * @numbers: (array zero-terminated=1): those that come to @came from now on, from the main loop.
 * One that is ignored stays so
 *
 * There is one of these at a time.
 */
Signals *signals_new (const int *numbers, SignalsCame came, gpointer user_data, GError **error);

/* What was done with them before is again. */
void signals_free (Signals *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Signals, signals_free)

/* Does what the signal does to a process that does not handle it: SIGTSTP stops it, and this
 * returns when it goes on. */
void signals_suffer (const Signals *self, int number);
