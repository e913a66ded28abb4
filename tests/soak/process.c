/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes.
 */
#include "tests/soak/process.h"

#include "tests/soak/report.h"

#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define REAP_USEC (5 * G_USEC_PER_SEC)

extern char **environ;

SoakProcess *
soak_process_start (gboolean is_stubborn)
{
  static const char *const plain[] = { "sleep", "infinity", NULL };
  static const char *const stubborn[] = { "sh", "-c", "trap '' TERM; exec sleep infinity", NULL };
  SoakProcess *self = g_new0 (SoakProcess, 1);
  const char *const *argv = is_stubborn ? stubborn : plain;
  posix_spawn_file_actions_t actions;
  int r;

  self->is_stubborn = is_stubborn;
  posix_spawn_file_actions_init (&actions);
  for (int fd = 0; fd < 3; fd++)
    posix_spawn_file_actions_addopen (&actions, fd, "/dev/null", 02, 0);
  r = posix_spawnp (&self->pid, argv[0], &actions, NULL, (char **) argv, environ);
  posix_spawn_file_actions_destroy (&actions);
  if (r != 0)
    report_fail ("cannot start a process: %s", g_strerror (r));
  return self;
}

gboolean
soak_process_is_alive (const SoakProcess *self)
{
  siginfo_t info = { .si_pid = 0 };

  return self->pid > 0 &&
         waitid (P_PID, (id_t) self->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == 0;
}

void
soak_process_end (SoakProcess *self)
{
  if (self->pid <= 0)
    return;
  kill (self->pid, SIGKILL);
  waitpid (self->pid, NULL, 0);
  self->pid = 0;
}

void
soak_process_free (gpointer self)
{
  soak_process_end (self);
  g_free (self);
}

int
soak_process_reap (SoakProcess *self)
{
  gint64 deadline = g_get_monotonic_time () + REAP_USEC;
  int status;

  while (soak_process_is_alive (self)) {
    if (g_get_monotonic_time () > deadline)
      return 0;
    g_usleep (5000);
  }
  waitpid (self->pid, &status, 0);
  self->pid = 0;
  return WIFSIGNALED (status) ? WTERMSIG (status) : -1;
}

char *
soak_process_read_cgroups (const SoakProcess *self)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/cgroup", (int) self->pid);
  char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) ? text : g_strdup ("");
}
