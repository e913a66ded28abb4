/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sums of figures: what is summed, what is not, and what is missing.
 */
#include "daemon/policy/usage-sum.h"

#define BIT NCG_STATS_BIT

/* Every number of @stats is @number, and one event, device and size of pages have it. */
static void
init_part (NcgStats *stats, guint64 number, const char *name)
{
  NcgStatsEvent event = { .count = number };
  NcgStatsDevice device = { .has = 1 << NCG_STATS_READ_BYTES };
  NcgStatsHugepages pages = { .has = (1 << NCG_STATS_N_HUGEPAGE_NUMBERS) - 1 };

  ncg_stats_init (stats);
  stats->has = NCG_STATS_ALL;
  for (guint i = 0; i < NCG_STATS_N_NUMBERS; i++)
    stats->numbers[i] = number;
  for (guint i = 0; i < NCG_STATS_N_HUGEPAGE_NUMBERS; i++)
    pages.numbers[i] = number;
  for (guint i = 0; i < G_N_ELEMENTS (stats->pressures); i++)
    stats->pressures[i].has = 0;
  device.numbers[NCG_STATS_READ_BYTES] = number;
  g_strlcpy (event.name, name, sizeof event.name);
  g_strlcpy (device.device, name, sizeof device.device);
  g_strlcpy (pages.size, name, sizeof pages.size);
  g_array_append_val (stats->events, event);
  g_array_append_val (stats->devices, device);
  g_array_append_val (stats->hugepages, pages);
}

/* The sum of 3 and 4. */
static const struct {
  NcgStatsField field;
  guint64 sum; /* 0: it has none */
} table[] = {
  { NCG_STATS_TIMESTAMP, 0 },          { NCG_STATS_CPU_USAGE, 7 },
  { NCG_STATS_CPU_USER, 7 },           { NCG_STATS_CPU_SYSTEM, 7 },
  { NCG_STATS_CPU_PERIODS, 7 },        { NCG_STATS_CPU_THROTTLED_PERIODS, 7 },
  { NCG_STATS_CPU_THROTTLED, 7 },      { NCG_STATS_MEMORY_USAGE, 7 },
  { NCG_STATS_MEMORY_WORKING_SET, 7 }, { NCG_STATS_MEMORY_ANON, 7 },
  { NCG_STATS_MEMORY_FILE, 7 },        { NCG_STATS_MEMORY_KERNEL, 7 },
  { NCG_STATS_MEMORY_PEAK, 0 },        { NCG_STATS_MEMORY_LIMIT, 0 },
  { NCG_STATS_MEMORY_SWAP, 7 },        { NCG_STATS_PIDS_CURRENT, 7 },
  { NCG_STATS_PIDS_LIMIT, 0 },         { NCG_STATS_DESCENDANTS, 7 },
  { NCG_STATS_DYING_DESCENDANTS, 7 },
};
G_STATIC_ASSERT (G_N_ELEMENTS (table) == NCG_STATS_N_NUMBERS);

static void
test_numbers (void)
{
  g_auto (NcgStats) sum;
  g_auto (NcgStats) a;
  g_auto (NcgStats) b;

  usage_sum_init (&sum, NCG_STATS_ALL);
  init_part (&a, 3, "x");
  init_part (&b, 4, "x");
  usage_sum_add (&sum, &a);
  usage_sum_add (&sum, &b);
  for (guint i = 0; i < G_N_ELEMENTS (table); i++) {
    g_test_message ("%s", ncg_stats_field_to_string (table[i].field));
    g_assert_cmpint ((sum.has & BIT (table[i].field)) != 0, ==, table[i].sum != 0);
    if (table[i].sum != 0)
      g_assert_cmpuint (sum.numbers[table[i].field], ==, table[i].sum);
  }
  for (guint i = NCG_STATS_CPU_PRESSURE; i <= NCG_STATS_IO_PRESSURE; i++)
    g_assert_cmpuint (sum.has & BIT (i), ==, 0);
}

static void
assert_printed (const NcgStats *sum, NcgStatsFields fields, const char *expected)
{
  NcgStats shown = *sum;
  g_autoptr (GVariant) variant = NULL;
  g_autofree char *text = NULL;

  shown.has &= fields;
  variant = ncg_stats_to_variant (&shown);
  text = g_variant_print (variant, FALSE);
  g_assert_cmpstr (text, ==, expected);
}

