/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The limit of swap from that of memory and swap.
 */
#include "lib/swap-limit.h"

#include "lib/error.h"

static void
test_rules (void)
{
  static const struct {
    gint64 memory;
    gint64 memory_and_swap;
    gboolean is_set;
    guint64 swap;
  } cases[] = {
    { 0, 0, FALSE, 0 },
    { 4096, 0, FALSE, 0 },
    { -1, 0, TRUE, G_MAXUINT64 },
    { 0, -1, TRUE, G_MAXUINT64 },
    { 4096, -1, TRUE, G_MAXUINT64 },
    { -1, -1, TRUE, G_MAXUINT64 },
    { -1, 4096, TRUE, 4096 },
    { 4096, 4096, TRUE, 0 },
    { 4096, 4097, TRUE, 1 },
    { 4096, 12288, TRUE, 8192 },
    { 1, G_MAXINT64, TRUE, (guint64) G_MAXINT64 - 1 },
    { G_MAXINT64, G_MAXINT64, TRUE, 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    gboolean is_set = !cases[i].is_set;
    guint64 swap = 7;

    ncg_swap_limit_from_oci (cases[i].memory, cases[i].memory_and_swap, &is_set, &swap, &error);
    g_assert_no_error (error);
    g_assert_cmpint (is_set, ==, cases[i].is_set);
    g_assert_cmpuint (swap, ==, cases[i].swap);
  }
}

static void
test_refused (void)
{
  static const gint64 cases[][2] = {
    { 0, 4096 }, { 4096, 4095 }, { 4096, 1 },          { -2, 0 },
    { 0, -2 },   { -2, 4096 },   { G_MININT64, 4096 }, { G_MAXINT64, 1 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    gboolean is_set;
    guint64 swap;

    g_assert_false (ncg_swap_limit_from_oci (cases[i][0], cases[i][1], &is_set, &swap, &error));
    g_assert_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
    g_test_message ("%s", error->message);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/swap-limit/rules", test_rules);
  g_test_add_func ("/swap-limit/refused", test_refused);
  return g_test_run ();
}
