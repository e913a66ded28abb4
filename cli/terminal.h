/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the output goes, and what the user's environment says of it. The environment is read here
 * and nowhere else.
 */
#pragma once

#include <glib.h>

typedef enum {
  COLOR_AUTO, /* on a terminal that has them, unless NO_COLOR is set */
  COLOR_ALWAYS,
  COLOR_NEVER,
} ColorMode;

typedef struct {
  gboolean is_terminal; /* standard output is one */
  gboolean has_colors;
  gboolean is_utf8;
  guint columns; /* 0: not a terminal, lines may be of any length */
  char **pager;  /* (nullable): the command with its arguments; NULL for none */
  char *less;    /* what LESS has to be */
} Terminal;

/* setlocale() has to have been called. */
Terminal *terminal_find (ColorMode colors);
void terminal_free (Terminal *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Terminal, terminal_free)