/* By name; of pages the limit has no sum. */
static void
test_lists (void)
{
  g_auto (NcgStats) sum;
  g_auto (NcgStats) a;
  g_auto (NcgStats) b;
  g_auto (NcgStats) c;

  usage_sum_init (&sum, NCG_STATS_ALL);
  init_part (&a, 3, "x");
  init_part (&b, 4, "x");
  init_part (&c, 9, "y");
  usage_sum_add (&sum, &a);
  usage_sum_add (&sum, &b);
  usage_sum_add (&sum, &c);
  assert_printed (&sum, BIT (NCG_STATS_MEMORY_EVENTS),
                  "{'MemoryEvents': <{'x': uint64 7, 'y': 9}>}");
  assert_printed (&sum, BIT (NCG_STATS_IO),
                  "{'IO': <[('x', {'ReadBytes': uint64 7}), ('y', {'ReadBytes': 9})]>}");
  assert_printed (&sum, BIT (NCG_STATS_HUGEPAGES),
                  "{'Hugepages': <{'x': {'UsageBytes': uint64 7, 'Failures': 7}, "
                  "'y': {'UsageBytes': 9, 'Failures': 9}}>}");
}

/* What one has not counted would be 0 in a sum. */
static void
test_absent (void)
{
  g_auto (NcgStats) sum;
  g_auto (NcgStats) a;
  g_auto (NcgStats) b;

  usage_sum_init (&sum, NCG_STATS_ALL);
  init_part (&a, 3, "x");
  init_part (&b, 4, "x");
  b.has = BIT (NCG_STATS_PIDS_CURRENT);
  usage_sum_add (&sum, &a);
  usage_sum_add (&sum, &b);
  usage_sum_add (&sum, &a);
  g_assert_cmpuint (sum.has, ==, BIT (NCG_STATS_PIDS_CURRENT));
  g_assert_cmpuint (sum.numbers[NCG_STATS_PIDS_CURRENT], ==, 10);
}

static void
test_nothing (void)
{
  g_auto (NcgStats) sum;

  usage_sum_init (&sum,
                  BIT (NCG_STATS_PIDS_CURRENT) | BIT (NCG_STATS_PIDS_LIMIT) | BIT (NCG_STATS_IO));
  assert_printed (&sum, NCG_STATS_ALL, "{'PidsCurrent': <uint64 0>, 'IO': <@a(sa{st}) []>}");
}

/* A number that does not fit stays the largest one. */
static void
test_overflow (void)
{
  g_auto (NcgStats) sum;
  g_auto (NcgStats) a;

  usage_sum_init (&sum, NCG_STATS_ALL);
  init_part (&a, G_MAXUINT64 - 1, "x");
  usage_sum_add (&sum, &a);
  usage_sum_add (&sum, &a);
  g_assert_cmpuint (sum.numbers[NCG_STATS_CPU_USAGE], ==, G_MAXUINT64);
}

static void
test_nested (void)
{
  static const struct {
    const char *cgroups;
    const char *left;
  } cases[] = {
    { "", "" },
    { "/a", "/a" },
    { "/a /b", "/a /b" },
    { "/a /a", "/a" },
    { "/a/x /a", "/a" },
    { "/a /a/x /a/x/y /b", "/a /b" },
    { "/a /ab /a-b", "/a /ab /a-b" },
  };
  g_autoptr (GPtrArray) none = usage_sum_drop_nested (NULL);

  g_assert_cmpuint (none->len, ==, 0);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (GStrv) cgroups = g_strsplit (cases[i].cgroups, " ", -1);
    g_autoptr (GPtrArray) left = usage_sum_drop_nested ((const char *const *) cgroups);
    g_autofree char *text = NULL;

    g_ptr_array_add (left, NULL);
    text = g_strjoinv (" ", (char **) left->pdata);
    g_assert_cmpstr (text, ==, cases[i].left);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/usage-sum/numbers", test_numbers);
  g_test_add_func ("/usage-sum/lists", test_lists);
  g_test_add_func ("/usage-sum/absent", test_absent);
  g_test_add_func ("/usage-sum/nothing", test_nothing);
  g_test_add_func ("/usage-sum/overflow", test_overflow);
  g_test_add_func ("/usage-sum/nested", test_nested);
  return g_test_run ();
}
