/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What somebody probably meant: Levenshtein's distance.
 */
#include "lib/suggest.h"

#include <string.h>

#define LENGTH_MAX 64
#define DISTANCE_MAX 2

static guint
measure (const char *a, const char *b)
{
  guint row[LENGTH_MAX + 1];
  gsize length = strlen (b);

  for (guint j = 0; j <= length; j++)
    row[j] = j;
  for (guint i = 0; a[i] != '\0'; i++) {
    guint corner = row[0];

    row[0] = i + 1;
    for (guint j = 0; j < length; j++) {
      guint change = corner + (a[i] != b[j]);

      corner = row[j + 1];
      row[j + 1] = MIN (change, MIN (row[j], row[j + 1]) + 1);
    }
  }
  return row[length];
}

const char *
ncg_suggest_word (const char *text, const char *const *words)
{
  const char *best = NULL;
  guint least = DISTANCE_MAX + 1;

  if (strlen (text) > LENGTH_MAX)
    return NULL;
  for (guint i = 0; words[i] != NULL; i++) {
    guint distance;

    if (strlen (words[i]) > LENGTH_MAX)
      continue;
    distance = g_ascii_strcasecmp (text, words[i]) == 0 ? 0 : measure (text, words[i]);
    /* Of a short word two letters are too much. */
    if (distance < least && distance * 3 <= strlen (words[i])) {
      least = distance;
      best = words[i];
    }
  }
  return best;
}
