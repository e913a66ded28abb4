/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Private to lib/stats*: scanners over the text of a kernel file, which need no memory of their
 * own. A cursor moves behind what was taken; what is not understood is skipped by words and lines.
 */
#pragma once

#include <glib.h>

/* A part of a text. */
typedef struct {
  const char *start;
  gsize length;
} NcgStatsWord;

/**
 * ncg_stats_parse_number:
 * @text: the number, up to a blank, a newline or the end
 * @ret_number: %G_MAXUINT64 for "max", 0 for a negative number
 *
 * Returns: whether it is one that fits
 */
gboolean ncg_stats_parse_number (const char *text, guint64 *ret_number);

/* The same for "12.34". */
gboolean ncg_stats_parse_decimal (const char *text, double *ret_number);

/**
 * ncg_stats_parse_key:
 * @cursor: at the beginning of a line
 *
 * The next line "KEY VALUE".
 *
 * Returns: whether there is a line; @ret_value is "" in one without a value
 */
gboolean ncg_stats_parse_key (const char **cursor, NcgStatsWord *ret_key, const char **ret_value);

/**
 * ncg_stats_parse_word:
 *
 * Returns: whether there is a further word in the text, or with @in_line on the line. What is
 *   between words is blanks and newlines
 */
gboolean ncg_stats_parse_word (const char **cursor, gboolean in_line, NcgStatsWord *ret_word);

gboolean ncg_stats_word_equals (NcgStatsWord word, const char *text);

/* Copies a name; %FALSE, with "" in @buffer, if it is empty, too long or not visible ASCII. */
gboolean ncg_stats_word_copy (NcgStatsWord word, char *buffer, gsize size);

/* For "KEY=VALUE": the value, and @word without it; NULL if there is no "=" */
const char *ncg_stats_word_split (NcgStatsWord *word);

/* The index of @word in @names, or -1. */
int ncg_stats_word_find (NcgStatsWord word, const char *const *names, gsize n_names);
