/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bars.
 */
#include "cli/bar.h"

static const struct {
  guint64 used, limit;
  const char *text;  /* ten columns, in UTF-8 */
  const char *plain; /* and without it */
} rows[] = {
  { 0, 100, "░░░░░░░░░░", ".........." },
  { 50, 100, "█████░░░░░", "#####....." },
  { 55, 100, "█████▌░░░░", "######...." },
  { 1, 80, "▏░░░░░░░░░", "#........." },
  { 1, G_MAXUINT64, "▏░░░░░░░░░", "#........." },
  { 100, 100, "██████████", "##########" },
  { 999, 100, "██████████", "##########" },
  { G_MAXUINT64, G_MAXUINT64, "██████████", "##########" },
  { 0, 0, "██████████", "##########" },
};

static void
test_rows (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *text = bar_format (rows[i].used, rows[i].limit, 10, TRUE);
    g_autofree char *plain = bar_format (rows[i].used, rows[i].limit, 10, FALSE);

    g_assert_cmpstr (text, ==, rows[i].text);
    g_assert_cmpstr (plain, ==, rows[i].plain);
  }
}

static void
test_style (void)
{
  g_assert_cmpint (bar_style (0, 100), ==, STYLE_GOOD);
  g_assert_cmpint (bar_style (74, 100), ==, STYLE_GOOD);
  g_assert_cmpint (bar_style (75, 100), ==, STYLE_WARN);
  g_assert_cmpint (bar_style (90, 100), ==, STYLE_BAD);
  g_assert_cmpint (bar_style (1, 0), ==, STYLE_BAD);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bar/rows", test_rows);
  g_test_add_func ("/bar/style", test_style);
  return g_test_run ();
}
