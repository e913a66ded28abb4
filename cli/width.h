/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How many columns of a terminal a text takes: wide characters take two, combining ones none.
 */
#pragma once

#include <glib.h>

/* @text: valid UTF-8 without control characters */
guint width_of (const char *text);

/* (transfer full): @text, of which so much is left out at the end that it takes @width columns at
 * most, with @ellipsis in place of that ("…"); as it is where it fits. Where not even @ellipsis
 * fits, as much of @text as does. */
char *width_cut (const char *text, guint width, const char *ellipsis);

/* The same, and what is left out is the beginning. */
char *width_cut_front (const char *text, guint width, const char *ellipsis);
