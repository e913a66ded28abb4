/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files that stand for those of the kernel.
 */
#include "tests/dbus/fake-file.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

void
fake_file_write (const char *path, const char *text)
{
  int fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0644);
  gsize length = strlen (text);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (pwrite (fd, text, length, 0), ==, length);
  g_assert_cmpint (ftruncate (fd, (off_t) length), ==, 0);
  close (fd);
}

char *
fake_file_read (const char *path)
{
  char *text;

  return g_file_get_contents (path, &text, NULL, NULL) ? text : NULL;
}
