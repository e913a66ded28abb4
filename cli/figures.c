/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Figures in cells.
 */
#include "cli/figures.h"

#include "cli/bar.h"
#include "cli/human.h"

#define NSEC_PER_USEC 1000

gboolean
figures_get (GVariant *stats, const char *key, guint64 *ret_number)
{
  return stats != NULL && g_variant_lookup (stats, key, "t", ret_number);
}

GHashTable *
figures_index (GVariant *all)
{
  GHashTable *index =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_variant_unref);
  GVariantIter iter;
  char *key;
  GVariant *stats;

  g_variant_iter_init (&iter, all);
  while (g_variant_iter_next (&iter, "{s@a{sv}}", &key, &stats))
    g_hash_table_insert (index, key, stats);
  return index;
}

void
figures_replace (GVariant **all, GVariant *some)
{
  g_autoptr (GHashTable) index = figures_index (some);
  GVariantBuilder builder;
  GVariantIter iter;
  const char *key;
  GVariant *stats;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{sa{sv}}"));
  g_variant_iter_init (&iter, *all);
  while (g_variant_iter_loop (&iter, "{&s@a{sv}}", &key, &stats)) {
    GVariant *with = g_hash_table_lookup (index, key);

    g_variant_builder_add (&builder, "{s@a{sv}}", key, with != NULL ? with : stats);
  }
  g_variant_unref (*all);
  *all = g_variant_ref_sink (g_variant_builder_end (&builder));
}

gboolean
figures_get_rate (GVariant *before, GVariant *after, guint64 *ret_millicores)
{
  guint64 then, now, used_before, used_after;

  if (!figures_get (before, "TimestampUSec", &then) ||
      !figures_get (after, "TimestampUSec", &now) ||
      !figures_get (before, "CPUUsageNSec", &used_before) ||
      !figures_get (after, "CPUUsageNSec", &used_after) || now <= then || used_after < used_before)
    return FALSE;
  /* Nanoseconds in a microsecond are thousandths of a CPU. */
  *ret_millicores = (used_after - used_before) / (now - then);
  return TRUE;
}

/* No device is none that was used. */
static gboolean
sum_io (GVariant *stats, const char *key, guint64 *ret_sum)
{
  g_autoptr (GVariant) devices =
      stats != NULL ? g_variant_lookup_value (stats, "IO", G_VARIANT_TYPE ("a(sa{st})")) : NULL;

  if (devices == NULL)
    return FALSE;
  *ret_sum = 0;
  for (gsize i = 0; i < g_variant_n_children (devices); i++) {
    g_autoptr (GVariant) counts = NULL;
    guint64 count;

    g_variant_get_child (devices, i, "(&s@a{st})", NULL, &counts);
    if (figures_get (counts, key, &count))
      *ret_sum += count;
  }
  return TRUE;
}

gboolean
figures_get_io_rate (GVariant *before, GVariant *after, const char *key, guint64 *ret_per_second)
{
  guint64 then, now, sum_before, sum_after;

  if (!figures_get (before, "TimestampUSec", &then) ||
      !figures_get (after, "TimestampUSec", &now) || !sum_io (before, key, &sum_before) ||
      !sum_io (after, key, &sum_after) || now <= then || sum_after < sum_before)
    return FALSE;
  *ret_per_second =
      (guint64) ((double) (sum_after - sum_before) * G_USEC_PER_SEC / (double) (now - then));
  return TRUE;
}

void
figures_add_of (Table *table, const guint64 *used, const guint64 *limit, FiguresFormat format)
{
  g_autofree char *used_text = used != NULL ? format (*used) : NULL;
  g_autofree char *limit_text = limit != NULL ? format (*limit) : NULL;
  Style style = STYLE_PLAIN;

  if (used == NULL) {
    table_add (table, STYLE_DIM, "-");
    return;
  }
  /* That there is enough left is nothing to look at. */
  if (limit != NULL && bar_style (*used, *limit) != STYLE_GOOD)
    style = bar_style (*used, *limit);
  table_take (table, style, human_of (used_text, limit_text));
}

static void
add_of (Table *table, GVariant *stats, const char *key, const char *limit_key, FiguresFormat format)
{
  guint64 used, limit;
  gboolean is_known = figures_get (stats, key, &used);
  gboolean has_limit = figures_get (stats, limit_key, &limit);

  figures_add_of (table, is_known ? &used : NULL, has_limit ? &limit : NULL, format);
}

static void
add_cpu_time (Table *table, GVariant *stats)
{
  guint64 nsec;

  if (figures_get (stats, "CPUUsageNSec", &nsec))
    table_take (table, STYLE_PLAIN, human_usec (nsec / NSEC_PER_USEC));
  else
    table_add (table, STYLE_DIM, "-");
}

void
figures_add_cells (Table *table, GVariant *stats)
{
  add_cpu_time (table, stats);
  add_of (table, stats, "MemoryUsageBytes", "MemoryLimitBytes", human_bytes);
  add_of (table, stats, "PidsCurrent", "PidsLimit", human_count);
}
