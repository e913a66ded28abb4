/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the daemon has signalled, in order.
 */
#pragma once

#include "tests/dbus/fixture.h"

typedef struct Signals Signals;

/* From here on, of all its objects, also after it has been started again. */
Signals *signals_new (Fixture *fixture);
void signals_free (Signals *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Signals, signals_free)

/* (transfer none) (element-type utf8): each as "Member (arguments)" in GVariant's text format,
 * those of the standard interfaces with their object before: "/a PropertiesChanged (…)" */
const GPtrArray *signals_get (const Signals *self);
void signals_forget (Signals *self);

/* How many of them have @text in them. */
guint signals_count (const Signals *self, const char *text);

/* Waits until there is one that has @text in it. */
void signals_wait (const Signals *self, const char *text);
