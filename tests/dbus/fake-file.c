/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files that stand for those of the kernel.
 */
#include "tests/dbus/fake-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FLAGS (O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK)

void
fake_file_write (const char *path, const char *text)
{
  int fd = open (path, FLAGS, 0644);
  gsize length = strlen (text);

  /* The modes are for the daemon; for a moment they are off, where we are not root either. */
  if (fd < 0 && errno == EACCES && chmod (path, 0644) == 0) {
    fd = open (path, FLAGS, 0644);
    g_assert_cmpint (chmod (path, 0444), ==, 0);
  }
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
