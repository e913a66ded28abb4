/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Breaking lines.
 */
#include "cli/wrap.h"

#include "cli/width.h"

#include <string.h>

static void
break_line (GString *out, guint indent)
{
  g_string_append_printf (out, "\n%*s", (int) indent, "");
}

/* The blanks before a word stay, but for those at which the line is broken. */
static void
append_line (GString *out, const char *line, guint indent, guint columns)
{
  guint at = indent;

  while (*line != '\0') {
    gsize blanks = strspn (line, " ");
    gsize length = blanks + strcspn (line + blanks, " ");
    g_autofree char *word = g_strndup (line, length);
    guint width = width_of (word);

    if (columns != 0 && at > indent && at + width > columns) {
      break_line (out, indent);
      at = indent;
      g_string_append (out, word + blanks);
      at += width - (guint) blanks;
    } else {
      g_string_append (out, word);
      at += width;
    }
    line += length;
  }
}

void
wrap_append (GString *out, const char *text, guint indent, guint columns)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++) {
    if (i > 0)
      break_line (out, indent);
    append_line (out, lines[i], indent, columns);
  }
  g_string_append_c (out, '\n');
}
