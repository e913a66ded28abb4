/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cgroup.procs.
 */
#include "lib/procs-file.h"

#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Of very many processes the first few hundred are enough. */
#define MOST_TEXT 4096

/* Returns: -1 with errno set */
static int
open_procs (const NcgTree *tree, const char *path, int flags)
{
  char file[1024];
  int length = g_snprintf (file, sizeof file, "%s%s/cgroup.procs", tree->mount, path);

  if (length < (int) sizeof file)
    return ncg_file_open_resolving (AT_FDCWD, file, flags | O_CLOEXEC | O_NOCTTY, 0);
  errno = ENAMETOOLONG;
  return -1;
}

static int
write_pid (int fd, const NcgProcess *process)
{
  char pid[32];
  int length = g_snprintf (pid, sizeof pid, "%d", (int) process->pid);

  return TEMP_FAILURE_RETRY (pwrite (fd, pid, (gsize) length, 0)) == length ? 0 : errno;
}

/* @text: MOST_TEXT long */
static gboolean
read_text (int fd, char *text)
{
  ssize_t length = TEMP_FAILURE_RETRY (pread (fd, text, MOST_TEXT - 1, 0));

  text[MAX (length, 0)] = '\0';
  return length >= 0;
}

/* Returns: 0 at the end; a number that the end of the text has cut off is none */
static pid_t
next_pid (const char **text)
{
  char *end;
  guint64 pid = g_ascii_strtoull (*text, &end, 10);

  if (*end != '\n' || pid > G_MAXINT)
    return 0;
  *text = end + 1;
  return (pid_t) pid;
}

static pid_t
find_other (const char *text, const GPtrArray *processes)
{
  pid_t pid;

  do
    pid = next_pid (&text);
  while (pid != 0 && ncg_process_is_among (pid, processes));
  return pid;
}

gboolean
ncg_procs_file_open (NcgProcsFile *self,
                     const NcgTree *tree,
                     const char *path,
                     const GPtrArray *processes)
{
  char text[MOST_TEXT];
  g_auto (NcgFd) fd = open_procs (tree, path, O_RDWR);

  if (fd < 0 || !read_text (fd, text))
    return FALSE;
  *self = (NcgProcsFile){ ncg_file_steal (&fd), tree, path, find_other (text, processes) };
  return TRUE;
}

void
ncg_procs_file_close (NcgProcsFile *self)
{
  ncg_file_close (self->fd);
  self->fd = -1;
}

int
ncg_procs_file_write (const NcgProcsFile *self, const NcgProcess *process)
{
  return write_pid (self->fd, process);
}

/* On v1 a descriptor goes on showing what it has shown (cgroup_pidlist_start()). */
gboolean
ncg_procs_file_has_other (const NcgProcsFile *self)
{
  g_auto (NcgFd) fresh = -1;
  char buffer[MOST_TEXT];
  const char *text = buffer;
  pid_t pid;

  if (self->other == 0)
    return FALSE;
  if (self->tree->is_v1)
    fresh = open_procs (self->tree, self->path, O_RDONLY);
  if (!read_text (self->tree->is_v1 ? fresh : self->fd, buffer))
    return FALSE;
  do
    pid = next_pid (&text);
  while (pid != 0 && pid != self->other);
  return pid == self->other;
}

int
ncg_procs_file_put (const NcgTree *tree, const char *path, const NcgProcess *process)
{
  g_auto (NcgFd) fd = open_procs (tree, path, O_WRONLY);

  return fd >= 0 ? write_pid (fd, process) : errno;
}
