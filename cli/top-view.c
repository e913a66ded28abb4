/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A head, a table, and a line of keys.
 */
#include "cli/top-view.h"

#include "cli/human.h"
#include "cli/states.h"
#include "cli/width.h"

/* From here on there is place for what is read and written, and for bars and classes. */
#define WIDE 100
#define WIDEST 145
#define BAR_WIDTH 10

/* The head, a line for notes, and that of the keys; besides those of the table. */
#define N_LINES_AROUND 3

typedef struct {
  const char *branch;
  const char *last_branch;
} Lines;

static const Lines drawn = { "├─", "└─" };
static const Lines plain = { "|-", "`-" };

/* @qos_class, @read and @written: (nullable): NULL for what has none, and not only none that is
 * known */
typedef struct {
  char *label; /* owned by who adds it */
  Style style;
  const char *qos_class;
  const Load *load;
  const LoadOf *read;
  const LoadOf *written;
} Item;

typedef void (*AddCell) (const Item *item, Table *table, const TableLook *look);

static void
add_name (const Item *item, Table *table, const TableLook *look)
{
  table_add (table, item->style, item->label);
}

static void
add_class (const Item *item, Table *table, const TableLook *look)
{
  table_add (table, STYLE_PLAIN, item->qos_class != NULL ? item->qos_class : "");
}

static void
add_cpu (const Item *item, Table *table, const TableLook *look)
{
  load_add_cell (&item->load->cpu, table, human_millicores);
}

static void
add_memory (const Item *item, Table *table, const TableLook *look)
{
  load_add_cell (&item->load->memory, table, human_bytes);
}

static void
add_pids (const Item *item, Table *table, const TableLook *look)
{
  load_add_cell (&item->load->pids, table, human_count);
}

static void
add_bar (const LoadOf *of, Table *table, const TableLook *look)
{
  load_add_bar (of, table, BAR_WIDTH, look->is_utf8);
}

static void
add_cpu_bar (const Item *item, Table *table, const TableLook *look)
{
  add_bar (&item->load->cpu, table, look);
}

static void
add_memory_bar (const Item *item, Table *table, const TableLook *look)
{
  add_bar (&item->load->memory, table, look);
}

static void
add_optional (const LoadOf *of, Table *table)
{
  if (of != NULL)
    load_add_cell (of, table, human_bytes);
  else
    table_add (table, STYLE_PLAIN, "");
}

static void
add_read (const Item *item, Table *table, const TableLook *look)
{
  add_optional (item->read, table);
}

static void
add_written (const Item *item, Table *table, const TableLook *look)
{
  add_optional (item->written, table);
}

static void
add_io (const Item *item, Table *table, const TableLook *look)
{
  LoadOf io;

  if (item->read == NULL) {
    add_optional (NULL, table);
    return;
  }
  io = top_rows_add_io (item->read, item->written);
  add_optional (&io, table);
}

typedef enum { ALWAYS, BY_IO, NOT_BY_IO } When;

/* A column is there from so many columns of the terminal on, and below so many (0: of any number).
 */
static const struct {
  TableColumn column;
  AddCell add;
  guint from;
  guint below;
  When when;
} columns[] = {
  { { "NAME", TABLE_SHRINKS, 0 }, add_name, 0, 0, ALWAYS },
  { { "QOS", TABLE_LEFT, 10 }, add_class, WIDEST, 0, ALWAYS },
  { { "CPU", TABLE_RIGHT, 13 }, add_cpu, 0, 0, ALWAYS },
  { { "", TABLE_LEFT, BAR_WIDTH }, add_cpu_bar, WIDEST, 0, ALWAYS },
  { { "MEMORY", TABLE_RIGHT, 16 }, add_memory, 0, 0, ALWAYS },
  { { "", TABLE_LEFT, BAR_WIDTH }, add_memory_bar, WIDEST, 0, ALWAYS },
  { { "PIDS", TABLE_RIGHT, 10 }, add_pids, WIDE, 0, ALWAYS },
  { { "PIDS", TABLE_RIGHT, 10 }, add_pids, 0, WIDE, NOT_BY_IO },
  { { "READ/s", TABLE_RIGHT, 8 }, add_read, WIDE, 0, ALWAYS },
  { { "WRITE/s", TABLE_RIGHT, 8 }, add_written, WIDE, 0, ALWAYS },
  { { "I/O/s", TABLE_RIGHT, 9 }, add_io, 0, WIDE, BY_IO },
};

/* The table as it is on this terminal. */
typedef struct {
  TableColumn columns[G_N_ELEMENTS (columns)];
  AddCell adds[G_N_ELEMENTS (columns)];
  guint n_columns;
  Table *table;
  const TableLook *look;
} View;

static gboolean
has_column (gsize i, const TopState *state, guint width)
{
  if (columns[i].when != ALWAYS && (columns[i].when == BY_IO) != (state->sort == TOP_SORT_IO))
    return FALSE;
  return width >= columns[i].from && (columns[i].below == 0 || width < columns[i].below);
}

