/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Many calls, some of them under way at a time: of a thousand pods the daemon is asked without
 * waiting for one answer before the next question.
 */
#pragma once

#include "cli/bus.h"

typedef struct Batch Batch;

Batch *batch_new (Bus *bus);
void batch_free (Batch *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Batch, batch_free)

/* A method of the manager's object. @arguments: (transfer floating) */
void batch_add (Batch *self, const char *interface, const char *method, GVariant *arguments);

/* Makes the calls, and returns when each has ended. @timeout_msec: of each */
void batch_run (Batch *self, int timeout_msec);

guint batch_count (const Batch *self);

/* Of the call @i, in the order in which they were added: the reply (transfer none), or NULL with
 * the error (transfer full). */
GVariant *batch_get_reply (const Batch *self, guint i, GError **error);
