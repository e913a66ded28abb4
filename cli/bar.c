/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bars of text.
 */
#include "cli/bar.h"

#define WARN_PERCENT 75
#define BAD_PERCENT 90

/* One to eight eighths. */
static const char *const blocks[] = { "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█" };

static double
share_of (guint64 used, guint64 limit)
{
  return used >= limit ? 1 : (double) used / (double) limit;
}

char *
bar_format (guint64 used, guint64 limit, guint width, gboolean is_utf8)
{
  GString *bar = g_string_new (NULL);
  guint steps = is_utf8 ? G_N_ELEMENTS (blocks) : 1;
  guint filled = (guint) (share_of (used, limit) * width * steps + 0.5);

  /* What is little is not nothing. */
  if (filled == 0 && used > 0)
    filled = 1;
  for (guint i = 0; i < width; i++) {
    guint here = MIN (filled, steps);

    filled -= here;
    if (here == 0)
      g_string_append (bar, is_utf8 ? "░" : ".");
    else
      g_string_append (bar, is_utf8 ? blocks[here - 1] : "#");
  }
  return g_string_free (bar, FALSE);
}

Style
bar_style (guint64 used, guint64 limit)
{
  double percent = share_of (used, limit) * 100;

  if (percent >= BAD_PERCENT)
    return STYLE_BAD;
  return percent >= WARN_PERCENT ? STYLE_WARN : STYLE_GOOD;
}
