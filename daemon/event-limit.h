/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How often the same is said: a caller that is refused a thousand times a second fills no journal.
 */
#pragma once

#include <glib.h>

typedef struct EventLimit EventLimit;

/* Of each key so many as event_limit_pass() says pass within @interval_usec. */
EventLimit *event_limit_new (gint64 interval_usec);
void event_limit_free (EventLimit *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EventLimit, event_limit_free)

/**
 * event_limit_pass:
 * @burst: how many pass in an interval, at least 1
 * @now_usec: in g_get_monotonic_time()'s clock
 * @ret_suppressed: how many with this key did not pass since the last that did
 *
 * Returns: whether this one passes
 */
gboolean event_limit_pass (
    EventLimit *self, const char *key, guint burst, gint64 now_usec, guint *ret_suppressed);
