/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Figures of pods in cells.
 */
#include "cli/figures.h"

static const TableColumn columns[] = {
  { "CPU", TABLE_LEFT },
  { "MEMORY", TABLE_LEFT },
  { "PIDS", TABLE_LEFT },
};

static void
assert_row (const char *stats, const char *expected)
{
  g_autoptr (Table) table = table_new (columns, G_N_ELEMENTS (columns));
  g_autoptr (GVariant) parsed =
      stats != NULL ? g_variant_ref_sink (g_variant_new_parsed (stats)) : NULL;
  TableLook look = { .has_colors = TRUE, .is_utf8 = TRUE };
  g_autofree char *text = NULL;

  figures_add_cells (table, parsed);
  text = table_format (table, &look);
  g_assert_cmpstr (text, ==, expected);
}

#define DIM(text) "\033[2m" text "\033[0m"

static void
test_cells (void)
{
  assert_row (NULL, DIM ("-") "  " DIM ("-") "  " DIM ("-") "\n");
  assert_row ("{'CPUUsageNSec': <uint64 1500000>, 'MemoryUsageBytes': <uint64 1024>, "
              "'PidsCurrent': <uint64 3>}",
              "1ms  1.0K  3\n");
  assert_row ("{'MemoryUsageBytes': <uint64 800>, 'MemoryLimitBytes': <uint64 1000>, "
              "'PidsCurrent': <uint64 95>, 'PidsLimit': <uint64 100>}",
              DIM ("-") "  \033[33m800B of 1000B\033[0m  \033[1;31m95 of 100\033[0m\n");
  assert_row ("{'MemoryUsageBytes': <uint64 8>, 'MemoryLimitBytes': <uint64 1000>}",
              DIM ("-") "  8B of 1000B  " DIM ("-") "\n");
}

static GVariant *
reading (guint64 usec, guint64 nsec)
{
  return g_variant_ref_sink (
      g_variant_new_parsed ("{'TimestampUSec': <%t>, 'CPUUsageNSec': <%t>}", usec, nsec));
}

static void
test_rate (void)
{
  g_autoptr (GVariant) before = reading (1000000, 0);
  g_autoptr (GVariant) after = reading (2000000, 1500000000);
  g_autoptr (GVariant) back = reading (3000000, 5);
  guint64 rate = 7;

  g_assert_true (figures_get_rate (before, after, &rate));
  g_assert_cmpuint (rate, ==, 1500);
  g_assert_false (figures_get_rate (after, back, &rate));
  g_assert_false (figures_get_rate (after, before, &rate));
  g_assert_false (figures_get_rate (before, before, &rate));
  g_assert_false (figures_get_rate (NULL, after, &rate));
  g_assert_cmpuint (rate, ==, 1500);
}

static GVariant *
io_reading (guint64 usec, guint64 one, guint64 other)
{
  return g_variant_ref_sink (
      g_variant_new_parsed ("{'TimestampUSec': <%t>, 'IO': <[('8:0', {'ReadBytes': %t}), ('8:16', "
                            "{'ReadBytes': %t, 'WriteBytes': 9})]>}",
                            usec, one, other));
}

/* All devices count together. */
static void
test_io_rate (void)
{
  g_autoptr (GVariant) before = io_reading (1000000, 1000, 0);
  g_autoptr (GVariant) after = io_reading (1500000, 1500, 2500);
  g_autoptr (GVariant) back = io_reading (3000000, 1500, 2499);
  g_autoptr (GVariant) without = reading (4000000, 1);
  g_autoptr (GVariant) none = g_variant_ref_sink (
      g_variant_new_parsed ("{'TimestampUSec': <uint64 2000000>, 'IO': <@a(sa{st}) []>}"));
  guint64 rate = 7;

  g_assert_false (figures_get_io_rate (after, back, "ReadBytes", &rate));
  g_assert_false (figures_get_io_rate (after, before, "ReadBytes", &rate));
  g_assert_false (figures_get_io_rate (after, without, "ReadBytes", &rate));
  g_assert_false (figures_get_io_rate (without, after, "ReadBytes", &rate));
  g_assert_false (figures_get_io_rate (NULL, after, "ReadBytes", &rate));
  g_assert_cmpuint (rate, ==, 7);
  g_assert_true (figures_get_io_rate (before, after, "ReadBytes", &rate));
  g_assert_cmpuint (rate, ==, 6000);
  g_assert_true (figures_get_io_rate (none, back, "ReadBytes", &rate));
  g_assert_cmpuint (rate, ==, 3999);
  g_assert_true (figures_get_io_rate (before, after, "WriteBytes", &rate));
  g_assert_cmpuint (rate, ==, 0);
}

static void
test_index (void)
{
  g_autoptr (GVariant) all =
      g_variant_ref_sink (g_variant_new_parsed ("{'a': {'PidsCurrent': <uint64 1>}, 'b': {}}"));
  g_autoptr (GHashTable) index = figures_index (all);
  guint64 pids;

  g_assert_cmpuint (g_hash_table_size (index), ==, 2);
  g_assert_true (figures_get (g_hash_table_lookup (index, "a"), "PidsCurrent", &pids));
  g_assert_cmpuint (pids, ==, 1);
  g_assert_false (figures_get (g_hash_table_lookup (index, "b"), "PidsCurrent", &pids));
  g_assert_false (figures_get (g_hash_table_lookup (index, "c"), "PidsCurrent", &pids));
}

static void
test_replace (void)
{
  GVariant *all = g_variant_ref_sink (
      g_variant_new_parsed ("{'a': {'n': <1>}, 'b': {'n': <2>}, 'c': @a{sv} {}}"));
  g_autoptr (GVariant) some =
      g_variant_ref_sink (g_variant_new_parsed ("{'b': {'n': <3>, 'm': <4>}, 'x': {'n': <5>}}"));
  g_autofree char *text = NULL;

  figures_replace (&all, some);
  text = g_variant_print (all, FALSE);
  g_assert_cmpstr (text, ==, "{'a': {'n': <1>}, 'b': {'n': <3>, 'm': <4>}, 'c': {}}");
  g_variant_unref (all);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/figures/cells", test_cells);
  g_test_add_func ("/figures/rate", test_rate);
  g_test_add_func ("/figures/io-rate", test_io_rate);
  g_test_add_func ("/figures/index", test_index);
  g_test_add_func ("/figures/replace", test_replace);
  return g_test_run ();
}
