/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Columns on a terminal.
 */
#include "cli/width.h"

static void
test_of (void)
{
  g_assert_cmpuint (width_of (""), ==, 0);
  g_assert_cmpuint (width_of ("abc"), ==, 3);
  g_assert_cmpuint (width_of ("äö"), ==, 2);
  g_assert_cmpuint (width_of ("a\xcc\x88"), ==, 1); /* with a combining diaeresis */
  g_assert_cmpuint (width_of ("日本"), ==, 4);
}

static void
test_cut (void)
{
  static const struct {
    const char *text;
    guint width;
    const char *ellipsis;
    const char *cut;
    const char *cut_front;
  } rows[] = {
    { "abcdef", 6, "…", "abcdef", "abcdef" },
    { "abcdef", 5, "…", "abcd…", "…cdef" },
    { "abcdef", 5, "...", "ab...", "...ef" },
    { "abcdef", 2, "...", "ab", "ef" },
    { "abcdef", 0, "…", "", "" },
    { "日本語", 5, "…", "日本…", "…本語" },
    { "日本語", 4, "…", "日…", "…語" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *cut = width_cut (rows[i].text, rows[i].width, rows[i].ellipsis);
    g_autofree char *front = width_cut_front (rows[i].text, rows[i].width, rows[i].ellipsis);

    g_assert_cmpstr (cut, ==, rows[i].cut);
    g_assert_cmpstr (front, ==, rows[i].cut_front);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/width/of", test_of);
  g_test_add_func ("/width/cut", test_cut);
  return g_test_run ();
}
