/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Options that take one of some words.
 */
#pragma once

#include <glib.h>

typedef struct {
  const char *name;
  int value;
} Word;

/* The value of the word that is @text (nullable), which @option was given; else
 * %G_OPTION_ERROR_BAD_VALUE, which names them all. */
gboolean words_find (const Word *words,
                     gsize n_words,
                     const char *option,
                     const char *text,
                     int *ret_value,
                     GError **error);
