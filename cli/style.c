/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Styles as the sequences of ECMA-48, which every terminal with colours has.
 */
#include "cli/style.h"

#include <string.h>

#define ESCAPE "\033"
#define PLAIN_AGAIN "\033[0m"

static const char *const sequences[] = {
  [STYLE_PLAIN] = "",        [STYLE_HEAD] = "\033[1m",  [STYLE_DIM] = "\033[2m",
  [STYLE_GOOD] = "\033[32m", [STYLE_WARN] = "\033[33m", [STYLE_BAD] = "\033[1;31m",
};
G_STATIC_ASSERT (G_N_ELEMENTS (sequences) == STYLE_N);

void
style_append (GString *out, Style style, gboolean has_colors, const char *text)
{
  gboolean is_styled = has_colors && style != STYLE_PLAIN;

  if (is_styled)
    g_string_append (out, sequences[style]);
  g_string_append (out, text);
  if (is_styled)
    g_string_append (out, PLAIN_AGAIN);
}

char *
style_paint (Style style, gboolean has_colors, const char *text)
{
  GString *out = g_string_new (NULL);

  style_append (out, style, has_colors, text);
  return g_string_free (out, FALSE);
}

static Style
find_style (const char *text)
{
  for (Style style = STYLE_PLAIN + 1; style < STYLE_N; style++)
    if (g_str_has_prefix (text, sequences[style]))
      return style;
  return STYLE_PLAIN;
}

gboolean
style_split (const char **text, Style *ret_style, const char **ret_piece, gsize *ret_length)
{
  const char *piece;
  gsize length;

  if ((*text)[0] == '\0')
    return FALSE;
  *ret_style = find_style (*text);
  piece = *text + strlen (sequences[*ret_style]);
  length = strcspn (piece, ESCAPE);
  *text = piece + length;
  if (*ret_style != STYLE_PLAIN && g_str_has_prefix (*text, PLAIN_AGAIN))
    *text += strlen (PLAIN_AGAIN);
  *ret_piece = piece;
  *ret_length = length;
  return TRUE;
}
