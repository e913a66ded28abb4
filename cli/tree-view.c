/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A table whose first column has the tree.
 */
#include "cli/tree-view.h"

/* Below it there is no room for bars of CPU. */
#define WIDE_COLUMNS 110

static const TableColumn wide[] = {
  { "NAME", TABLE_SHRINKS }, { "CPU", TABLE_RIGHT }, { "", TABLE_LEFT },
  { "MEMORY", TABLE_RIGHT }, { "", TABLE_LEFT },     { "PIDS", TABLE_RIGHT },
};

static const TableColumn narrow[] = {
  { "NAME", TABLE_SHRINKS }, { "CPU", TABLE_RIGHT },  { "MEMORY", TABLE_RIGHT },
  { "", TABLE_LEFT },        { "PIDS", TABLE_RIGHT },
};

/* What stands before a name, and before those below it. */
typedef struct {
  const char *branch;
  const char *last_branch;
  const char *line;
  const char *no_line;
} Lines;

static const Lines drawn = { "├─", "└─", "│ ", "  " };
static const Lines plain = { "|-", "`-", "| ", "  " };

typedef struct {
  Table *table;
  const Lines *lines;
  LoadBars bars;
} View;

static void
add_node (const View *self, const TreeNode *node, const char *before)
{
  g_autofree char *label = node->note != NULL
                               ? g_strdup_printf ("%s%s (%s)", before, node->name, node->note)
                               : g_strconcat (before, node->name, NULL);

  table_add (self->table, node->style, label);
  load_add_cells (&node->load, self->table, &self->bars);
}

/* @lead: what leads down to those below @node */
static void
add_children (const View *self, const TreeNode *node, const char *lead)
{
  for (guint i = 0; i < node->children->len; i++) {
    const TreeNode *child = g_ptr_array_index (node->children, i);
    gboolean is_last = i + 1 == node->children->len;
    g_autofree char *before =
        g_strconcat (lead, is_last ? self->lines->last_branch : self->lines->branch, NULL);
    g_autofree char *below =
        g_strconcat (lead, is_last ? self->lines->no_line : self->lines->line, NULL);

    add_node (self, child, before);
    add_children (self, child, below);
  }
}

void
tree_view_append (const Call *call, GString *out, const GPtrArray *roots)
{
  gboolean is_wide = call->terminal->columns == 0 || call->terminal->columns >= WIDE_COLUMNS;
  g_autoptr (Table) table =
      is_wide ? table_new (wide, G_N_ELEMENTS (wide)) : table_new (narrow, G_N_ELEMENTS (narrow));
  TableLook look = call_get_look (call);
  g_autofree char *text = NULL;
  const View view = {
    .table = table,
    .lines = call->terminal->is_utf8 ? &drawn : &plain,
    .bars = { is_wide ? 10 : 0, is_wide ? 10 : 5, call->terminal->is_utf8 },
  };

  for (guint i = 0; i < roots->len; i++) {
    add_node (&view, g_ptr_array_index (roots, i), "");
    add_children (&view, g_ptr_array_index (roots, i), "");
  }
  text = table_format (table, &look);
  g_string_append (out, text);
}
