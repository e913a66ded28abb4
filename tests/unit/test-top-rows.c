/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pods of top: of two readings, in order.
 */
#include "cli/top-rows.h"

#define OBJECTS                                                                                    \
  "{objectpath '/a': {'org.example.NodeCgroups.Pod': {'Uid': <'a'>, 'QosClass': <'Burstable'>, "   \
  "'State': <'active'>, 'Spec': <{'CPULimit': <uint64 1500>}>}}, "                                 \
  "'/g': {'org.example.NodeCgroups.Pod': {'Uid': <'gone'>, 'QosClass': <'BestEffort'>, "           \
  "'State': <'vanished'>, 'Spec': <@a{sv} {}>}}, "                                                 \
  "'/n': {'org.example.NodeCgroups': {'Version': <'1'>}}}"

#define STATS(usec, nsec, bytes, pids, read)                                                       \
  "{'TimestampUSec': <uint64 " usec ">, 'CPUUsageNSec': <uint64 " nsec                             \
  ">, 'MemoryWorkingSetBytes': <uint64 " bytes ">, 'PidsCurrent': <uint64 " pids                   \
  ">, 'IO': <[('8:0', {'ReadBytes': uint64 " read ", 'WriteBytes': 7}), "                          \
  "('8:16', {'ReadBytes': uint64 0})]>"

/* "a" is counted on, "b" was made anew, "c" is new. */
#define BEFORE                                                                                     \
  "{'a': " STATS ("1000000", "5000000", "1", "1",                                                  \
                  "1000") "}, 'b': " STATS ("1000000", "900000000", "1", "1", "900") "}}"
#define AFTER                                                                                      \
  "{'a': " STATS ("3000000", "505000000", "300", "2", "5000") "}, 'b': " STATS (                   \
      "3000000", "100000000", "200", "9", "100") "}, 'c': " STATS ("3000000", "7000000", "100",    \
                                                                   "9", "1") "}}"

static GVariant *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  GVariant *value = g_variant_parse (NULL, text, NULL, NULL, &error);

  g_assert_no_error (error);
  return value;
}

static GPtrArray *
make (const char *before, const char *after)
{
  g_autoptr (GVariant) objects = parse (OBJECTS);
  g_autoptr (GVariant) then = before != NULL ? parse (before) : NULL;
  g_autoptr (GVariant) now = parse (after);
  g_autoptr (TopFacts) facts = top_facts_new (objects);

  return top_rows_new (facts, then, now);
}

static void
assert_order (GPtrArray *rows, TopSort sort, gboolean is_reversed, const char *expected)
{
  g_autoptr (GString) names = g_string_new (NULL);

  top_rows_sort (rows, sort, is_reversed);
  for (guint i = 0; i < rows->len; i++)
    g_string_append_printf (names, "%s%s", i > 0 ? " " : "",
                            ((const TopRow *) g_ptr_array_index (rows, i))->name);
  g_assert_cmpstr (names->str, ==, expected);
}

static void
test_rates (void)
{
  g_autoptr (GPtrArray) rows = make (BEFORE, AFTER);
  const TopRow *a, *b, *c, *gone;

  assert_order (rows, TOP_SORT_NAME, FALSE, "a b c gone");
  a = g_ptr_array_index (rows, 0);
  b = g_ptr_array_index (rows, 1);
  c = g_ptr_array_index (rows, 2);
  gone = g_ptr_array_index (rows, 3);
  g_assert_true (a->load.cpu.is_known);
  g_assert_cmpuint (a->load.cpu.used, ==, 250);
  g_assert_cmpuint (a->load.cpu.limit, ==, 1500);
  g_assert_cmpstr (a->qos_class, ==, "Burstable");
  g_assert_true (a->read.is_known);
  g_assert_cmpuint (a->read.used, ==, 2000);
  g_assert_true (a->written.is_known);
  g_assert_cmpuint (a->written.used, ==, 0);
  /* Neither what was counted anew nor what was not there has a rate. */
  g_assert_false (b->load.cpu.is_known);
  g_assert_false (b->read.is_known);
  g_assert_true (b->load.memory.is_known);
  g_assert_null (b->state);
  g_assert_false (c->load.cpu.is_known);
  g_assert_cmpuint (c->load.pids.used, ==, 9);
  g_assert_cmpstr (gone->state, ==, "vanished");
  g_assert_false (gone->load.memory.is_known);
}

