/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * When to repair what something else keeps changing: at once for some times, then after pauses that
 * grow, so that two writers do not fight for ever.
 */
#pragma once

#include <glib.h>

#define CONTEST_AT_ONCE 5
#define CONTEST_WINDOW_USEC (10 * G_USEC_PER_SEC)
#define CONTEST_PAUSE_FIRST_USEC (1 * G_USEC_PER_SEC)
#define CONTEST_PAUSE_MAX_USEC (300 * G_USEC_PER_SEC)
#define CONTEST_QUIET_USEC (60 * G_USEC_PER_SEC)

/* All zero: nothing happened yet. Times are of g_get_monotonic_time(). */
typedef struct {
  gint64 repaired_usec[CONTEST_AT_ONCE]; /* the last ones, the oldest at next */
  guint next;
  guint n_repairs;   /* since it was quiet the last time */
  gint64 pause_usec; /* between two repairs; 0: there is no contest */
} Contest;

/* Returns: how long to wait before a repair, from @now_usec; 0: it may be done at once */
gint64 contest_get_wait (const Contest *self, gint64 now_usec);

/* A repair was made. */
void contest_note_repair (Contest *self, gint64 now_usec);

/* Whether something else writes as well; then @ret_quiet_usec says when it is over if nothing
 * differs until then. */
gboolean contest_is_on (const Contest *self, gint64 *ret_quiet_usec);

/* (transfer full): for the people who have to find the other writer of @what ("cpu.weight of
 * /system.slice"), and @advice how not to need it */
char *contest_describe (const Contest *self,
                        const char *what,
                        const char *actual,
                        const char *wanted,
                        const char *advice);

/* Returns: whether a contest ended, since nothing differed for long enough. */
gboolean contest_settle (Contest *self, gint64 now_usec);
