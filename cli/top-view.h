/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What top looks like: lines of text, with the styles of style.h in them.
 */
#pragma once

#include "cli/parts.h"
#include "cli/table.h"
#include "cli/top-state.h"

typedef struct {
  const GPtrArray *rows; /* (element-type TopRow): sorted */
  const GArray *parts;   /* (nullable) (element-type Part): those of the node, if they are wanted */
  const char *note;      /* (nullable): what is out of the ordinary */
  guint64 moment_usec;   /* since 1970 */
} TopPicture;

/* How many rows there are, containers included; and for how many a screen of @n_lines has place. */
guint top_view_count_rows (const TopPicture *picture);
guint top_view_count_places (const TopPicture *picture, guint n_lines);

/* (transfer full) (element-type utf8): a screen of @n_lines at most. @look: as wide as the screen
 */
GPtrArray *top_view_fill (const TopPicture *picture,
                          const TopState *state,
                          const TableLook *look,
                          guint n_lines);

/* (transfer full): all of it, as text. Without @look's header there are the rows alone. */
char *top_view_format (const TopPicture *picture, const TopState *state, const TableLook *look);
