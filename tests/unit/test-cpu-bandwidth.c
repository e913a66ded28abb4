/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CPU time: weights, quotas, and cpu.max as systemd writes it.
 */
#include "lib/cpu-bandwidth.h"

static void
test_weight (void)
{
  static const struct {
    guint64 millicores;
    guint64 weight;
  } cases[] = {
    { 0, 1 },
    { 1, 1 },
    { 10, 1 },
    { 19, 1 },
    { 20, 2 },
    { 250, 25 },
    { 999, 99 },
    { 1000, 100 },
    { 64000, 6400 },
    { 100000, 10000 },
    { 100009, 10000 },
    { 1000000000, 10000 },
    { G_MAXUINT64, 10000 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpuint (ncg_cpu_weight_from_millicores (cases[i].millicores), ==, cases[i].weight);
}

/* The kubelet's quota in the period, then whole percents of a CPU. */
static void
test_quota (void)
{
  static const struct {
    guint64 millicores;
    guint64 period_usec;
    guint64 quota_usec;
  } cases[] = {
    { 1000, 100000, 1000000 },
    { 500, 100000, 500000 },
    { 10, 100000, 10000 },
    { 1, 100000, 10000 },    /* at least 1 ms in the period */
    { 513, 100000, 520000 }, /* 51.3 % */
    { 1001, 100000, 1010000 },
    { 2500, 100000, 2500000 },
    { 999, 1000, 1000000 }, /* 1 ms of 1 ms */
    { 1, 1000, 1000000 },
    { 1500, 1000, 1500000 },
    { 1, 1000000, 10000 },
    { 333, 1000000, 340000 },
    { 1000000000, 1000000, G_GUINT64_CONSTANT (1000000000000) },
    { 1000000000, 1000, G_GUINT64_CONSTANT (1000000000000) },
    { G_MAXUINT64, 1000000, G_GUINT64_CONSTANT (17592186050000) },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpuint (ncg_cpu_quota_from_millicores (cases[i].millicores, cases[i].period_usec), ==,
                      cases[i].quota_usec);
}

static void
test_quota_from_period (void)
{
  static const struct {
    guint64 in_period_usec;
    guint64 period_usec;
    guint64 quota_usec;
  } cases[] = {
    { 1000, 100000, 10000 },
    { 1001, 100000, 20000 },
    { 100000, 100000, 1000000 },
    { 1000, 1000000, 10000 },
    { 5130, 100000, 60000 },
    { 33333, 100000, 340000 },
    { 1000, 1000, 1000000 },
    { G_GUINT64_CONSTANT (1) << 40, 1000, G_GUINT64_CONSTANT (1099511627780000) },
    { G_MAXUINT64, 1000, G_GUINT64_CONSTANT (17592186044420000) },
    { G_MAXUINT64, 1000000, G_GUINT64_CONSTANT (17592186050000) },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpuint (ncg_cpu_quota_from_period (cases[i].in_period_usec, cases[i].period_usec), ==,
                      cases[i].quota_usec);
}

/* The first three were seen with systemd 252: it lengthens a period that is too short for the
 * kernel's least quota, and shortens one that is too long. */
static void
test_format (void)
{
  static const struct {
    guint64 quota_usec;
    guint64 period_usec;
    const char *text;
  } cases[] = {
    { 1000, 100000, "1000 1000000" },
    { 5000, 100000, "1000 200000" },
    { 500000, 2000000, "500000 1000000" },
    { 500000, 100000, "50000 100000" },
    { 1000000, 100000, "100000 100000" },
    { 2500000, 50000, "125000 50000" },
    { 10000, 100000, "1000 100000" },
    { 10000, 50000, "1000 100000" },
    { 1000000, 500, "1000 1000" },
    { 1, 100000, "1000 1000000" },
    { 51300, 100000, "5130 100000" },
    { G_MAXUINT64, 100000, "max 100000" },
    { G_MAXUINT64, 50000, "max 100000" },
    { 0, 100000, "1000 1000000" },
    { G_GUINT64_CONSTANT (1) << 54, 1000000, "18014398509481984 1000000" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *text = ncg_cpu_bandwidth_format (cases[i].quota_usec, cases[i].period_usec);
    g_assert_cmpstr (text, ==, cases[i].text);
  }
}

/* Whatever may be asked for, the kernel takes. */
static void
test_format_within_bounds (void)
{
  static const guint64 periods[] = { 1000, 1001, 33333, 100000, 999999, 1000000 };

  for (gsize i = 0; i < G_N_ELEMENTS (periods); i++)
    for (guint64 millicores = 1; millicores < 3000; millicores += 7) {
      guint64 quota_usec = ncg_cpu_quota_from_millicores (millicores, periods[i]);
      g_autofree char *text = ncg_cpu_bandwidth_format (quota_usec, periods[i]);
      g_auto (GStrv) fields = g_strsplit (text, " ", -1);
      guint64 quota = g_ascii_strtoull (fields[0], NULL, 10);
      guint64 period = g_ascii_strtoull (fields[1], NULL, 10);

      g_assert_cmpuint (quota_usec % 10000, ==, 0);
      g_assert_cmpuint (quota, >=, 1000);
      g_assert_cmpuint (period, >=, 1000);
      g_assert_cmpuint (period, <=, 1000000);
      g_assert_cmpuint (quota * 1000, >=, millicores * period / 1000 * 1000);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cpu-bandwidth/weight", test_weight);
  g_test_add_func ("/cpu-bandwidth/quota", test_quota);
  g_test_add_func ("/cpu-bandwidth/quota-from-period", test_quota_from_period);
  g_test_add_func ("/cpu-bandwidth/format", test_format);
  g_test_add_func ("/cpu-bandwidth/format-within-bounds", test_format_within_bounds);
  return g_test_run ();
}
