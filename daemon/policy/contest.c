/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Contests of writers.
 */
#include "daemon/policy/contest.h"

static gint64
get_last (const Contest *self)
{
  return self->repaired_usec[(self->next + CONTEST_AT_ONCE - 1) % CONTEST_AT_ONCE];
}

gint64
contest_get_wait (const Contest *self, gint64 now_usec)
{
  gint64 next_usec = get_last (self) + self->pause_usec;

  return self->pause_usec > 0 && next_usec > now_usec ? next_usec - now_usec : 0;
}

void
contest_note_repair (Contest *self, gint64 now_usec)
{
  gint64 oldest_usec;

  self->repaired_usec[self->next] = now_usec;
  self->next = (self->next + 1) % CONTEST_AT_ONCE;
  self->n_repairs++;
  oldest_usec = self->repaired_usec[self->next];
  if (self->pause_usec > 0)
    self->pause_usec = MIN (2 * self->pause_usec, CONTEST_PAUSE_MAX_USEC);
  else if (self->n_repairs >= CONTEST_AT_ONCE && now_usec - oldest_usec < CONTEST_WINDOW_USEC)
    self->pause_usec = CONTEST_PAUSE_FIRST_USEC;
}

gboolean
contest_is_on (const Contest *self, gint64 *ret_quiet_usec)
{
  if (self->pause_usec == 0)
    return FALSE;
  *ret_quiet_usec = get_last (self) + MAX (CONTEST_QUIET_USEC, 2 * self->pause_usec);
  return TRUE;
}

gboolean
contest_settle (Contest *self, gint64 now_usec)
{
  gint64 quiet_usec;

  if (!contest_is_on (self, &quiet_usec) || now_usec < quiet_usec)
    return FALSE;
  *self = (Contest){ 0 };
  return TRUE;
}

char *
contest_describe (const Contest *self,
                  const char *what,
                  const char *actual,
                  const char *wanted,
                  const char *advice)
{
  return g_strdup_printf ("something else keeps changing %s, to %s instead of %s; it was set again "
                          "%u times, and from now on only every %" G_GINT64_FORMAT " s: find the "
                          "other writer (%s",
                          what, actual, wanted, self->n_repairs, self->pause_usec / G_USEC_PER_SEC,
                          advice);
}
