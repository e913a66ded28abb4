/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sums of figures.
 */
#include "daemon/policy/usage-sum.h"

#include <string.h>

#define BIT NCG_STATS_BIT

#define NUMBERS                                                                                    \
  (BIT (NCG_STATS_CPU_USAGE) | BIT (NCG_STATS_CPU_USER) | BIT (NCG_STATS_CPU_SYSTEM) |             \
   BIT (NCG_STATS_CPU_PERIODS) | BIT (NCG_STATS_CPU_THROTTLED_PERIODS) |                           \
   BIT (NCG_STATS_CPU_THROTTLED) | BIT (NCG_STATS_MEMORY_USAGE) |                                  \
   BIT (NCG_STATS_MEMORY_WORKING_SET) | BIT (NCG_STATS_MEMORY_ANON) |                              \
   BIT (NCG_STATS_MEMORY_FILE) | BIT (NCG_STATS_MEMORY_KERNEL) | BIT (NCG_STATS_MEMORY_SWAP) |     \
   BIT (NCG_STATS_PIDS_CURRENT) | BIT (NCG_STATS_DESCENDANTS) | BIT (NCG_STATS_DYING_DESCENDANTS))
#define LISTS (BIT (NCG_STATS_MEMORY_EVENTS) | BIT (NCG_STATS_IO) | BIT (NCG_STATS_HUGEPAGES))

/* Of NcgStatsHugepageNumber. */
#define HUGEPAGES_SUMMED (1u << NCG_STATS_HUGEPAGE_USAGE | 1u << NCG_STATS_HUGEPAGE_FAILURES)

NcgStatsFields
usage_sum_get_fields (void)
{
  return NUMBERS | LISTS;
}

void
usage_sum_init (NcgStats *sum, NcgStatsFields fields)
{
  ncg_stats_init (sum);
  memset (sum->numbers, 0, sizeof sum->numbers);
  sum->has = fields & usage_sum_get_fields ();
}

static guint64
add (guint64 a, guint64 b)
{
  return a > G_MAXUINT64 - b ? G_MAXUINT64 : a + b;
}

/* Adds the numbers of @has to those that are there, which have @sum_has. */
static void
add_numbers (guint *sum_has, guint64 *sum, guint has, const guint64 *part, guint n_numbers)
{
  for (guint i = 0; i < n_numbers; i++)
    if (has & (1u << i))
      sum[i] = add (*sum_has & (1u << i) ? sum[i] : 0, part[i]);
  *sum_has |= has;
}

static void
add_event (GArray *sum, const NcgStatsEvent *part)
{
  for (guint i = 0; i < sum->len; i++) {
    NcgStatsEvent *event = &g_array_index (sum, NcgStatsEvent, i);

    if (g_str_equal (event->name, part->name)) {
      event->count = add (event->count, part->count);
      return;
    }
  }
  g_array_append_val (sum, *part);
}

static void
add_device (GArray *sum, const NcgStatsDevice *part)
{
  for (guint i = 0; i < sum->len; i++) {
    NcgStatsDevice *device = &g_array_index (sum, NcgStatsDevice, i);

    if (g_str_equal (device->device, part->device)) {
      add_numbers (&device->has, device->numbers, part->has, part->numbers, NCG_STATS_N_IO_NUMBERS);
      return;
    }
  }
  g_array_append_val (sum, *part);
}

static void
add_pages (GArray *sum, const NcgStatsHugepages *part)
{
  guint has = part->has & HUGEPAGES_SUMMED;

  for (guint i = 0; i < sum->len; i++) {
    NcgStatsHugepages *pages = &g_array_index (sum, NcgStatsHugepages, i);

    if (g_str_equal (pages->size, part->size)) {
      add_numbers (&pages->has, pages->numbers, has, part->numbers, NCG_STATS_N_HUGEPAGE_NUMBERS);
      return;
    }
  }
  g_array_append_val (sum, *part);
  g_array_index (sum, NcgStatsHugepages, sum->len - 1).has = has;
}

void
usage_sum_add (NcgStats *sum, const NcgStats *part)
{
  sum->has &= part->has;
  for (guint i = 0; i < NCG_STATS_N_NUMBERS; i++)
    if (sum->has & BIT (i))
      sum->numbers[i] = add (sum->numbers[i], part->numbers[i]);
  if (sum->has & BIT (NCG_STATS_MEMORY_EVENTS))
    for (guint i = 0; i < part->events->len; i++)
      add_event (sum->events, &g_array_index (part->events, NcgStatsEvent, i));
  if (sum->has & BIT (NCG_STATS_IO))
    for (guint i = 0; i < part->devices->len; i++)
      add_device (sum->devices, &g_array_index (part->devices, NcgStatsDevice, i));
  if (sum->has & BIT (NCG_STATS_HUGEPAGES))
    for (guint i = 0; i < part->hugepages->len; i++)
      add_pages (sum->hugepages, &g_array_index (part->hugepages, NcgStatsHugepages, i));
}

static gboolean
is_below (const char *cgroup, const char *above)
{
  gsize length = strlen (above);

  return strncmp (cgroup, above, length) == 0 && cgroup[length] == '/';
}

/* Of the same path twice the first one stays. */
static gboolean
is_covered (const char *const *cgroups, guint at)
{
  for (guint i = 0; cgroups[i] != NULL; i++)
    if (is_below (cgroups[at], cgroups[i]) || (i < at && g_str_equal (cgroups[at], cgroups[i])))
      return TRUE;
  return FALSE;
}

GPtrArray *
usage_sum_drop_nested (const char *const *cgroups)
{
  GPtrArray *left = g_ptr_array_new ();

  for (guint i = 0; cgroups != NULL && cgroups[i] != NULL; i++)
    if (!is_covered (cgroups, i))
      g_ptr_array_add (left, (char *) cgroups[i]);
  return left;
}
