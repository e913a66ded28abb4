/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The child waits at a pipe, the gate: a byte lets it go, its end does not. It stays in our process
 * group, and so it has the terminal, and what is typed there (Ctrl-C, Ctrl-Z) it gets by itself;
 * what others send us is passed on.
 */
#include "cli/command.h"

#include "cli/exit-status.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

struct Command {
  pid_t pid; /* 0 in the child, and when it has been waited for */
  int gate[2];
  sigset_t signals;
  sigset_t before; /* what was blocked when we began */
  int signal_fd;
  guint source;
  CommandEnded ended;
  gpointer user_data;
};

static const int passed_on[] = {
  SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGCONT,
};

static void
close_end (Command *self, int end)
{
  if (self->gate[end] >= 0)
    close (self->gate[end]);
  self->gate[end] = -1;
}

static void
block_signals (Command *self)
{
  sigemptyset (&self->signals);
  sigaddset (&self->signals, SIGCHLD);
  for (gsize i = 0; i < G_N_ELEMENTS (passed_on); i++)
    sigaddset (&self->signals, passed_on[i]);
  /* Who ignores it has no children to wait for. */
  signal (SIGCHLD, SIG_DFL);
  sigprocmask (SIG_BLOCK, &self->signals, &self->before);
}

static gboolean
fail (const char *what, GError **error)
{
  int errsv = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errsv), "%s: %s", what,
               g_strerror (errsv));
  return FALSE;
}

static gboolean
prepare (Command *self, GError **error)
{
  self->gate[0] = self->gate[1] = self->signal_fd = -1;
  block_signals (self);
  if (pipe2 (self->gate, O_CLOEXEC) < 0)
    return fail ("no pipe can be made", error);
  self->signal_fd = signalfd (-1, &self->signals, SFD_CLOEXEC | SFD_NONBLOCK);
  return self->signal_fd >= 0 || fail ("signals cannot be waited for", error);
}

Command *
command_start (pid_t *ret_pid, GError **error)
{
  g_autoptr (Command) self = g_new0 (Command, 1);

  if (!prepare (self, error))
    return NULL;
  self->pid = fork ();
  if (self->pid < 0) {
    fail ("no process can be started", error);
    return NULL;
  }
  close_end (self, self->pid == 0 ? 1 : 0);
  *ret_pid = self->pid;
  return g_steal_pointer (&self);
}

void
command_free (Command *self)
{
  /* It would end by itself, unless somebody has stopped it. */
  if (self->pid > 0 && self->gate[1] >= 0) {
    kill (self->pid, SIGKILL);
    waitpid (self->pid, NULL, 0);
  }
  close_end (self, 0);
  close_end (self, 1);
  if (self->source != 0)
    g_source_remove (self->source);
  if (self->signal_fd >= 0)
    close (self->signal_fd);
  g_free (self);
}

static gboolean
is_released (const Command *self)
{
  char byte;
  ssize_t n;

  do
    n = read (self->gate[0], &byte, 1);
  while (n < 0 && errno == EINTR);
  return n == 1;
}

gboolean
command_be (Command *self, char **arguments, int *ret_status, GError **error)
{
  int errsv;

  sigprocmask (SIG_SETMASK, &self->before, NULL);
  *ret_status = EXIT_STATUS_FAILED;
  if (!is_released (self))
    return TRUE;
  execvp (arguments[0], arguments);
  errsv = errno;
  g_set_error (error, EXIT_STATUS_ERROR,
               errsv == ENOENT ? COMMAND_STATUS_NOT_FOUND : COMMAND_STATUS_NOT_EXECUTABLE,
               "%s cannot be executed: %s", arguments[0], g_strerror (errsv));
  return FALSE;
}

static void
reap (Command *self)
{
  int status;

  if (self->pid == 0 || waitpid (self->pid, &status, WNOHANG | WUNTRACED) <= 0)
    return;
  /* Whoever started us sees that it stands still, and has us go on with it. */
  if (WIFSTOPPED (status)) {
    raise (SIGSTOP);
    return;
  }
  self->pid = 0;
  self->ended (WIFSIGNALED (status) ? 128 + WTERMSIG (status) : WEXITSTATUS (status),
               self->user_data);
}

/* What the terminal sends the child has as well. */
static void
pass_on (Command *self, const struct signalfd_siginfo *info)
{
  if (self->pid != 0 && info->ssi_code != SI_KERNEL)
    kill (self->pid, (int) info->ssi_signo);
}

static gboolean
on_signals (int fd, GIOCondition condition, gpointer user_data)
{
  Command *self = user_data;
  struct signalfd_siginfo info;

  while (read (fd, &info, sizeof info) == sizeof info) {
    if (info.ssi_signo == SIGCHLD)
      reap (self);
    else
      pass_on (self, &info);
  }
  return G_SOURCE_CONTINUE;
}

void
command_watch (Command *self, CommandEnded ended, gpointer user_data)
{
  self->ended = ended;
  self->user_data = user_data;
  self->source = g_unix_fd_add (self->signal_fd, G_IO_IN, on_signals, self);
}

void
command_release (Command *self)
{
  /* What came before it began is there before it begins. */
  on_signals (self->signal_fd, G_IO_IN, self);
  /* The child may have ended before it is let go. */
  signal (SIGPIPE, SIG_IGN);
  if (write (self->gate[1], "", 1) < 0)
    g_debug ("the command has ended before it began: %s", g_strerror (errno));
  close_end (self, 1);
}
