/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the daemon logs.
 */
#include "tests/dbus/journal.h"

#include <string.h>

void
journal_set_up (Fixture *fixture)
{
  fixture->log = g_build_filename (fixture->bus_directory, "log", NULL);
  fixture->option = "--log-level=debug";
}

static gboolean
has_all (const char *line, char **parts)
{
  for (char **part = parts; *part != NULL; part++)
    if (strstr (line, *part) == NULL)
      return FALSE;
  return TRUE;
}

guint
journal_count (Fixture *fixture, const char *parts)
{
  g_auto (GStrv) wanted = g_strsplit (parts, "|", -1);
  g_auto (GStrv) lines = NULL;
  g_autofree char *text = NULL;
  guint n = 0;

  g_file_get_contents (fixture->log, &text, NULL, NULL);
  lines = g_strsplit (text != NULL ? text : "", "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    if (has_all (*line, wanted))
      n++;
  return n;
}

gboolean
journal_matches (Fixture *fixture, const char *expression)
{
  g_autofree char *text = NULL;

  g_file_get_contents (fixture->log, &text, NULL, NULL);
  return g_regex_match_simple (expression, text != NULL ? text : "", 0, 0);
}

static char *
describe (EventKind kind, const char *fields)
{
  return g_strconcat ("MESSAGE_ID=", event_get_id (kind), fields[0] != '\0' ? "|" : "", fields,
                      NULL);
}

void
journal_wait_for (Fixture *fixture, EventKind kind, const char *fields)
{
  g_autofree char *parts = describe (kind, fields);

  g_test_message ("waiting for %s", parts);
  fixture_wait (journal_count (fixture, parts) > 0);
}

guint
journal_count_events (Fixture *fixture, EventKind kind)
{
  g_autofree char *parts = describe (kind, "");

  return journal_count (fixture, parts);
}
