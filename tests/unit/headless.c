/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes without a main thread, for tests.
 */
#include "tests/unit/headless.h"

#include <glib.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The death of the parent is told to each thread, and the main one will not be there. */
static void *
stay (void *data)
{
  const pid_t *parent = data;

  prctl (PR_SET_PDEATHSIG, SIGKILL);
  while (getppid () == *parent)
    pause ();
  _exit (1);
}

/* The thread alone, not the process. */
static void
run (const sigset_t *set, pid_t parent)
{
  pthread_t thread;
  int signal;

  if (pthread_create (&thread, NULL, stay, &parent) != 0)
    _exit (1);
  sigwait (set, &signal);
  syscall (SYS_exit, 0);
}

pid_t
headless_start (void)
{
  pid_t parent = getpid ();
  sigset_t set;
  pid_t pid;

  sigemptyset (&set);
  sigaddset (&set, SIGUSR1);
  sigprocmask (SIG_BLOCK, &set, NULL);
  pid = fork ();
  if (pid == 0)
    run (&set, parent);
  sigprocmask (SIG_UNBLOCK, &set, NULL);
  g_assert_cmpint (pid, >, 0);
  return pid;
}

static gboolean
is_zombie (pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", (int) pid);
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return strstr (text, ") Z ") != NULL;
}

void
headless_end_main (pid_t pid)
{
  g_assert_cmpint (kill (pid, SIGUSR1), ==, 0);
  while (!is_zombie (pid))
    g_usleep (1000);
}
