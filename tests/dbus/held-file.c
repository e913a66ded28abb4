/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files whose readers wait: a pipe that nobody writes into.
 */
#include "tests/dbus/held-file.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct HeldFile {
  char *path;
  char *original;
  int fd;
};

HeldFile *
held_file_new (Fixture *fixture, const char *cgroup, const char *file)
{
  HeldFile *self = g_new0 (HeldFile, 1);

  self->path = g_strconcat (fixture->root, "/sys/fs/cgroup", cgroup, "/", file, NULL);
  self->original = g_strconcat (self->path, ".original", NULL);
  g_assert_cmpint (g_rename (self->path, self->original), ==, 0);
  g_assert_cmpint (mkfifo (self->path, 0644), ==, 0);
  /* Read and write, so that it does not wait itself. */
  self->fd = open (self->path, O_RDWR | O_CLOEXEC);
  g_assert_cmpint (self->fd, >=, 0);
  return self;
}

void
held_file_free (HeldFile *self)
{
  if (g_file_test (self->original, G_FILE_TEST_EXISTS))
    g_assert_cmpint (g_rename (self->original, self->path), ==, 0);
  close (self->fd);
  g_free (self->path);
  g_free (self->original);
  g_free (self);
}
