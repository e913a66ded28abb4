/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Signals in the main loop.
 */
#include "cli/signals.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void
on_signal (int number, gpointer user_data)
{
  GArray *came = user_data;

  g_array_append_val (came, number);
}

static void
serve (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static gboolean
is_handled (int number)
{
  struct sigaction action;

  sigaction (number, NULL, &action);
  return action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN;
}

static void
test_come (void)
{
  static const int numbers[] = { SIGUSR1, SIGUSR2, SIGWINCH, 0 };
  g_autoptr (GArray) came = g_array_new (FALSE, FALSE, sizeof (int));
  Signals *signals;

  signal (SIGUSR2, SIG_IGN);
  signals = signals_new (numbers, on_signal, came, NULL);
  g_assert_nonnull (signals);
  /* What is ignored stays so. */
  g_assert_false (is_handled (SIGUSR2));
  raise (SIGUSR1);
  raise (SIGUSR2);
  raise (SIGWINCH);
  g_assert_cmpuint (came->len, ==, 0);
  serve ();
  g_assert_cmpuint (came->len, ==, 2);
  g_assert_cmpint (g_array_index (came, int, 0), ==, SIGUSR1);
  g_assert_cmpint (g_array_index (came, int, 1), ==, SIGWINCH);
  signals_free (signals);
  g_assert_false (is_handled (SIGUSR1));
  signal (SIGUSR2, SIG_DFL);
}

/* In a child, for it stops: this returns when it goes on, and it is handled again. */
static int
suffer (void)
{
  static const int numbers[] = { SIGTSTP, 0 };
  g_autoptr (GArray) came = g_array_new (FALSE, FALSE, sizeof (int));
  g_autoptr (Signals) signals = signals_new (numbers, on_signal, came, NULL);

  /* A process group whose leader's parent is in another one of the same session can be stopped. */
  setpgid (0, 0);
  signals_suffer (signals, SIGTSTP);
  return is_handled (SIGTSTP) && came->len == 0 ? 0 : 1;
}

static void
test_suffer (void)
{
  pid_t pid = fork ();
  int status;

  if (pid == 0)
    _exit (suffer ());
  g_assert_cmpint (pid, >, 0);
  g_assert_cmpint (waitpid (pid, &status, WUNTRACED), ==, pid);
  g_assert_true (WIFSTOPPED (status));
  g_assert_cmpint (kill (pid, SIGCONT), ==, 0);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/signals/come", test_come);
  g_test_add_func ("/signals/suffer", test_suffer);
  return g_test_run ();
}
