/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A server of its own for each terminal.
 */
#include "tests/dbus/tmux.h"

#include "tests/unit/temp-dir.h"

#include <string.h>
#include <sys/wait.h>

/* Nothing but the shell is to be seen, and it stays quiet. */
#define CONFIG                                                                                     \
  "set -g status off\n"                                                                            \
  "set -g default-terminal screen-256color\n"                                                      \
  "set -g default-command \"exec env PS1= bash --noediting --norc --noprofile\"\n"

struct Tmux {
  char *directory;
  char *socket;
  char **environment;
};

/* (transfer full): what it says. @arguments: (array zero-terminated=1) */
static char *
call (Tmux *self, const char *const *arguments)
{
  g_autoptr (GPtrArray) command = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *errors = NULL;
  char *output = NULL;
  int status;

  g_ptr_array_add (command, (char *) "tmux");
  g_ptr_array_add (command, (char *) "-uS");
  g_ptr_array_add (command, self->socket);
  for (gsize i = 0; arguments[i] != NULL; i++)
    g_ptr_array_add (command, (char *) arguments[i]);
  g_ptr_array_add (command, NULL);
  g_spawn_sync (self->directory, (char **) command->pdata, self->environment, G_SPAWN_SEARCH_PATH,
                NULL, NULL, &output, &errors, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (errors, ==, "");
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
  return output;
}

#define CALL(self, ...)                                                                            \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_autofree char *call_output = call (self, (const char *const[]){ __VA_ARGS__, NULL });        \
  }                                                                                                \
  G_STMT_END

/* Where it finds nodecgroupsctl, and whatever else is in its PATH. */
static void
set_up_environment (Tmux *self, Cli *cli)
{
  g_autofree char *directory = g_path_get_dirname (cli_get_program ());
  g_autofree char *path = g_strconcat (directory, ":", g_getenv ("PATH"), NULL);

  self->environment = g_strdupv (cli->environment);
  self->environment = g_environ_setenv (self->environment, "PATH", path, TRUE);
  self->environment = g_environ_unsetenv (self->environment, "TMUX");
}

Tmux *
tmux_new (Cli *cli, guint columns, guint rows)
{
  Tmux *self = g_new0 (Tmux, 1);
  g_autofree char *width = g_strdup_printf ("%u", columns);
  g_autofree char *height = g_strdup_printf ("%u", rows);

  self->directory = temp_dir_new ();
  self->socket = g_build_filename (self->directory, "socket", NULL);
  set_up_environment (self, cli);
  temp_dir_write (self->directory, "config", CONFIG);
  CALL (self, "-f", "config", "new-session", "-d", "-x", width, "-y", height);
  /* What is typed is seen only when the shell has its way with the terminal. */
  tmux_type (self, "stty -echo; clear; echo ready");
  fixture_wait (tmux_shows (self, "ready") && !tmux_shows (self, "stty"));
  return self;
}

void
tmux_free (Tmux *self)
{
  CALL (self, "kill-server");
  g_strfreev (self->environment);
  g_free (self->socket);
  temp_dir_free (self->directory);
  g_free (self);
}

void
tmux_resize (Tmux *self, guint columns, guint rows)
{
  g_autofree char *width = g_strdup_printf ("%u", columns);
  g_autofree char *height = g_strdup_printf ("%u", rows);

  CALL (self, "resize-window", "-x", width, "-y", height);
}

void
tmux_press (Tmux *self, const char *key)
{
  CALL (self, "send-keys", key);
}

void
tmux_type (Tmux *self, const char *line)
{
  CALL (self, "send-keys", "-l", line);
  tmux_press (self, "Enter");
}

static gboolean
is_empty (Tmux *self)
{
  g_autofree char *screen = tmux_capture (self, FALSE);

  return g_str_equal (screen, "\n") || screen[0] == '\0';
}

void
tmux_clear (Tmux *self)
{
  tmux_type (self, "clear");
  fixture_wait (is_empty (self));
}

char *
tmux_capture (Tmux *self, gboolean has_colors)
{
  const char *arguments[] = { "capture-pane", "-p", has_colors ? "-e" : NULL, NULL };
  char *text = call (self, arguments);
  gsize length = strlen (text);

  while (length > 1 && text[length - 1] == '\n' && text[length - 2] == '\n')
    text[--length] = '\0';
  return text;
}

gboolean
tmux_shows (Tmux *self, const char *text)
{
  g_autofree char *screen = tmux_capture (self, FALSE);

  return strstr (screen, text) != NULL;
}

char *
tmux_get (Tmux *self, const char *variable)
{
  g_autofree char *format = g_strdup_printf ("#{%s}", variable);
  const char *arguments[] = { "display-message", "-p", format, NULL };

  return g_strchomp (call (self, arguments));
}

char *
tmux_run (Tmux *self, int status, const char *line, gboolean has_colors)
{
  g_autofree char *command = g_strdup_printf ("nodecgroupsctl %s; echo \"[$?]\"", line);
  g_autofree char *end = g_strdup_printf ("[%d]\n", status);
  char *screen;

  tmux_clear (self);
  tmux_type (self, command);
  fixture_wait (tmux_shows (self, "]\n"));
  screen = tmux_capture (self, has_colors);
  g_assert_true (g_str_has_suffix (screen, end));
  /* Before it the colours may be taken back. */
  screen[strlen (screen) - strlen (end)] = '\0';
  strrchr (screen, '\n')[1] = '\0';
  return screen;
}
