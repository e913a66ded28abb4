/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lines that are too long.
 */
#include "cli/wrap.h"

static const struct {
  const char *text;
  guint indent;
  guint columns;
  const char *expected;
} rows[] = {
  { "", 4, 10, "\n" },
  { "a bc def", 0, 0, "a bc def\n" },
  { "a bc def", 0, 8, "a bc def\n" },
  { "a bc def", 0, 7, "a bc\ndef\n" },
  { "a bc def", 2, 6, "a bc\n  def\n" },
  { "longer than it", 2, 6, "longer\n  than\n  it\n" },
  { "日本 日本", 0, 8, "日本\n日本\n" },
  { "one\n[Service]\nSlice=x", 2, 80, "one\n  [Service]\n  Slice=x\n" },
  { "  kept, as it is", 1, 9, "  kept,\n as it is\n" },
};

static void
test_rows (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GString) out = g_string_new (NULL);

    wrap_append (out, rows[i].text, rows[i].indent, rows[i].columns);
    g_assert_cmpstr (out->str, ==, rows[i].expected);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/wrap/rows", test_rows);
  return g_test_run ();
}
