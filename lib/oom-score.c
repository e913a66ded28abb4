/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /proc/PID/oom_score_adj.
 */
#include "lib/oom-score.h"

#include "lib/error.h"
#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "oom_score_adj"

static void
set_error (const NcgProcess *process, const char *proc, const char *verb, int errsv, GError **error)
{
  if (errsv == ENOENT || errsv == ESRCH) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_NO_SUCH_PROCESS, "there is no process %d",
                 (int) process->pid);
    return;
  }
  g_set_error (error, NCG_ERROR,
               errsv == EACCES || errsv == EPERM ? NCG_ERROR_ACCESS_DENIED : NCG_ERROR_FAILED,
               "cannot %s %s/%d/" FILE_NAME ": %s", verb, proc, (int) process->pid,
               g_strerror (errsv));
}

/* The directory of the process in procfs, or -1 with errno. It stays that of the process whose
 * number it was when it was opened, also if the number is another's later. */
static int
open_directory (const NcgProcess *process, const char *proc)
{
  g_autofree char *path = g_strdup_printf ("%s/%d", proc, (int) process->pid);
  g_auto (NcgFd) fd = open (path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

  if (fd >= 0 && ncg_process_has_exited (process)) {
    errno = ESRCH;
    return -1;
  }
  return ncg_file_steal (&fd);
}

static gboolean
parse (const char *text, int *ret_score)
{
  char *end;
  gint64 score = g_ascii_strtoll (text, &end, 10);

  if (end == text || (*end != '\n' && *end != '\0') || score < NCG_OOM_SCORE_MIN ||
      score > NCG_OOM_SCORE_MAX)
    return FALSE;
  *ret_score = (int) score;
  return TRUE;
}

gboolean
ncg_oom_score_read (const NcgProcess *process, const char *proc, int *ret_score, GError **error)
{
  g_auto (NcgFd) directory = open_directory (process, proc);
  g_autofree char *text = directory >= 0 ? ncg_file_read_at (directory, FILE_NAME) : NULL;

  if (text == NULL) {
    set_error (process, proc, "read", errno, error);
    return FALSE;
  }
  if (!parse (text, ret_score)) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED, "cannot understand %s/%d/" FILE_NAME, proc,
                 (int) process->pid);
    return FALSE;
  }
  return TRUE;
}

static gboolean
write_text (int directory, const char *text)
{
  g_auto (NcgFd) fd = openat (directory, FILE_NAME, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC);

  return fd >= 0 && TEMP_FAILURE_RETRY (write (fd, text, strlen (text))) == (gssize) strlen (text);
}

gboolean
ncg_oom_score_write (const NcgProcess *process, const char *proc, int score, GError **error)
{
  g_auto (NcgFd) directory = -1;
  g_autofree char *text = g_strdup_printf ("%d", score);

  if (score < NCG_OOM_SCORE_MIN || score > NCG_OOM_SCORE_MAX) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
                 "%d is not an oom_score_adj: it is from %d to %d", score, NCG_OOM_SCORE_MIN,
                 NCG_OOM_SCORE_MAX);
    return FALSE;
  }
  directory = open_directory (process, proc);
  if (directory >= 0 && write_text (directory, text))
    return TRUE;
  set_error (process, proc, "write", errno, error);
  return FALSE;
}
