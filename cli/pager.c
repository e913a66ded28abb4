/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pager is a child. LESS is as systemd's tools set it: it ends at once where the text fits the
 * screen (F), passes colours on (R) and leaves the screen as it is (X).
 */
#include "cli/pager.h"

#include <gio/gio.h>
#include <signal.h>

gboolean
pager_show (const Terminal *terminal, const char *text)
{
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_PIPE);
  g_autoptr (GSubprocess) pager = NULL;
  void (*on_interrupt) (int);
  void (*on_broken_pipe) (int);

  if (terminal->pager == NULL)
    return FALSE;
  g_subprocess_launcher_setenv (launcher, "LESS", terminal->less, TRUE);
  /* Who may run us by sudo shall not get a shell out of the pager. */
  g_subprocess_launcher_setenv (launcher, "LESSSECURE", "1", TRUE);
  if (terminal->is_utf8)
    g_subprocess_launcher_setenv (launcher, "LESSCHARSET", "utf-8", TRUE);
  pager = g_subprocess_launcher_spawnv (launcher, (const char *const *) terminal->pager, NULL);
  if (pager == NULL)
    return FALSE;

  /* Ctrl-C and leaving early are for the pager; it is waited for in any case. */
  on_interrupt = signal (SIGINT, SIG_IGN);
  on_broken_pipe = signal (SIGPIPE, SIG_IGN);
  g_subprocess_communicate_utf8 (pager, text, NULL, NULL, NULL, NULL);
  g_subprocess_wait (pager, NULL, NULL);
  signal (SIGINT, on_interrupt);
  signal (SIGPIPE, on_broken_pipe);
  return TRUE;
}
