/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Styles, put around text and taken off it.
 */
#include "cli/style.h"

static const struct {
  Style style;
  const char *text;
} pieces[] = {
  { STYLE_HEAD, "NAME" }, { STYLE_PLAIN, "  a─b " }, { STYLE_BAD, "9 of 9" },
  { STYLE_GOOD, "ok" },   { STYLE_DIM, "-" },        { STYLE_WARN, "8 of 9" },
};

static void
test_round_trip (void)
{
  g_autoptr (GString) text = g_string_new (NULL);
  const char *left, *piece;
  gsize length;
  Style style;

  for (gsize i = 0; i < G_N_ELEMENTS (pieces); i++)
    style_append (text, pieces[i].style, TRUE, pieces[i].text);
  left = text->str;
  for (gsize i = 0; i < G_N_ELEMENTS (pieces); i++) {
    g_autofree char *found = NULL;

    g_assert_true (style_split (&left, &style, &piece, &length));
    found = g_strndup (piece, length);
    g_assert_cmpstr (found, ==, pieces[i].text);
    g_assert_cmpint (style, ==, pieces[i].style);
  }
  g_assert_false (style_split (&left, &style, &piece, &length));
}

/* Without colours it is one piece. */
static void
test_plain (void)
{
  g_autofree char *text = style_paint (STYLE_BAD, FALSE, "gone");
  const char *left = text, *piece;
  gsize length;
  Style style;

  g_assert_cmpstr (text, ==, "gone");
  g_assert_true (style_split (&left, &style, &piece, &length));
  g_assert_cmpint (style, ==, STYLE_PLAIN);
  g_assert_cmpuint (length, ==, 4);
  g_assert_false (style_split (&left, &style, &piece, &length));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/style/round-trip", test_round_trip);
  g_test_add_func ("/style/plain", test_plain);
  return g_test_run ();
}
