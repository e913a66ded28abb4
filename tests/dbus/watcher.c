/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Its output is read in the main context.
 */
#include "tests/dbus/watcher.h"

#include <string.h>

struct Watcher {
  GSubprocess *process;
  GString *output;
  char buffer[4096];
};

static void read_more (Watcher *self);

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Watcher *self = user_data;
  gssize n = g_input_stream_read_finish (G_INPUT_STREAM (source), result, NULL);

  if (n <= 0)
    return;
  g_string_append_len (self->output, self->buffer, n);
  read_more (self);
}

static void
read_more (Watcher *self)
{
  g_input_stream_read_async (g_subprocess_get_stdout_pipe (self->process), self->buffer,
                             sizeof self->buffer, G_PRIORITY_DEFAULT, NULL, on_read, self);
}

Watcher *
watcher_new (Cli *cli, const char *line)
{
  Watcher *self = g_new0 (Watcher, 1);

  self->process = cli_start (cli, line);
  self->output = g_string_new (NULL);
  read_more (self);
  return self;
}

gboolean
watcher_says (Watcher *self, const char *text)
{
  return strstr (self->output->str, text) != NULL;
}

const char *
watcher_get_output (const Watcher *self)
{
  return self->output->str;
}

void
watcher_end (Watcher *self, int signal)
{
  g_autoptr (GError) error = NULL;

  if (signal != 0)
    g_subprocess_send_signal (self->process, signal);
  g_subprocess_wait (self->process, NULL, &error);
  g_assert_no_error (error);
  g_test_message ("%s", self->output->str);
  g_assert_true (g_subprocess_get_if_exited (self->process));
  g_assert_cmpint (g_subprocess_get_exit_status (self->process), ==, 0);
  fixture_iterate ();
  g_object_unref (self->process);
  g_string_free (self->output, TRUE);
  g_free (self);
}
