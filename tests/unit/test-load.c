/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What somebody uses of what there is.
 */
#include "cli/load.h"

static const TableColumn columns[] = {
  { "CPU", TABLE_LEFT }, { "", TABLE_LEFT },     { "MEMORY", TABLE_LEFT },
  { "", TABLE_LEFT },    { "PIDS", TABLE_LEFT },
};

#define BEFORE "{'TimestampUSec': <uint64 1000>, 'CPUUsageNSec': <uint64 5000000>}"
#define AFTER                                                                                      \
  "{'TimestampUSec': <uint64 101000>, 'CPUUsageNSec': <uint64 55000000>, "                         \
  "'MemoryWorkingSetBytes': <uint64 1024>, 'MemoryLimitBytes': <uint64 4096>, "                    \
  "'PidsCurrent': <uint64 3>}"

static Load
parse (const char *before, const char *after)
{
  g_autoptr (GVariant) then = g_variant_ref_sink (g_variant_new_parsed (before));
  g_autoptr (GVariant) now = g_variant_ref_sink (g_variant_new_parsed (after));

  return load_from_stats (then, now);
}

static void
assert_row (const Load *load, LoadBars bars, const char *expected)
{
  g_autoptr (Table) table = table_new (columns, G_N_ELEMENTS (columns) - (bars.cpu == 0 ? 1 : 0) -
                                                    (bars.memory == 0 ? 1 : 0));
  const TableLook look = { .is_utf8 = TRUE };
  g_autofree char *text = NULL;

  load_add_cells (load, table, &bars);
  text = table_format (table, &look);
  g_assert_cmpstr (text, ==, expected);
}

static void
test_cells (void)
{
  Load load = parse (BEFORE, AFTER);
  const Load none = load_from_stats (NULL, NULL);

  assert_row (&load, (LoadBars){ 0 }, "500m  1.0K of 4.0K  3\n");
  assert_row (&load, (LoadBars){ .memory = 4 }, "500m  1.0K of 4.0K  #...  3\n");
  assert_row (&load, (LoadBars){ 2, 4, TRUE }, "500m    1.0K of 4.0K  █░░░  3\n");
  load.cpu.is_limited = TRUE;
  load.cpu.limit = 1000;
  assert_row (&load, (LoadBars){ 2, 4, TRUE }, "500m of 1.00  █░  1.0K of 4.0K  █░░░  3\n");
  assert_row (&none, (LoadBars){ 2, 4, TRUE }, "-    -    -\n");
}

/* Of what is not known nothing is added, and it is no nothing. */
static void
test_sum (void)
{
  const Load more = parse (BEFORE, AFTER);
  const Load unknown = load_from_stats (NULL, NULL);
  Load sum = { 0 };

  load_sum (&sum, &unknown);
  assert_row (&sum, (LoadBars){ 0 }, "-  -  -\n");
  load_sum (&sum, &more);
  load_sum (&sum, &unknown);
  load_sum (&sum, &more);
  assert_row (&sum, (LoadBars){ 0 }, "1.00  2.0K  6\n");
}

static void
assert_described (const Load *load, const char *expected)
{
  g_auto (GVariantDict) fields = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (GVariant) actual = NULL;
  g_autoptr (GVariant) parsed = g_variant_ref_sink (g_variant_new_parsed (expected));

  load_describe (load, &fields);
  actual = g_variant_ref_sink (g_variant_dict_end (&fields));
  g_assert_cmpuint (g_variant_n_children (actual), ==, g_variant_n_children (parsed));
  for (gsize i = 0; i < g_variant_n_children (parsed); i++) {
    const char *key;
    guint64 number, found = 0;

    g_variant_get_child (parsed, i, "{&st}", &key, &number);
    g_assert_true (g_variant_lookup (actual, key, "t", &found));
    g_assert_cmpuint (found, ==, number);
  }
}

static void
test_described (void)
{
  Load load = parse (BEFORE, AFTER);
  const Load none = load_from_stats (NULL, NULL);

  assert_described (&load, "{'MilliCPU': uint64 500, 'MemoryWorkingSetBytes': 1024, "
                           "'MemoryLimitBytes': 4096, 'PidsCurrent': 3}");
  load.cpu.is_limited = load.pids.is_limited = TRUE;
  load.cpu.limit = 1000;
  load.pids.limit = 7;
  load.memory.is_limited = FALSE;
  assert_described (&load, "{'MilliCPU': uint64 500, 'MilliCPULimit': 1000, "
                           "'MemoryWorkingSetBytes': 1024, 'PidsCurrent': 3, 'PidsLimit': 7}");
  assert_described (&none, "@a{st} {}");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/load/cells", test_cells);
  g_test_add_func ("/load/sum", test_sum);
  g_test_add_func ("/load/described", test_described);
  return g_test_run ();
}
