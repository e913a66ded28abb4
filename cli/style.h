/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a piece of text stands out on a terminal. What a style means is here, its colour is not: a
 * verb never writes an escape sequence.
 */
#pragma once

#include <glib.h>

typedef enum {
  STYLE_PLAIN,
  STYLE_HEAD, /* a title */
  STYLE_DIM,  /* there, but not of interest */
  STYLE_GOOD,
  STYLE_WARN,
  STYLE_BAD,
  STYLE_N,
} Style;

/* Appends @text. With %STYLE_PLAIN or without @has_colors nothing is around it. */
void style_append (GString *out, Style style, gboolean has_colors, const char *text);

/* (transfer full): the same as a text of its own */
char *style_paint (Style style, gboolean has_colors, const char *text);

/**
 * style_split:
 * @text: (inout): made by the above; then what is left of it
 * @ret_style: of the piece
 * @ret_piece: where it is in @text, without what is around it
 * @ret_length: in bytes
 *
 * What was put together, piece by piece: for who cannot show it as it is. Returns: %FALSE if there
 * is nothing left
 */
gboolean
style_split (const char **text, Style *ret_style, const char **ret_piece, gsize *ret_length);