static void
test_first (void)
{
  g_autoptr (GPtrArray) rows = make (NULL, AFTER);

  assert_order (rows, TOP_SORT_CPU, FALSE, "a b c gone");
  assert_order (rows, TOP_SORT_MEMORY, FALSE, "a b c gone");
  g_assert_false (((const TopRow *) g_ptr_array_index (rows, 0))->load.cpu.is_known);
}

/* What is not known is last, whichever way. */
static void
test_order (void)
{
  g_autoptr (GPtrArray) rows = make (BEFORE, AFTER);

  assert_order (rows, TOP_SORT_MEMORY, TRUE, "c b a gone");
  assert_order (rows, TOP_SORT_PIDS, FALSE, "b c a gone");
  assert_order (rows, TOP_SORT_PIDS, TRUE, "a b c gone");
  assert_order (rows, TOP_SORT_CPU, FALSE, "a b c gone");
  assert_order (rows, TOP_SORT_IO, TRUE, "a b c gone");
  assert_order (rows, TOP_SORT_NAME, TRUE, "gone c b a");
}

#define WITH_CONTAINERS(usec, nsec)                                                                \
  "{'a': " STATS (usec, nsec, "1", "1", "1") ", 'Containers': <{'y': " STATS (                     \
      usec, nsec, "5", "1", "1") "}, 'x': " STATS (usec, nsec, "6", "1", "1") "}}>}}"

static void
test_containers (void)
{
  g_autoptr (GPtrArray) rows =
      make (WITH_CONTAINERS ("1000000", "0"), WITH_CONTAINERS ("2000000", "500000000"));
  const TopRow *a;

  top_rows_sort (rows, TOP_SORT_MEMORY, FALSE);
  a = g_ptr_array_index (rows, 0);
  g_assert_cmpuint (a->containers->len, ==, 2);
  assert_order (a->containers, TOP_SORT_MEMORY, FALSE, "x y");
  assert_order (a->containers, TOP_SORT_MEMORY, TRUE, "y x");
  g_assert_cmpuint (((const TopRow *) g_ptr_array_index (a->containers, 0))->load.cpu.used, ==,
                    500);
}

static void
test_sum (void)
{
  g_autoptr (GPtrArray) rows = make (BEFORE, AFTER);
  const Load sum = top_rows_sum (rows);

  g_assert_cmpuint (sum.cpu.used, ==, 250);
  g_assert_cmpuint (sum.memory.used, ==, 600);
  g_assert_cmpuint (sum.pids.used, ==, 20);
}

static void
test_describe (void)
{
  g_autoptr (GPtrArray) rows = make (BEFORE, AFTER);
  g_autoptr (GVariant) list = NULL;
  g_autoptr (GVariant) a = NULL;
  g_autoptr (GVariant) gone = NULL;
  guint64 number;

  top_rows_sort (rows, TOP_SORT_NAME, FALSE);
  list = g_variant_ref_sink (top_rows_describe (rows));
  g_assert_cmpuint (g_variant_n_children (list), ==, 4);
  a = g_variant_get_child_value (list, 0);
  gone = g_variant_get_child_value (list, 3);
  g_assert_true (g_variant_lookup (a, "ReadBytesPerSecond", "t", &number));
  g_assert_cmpuint (number, ==, 2000);
  g_assert_true (g_variant_lookup (a, "MilliCPU", "t", &number));
  g_assert_false (g_variant_lookup (a, "Containers", "aa{sv}", NULL));
  /* Uid, QosClass and State. */
  g_assert_cmpuint (g_variant_n_children (gone), ==, 3);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/top-rows/rates", test_rates);
  g_test_add_func ("/top-rows/first", test_first);
  g_test_add_func ("/top-rows/order", test_order);
  g_test_add_func ("/top-rows/containers", test_containers);
  g_test_add_func ("/top-rows/sum", test_sum);
  g_test_add_func ("/top-rows/describe", test_describe);
  return g_test_run ();
}
