/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What somebody probably meant.
 */
#include "lib/suggest.h"

static const char *const words[] = { "create", "remove", "CPULimit", "CPUSet", "pod", NULL };

static const struct {
  const char *text;
  const char *meant;
} rows[] = {
  { "create", "create" },
  { "creat", "create" },
  { "craete", "create" },
  { "cretaa", NULL },
  { "cpulimit", "CPULimit" },
  { "CPULimits", "CPULimit" },
  { "pods", "pod" },
  { "pq", NULL },
  { "", NULL },
  { "anything", NULL },
};

static void
test_rows (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_test_message ("%s", rows[i].text);
    g_assert_cmpstr (ncg_suggest_word (rows[i].text, words), ==, rows[i].meant);
  }
}

static void
test_long (void)
{
  g_autofree char *text = g_strnfill (10000, 'a');
  const char *const others[] = { text, "pod", NULL };

  g_assert_null (ncg_suggest_word (text, words));
  g_assert_cmpstr (ncg_suggest_word ("pod", others), ==, "pod");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/suggest/rows", test_rows);
  g_test_add_func ("/suggest/long", test_long);
  return g_test_run ();
}
