/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the environment says of the output, which is no terminal here.
 */
#include "cli/pager.h"
#include "cli/style.h"
#include "cli/terminal.h"
#include "tests/unit/temp-dir.h"

static void
assert_pager (const char *systemd, const char *other, const char *expected)
{
  g_autoptr (Terminal) terminal = NULL;
  g_autofree char *pager = NULL;

  g_unsetenv ("SYSTEMD_PAGER");
  g_unsetenv ("PAGER");
  if (systemd != NULL)
    g_setenv ("SYSTEMD_PAGER", systemd, TRUE);
  if (other != NULL)
    g_setenv ("PAGER", other, TRUE);
  terminal = terminal_find (COLOR_AUTO);
  pager = terminal->pager != NULL ? g_strjoinv ("|", terminal->pager) : NULL;
  g_assert_cmpstr (pager, ==, expected);
}

static void
test_pager (void)
{
  assert_pager (NULL, NULL, "less");
  assert_pager (NULL, "more -d", "more|-d");
  assert_pager ("most 'a b'", "more", "most|a b");
  assert_pager ("", "more", NULL);
  assert_pager (NULL, "cat", NULL);
  assert_pager ("unfinished 'quote", NULL, NULL);
}

static void
test_less (void)
{
  g_autoptr (Terminal) plain = NULL;
  g_autoptr (Terminal) chosen = NULL;

  g_unsetenv ("SYSTEMD_LESS");
  plain = terminal_find (COLOR_AUTO);
  g_assert_cmpstr (plain->less, ==, "FRSXMK");
  g_setenv ("SYSTEMD_LESS", "S", TRUE);
  chosen = terminal_find (COLOR_AUTO);
  g_assert_cmpstr (chosen->less, ==, "S");
  g_unsetenv ("SYSTEMD_LESS");
}

static void
test_colors (void)
{
  static const struct {
    ColorMode mode;
    gboolean has_colors;
  } rows[] = { { COLOR_AUTO, FALSE }, { COLOR_ALWAYS, TRUE }, { COLOR_NEVER, FALSE } };

  g_setenv ("TERM", "xterm", TRUE);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (Terminal) terminal = terminal_find (rows[i].mode);

    g_assert_cmpint (terminal->has_colors, ==, rows[i].has_colors);
    g_assert_cmpuint (terminal->columns, ==, 0);
  }
}

/* It gets the text and the settings of less. */
static void
test_show (void)
{
  char *directory = temp_dir_new ();
  g_autofree char *path = g_build_filename (directory, "shown", NULL);
  g_autofree char *command = g_strdup_printf ("sh -c '{ cat; echo $LESS $LESSSECURE; } >%s'", path);
  g_autofree char *shown = NULL;
  g_autoptr (Terminal) terminal = NULL;

  g_setenv ("PAGER", command, TRUE);
  g_unsetenv ("SYSTEMD_PAGER");
  terminal = terminal_find (COLOR_AUTO);
  g_assert_true (pager_show (terminal, "a\nb\n"));
  g_assert_true (g_file_get_contents (path, &shown, NULL, NULL));
  g_assert_cmpstr (shown, ==, "a\nb\nFRSXMK 1\n");
  temp_dir_free (directory);
}

/* One that cannot be started, or that is left at once, is no end of us. */
static void
test_no_pager (void)
{
  g_autofree char *much = g_strnfill (1000000, 'x');
  g_autoptr (Terminal) none = NULL;
  g_autoptr (Terminal) early = NULL;

  g_setenv ("SYSTEMD_PAGER", "/nonexistent/pager", TRUE);
  none = terminal_find (COLOR_AUTO);
  g_assert_false (pager_show (none, "a"));
  g_setenv ("SYSTEMD_PAGER", "true", TRUE);
  early = terminal_find (COLOR_AUTO);
  g_assert_true (pager_show (early, much));
}

static void
test_style (void)
{
  g_autofree char *bad = style_paint (STYLE_BAD, TRUE, "x");
  g_autofree char *plain = style_paint (STYLE_PLAIN, TRUE, "x");
  g_autofree char *none = style_paint (STYLE_BAD, FALSE, "x");

  g_assert_cmpstr (bad, ==, "\033[1;31mx\033[0m");
  g_assert_cmpstr (plain, ==, "x");
  g_assert_cmpstr (none, ==, "x");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/terminal/pager", test_pager);
  g_test_add_func ("/terminal/less", test_less);
  g_test_add_func ("/terminal/colors", test_colors);
  g_test_add_func ("/terminal/pager/show", test_show);
  g_test_add_func ("/terminal/pager/none", test_no_pager);
  g_test_add_func ("/terminal/style", test_style);
  return g_test_run ();
}
