/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Comparing with files.
 */
#include "tests/dbus/golden.h"

#include <glib.h>

/* The root file system is that of the machine on which the test runs. Behind what resets all, tmux
 * sets back the two colours once more. */
static const struct {
  const char *pattern;
  const char *replacement;
} masks[] = {
  { "\\x1b\\[39m\\x1b\\[49m", "" },
  { "\\x1b", "\\\\e" },
  { "(?m)^(ephemeral-storage) .*$", "\\1 …" },
  { "nodecgroupsd [0-9.]+", "nodecgroupsd …" },
  { "\\d\\d:\\d\\d:\\d\\d", "12:00:00" },
};

/* (transfer full) */
static char *
mask (const char *text)
{
  char *masked = g_strdup (text);

  for (gsize i = 0; i < G_N_ELEMENTS (masks); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GRegex) regex = g_regex_new (masks[i].pattern, 0, 0, &error);
    char *replaced = g_regex_replace (regex, masked, -1, 0, masks[i].replacement, 0, &error);

    g_assert_no_error (error);
    g_free (masked);
    masked = replaced;
  }
  return masked;
}

void
golden_assert (const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (GOLDEN, name, NULL);
  g_autofree char *actual = mask (text);
  g_autofree char *expected = NULL;
  g_autoptr (GError) error = NULL;

  if (g_getenv ("UPDATE_GOLDEN") != NULL)
    g_file_set_contents (path, actual, -1, &error);
  g_assert_no_error (error);
  g_file_get_contents (path, &expected, NULL, &error);
  g_assert_no_error (error);
  if (!g_str_equal (actual, expected))
    g_error ("%s should be\n%s\nand is\n%s", name, expected, actual);
}
