/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The output of verbs.
 */
#include "cli/call.h"

#include "cli/json-text.h"
#include "cli/pager.h"

#include <stdio.h>

gboolean
call_wants_json (const Call *self)
{
  return self->options->json != OPTIONS_JSON_OFF;
}

void
call_show (const Call *self, const char *text)
{
  gboolean may_page = self->terminal->is_terminal && !self->options->no_pager && text[0] != '\0';

  if (!may_page || !pager_show (self->terminal, text))
    fputs (text, stdout);
}

static JsonTextLayout
find_layout (const Call *self)
{
  if (self->options->json == OPTIONS_JSON_AUTO)
    return self->terminal->is_terminal ? JSON_TEXT_PRETTY : JSON_TEXT_SHORT;
  return self->options->json == OPTIONS_JSON_PRETTY ? JSON_TEXT_PRETTY : JSON_TEXT_SHORT;
}

void
call_show_json (const Call *self, GVariant *value)
{
  g_autofree char *text = json_text_format (value, find_layout (self));

  fputs (text, stdout);
}

void
call_print_line (const Call *self, const char *line)
{
  puts (line);
  fflush (stdout);
}

void
call_print_json_line (const Call *self, GVariant *value)
{
  gboolean is_pretty = self->options->json == OPTIONS_JSON_PRETTY;
  g_autofree char *text = json_text_format (value, is_pretty ? JSON_TEXT_PRETTY : JSON_TEXT_SHORT);

  fputs (text, stdout);
  fflush (stdout);
}

TableLook
call_get_look (const Call *self)
{
  return (TableLook){
    .columns = self->terminal->columns,
    .has_colors = self->terminal->has_colors,
    .is_utf8 = self->terminal->is_utf8,
    .has_header = !self->options->no_legend,
  };
}

void
call_append_table (
    const Call *self, GString *out, const Table *table, const char *noun, const char *nouns)
{
  TableLook look = call_get_look (self);
  g_autofree char *text = table_format (table, &look);
  guint n_rows = table_count_rows (table);

  g_string_append (out, text);
  if (!self->options->no_legend)
    g_string_append_printf (out, "%s%u %s listed.\n", n_rows > 0 ? "\n" : "", n_rows,
                            n_rows == 1 ? noun : nouns);
}
