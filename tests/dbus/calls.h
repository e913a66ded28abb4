/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls to the daemon that are under way at the same time.
 */
#pragma once

#include "tests/dbus/fixture.h"

typedef struct Calls Calls;

Calls *calls_new (Fixture *fixture);

/* Waits for those that have not ended. */
void calls_free (Calls *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Calls, calls_free)

/* From here on calls come from a client of its own. */
void calls_use_new_client (Calls *self);

/* Begins a call with a uid and a dictionary in GVariant's text format: CreatePod and the like. */
void calls_add (Calls *self, const char *method, const char *uid, const char *dictionary);

/* Any method of the manager's object. @arguments: (transfer floating) */
void calls_begin (Calls *self, const char *method, GVariant *arguments);

/* Any method of any object. @fds: (nullable): the descriptors that @arguments have */
void calls_begin_on (Calls *self,
                     const char *path,
                     const char *interface,
                     const char *method,
                     GVariant *arguments,
                     GUnixFDList *fds);

guint calls_count_pending (const Calls *self);
void calls_wait (Calls *self);

/* How many have succeeded. */
guint calls_count_successes (const Calls *self);

/* Of the call @i, which has ended: (transfer none) (nullable) */
GVariant *calls_get_reply (const Calls *self, guint i);

/* (transfer full) (nullable) */
GError *calls_get_error (const Calls *self, guint i);
