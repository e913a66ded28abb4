/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How long calls take.
 */
#include "lib/latencies.h"

static const char *const kinds[] = { "A", "B", "other", NULL };

static char *
describe (const NcgLatencies *self, const char *kind)
{
  g_autoptr (GVariant) all = g_variant_ref_sink (ncg_latencies_describe (self));
  g_autoptr (GVariant) found = g_variant_lookup_value (all, kind, G_VARIANT_TYPE_VARDICT);

  g_assert_true (g_variant_is_of_type (all, G_VARIANT_TYPE ("a{sa{sv}}")));
  g_assert_cmpuint (g_variant_n_children (all), ==, 3);
  return g_variant_print (found, FALSE);
}

static void
test_nothing (void)
{
  g_autoptr (NcgLatencies) self = ncg_latencies_new (kinds);
  g_autofree char *a = describe (self, "A");

  g_assert_cmpstr (a, ==,
                   "{'Calls': <uint64 0>, 'Failures': <uint64 0>, 'TotalUSec': <uint64 0>, "
                   "'Counts': <[uint64 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]>}");
}

/* A bound is in the range below it, and what is above all is in the last. */
static void
test_ranges (void)
{
  g_autoptr (NcgLatencies) self = ncg_latencies_new (kinds);
  g_autofree char *b = NULL;

  ncg_latencies_add (self, "B", 0, FALSE);
  ncg_latencies_add (self, "B", 1000, FALSE);
  ncg_latencies_add (self, "B", 1001, TRUE);
  ncg_latencies_add (self, "B", 15000000, FALSE);
  ncg_latencies_add (self, "B", 15000001, FALSE);
  b = describe (self, "B");
  g_assert_cmpstr (b, ==,
                   "{'Calls': <uint64 5>, 'Failures': <uint64 1>, 'TotalUSec': <uint64 30002002>, "
                   "'Counts': <[uint64 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]>}");
}

static void
test_kinds (void)
{
  g_autoptr (NcgLatencies) self = ncg_latencies_new (kinds);
  g_autofree char *a = NULL;
  g_autofree char *other = NULL;

  ncg_latencies_add (self, "A", -1, TRUE);
  ncg_latencies_add (self, "C", 7, FALSE);
  ncg_latencies_add (self, "other", 8, TRUE);
  a = describe (self, "A");
  other = describe (self, "other");
  /* It failed before it was begun. */
  g_assert_true (g_str_has_prefix (a, "{'Calls': <uint64 0>, 'Failures': <uint64 1>, "));
  g_assert_true (g_str_has_prefix (
      other, "{'Calls': <uint64 2>, 'Failures': <uint64 1>, 'TotalUSec': <uint64 15>, "));
}

static void
test_bounds (void)
{
  for (guint i = 1; i < NCG_LATENCIES_N_BOUNDS; i++)
    g_assert_cmpuint (ncg_latencies_bounds_usec[i], >, ncg_latencies_bounds_usec[i - 1]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/latencies/nothing", test_nothing);
  g_test_add_func ("/latencies/ranges", test_ranges);
  g_test_add_func ("/latencies/kinds", test_kinds);
  g_test_add_func ("/latencies/bounds", test_bounds);
  return g_test_run ();
}
