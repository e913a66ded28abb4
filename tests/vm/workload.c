/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Workloads, seen from the test.
 */
#include "tests/vm/workload.h"

#include "tests/vm/machine.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* It is installed beside the tests. */
static char *
find_program (void)
{
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *directory = g_path_get_dirname (self);

  return g_build_filename (directory, "workload", NULL);
}

Workload *
workload_start (void)
{
  Workload *self = g_new0 (Workload, 1);
  g_autofree char *program = find_program ();
  const char *argv[] = { program, NULL };
  g_autoptr (GError) error = NULL;
  int answers;

  g_spawn_async_with_pipes (NULL, (char **) argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
                            &self->pid, &self->commands, &answers, NULL, &error);
  g_assert_no_error (error);
  self->answers = g_io_channel_unix_new (answers);
  g_io_channel_set_close_on_unref (self->answers, TRUE);
  return self;
}

void
workload_free (Workload *self)
{
  if (self->pid > 0) {
    kill (self->pid, SIGKILL);
    waitpid (self->pid, NULL, 0);
  }
  if (self->commands >= 0)
    close (self->commands);
  g_io_channel_unref (self->answers);
  g_free (self);
}

static void G_GNUC_PRINTF (2, 0)
    send_command (Workload *self, const char *format, va_list arguments)
{
  g_autofree char *command = g_strdup_vprintf (format, arguments);
  g_autofree char *line = g_strconcat (command, "\n", NULL);

  if (write (self->commands, line, strlen (line)) < 0)
    machine_fail ("workload %d does not take '%s': %m", (int) self->pid, command);
}

void
workload_tell (Workload *self, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  send_command (self, format, arguments);
  va_end (arguments);
}

char *
workload_ask (Workload *self, const char *format, ...)
{
  g_autoptr (GError) error = NULL;
  char *answer = NULL;
  va_list arguments;

  va_start (arguments, format);
  send_command (self, format, arguments);
  va_end (arguments);
  g_io_channel_read_line (self->answers, &answer, NULL, NULL, &error);
  g_assert_no_error (error);
  if (answer == NULL)
    machine_fail ("workload %d ended instead of doing '%s'", (int) self->pid, format);
  return g_strchomp (answer);
}

char *
workload_get_cpus (const Workload *self)
{
  return machine_run ("awk '/^Cpus_allowed_list:/ { print $2 }' /proc/%d/status", (int) self->pid);
}

gboolean
workload_is_alive (const Workload *self)
{
  siginfo_t info = { .si_pid = 0 };

  g_assert_cmpint (waitid (P_PID, (id_t) self->pid, &info, WEXITED | WNOHANG | WNOWAIT), ==, 0);
  return info.si_pid == 0;
}

void
workload_kill (const Workload *self)
{
  g_assert_cmpint (kill (self->pid, SIGKILL), ==, 0);
  machine_wait_until (!workload_is_alive (self));
}

void
workload_wait_ended (Workload *self, int signal)
{
  int status;

  machine_wait_until (!workload_is_alive (self));
  g_assert_cmpint (waitpid (self->pid, &status, 0), ==, self->pid);
  self->pid = 0;
  g_assert_cmpint (WIFSIGNALED (status) ? WTERMSIG (status) : 0, ==, signal);
}
