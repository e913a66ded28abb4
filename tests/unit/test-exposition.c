/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Metrics in both formats, and as what becomes JSON.
 */
#include "cli/exposition.h"

enum { THINGS, NOTHING, TIME, BUILD, SIZES };

static const ExpositionFamily families[] = {
  [THINGS] = { "x_things", EXPOSITION_GAUGE, NULL, "Things" },
  [NOTHING] = { "x_nothing", EXPOSITION_GAUGE, NULL, "Nothing" },
  [TIME] = { "x_time_seconds_total", EXPOSITION_COUNTER, "seconds", "Time" },
  [BUILD] = { "x_build_info", EXPOSITION_INFO, NULL, "What it is" },
  [SIZES] = { "x_sizes_seconds", EXPOSITION_HISTOGRAM, "seconds", "Sizes" },
};

/* Samples of a family are together, whenever they came. */
static Exposition *
make (void)
{
  Exposition *self = exposition_new (families, G_N_ELEMENTS (families));

  exposition_add (self, BUILD, 1, 1, "version", "1.0", NULL);
  exposition_add (self, TIME, 1500, 1000, "part", "a", NULL);
  exposition_add (self, THINGS, 3, 1, NULL);
  exposition_add (self, TIME, G_MAXUINT64, 1000000000, "part", "b\"\\\n", "of", "c", NULL);
  exposition_add (self, TIME, 1000000001, 1000000000, "part", "c", NULL);
  exposition_add (self, TIME, 20000000, 1000000000, "part", "d", NULL);
  return self;
}

#define TIMES                                                                                      \
  "x_time_seconds_total{part=\"a\"} 1.5\n"                                                         \
  "x_time_seconds_total{part=\"b\\\"\\\\\\n\",of=\"c\"} 18446744073.709551615\n"                   \
  "x_time_seconds_total{part=\"c\"} 1.000000001\n"                                                 \
  "x_time_seconds_total{part=\"d\"} 0.02\n"

static void
test_prometheus (void)
{
  g_autoptr (Exposition) self = make ();
  g_autofree char *text = exposition_format (self, EXPOSITION_PROMETHEUS);

  g_assert_cmpstr (text, ==,
                   "# HELP x_things Things.\n"
                   "# TYPE x_things gauge\n"
                   "x_things 3\n"
                   "# HELP x_time_seconds_total Time.\n"
                   "# TYPE x_time_seconds_total counter\n" TIMES "# HELP x_build_info What it is.\n"
                   "# TYPE x_build_info gauge\n"
                   "x_build_info{version=\"1.0\"} 1\n");
}

static void
test_openmetrics (void)
{
  g_autoptr (Exposition) self = make ();
  g_autofree char *text = exposition_format (self, EXPOSITION_OPENMETRICS);

  g_assert_cmpstr (text, ==,
                   "# HELP x_things Things.\n"
                   "# TYPE x_things gauge\n"
                   "x_things 3\n"
                   "# HELP x_time_seconds Time.\n"
                   "# TYPE x_time_seconds counter\n"
                   "# UNIT x_time_seconds seconds\n" TIMES "# HELP x_build What it is.\n"
                   "# TYPE x_build info\n"
                   "x_build_info{version=\"1.0\"} 1\n"
                   "# EOF\n");
}

static Exposition *
make_histogram (void)
{
  static const guint64 bounds[] = { 5, 1000, 2500 };
  static const guint64 counts[] = { 1, 0, 4, 2 };
  const ExpositionHistogram histogram = { bounds, counts, G_N_ELEMENTS (bounds), 12500, 1000 };
  Exposition *self = exposition_new (families, G_N_ELEMENTS (families));

  exposition_add_histogram (self, SIZES, &histogram, "of", "a");
  return self;
}

/* Each bucket has what is in those before it, too. */
#define SIZES_LINES                                                                                \
  "x_sizes_seconds_bucket{of=\"a\",le=\"0.005\"} 1\n"                                              \
  "x_sizes_seconds_bucket{of=\"a\",le=\"1.0\"} 1\n"                                                \
  "x_sizes_seconds_bucket{of=\"a\",le=\"2.5\"} 5\n"                                                \
  "x_sizes_seconds_bucket{of=\"a\",le=\"+Inf\"} 7\n"                                               \
  "x_sizes_seconds_count{of=\"a\"} 7\n"                                                            \
  "x_sizes_seconds_sum{of=\"a\"} 12.5\n"

static void
test_histogram (void)
{
  g_autoptr (Exposition) self = make_histogram ();
  g_autofree char *plain = exposition_format (self, EXPOSITION_PROMETHEUS);
  g_autofree char *open = exposition_format (self, EXPOSITION_OPENMETRICS);
  g_autoptr (GVariant) all = g_variant_ref_sink (exposition_describe (self));
  g_autoptr (GVariant) family = g_variant_get_child_value (all, 0);
  g_autoptr (GVariant) samples = g_variant_lookup_value (family, "Samples", NULL);
  g_autoptr (GVariant) sum = g_variant_get_child_value (samples, 5);
  g_autofree char *text = g_variant_print (sum, FALSE);

  g_assert_cmpstr (plain, ==,
                   "# HELP x_sizes_seconds Sizes.\n"
                   "# TYPE x_sizes_seconds histogram\n" SIZES_LINES);
  g_assert_cmpstr (open, ==,
                   "# HELP x_sizes_seconds Sizes.\n"
                   "# TYPE x_sizes_seconds histogram\n"
                   "# UNIT x_sizes_seconds seconds\n" SIZES_LINES "# EOF\n");
  g_assert_cmpstr (text, ==,
                   "{'Name': <'x_sizes_seconds_sum'>, 'Labels': <{'of': 'a'}>, 'Value': <12.5>}");
}

static void
test_describe (void)
{
  g_autoptr (Exposition) self = make ();
  g_autoptr (GVariant) all = g_variant_ref_sink (exposition_describe (self));
  g_autoptr (GVariant) last = g_variant_get_child_value (all, 2);
  g_autoptr (GVariant) times = g_variant_get_child_value (all, 1);
  g_autofree char *text = g_variant_print (last, FALSE);
  const char *unit;

  g_assert_cmpuint (g_variant_n_children (all), ==, 3);
  g_assert_cmpstr (
      text, ==,
      "{'Name': <'x_build_info'>, 'Type': <'info'>, 'Help': <'What it is'>, 'Samples': "
      "<[{'Labels': <{'version': '1.0'}>, 'Value': <1.0>}]>}");
  g_assert_true (g_variant_lookup (times, "Unit", "&s", &unit));
  g_assert_cmpstr (unit, ==, "seconds");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/exposition/prometheus", test_prometheus);
  g_test_add_func ("/exposition/openmetrics", test_openmetrics);
  g_test_add_func ("/exposition/histogram", test_histogram);
  g_test_add_func ("/exposition/describe", test_describe);
  return g_test_run ();
}
