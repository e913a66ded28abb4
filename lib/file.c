/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Descriptors that close themselves, and small files.
 */
#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Every file of a cgroup but a long cgroup.procs fits, and so needs a single allocation. */
#define BUFFER_SIZE 8192

void
ncg_file_close (NcgFd fd)
{
  int saved_errno = errno;

  if (fd >= 0)
    close (fd);
  errno = saved_errno;
}

int
ncg_file_steal (NcgFd *fd)
{
  int stolen = *fd;

  *fd = -1;
  return stolen;
}

int
ncg_file_open_resolving (int dir_fd, const char *path, int flags, guint64 resolve)
{
  static int is_missing;
  struct open_how how = {
    .flags = (guint64) flags,
    .resolve = resolve | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS,
  };
  int fd = -1;

  errno = ENOSYS;
  /* SYS_openat2 came with glibc 2.32. */
  if (!g_atomic_int_get (&is_missing))
    fd = (int) syscall (__NR_openat2, dir_fd, path, &how, sizeof how);
  if (fd < 0 && (errno == ENOSYS || errno == EPERM)) {
    g_atomic_int_set (&is_missing, 1);
    errno = ENOSYS;
  }
  return fd;
}

gboolean
ncg_file_has_openat2 (void)
{
  g_auto (NcgFd) fd = ncg_file_open_resolving (AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

  return fd >= 0 || errno != ENOSYS;
}

/* Reads until the buffer is full or the file ends: a read(2) of a kernel file may end early. */
static gssize
read_some (int fd, char *buffer, gsize size)
{
  gsize length = 0;

  while (length < size) {
    gssize n = TEMP_FAILURE_RETRY (read (fd, buffer + length, size - length));
    if (n < 0)
      return -1;
    if (n == 0)
      break;
    length += (gsize) n;
  }
  return (gssize) length;
}

/* What follows @buffer, in which the first @n bytes are, and that with it. */
static char *
read_on (int fd, char *buffer, gssize n, gsize size)
{
  g_autoptr (GString) text = g_string_sized_new (2 * size);

  while (n > 0) {
    g_string_append_len (text, buffer, n);
    n = read_some (fd, buffer, size);
  }
  return n < 0 ? NULL : g_string_free (g_steal_pointer (&text), FALSE);
}

static char *
read_all (int fd)
{
  char buffer[BUFFER_SIZE];
  gssize n = read_some (fd, buffer, sizeof buffer);

  if (n < 0)
    return NULL;
  if (n < (gssize) sizeof buffer)
    return g_strndup (buffer, (gsize) n);
  return read_on (fd, buffer, n, sizeof buffer);
}

/* A seq_file gives as many whole records as fit into a page, or one that is larger. */
#define WHOLE_RECORDS 2048

char *
ncg_file_read_attribute (int dir_fd, const char *path)
{
  g_auto (NcgFd) fd =
      TEMP_FAILURE_RETRY (openat (dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY));
  char buffer[BUFFER_SIZE];
  gssize n = fd < 0 ? -1 : TEMP_FAILURE_RETRY (read (fd, buffer, sizeof buffer));

  if (n < 0)
    return NULL;
  if (n == 0 || (n < WHOLE_RECORDS && buffer[n - 1] == '\n'))
    return g_strndup (buffer, (gsize) n);
  return read_on (fd, buffer, n, sizeof buffer);
}

char *
ncg_file_read_at (int dir_fd, const char *path)
{
  g_auto (NcgFd) fd =
      TEMP_FAILURE_RETRY (openat (dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY));

  return fd < 0 ? NULL : read_all (fd);
}

void
ncg_file_buffer_init (NcgFileBuffer *self)
{
  self->text = self->inner;
  self->size = sizeof self->inner;
}

void
ncg_file_buffer_clear (NcgFileBuffer *self)
{
  if (self->text != self->inner)
    g_free (self->text);
  ncg_file_buffer_init (self);
}

static void
buffer_grow (NcgFileBuffer *self, gsize length)
{
  char *grown = g_malloc (2 * self->size);

  memcpy (grown, self->text, length);
  if (self->text != self->inner)
    g_free (self->text);
  self->text = grown;
  self->size *= 2;
}

static gboolean
read_whole (int fd, NcgFileBuffer *buffer)
{
  gsize length = 0;
  gssize n;

  do {
    gsize room;

    if (length + 1 == buffer->size)
      buffer_grow (buffer, length);
    room = buffer->size - 1 - length;
    n = TEMP_FAILURE_RETRY (read (fd, buffer->text + length, room));
    length += n > 0 ? (gsize) n : 0;
    if (n > 0 && (gsize) n < room && buffer->text[length - 1] == '\n')
      break;
  } while (n > 0);
  buffer->text[length] = '\0';
  return n >= 0;
}

char *
ncg_file_read_into (int dir_fd, const char *path, NcgFileBuffer *buffer)
{
  int fd = TEMP_FAILURE_RETRY (openat (dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY));
  gboolean ok = fd >= 0 && read_whole (fd, buffer);

  ncg_file_close (fd);
  return ok ? buffer->text : NULL;
}
