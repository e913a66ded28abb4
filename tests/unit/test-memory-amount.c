/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Amounts of memory in cgroup files.
 */
#include "lib/memory-amount.h"

static void
test_parse (void)
{
  static const struct {
    const char *text;
    guint64 bytes;
  } cases[] = {
    { "0", 0 },
    { "4096", 4096 },
    { "1K", 1024 },
    { "2m", 2097152 },
    { "3G", G_GUINT64_CONSTANT (3221225472) },
    { "1t", G_GUINT64_CONSTANT (1) << 40 },
    { "1P", G_GUINT64_CONSTANT (1) << 50 },
    { "15E", G_GUINT64_CONSTANT (15) << 60 },
    { "18446744073709551614", G_MAXUINT64 - 1 },
    { "max", G_MAXUINT64 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    guint64 bytes = 1;

    g_assert_true (ncg_memory_amount_parse (cases[i].text, &bytes));
    g_assert_cmpuint (bytes, ==, cases[i].bytes);
  }
}

static void
test_refused (void)
{
  static const char *const cases[] = { "",   "K",   "-1",  "+1",  " 1",
                                       "1 ", "1Ki", "1KB", "0x1", "1.5G",
                                       "1B", "1Z",  "16E", "Max", "18446744073709551615" };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    guint64 bytes;

    g_test_message ("%s", cases[i]);
    g_assert_false (ncg_memory_amount_parse (cases[i], &bytes));
  }
}

static void
test_round (void)
{
  g_assert_cmpuint (ncg_memory_amount_round (0, 4096), ==, 0);
  g_assert_cmpuint (ncg_memory_amount_round (4095, 4096), ==, 0);
  g_assert_cmpuint (ncg_memory_amount_round (4096, 4096), ==, 4096);
  g_assert_cmpuint (ncg_memory_amount_round (400000000, 4096), ==, 399998976);
  g_assert_cmpuint (ncg_memory_amount_round (G_MAXUINT64, 4096), ==, G_MAXUINT64);
}

static void
test_unlimited (void)
{
  static const struct {
    const char *text;
    gboolean is_unlimited;
  } cases[] = {
    { "max", TRUE },
    { "-1", TRUE },
    { "9223372036854771712", TRUE }, /* pages of 4 KiB */
    { "9223372036854710272", TRUE }, /* of 64 KiB */
    { "9223372036852678656", TRUE }, /* of 2 MiB */
    { "9223372035781033984", TRUE }, /* of 1 GiB */
    { "9223372019674906624", TRUE }, /* of 16 GiB */
    { "4611686018427387904", FALSE },
    { "0", FALSE },
    { "", FALSE },
    { "unlimited", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpint (ncg_memory_amount_is_unlimited (cases[i].text), ==, cases[i].is_unlimited);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/memory-amount/parse", test_parse);
  g_test_add_func ("/memory-amount/refused", test_refused);
  g_test_add_func ("/memory-amount/round", test_round);
  g_test_add_func ("/memory-amount/unlimited", test_unlimited);
  return g_test_run ();
}
