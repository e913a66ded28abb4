/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The signal Drift of the node, as it comes: what somebody else changed, and whether it was set
 * again. Signals are taken while the main loop runs, as it does in machine_wait_until().
 */
#pragma once

#include <glib.h>

typedef struct Drifts Drifts;

/* Listens from now on. */
Drifts *drifts_new (void);
void drifts_free (Drifts *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Drifts, drifts_free)

/* How many there were of @object; NULL: of all. @repaired_only: without those that were not set
 * again */
guint drifts_count (const Drifts *self, const char *object, gboolean repaired_only);

/* Waits for one of this, repaired, and asserts that it is the only one of @object and @setting,
 * also once the daemon has done what it had to do. */
void drifts_assert_one (
    Drifts *self, const char *object, const char *setting, const char *wanted, const char *actual);

/* (transfer full): all of them, for messages */
char *drifts_print (const Drifts *self);
