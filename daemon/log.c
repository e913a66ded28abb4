/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The writer of messages.
 */
#include "daemon/log.h"

#include <string.h>
#include <unistd.h>

static gint is_debugging;

static const char *
find_field (const GLogField *fields, gsize n_fields, const char *key)
{
  for (gsize i = 0; i < n_fields; i++)
    if (fields[i].length == -1 && g_str_equal (fields[i].key, key))
      return fields[i].value;
  return "";
}

static const char *
get_word (GLogLevelFlags level)
{
  switch (level & G_LOG_LEVEL_MASK) {
  case G_LOG_LEVEL_ERROR:
  case G_LOG_LEVEL_CRITICAL:
    return "error: ";
  case G_LOG_LEVEL_WARNING:
    return "warning: ";
  case G_LOG_LEVEL_DEBUG:
    return "debug: ";
  default:
    return "";
  }
}

/* What the line has already, and where in the source it is from. */
static gboolean
is_shown (const GLogField *field)
{
  return field->length == -1 && !g_str_equal (field->key, "MESSAGE") &&
         !g_str_equal (field->key, "PRIORITY") && !g_str_has_prefix (field->key, "GLIB_") &&
         !g_str_has_prefix (field->key, "CODE_");
}

static void
write_line (GLogLevelFlags level, const GLogField *fields, gsize n_fields)
{
  g_autoptr (GString) line = g_string_new (get_word (level));
  const char *before = " [";

  g_string_append (line, find_field (fields, n_fields, "MESSAGE"));
  for (gsize i = 0; g_atomic_int_get (&is_debugging) && i < n_fields; i++)
    if (is_shown (&fields[i])) {
      g_string_append_printf (line, "%s%s=%s", before, fields[i].key,
                              (const char *) fields[i].value);
      before = " ";
    }
  if (before[1] == '\0')
    g_string_append_c (line, ']');
  g_printerr ("%s\n", line->str);
}

static GLogWriterOutput
write_message (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer is_journal)
{
  gboolean is_ours = g_str_equal (find_field (fields, n_fields, "GLIB_DOMAIN"), G_LOG_DOMAIN);

  if ((level & (G_LOG_LEVEL_DEBUG | G_LOG_LEVEL_INFO)) != 0 &&
      !(is_ours && g_atomic_int_get (&is_debugging)))
    return g_log_writer_default (level, fields, n_fields, NULL);
  if (GPOINTER_TO_INT (is_journal) &&
      g_log_writer_journald (level, fields, n_fields, NULL) == G_LOG_WRITER_HANDLED)
    return G_LOG_WRITER_HANDLED;
  write_line (level, fields, n_fields);
  return G_LOG_WRITER_HANDLED;
}

void
log_init (void)
{
  g_log_set_writer_func (write_message, GINT_TO_POINTER (g_log_writer_is_journald (STDERR_FILENO)),
                         NULL);
}

void
log_set_debug (gboolean is_debug)
{
  g_atomic_int_set (&is_debugging, is_debug);
}
