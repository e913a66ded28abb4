/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text in lines: what is longer than the terminal is wide goes on in the next one.
 */
#pragma once

#include <glib.h>

/* Appends @text and a newline. The first line is where the caller has begun it, @indent columns
 * from the left; those that follow are indented as much. A line of @text is broken between words
 * where it would be wider than @columns (0: never); a word that is longer stays whole. @text: valid
 * UTF-8 */
void wrap_append (GString *out, const char *text, guint indent, guint columns);
