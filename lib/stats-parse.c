/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Scanners for the forms of cgroup files.
 */
#include "lib/stats-parse.h"

#include <string.h>

static gboolean
is_end (char c)
{
  return c == '\0' || c == '\n' || c == ' ';
}

/* Moves behind the digits; %FALSE without one, or with too many. */
static gboolean
take_digits (const char **cursor, guint64 *ret_number)
{
  const char *p = *cursor;
  guint64 number = 0;

  for (; g_ascii_isdigit (*p); p++)
    if (!g_uint64_checked_mul (&number, number, 10) ||
        !g_uint64_checked_add (&number, number, (guint64) (*p - '0')))
      return FALSE;
  if (p == *cursor)
    return FALSE;
  *cursor = p;
  *ret_number = number;
  return TRUE;
}

gboolean
ncg_stats_parse_number (const char *text, guint64 *ret_number)
{
  gboolean is_negative = text[0] == '-';
  const char *cursor = text + is_negative;
  guint64 number;

  if (strncmp (text, "max", 3) == 0 && is_end (text[3])) {
    *ret_number = G_MAXUINT64;
    return TRUE;
  }
  if (!take_digits (&cursor, &number) || !is_end (*cursor))
    return FALSE;
  *ret_number = is_negative ? 0 : number;
  return TRUE;
}

gboolean
ncg_stats_parse_decimal (const char *text, double *ret_number)
{
  guint64 whole, digits;
  double scale = 1;
  const char *fraction;

  if (!take_digits (&text, &whole))
    return FALSE;
  if (*text != '.') {
    *ret_number = (double) whole;
    return is_end (*text);
  }
  fraction = ++text;
  if (!take_digits (&text, &digits) || !is_end (*text))
    return FALSE;
  for (; fraction < text; fraction++)
    scale *= 10;
  /* One division, so that 99.99 is the double that is nearest to it. */
  *ret_number = ((double) whole * scale + (double) digits) / scale;
  return TRUE;
}

gboolean
ncg_stats_parse_key (const char **cursor, NcgStatsWord *ret_key, const char **ret_value)
{
  const char *line = *cursor;
  const char *end = strchrnul (line, '\n');
  const char *blank;

  if (*line == '\0')
    return FALSE;
  blank = memchr (line, ' ', (gsize) (end - line));
  *ret_key = (NcgStatsWord){ line, (gsize) ((blank != NULL ? blank : end) - line) };
  *ret_value = blank != NULL ? blank + 1 : "";
  *cursor = *end == '\n' ? end + 1 : end;
  return TRUE;
}

gboolean
ncg_stats_parse_word (const char **cursor, gboolean in_line, NcgStatsWord *ret_word)
{
  const char *start = *cursor + strspn (*cursor, in_line ? " " : " \n");
  const char *end = start;

  while (!is_end (*end))
    end++;
  *cursor = end;
  *ret_word = (NcgStatsWord){ start, (gsize) (end - start) };
  return end > start;
}

gboolean
ncg_stats_word_equals (NcgStatsWord word, const char *text)
{
  return strncmp (word.start, text, word.length) == 0 && text[word.length] == '\0';
}

gboolean
ncg_stats_word_copy (NcgStatsWord word, char *buffer, gsize size)
{
  gboolean ok = word.length > 0 && word.length < size;

  for (gsize i = 0; ok && i < word.length; i++)
    ok = g_ascii_isgraph (word.start[i]);
  memcpy (buffer, word.start, ok ? word.length : 0);
  buffer[ok ? word.length : 0] = '\0';
  return ok;
}

const char *
ncg_stats_word_split (NcgStatsWord *word)
{
  const char *sign = memchr (word->start, '=', word->length);

  if (sign == NULL)
    return NULL;
  word->length = (gsize) (sign - word->start);
  return sign + 1;
}

int
ncg_stats_word_find (NcgStatsWord word, const char *const *names, gsize n_names)
{
  for (gsize i = 0; i < n_names; i++)
    if (ncg_stats_word_equals (word, names[i]))
      return (int) i;
  return -1;
}
