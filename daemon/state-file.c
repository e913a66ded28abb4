/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * State files.
 */
#include "daemon/state-file.h"

#include "daemon/fault-point.h"
#include "lib/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VERSION " 2 "
#define BAD_SUFFIX ".bad"
#define TEMPORARY_SUFFIX ".tmp"
/* So many are kept of one name; a further one replaces the last. */
#define MAX_ASIDE 100

static gboolean
fail (const char *what, const char *name, GError **error)
{
  int saved = errno;

  g_set_error (error, NCG_ERROR, saved == ENOENT ? NCG_ERROR_NOT_FOUND : NCG_ERROR_FAILED,
               "could not %s %s: %s", what, name, g_strerror (saved));
  return FALSE;
}

static gboolean
write_all (int fd, const char *text, gsize length)
{
  while (length > 0) {
    ssize_t n = write (fd, text, length);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return FALSE;
    text += n;
    length -= (gsize) n;
  }
  return TRUE;
}

static char *
make_header (const char *kind, gconstpointer content, gsize n_bytes)
{
  g_autofree char *sum = g_compute_checksum_for_data (G_CHECKSUM_SHA256, content, n_bytes);

  return g_strconcat (kind, VERSION, sum, "\n", NULL);
}

gboolean
state_file_write (int directory,
                  const char *name,
                  const char *kind,
                  const void *content,
                  gsize n_bytes,
                  GError **error)
{
  g_autofree char *header = make_header (kind, content, n_bytes);
  g_autofree char *temporary = g_strconcat (".", name, TEMPORARY_SUFFIX, NULL);
  gboolean is_written;
  int fd;

  if (strlen (header) + n_bytes > STATE_FILE_MAX_BYTES) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_LIMIT_EXCEEDED,
                 "%s would have %" G_GSIZE_FORMAT
                 " bytes, and no more than %d can be kept; leave out what is not needed",
                 name, strlen (header) + n_bytes, STATE_FILE_MAX_BYTES);
    return FALSE;
  }
  unlinkat (directory, temporary, 0);
  fd = openat (directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) {
    g_autoptr (GError) reason = NULL;

    fail ("write", temporary, &reason);
    g_set_error_literal (error, NCG_ERROR, NCG_ERROR_FAILED, reason->message);
    return FALSE;
  }
  is_written = write_all (fd, header, strlen (header)) && write_all (fd, content, n_bytes);
  close (fd);
  FAULT_POINT ("state-file:written");
  if (!is_written || renameat (directory, temporary, directory, name) < 0) {
    fail ("write", name, error);
    unlinkat (directory, temporary, 0);
    return FALSE;
  }
  FAULT_POINT ("state-file:renamed");
  return TRUE;
}

static const char *
find_wrong (const struct stat *status)
{
  if (!S_ISREG (status->st_mode))
    return "no plain file";
  if (status->st_uid != geteuid ())
    return "another user's";
  if ((status->st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return "open for others to write";
  if (status->st_nlink != 1)
    return "a file with other names, too";
  if (status->st_size > STATE_FILE_MAX_BYTES)
    return "too large";
  return NULL;
}

/* Reads what fits, and one more byte would tell that it has grown. */
static GBytes *
read_all (int fd, gsize n_bytes)
{
  g_autofree char *text = g_malloc (n_bytes + 1);
  gsize n = 0;

  while (n <= n_bytes) {
    ssize_t got = read (fd, text + n, n_bytes + 1 - n);

    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      break;
    n += (gsize) got;
  }
  return n == n_bytes ? g_bytes_new_take (g_steal_pointer (&text), n) : NULL;
}

GBytes *
state_file_read_bytes (int directory, const char *name, GError **error)
{
  GBytes *bytes = NULL;
  struct stat status;
  const char *wrong;
  int fd = openat (directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

  if (fd < 0 || fstat (fd, &status) < 0) {
    fail ("open", name, error);
    if (fd >= 0)
      close (fd);
    return NULL;
  }
  wrong = find_wrong (&status);
  if (wrong == NULL)
    bytes = read_all (fd, (gsize) status.st_size);
  close (fd);
  if (bytes == NULL)
    g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED, "%s is %s", name,
                 wrong != NULL ? wrong : "changing while it is read");
  return bytes;
}

/* Files of before 2 had no sum. */
static gsize
find_content (const char *kind, const char *text, gsize n_bytes)
{
  g_autofree char *old = g_strconcat (kind, " 1\n", NULL);
  const char *end = n_bytes > 0 ? memchr (text, '\n', n_bytes) : NULL;
  gsize length = end != NULL ? (gsize) (end - text) + 1 : 0;
  g_autofree char *header = make_header (kind, text + length, n_bytes - length);

  if (strlen (old) == length && memcmp (old, text, length) == 0)
    return length;
  return strlen (header) == length && memcmp (header, text, length) == 0 ? length : 0;
}

GBytes *
state_file_parse (const char *kind, GBytes *bytes, GError **error)
{
  g_autofree char *start = g_strconcat (kind, VERSION, NULL);
  gsize n_bytes;
  const char *text = g_bytes_get_data (bytes, &n_bytes);
  gsize length = n_bytes > 0 ? find_content (kind, text, n_bytes) : 0;

  if (length > 0)
    return g_bytes_new_from_bytes (bytes, length, n_bytes - length);
  if (n_bytes >= strlen (start) && memcmp (text, start, strlen (start)) == 0)
    g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED,
                 "it is damaged: the sum in its first line is not that of the rest");
  else
    g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED,
                 "it does not start with '%s', as files of this version do", start);
  return NULL;
}

GBytes *
state_file_read (int directory, const char *name, const char *kind, GError **error)
{
  g_autoptr (GBytes) bytes = state_file_read_bytes (directory, name, error);

  return bytes != NULL ? state_file_parse (kind, bytes, error) : NULL;
}

gboolean
state_file_is_temporary (const char *name)
{
  return name[0] == '.' && g_str_has_suffix (name, TEMPORARY_SUFFIX);
}

gboolean
state_file_is_aside (const char *name)
{
  return g_str_has_suffix (name, BAD_SUFFIX);
}

/* (transfer full): the @i-th, from 0 on */
static char *
name_aside (const char *name, guint i)
{
  return i == 0 ? g_strconcat (name, BAD_SUFFIX, NULL)
                : g_strdup_printf ("%s.%u" BAD_SUFFIX, name, i);
}

char *
state_file_set_aside (int directory, const char *name)
{
  g_autofree char *aside = name_aside (name, 0);

  for (guint i = 1; i < MAX_ASIDE && faccessat (directory, aside, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
       i++) {
    g_free (aside);
    aside = name_aside (name, i);
  }
  return renameat (directory, name, directory, aside) == 0 ? g_steal_pointer (&aside) : NULL;
}

void
state_file_drop_aside (int directory, const char *name)
{
  for (guint i = 0; i < MAX_ASIDE; i++) {
    g_autofree char *aside = name_aside (name, i);

    if (unlinkat (directory, aside, 0) < 0 && errno == ENOENT)
      return;
  }
}
