/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Figures for people.
 */
#include "cli/human.h"

#define KIBI 1024

static const struct {
  guint64 usec;
  const char *name;
} units[] = {
  { G_GUINT64_CONSTANT (86400000000), "d" },
  { G_GUINT64_CONSTANT (3600000000), "h" },
  { G_GUINT64_CONSTANT (60000000), "min" },
  { G_GUINT64_CONSTANT (1000000), "s" },
};

char *
human_bytes (guint64 bytes)
{
  static const char suffixes[] = "KMGTPE";
  guint64 unit = 1;
  int suffix = -1;

  while (bytes / unit >= KIBI) {
    unit *= KIBI;
    suffix++;
  }
  if (suffix < 0)
    return g_strdup_printf ("%" G_GUINT64_FORMAT "B", bytes);
  /* unit is at most 2^60, so that ten times the rest fits. */
  return g_strdup_printf ("%" G_GUINT64_FORMAT ".%" G_GUINT64_FORMAT "%c", bytes / unit,
                          bytes % unit * 10 / unit, suffixes[suffix]);
}

char *
human_millicores (guint64 millicores)
{
  if (millicores < 1000)
    return g_strdup_printf ("%" G_GUINT64_FORMAT "m", millicores);
  return g_strdup_printf ("%" G_GUINT64_FORMAT ".%02" G_GUINT64_FORMAT, millicores / 1000,
                          millicores % 1000 / 10);
}

char *
human_count (guint64 number)
{
  return g_strdup_printf ("%" G_GUINT64_FORMAT, number);
}

/* Below a minute: one unit, with what is left behind the point. */
static char *
format_seconds (guint64 usec)
{
  if (usec < 1000)
    return g_strdup_printf ("%" G_GUINT64_FORMAT "us", usec);
  if (usec < G_USEC_PER_SEC)
    return g_strdup_printf ("%" G_GUINT64_FORMAT "ms", usec / 1000);
  return g_strdup_printf ("%" G_GUINT64_FORMAT ".%03" G_GUINT64_FORMAT "s", usec / G_USEC_PER_SEC,
                          usec % G_USEC_PER_SEC / 1000);
}

char *
human_usec (guint64 usec)
{
  for (gsize i = 0; i + 1 < G_N_ELEMENTS (units); i++) {
    guint64 rest = usec % units[i].usec / units[i + 1].usec;

    if (usec < units[i].usec)
      continue;
    if (rest == 0)
      return g_strdup_printf ("%" G_GUINT64_FORMAT "%s", usec / units[i].usec, units[i].name);
    return g_strdup_printf ("%" G_GUINT64_FORMAT "%s %" G_GUINT64_FORMAT "%s", usec / units[i].usec,
                            units[i].name, rest, units[i + 1].name);
  }
  return format_seconds (usec);
}

char *
human_percent (guint64 used, guint64 of)
{
  if (of == 0)
    return g_strdup ("-");
  return g_strdup_printf ("%.0f%%", (double) used * 100 / (double) of);
}

char *
human_moment (guint64 usec)
{
  g_autoptr (GDateTime) moment = g_date_time_new_from_unix_local ((gint64) (usec / G_USEC_PER_SEC));

  if (moment == NULL)
    return g_strdup ("-");
  return g_date_time_format (moment, "%a %Y-%m-%d %H:%M:%S %Z");
}

/* Of what is over nobody wants milliseconds. */
char *
human_ago (guint64 usec, guint64 now_usec)
{
  guint64 seconds = usec < now_usec ? (now_usec - usec) / G_USEC_PER_SEC : 0;
  g_autofree char *span = NULL;

  if (seconds == 0)
    return g_strdup ("just now");
  if (seconds < 60)
    return g_strdup_printf ("%" G_GUINT64_FORMAT "s ago", seconds);
  span = human_usec (seconds * G_USEC_PER_SEC);
  return g_strconcat (span, " ago", NULL);
}

char *
human_of (const char *used, const char *limit)
{
  return limit != NULL ? g_strconcat (used, " of ", limit, NULL) : g_strdup (used);
}
