/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a value of the configuration comes from.
 */
#include "daemon/config/source.h"

#include <string.h>

/* Of a long line a part is shown, with this much before the column. */
#define SHOWN_MAX 100
#define SHOWN_BEFORE 60

ConfigSource *
config_source_new (const char *name, const char *text, gssize length, guint order)
{
  ConfigSource *self = g_rc_box_new0 (ConfigSource);

  self->name = g_utf8_make_valid (name, -1);
  self->order = order;
  if (text != NULL && g_utf8_validate (text, length, NULL))
    self->text = length < 0 ? g_strdup (text) : g_strndup (text, (gsize) length);
  return self;
}

ConfigSource *
config_source_ref (ConfigSource *self)
{
  return self != NULL ? g_rc_box_acquire (self) : NULL;
}

static void
clear_source (gpointer data)
{
  ConfigSource *self = data;

  g_free (self->name);
  g_free (self->text);
}

void
config_source_unref (ConfigSource *self)
{
  g_rc_box_release_full (self, clear_source);
}

ConfigPlace
config_place_copy (const ConfigPlace *self)
{
  return (ConfigPlace){ config_source_ref (self->source), self->line, self->column };
}

void
config_place_clear (ConfigPlace *self)
{
  g_clear_pointer (&self->source, config_source_unref);
}

static int
compare (guint a, guint b)
{
  return a < b ? -1 : a > b;
}

int
config_place_compare (const ConfigPlace *a, const ConfigPlace *b)
{
  int result =
      compare (a->source != NULL ? a->source->order : 0, b->source != NULL ? b->source->order : 0);

  if (result == 0)
    result = compare (a->line, b->line);
  return result != 0 ? result : compare (a->column, b->column);
}

char *
config_place_format (const ConfigPlace *self)
{
  if (self->source == NULL)
    return g_strdup ("default");
  if (self->line == 0)
    return g_strdup (self->source->name);
  return g_strdup_printf ("%s:%u:%u", self->source->name, self->line, self->column);
}

/* (nullable): where the line @number begins */
static const char *
find_line (const char *text, guint number)
{
  for (guint i = 1; i < number && text != NULL; i++) {
    text = strchr (text, '\n');
    text = text != NULL ? text + 1 : NULL;
  }
  return text;
}

char *
config_place_format_caret (const ConfigPlace *self)
{
  const char *line = self->source != NULL && self->source->text != NULL && self->line > 0
                         ? find_line (self->source->text, self->line)
                         : NULL;
  g_autoptr (GString) shown = g_string_new (NULL);
  guint skipped;

  if (line == NULL)
    return NULL;
  skipped = self->column > SHOWN_MAX ? self->column - SHOWN_BEFORE : 0;
  g_string_append_printf (shown, "\n%5u | ", self->line);
  for (guint i = 0; i < skipped && *line != '\0' && *line != '\n'; i++)
    line = g_utf8_next_char (line);
  for (guint i = 0; i < SHOWN_MAX && *line != '\0' && *line != '\n' && *line != '\r'; i++) {
    gunichar c = g_utf8_get_char (line);

    g_string_append_unichar (shown, g_unichar_isprint (c) ? c : ' ');
    line = g_utf8_next_char (line);
  }
  g_string_append_printf (shown, "\n      | %*s", (int) (self->column - skipped), "^");
  return g_string_free (g_steal_pointer (&shown), FALSE);
}
