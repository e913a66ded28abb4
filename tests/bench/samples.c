/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Times and percentiles.
 */
#include "tests/bench/samples.h"

void
samples_init (Samples *self, const char *name)
{
  self->name = name;
  self->usec = g_array_new (FALSE, FALSE, sizeof (gint64));
}

void
samples_clear (Samples *self)
{
  g_array_unref (self->usec);
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

gint64
samples_get_percentile (const Samples *self, guint percent)
{
  guint n = self->usec->len;

  if (n == 0)
    return 0;
  g_array_sort (self->usec, compare);
  return g_array_index (self->usec, gint64, MIN (n * percent / 100, n - 1));
}

static double
ratio (const Samples *ours, const Samples *floor, guint percent)
{
  return (double) samples_get_percentile (ours, percent) /
         (double) MAX (samples_get_percentile (floor, percent), 1);
}

void
samples_print_header (void)
{
  g_print ("%-24s %6s  %9s %9s %6s  %9s %9s %6s\n", "operation", "n", "p50 ms", "floor", "ratio",
           "p99 ms", "floor", "ratio");
}

void
samples_print_row (const Samples *ours, const Samples *floor)
{
  g_print ("%-24s %6u  %9.3f %9.3f %6.2f  %9.3f %9.3f %6.2f\n", ours->name, ours->usec->len,
           (double) samples_get_percentile (ours, 50) / 1000,
           (double) samples_get_percentile (floor, 50) / 1000, ratio (ours, floor, 50),
           (double) samples_get_percentile (ours, 99) / 1000,
           (double) samples_get_percentile (floor, 99) / 1000, ratio (ours, floor, 99));
}

void
samples_print_json (const Samples *ours, const Samples *floor)
{
  g_print ("{\"operation\": \"%s\", \"n\": %u, \"p50_usec\": %" G_GINT64_FORMAT
           ", \"p99_usec\": %" G_GINT64_FORMAT ", \"floor_p50_usec\": %" G_GINT64_FORMAT
           ", \"floor_p99_usec\": %" G_GINT64_FORMAT
           ", \"p50_ratio\": %.3f, \"p99_ratio\": %.3f}\n",
           ours->name, ours->usec->len, samples_get_percentile (ours, 50),
           samples_get_percentile (ours, 99), samples_get_percentile (floor, 50),
           samples_get_percentile (floor, 99), ratio (ours, floor, 50), ratio (ours, floor, 99));
}
