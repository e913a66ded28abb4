/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes that do nothing.
 */
#include "tests/bench/child.h"

#include "tests/bench/fail.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

void
child_start (pid_t *ret_pids, gsize n)
{
  for (gsize i = 0; i < n; i++) {
    ret_pids[i] = fork ();
    if (ret_pids[i] < 0)
      fail ("cannot start a process: %s", g_strerror (errno));
    if (ret_pids[i] == 0) {
      prctl (PR_SET_PDEATHSIG, SIGKILL);
      pause ();
      _exit (0);
    }
  }
}

void
child_end (const pid_t *pids, gsize n)
{
  for (gsize i = 0; i < n; i++)
    kill (pids[i], SIGKILL);
  for (gsize i = 0; i < n; i++)
    waitpid (pids[i], NULL, 0);
}
