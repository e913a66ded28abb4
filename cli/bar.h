/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bars: how much of a limit is used.
 */
#pragma once

#include "cli/style.h"

/* (transfer full): a bar that takes @width columns; with blocks of an eighth of a column where the
 * locale is UTF-8, else of '#'. What is above the limit fills it; a limit of 0 is full. */
char *bar_format (guint64 used, guint64 limit, guint width, gboolean is_utf8);

/* Good, from three quarters on a warning, and from nine tenths on bad. */
Style bar_style (guint64 used, guint64 limit);
