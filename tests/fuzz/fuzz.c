/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the fuzz targets share.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/error.h"
#include "tests/unit/temp-dir.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MARK "== "

/* The longest message has three names of the input in it, each escaped. */
#define MESSAGE_MAX 2000

/* GLib's own way to end a program at a message is SIGTRAP, which libFuzzer does not see. */
static GLogWriterOutput
fail_on_message (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  if ((level & G_LOG_LEVEL_DEBUG) != 0)
    return G_LOG_WRITER_HANDLED;
  g_log_writer_standard_streams (level, fields, n_fields, user_data);
  abort ();
}

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  g_log_set_writer_func (fail_on_message, NULL, NULL);
  return 0;
}

char *
fuzz_text (const guint8 *data, gsize size)
{
  return g_strndup ((const char *) data, size);
}

void
fuzz_check_error (const GError *error)
{
  g_assert_nonnull (error);
  g_assert_true (error->domain == NCG_ERROR);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_cmpuint (strlen (error->message), <, MESSAGE_MAX);
}

void
fuzz_check_result (gboolean succeeded, GError **error)
{
  if (succeeded)
    g_assert_no_error (*error);
  else
    fuzz_check_error (*error);
  g_clear_error (error);
}

static char *directory;

static void
remove_directory (void)
{
  temp_dir_free (g_steal_pointer (&directory));
}

const char *
fuzz_directory (void)
{
  if (directory == NULL) {
    directory = temp_dir_new ();
    atexit (remove_directory);
  }
  return directory;
}

void
fuzz_make_directory (const char *path)
{
  temp_dir_make (fuzz_directory (), path);
}

static void
write_file (const char *name, const char *text, gsize length)
{
  g_autofree char *path = g_build_filename (fuzz_directory (), name, NULL);
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (write (fd, text, length), ==, (gssize) length);
  close (fd);
}

static void
remove_file (const char *name)
{
  g_autofree char *path = g_build_filename (fuzz_directory (), name, NULL);

  unlink (path);
}

/* Where the next line begins that starts with the mark; @end if none does. */
static const char *
find_mark (const char *cursor, const char *end)
{
  while (cursor < end) {
    const char *line_end = memchr (cursor, '\n', (gsize) (end - cursor));

    if ((gsize) (end - cursor) >= strlen (MARK) && memcmp (cursor, MARK, strlen (MARK)) == 0)
      return cursor;
    cursor = line_end != NULL ? line_end + 1 : end;
  }
  return end;
}

void
fuzz_write_files (const char *const *names, const guint8 *data, gsize size)
{
  const char *end = (const char *) data + size;
  const char *mark = find_mark ((const char *) data, end);

  for (guint i = 0; names[i] != NULL; i++)
    remove_file (names[i]);
  while (mark < end) {
    const char *start = mark + strlen (MARK);
    const char *line_end = memchr (start, '\n', (gsize) (end - start));
    g_autofree char *name = g_strndup (start, (gsize) ((line_end ? line_end : end) - start));
    const char *text = line_end != NULL ? line_end + 1 : end;

    mark = find_mark (text, end);
    if (g_strv_contains (names, name))
      write_file (name, text, (gsize) (mark - text));
  }
}
