/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Times and percentiles.
 */
#include "tests/bench/samples.h"

#include <math.h>

void
samples_init (Samples *self)
{
  self->usec = g_array_new (FALSE, FALSE, sizeof (gint64));
}

void
samples_clear (Samples *self)
{
  g_clear_pointer (&self->usec, g_array_unref);
}

void
samples_add (Samples *self, gint64 usec)
{
  g_array_append_val (self->usec, usec);
}

static int
compare (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

  return (x > y) - (x < y);
}

double
samples_get_percentile (const Samples *self, guint percent)
{
  guint n = self->usec->len;

  if (n == 0)
    return (double) NAN;
  g_array_sort (self->usec, compare);
  return (double) g_array_index (self->usec, gint64, MIN (n * percent / 100, n - 1));
}

void
pair_init (Pair *self)
{
  samples_init (&self->ours);
  samples_init (&self->floor);
}

void
pair_clear (Pair *self)
{
  samples_clear (&self->ours);
  samples_clear (&self->floor);
}
