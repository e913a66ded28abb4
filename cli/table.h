/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tables for people, as systemd's tools print them: a header, columns two blanks apart and as wide
 * as they need to be. On a terminal that is too narrow columns give way, the last of them first.
 */
#pragma once

#include "cli/style.h"

typedef enum {
  TABLE_LEFT,
  TABLE_RIGHT,
  TABLE_SHRINKS,       /* to the left, and cut where the terminal is too narrow */
  TABLE_SHRINKS_FRONT, /* the same, and its end is what stays: of names that begin alike */
} TableKind;

typedef struct {
  const char *title;
  TableKind kind;
  guint least; /* how wide it is at least: for a table that is shown again and again */
} TableColumn;

typedef struct {
  guint columns; /* of the terminal; 0 is without an end */
  guint indent;
  gboolean has_colors;
  gboolean is_utf8;
  gboolean has_header;
} TableLook;

typedef struct Table Table;

/* @columns: @n_columns of them, which live as long as the table */
Table *table_new (const TableColumn *columns, guint n_columns);
void table_free (Table *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Table, table_free)

/* The next cell, row by row. Control characters in @text, which may be anybody's, are shown as
 * "\xNN". An empty text is an empty cell. */
void table_add (Table *self, Style style, const char *text);

/* The same with @text (transfer full). */
void table_take (Table *self, Style style, char *text);

guint table_count_rows (const Table *self);

/* (transfer full): all of it, each line with its newline; "" without a row. The last row has to
 * have all its cells. */
char *table_format (const Table *self, const TableLook *look);
