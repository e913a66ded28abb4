/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The widths of characters are Unicode's, as GLib knows them.
 */
#include "cli/width.h"

static guint
width_of_character (gunichar c)
{
  if (g_unichar_iszerowidth (c))
    return 0;
  return g_unichar_iswide (c) ? 2 : 1;
}

guint
width_of (const char *text)
{
  guint width = 0;

  for (; *text != '\0'; text = g_utf8_next_char (text))
    width += width_of_character (g_utf8_get_char (text));
  return width;
}

char *
width_cut (const char *text, guint width, const char *ellipsis)
{
  guint left = width, mark = width_of (ellipsis);
  const char *end = text;

  if (width_of (text) <= width)
    return g_strdup (text);
  if (mark > width)
    mark = 0;
  left = width - mark;
  while (width_of_character (g_utf8_get_char (end)) <= left) {
    left -= width_of_character (g_utf8_get_char (end));
    end = g_utf8_next_char (end);
  }
  return g_strdup_printf ("%.*s%s", (int) (end - text), text, mark > 0 ? ellipsis : "");
}

char *
width_cut_front (const char *text, guint width, const char *ellipsis)
{
  guint mark = width_of (ellipsis);
  const char *begin = text;

  if (width_of (text) <= width)
    return g_strdup (text);
  if (mark > width)
    mark = 0;
  while (width_of (begin) > width - mark)
    begin = g_utf8_next_char (begin);
  return g_strconcat (mark > 0 ? ellipsis : "", begin, NULL);
}