static void
view_init (View *self, const TopState *state, const TableLook *look)
{
  self->look = look;
  self->n_columns = 0;
  for (gsize i = 0; i < G_N_ELEMENTS (columns); i++) {
    if (!has_column (i, state, look->columns != 0 ? look->columns : G_MAXUINT))
      continue;
    self->columns[self->n_columns] = columns[i].column;
    self->adds[self->n_columns++] = columns[i].add;
  }
  self->table = table_new (self->columns, self->n_columns);
}

static void
view_clear (View *self)
{
  table_free (self->table);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (View, view_clear)

static void
add_item (const View *self, const Item *item)
{
  for (guint i = 0; i < self->n_columns; i++)
    self->adds[i](item, self->table, self->look);
}

static void
add_parts (const View *self, const GArray *parts)
{
  for (guint i = 0; parts != NULL && i < parts->len; i++) {
    const Part *part = &g_array_index (parts, Part, i);
    const Item item = { (char *) part->name, STYLE_PLAIN, NULL, &part->load, NULL, NULL };

    add_item (self, &item);
  }
}

/* @lead: what is before the name */
static void
add_row (const View *self, const TopRow *row, const char *lead)
{
  /* What is as it should be needs no word. */
  const gboolean is_plain = row->state == NULL || g_str_equal (row->state, "active");
  g_autofree char *label = is_plain ? g_strconcat (lead, row->name, NULL)
                                    : g_strdup_printf ("%s%s (%s)", lead, row->name, row->state);
  const Item item = {
    label,          is_plain ? STYLE_PLAIN : states_get_style (row->state),
    row->qos_class, &row->load,
    &row->read,     &row->written,
  };

  add_item (self, &item);
}

static void
add_rows (const View *self, const GPtrArray *rows)
{
  const Lines *lines = self->look->is_utf8 ? &drawn : &plain;

  for (guint i = 0; i < rows->len; i++) {
    const TopRow *row = g_ptr_array_index (rows, i);

    add_row (self, row, "");
    for (guint k = 0; k < row->containers->len; k++)
      add_row (self, g_ptr_array_index (row->containers, k),
               k + 1 < row->containers->len ? lines->branch : lines->last_branch);
  }
}

/* (transfer full) (element-type utf8): the table, line by line: its header if it has one, the
 * parts, an empty line if there are any, and the rows */
static GPtrArray *
format_table (const TopPicture *picture, const TopState *state, const TableLook *look)
{
  GPtrArray *lines = g_ptr_array_new_with_free_func (g_free);
  const guint n_parts = picture->parts != NULL ? picture->parts->len : 0;
  const guint n_before = (look->has_header ? 1 : 0) + n_parts;
  g_auto (View) view = { 0 };
  g_autofree char *text = NULL;
  g_auto (GStrv) split = NULL;

  view_init (&view, state, look);
  add_parts (&view, picture->parts);
  add_rows (&view, picture->rows);
  text = table_format (view.table, look);
  split = g_strsplit (text, "\n", -1);
  for (guint i = 0; split[i] != NULL && split[i][0] != '\0'; i++) {
    if (n_parts > 0 && i == n_before)
      g_ptr_array_add (lines, g_strdup (""));
    g_ptr_array_add (lines, g_strdup (split[i]));
  }
  return lines;
}

guint
top_view_count_rows (const TopPicture *picture)
{
  guint n = picture->rows->len;

  for (guint i = 0; i < picture->rows->len; i++)
    n += ((const TopRow *) g_ptr_array_index (picture->rows, i))->containers->len;
  return n;
}

/* Of the table, those that do not scroll. */
static guint
count_fixed (const TopPicture *picture)
{
  return picture->parts != NULL && picture->parts->len > 0 ? picture->parts->len + 2 : 1;
}

guint
top_view_count_places (const TopPicture *picture, guint n_lines)
{
  const guint n_taken = N_LINES_AROUND + count_fixed (picture);

  return n_lines > n_taken ? n_lines - n_taken : 0;
}

static char *
format_of (const LoadOf *of, FiguresFormat format)
{
  return of->is_known ? format (of->used) : g_strdup ("-");
}

static char *
format_moment (guint64 usec)
{
  g_autoptr (GDateTime) moment = g_date_time_new_from_unix_local ((gint64) (usec / G_USEC_PER_SEC));

  return moment != NULL ? g_date_time_format (moment, "%H:%M:%S") : g_strdup ("-");
}

/* (transfer full): "13:45:02  2 pods use 1.20 CPUs, 45.6M, 30 processes; every 2s, by CPU" */
static char *
format_head (const TopPicture *picture, const TopState *state)
{
  const guint n_pods = picture->rows->len;
  const Load sum = top_rows_sum (picture->rows);
  g_autofree char *moment = format_moment (picture->moment_usec);
  g_autofree char *cpu = format_of (&sum.cpu, human_millicores);
  g_autofree char *memory = format_of (&sum.memory, human_bytes);
  g_autofree char *pids = format_of (&sum.pids, human_count);
  char delay[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (delay, sizeof delay, "%g", (double) state->delay_usec / G_USEC_PER_SEC);
  return g_strdup_printf ("%s  %u pod%s: CPU %s, memory %s, pids %s; every %ss by %s%s", moment,
                          n_pods, n_pods == 1 ? "" : "s", cpu, memory, pids, delay,
                          top_sort_get_title (state->sort), state->is_reversed ? " reversed" : "");
}

/* (transfer full): @text in a style, cut to the width */
static char *
fit_line (const char *text, Style style, const TableLook *look)
{
  g_autofree char *cut = look->columns != 0
                             ? width_cut (text, look->columns, look->is_utf8 ? "…" : "...")
                             : g_strdup (text);

  return style_paint (style, look->has_colors, cut);
}

static void
add_line (GPtrArray *lines, const char *text, Style style, const TableLook *look)
{
  g_ptr_array_add (lines, fit_line (text, style, look));
}

/* What is out of the ordinary, or else where among the rows we are. */
static void
add_note (GPtrArray *lines,
          const TopPicture *picture,
          const TopState *state,
          const TableLook *look,
          guint n_places)
{
  const guint n_rows = top_view_count_rows (picture);
  const gboolean is_part = n_rows > n_places && n_places > 0;
  g_autofree char *place = is_part ? g_strdup_printf ("%u to %u of %u", state->first + 1,
                                                      MIN (state->first + n_places, n_rows), n_rows)
                                   : g_strdup ("");
  g_autofree char *paused = g_strconcat ("paused", is_part ? ", " : "", place, NULL);

  if (picture->note != NULL)
    add_line (lines, picture->note, STYLE_WARN, look);
  else if (state->is_paused)
    add_line (lines, paused, STYLE_WARN, look);
  else
    add_line (lines, place, STYLE_DIM, look);
}

static void
add_help (GPtrArray *lines, const TableLook *look, guint n_lines)
{
  g_autoptr (GPtrArray) keys = top_state_explain ();

  add_line (lines, "The keys of nodecgroupsctl top", STYLE_HEAD, look);
  add_line (lines, "", STYLE_PLAIN, look);
  for (guint i = 0; i < keys->len; i++)
    add_line (lines, g_ptr_array_index (keys, i), STYLE_PLAIN, look);
  add_line (lines, "", STYLE_PLAIN, look);
  add_line (lines, "Any key leads back.", STYLE_DIM, look);
  /* On a low screen the first ones are what counts. */
  if (lines->len > n_lines)
    g_ptr_array_set_size (lines, (int) n_lines);
}

static void
add_table (GPtrArray *lines,
           const TopPicture *picture,
           const TopState *state,
           const TableLook *look,
           guint n_places)
{
  g_autoptr (GPtrArray) table = format_table (picture, state, look);
  const guint n_fixed = count_fixed (picture);

  for (guint i = 0; i < table->len; i++)
    if (i < n_fixed || (i >= n_fixed + state->first && i < n_fixed + state->first + n_places))
      g_ptr_array_add (lines, g_strdup (g_ptr_array_index (table, i)));
  if (picture->rows->len == 0)
    add_line (lines, "There are no pods.", STYLE_DIM, look);
}

GPtrArray *
top_view_fill (const TopPicture *picture,
               const TopState *state,
               const TableLook *look,
               guint n_lines)
{
  GPtrArray *lines = g_ptr_array_new_with_free_func (g_free);
  const guint n_places = top_view_count_places (picture, n_lines);
  TableLook with_header = *look;
  g_autofree char *head = format_head (picture, state);
  g_autofree char *keys = top_state_remind (look->columns);

  with_header.has_header = TRUE;
  if (state->shows_help) {
    add_help (lines, look, n_lines);
    return lines;
  }
  add_line (lines, head, STYLE_HEAD, look);
  add_note (lines, picture, state, look, n_places);
  add_table (lines, picture, state, &with_header, n_places);
  if (lines->len + 1 > n_lines)
    g_ptr_array_set_size (lines, n_lines > 0 ? (int) n_lines - 1 : 0);
  while (lines->len + 1 < n_lines)
    g_ptr_array_add (lines, g_strdup (""));
  add_line (lines, keys, STYLE_DIM, look);
  return lines;
}

char *
top_view_format (const TopPicture *picture, const TopState *state, const TableLook *look)
{
  GString *out = g_string_new (NULL);
  g_autofree char *head = format_head (picture, state);
  g_autoptr (GPtrArray) table = format_table (picture, state, look);

  if (look->has_header) {
    g_autofree char *line = style_paint (STYLE_HEAD, look->has_colors, head);

    g_string_append_printf (out, "%s\n", line);
  }
  if (picture->note != NULL)
    g_string_append_printf (out, "%s\n", picture->note);
  for (guint i = 0; i < table->len; i++)
    g_string_append_printf (out, "%s\n", (const char *) g_ptr_array_index (table, i));
  return g_string_free (out, FALSE);
}
