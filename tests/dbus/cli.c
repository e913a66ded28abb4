/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Running nodecgroupsctl.
 */
#include "tests/dbus/cli.h"

#include "tests/unit/json-query.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <termios.h>
#include <unistd.h>

Cli *
cli_new (Fixture *fixture)
{
  Cli *self = g_new0 (Cli, 1);

  self->fixture = fixture;
  self->environment = g_get_environ ();
  cli_setenv (self, "DBUS_SYSTEM_BUS_ADDRESS", fixture->bus_address);
  cli_setenv (self, "LC_ALL", "C.UTF-8");
  cli_setenv (self, "TZ", "UTC");
  cli_setenv (self, "COLUMNS", NULL);
  return self;
}

void
cli_free (Cli *self)
{
  g_strfreev (self->environment);
  g_free (self->output);
  g_free (self->errors);
  g_free (self);
}

void
cli_setenv (Cli *self, const char *name, const char *value)
{
  if (value != NULL)
    self->environment = g_environ_setenv (self->environment, name, value, TRUE);
  else
    self->environment = g_environ_unsetenv (self->environment, name);
}

/* A test that fails leaves nobody behind. */
static void
end_with_parent (gpointer user_data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

/* @terminal: for its standard output, or -1 */
static GSubprocess *
start (Cli *self, const char *line, int terminal, GSubprocessFlags flags)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (flags);
  g_autofree char *command = g_strconcat (NODECGROUPSCTL " ", line, NULL);
  g_auto (GStrv) arguments = NULL;
  g_autoptr (GError) error = NULL;
  GSubprocess *process;

  g_shell_parse_argv (command, NULL, &arguments, &error);
  g_assert_no_error (error);
  g_subprocess_launcher_set_environ (launcher, self->environment);
  g_subprocess_launcher_set_child_setup (launcher, end_with_parent, NULL, NULL);
  if (terminal >= 0)
    g_subprocess_launcher_take_stdout_fd (launcher, terminal);
  process = g_subprocess_launcher_spawnv (launcher, (const char *const *) arguments, &error);
  g_assert_no_error (error);
  return process;
}

GSubprocess *
cli_start (Cli *self, const char *line)
{
  return start (self, line, -1, G_SUBPROCESS_FLAGS_STDOUT_PIPE);
}

GSubprocess *
cli_start_to_finish (Cli *self, const char *line)
{
  return start (self, line, -1, G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
}

void
cli_finish (Cli *self, int status, GSubprocess *process)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&self->output, g_free);
  g_clear_pointer (&self->errors, g_free);
  g_subprocess_communicate_utf8 (process, NULL, NULL, &self->output, &self->errors, &error);
  g_assert_no_error (error);
  g_test_message ("%.4000s%s", self->output, self->errors);
  g_assert_true (g_subprocess_get_if_exited (process));
  g_assert_cmpint (g_subprocess_get_exit_status (process), ==, status);
  if (status == 0)
    g_assert_cmpstr (self->errors, ==, "");
}

void
cli_run (Cli *self, int status, const char *line)
{
  g_autoptr (GSubprocess) process = cli_start_to_finish (self, line);

  g_test_message ("nodecgroupsctl %s", line);
  cli_finish (self, status, process);
}

/* A new terminal. Returns: its master */
static int
open_terminal (guint columns, int *ret_slave)
{
  struct winsize size = { .ws_row = 24, .ws_col = (unsigned short) columns };
  struct termios modes;
  int master = posix_openpt (O_RDWR | O_NOCTTY | O_CLOEXEC);

  g_assert_cmpint (master, >=, 0);
  g_assert_cmpint (grantpt (master), ==, 0);
  g_assert_cmpint (unlockpt (master), ==, 0);
  *ret_slave = open (ptsname (master), O_RDWR | O_NOCTTY | O_CLOEXEC);
  g_assert_cmpint (*ret_slave, >=, 0);
  g_assert_cmpint (ioctl (*ret_slave, TIOCSWINSZ, &size), ==, 0);
  /* Newlines stay what they are. */
  g_assert_cmpint (tcgetattr (*ret_slave, &modes), ==, 0);
  cfmakeraw (&modes);
  g_assert_cmpint (tcsetattr (*ret_slave, TCSANOW, &modes), ==, 0);
  return master;
}

void
cli_run_on_terminal (Cli *self, int status, guint columns, const char *line)
{
  g_autoptr (GString) output = g_string_new (NULL);
  g_autoptr (GSubprocess) process = NULL;
  char buffer[4096];
  ssize_t n;
  int slave;
  int master = open_terminal (columns, &slave);

  process = start (self, line, slave, G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  /* It ends with EIO when nobody has the other side any more. */
  while ((n = read (master, buffer, sizeof buffer)) > 0)
    g_string_append_len (output, buffer, n);
  close (master);
  g_assert_true (g_subprocess_wait (process, NULL, NULL));
  g_test_message ("nodecgroupsctl %s\n%s", line, output->str);
  g_assert_cmpint (g_subprocess_get_exit_status (process), ==, status);
  g_free (self->output);
  self->output = g_strdup (output->str);
}

static void
assert_contains (const char *text, const char *part)
{
  if (strstr (text, part) == NULL)
    g_error ("there is no \"%s\" in \"%s\"", part, text);
}

const char *
cli_get_program (void)
{
  return NODECGROUPSCTL;
}

const char *
cli_get_daemon (void)
{
  return NODECGROUPSD;
}

void
cli_assert_output (const Cli *self, const char *text)
{
  assert_contains (self->output, text);
}

void
cli_assert_output_list (const Cli *self, const char *const *texts)
{
  for (gsize i = 0; texts[i] != NULL; i++)
    cli_assert_output (self, texts[i]);
}

void
cli_assert_no_output (const Cli *self, const char *text)
{
  if (strstr (self->output, text) != NULL)
    g_error ("there is \"%s\" in \"%s\"", text, self->output);
}

void
cli_assert_errors (const Cli *self, const char *text)
{
  assert_contains (self->errors, text);
}

void
cli_assert_json (const Cli *self, const char *path, const char *expected)
{
  json_query_assert (self->output, path, expected);
}

void
cli_assert_json_list (const Cli *self, const CliJson *rows)
{
  for (gsize i = 0; rows[i].path != NULL; i++)
    cli_assert_json (self, rows[i].path, rows[i].expected);
}

void
cli_assert_json_count (const Cli *self, const char *path, guint expected)
{
  json_query_assert_count (self->output, path, expected);
}
