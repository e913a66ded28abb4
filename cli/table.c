/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tables: cells are kept as text, and the widths are known when all of them are there.
 */
#include "cli/table.h"

#include "cli/width.h"
#include "lib/error.h"

#define GAP 2
#define SHRUNK_LEAST 8

/* The end of a unit's name is ".slice", of which alone nobody knows whose it is. */
#define SHRUNK_FRONT_LEAST 24

typedef struct {
  char *text;
  Style style;
} Cell;

struct Table {
  const TableColumn *columns;
  guint n_columns;
  GArray *cells; /* (element-type Cell) */
};

static void
cell_clear (gpointer data)
{
  Cell *cell = data;

  g_free (cell->text);
}

Table *
table_new (const TableColumn *columns, guint n_columns)
{
  Table *self = g_new0 (Table, 1);

  self->columns = columns;
  self->n_columns = n_columns;
  self->cells = g_array_new (FALSE, FALSE, sizeof (Cell));
  g_array_set_clear_func (self->cells, cell_clear);
  return self;
}

void
table_free (Table *self)
{
  g_array_unref (self->cells);
  g_free (self);
}

void
table_add (Table *self, Style style, const char *text)
{
  g_autofree char *shown = ncg_error_escape_message (text);
  Cell cell = { .style = style };

  /* A newline is allowed in a message, and not in a cell. */
  cell.text = g_strdelimit (g_steal_pointer (&shown), "\n", ' ');
  g_array_append_val (self->cells, cell);
}

void
table_take (Table *self, Style style, char *text)
{
  g_autofree char *owned = text;

  table_add (self, style, owned);
}

guint
table_count_rows (const Table *self)
{
  return self->cells->len / self->n_columns;
}

static const Cell *
get_cell (const Table *self, guint row, guint column)
{
  return &g_array_index (self->cells, Cell, row * self->n_columns + column);
}

static guint
measure_column (const Table *self, guint column, gboolean has_header)
{
  guint width = has_header ? width_of (self->columns[column].title) : 0;

  width = MAX (width, self->columns[column].least);
  for (guint row = 0; row < table_count_rows (self); row++)
    width = MAX (width, width_of (get_cell (self, row, column)->text));
  return width;
}

static gboolean
is_shrinking (TableKind kind)
{
  return kind == TABLE_SHRINKS || kind == TABLE_SHRINKS_FRONT;
}

/* Some of it stays, in any case. */
static guint
shrink (TableKind kind, guint width, guint too_much)
{
  guint least = kind == TABLE_SHRINKS_FRONT ? SHRUNK_FRONT_LEAST : SHRUNK_LEAST;

  return width > too_much + least ? width - too_much : MIN (width, least);
}

/* (transfer full): the width of each column, on a screen as wide as this */
static guint *
measure (const Table *self, const TableLook *look)
{
  guint *widths = g_new0 (guint, self->n_columns);
  guint total = look->indent + GAP * (self->n_columns - 1);

  for (guint i = 0; i < self->n_columns; i++) {
    widths[i] = measure_column (self, i, look->has_header);
    total += widths[i];
  }
  for (guint i = self->n_columns; i > 0 && look->columns != 0 && total > look->columns; i--) {
    guint before = widths[i - 1];

    if (!is_shrinking (self->columns[i - 1].kind))
      continue;
    widths[i - 1] = shrink (self->columns[i - 1].kind, before, total - look->columns);
    total -= before - widths[i - 1];
  }
  return widths;
}

static void
append_blanks (GString *out, guint n)
{
  g_string_append_printf (out, "%*s", (int) n, "");
}

/* One cell of a line. Behind the last column there are no blanks. */
static void
append_cell (GString *out,
             const Cell *cell,
             TableKind kind,
             guint width,
             const TableLook *look,
             gboolean last)
{
  const char *ellipsis = look->is_utf8 ? "…" : "...";
  g_autofree char *text = kind == TABLE_SHRINKS_FRONT
                              ? width_cut_front (cell->text, width, ellipsis)
                              : width_cut (cell->text, width, ellipsis);
  guint blanks = width - width_of (text);

  if (kind == TABLE_RIGHT)
    append_blanks (out, blanks);
  style_append (out, text[0] != '\0' ? cell->style : STYLE_PLAIN, look->has_colors, text);
  if (last)
    return;
  append_blanks (out, GAP + (kind == TABLE_RIGHT ? 0 : blanks));
}

static void
append_line (
    const Table *self, GString *out, const Cell *cells, const guint *widths, const TableLook *look)
{
  append_blanks (out, look->indent);
  for (guint i = 0; i < self->n_columns; i++)
    append_cell (out, &cells[i], self->columns[i].kind, widths[i], look, i + 1 == self->n_columns);
  while (out->len > 0 && out->str[out->len - 1] == ' ')
    g_string_truncate (out, out->len - 1);
  g_string_append_c (out, '\n');
}

static void
append_header (const Table *self, GString *out, const guint *widths, const TableLook *look)
{
  g_autofree Cell *titles = g_new0 (Cell, self->n_columns);

  for (guint i = 0; i < self->n_columns; i++)
    titles[i] = (Cell){ (char *) self->columns[i].title, STYLE_HEAD };
  append_line (self, out, titles, widths, look);
}

char *
table_format (const Table *self, const TableLook *look)
{
  g_autofree guint *widths = measure (self, look);
  GString *out = g_string_new (NULL);

  if (table_count_rows (self) > 0 && look->has_header)
    append_header (self, out, widths, look);
  for (guint row = 0; row < table_count_rows (self); row++)
    append_line (self, out, get_cell (self, row, 0), widths, look);
  return g_string_free (out, FALSE);
}
