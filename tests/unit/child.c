/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Child processes for tests.
 */
#include "tests/unit/child.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

pid_t
child_start (void)
{
  pid_t parent = getpid ();
  pid_t pid = fork ();

  if (pid == 0) {
    prctl (PR_SET_PDEATHSIG, SIGKILL);
    /* The parent may have ended before that. */
    while (getppid () == parent)
      pause ();
    _exit (1);
  }
  g_assert_cmpint (pid, >, 0);
  return pid;
}

void
child_wait_killed (pid_t pid, int signal)
{
  int status;

  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFSIGNALED (status));
  g_assert_cmpint (WTERMSIG (status), ==, signal);
}

void
child_wait_zombie (pid_t pid)
{
  siginfo_t info;

  g_assert_cmpint (waitid (P_PID, (id_t) pid, &info, WEXITED | WNOWAIT), ==, 0);
}
