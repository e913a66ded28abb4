/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whole files, and those of the kernel with as few calls as they need.
 */
#include "lib/file.h"
#include "tests/unit/temp-dir.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void
assert_attribute (const char *dir, const char *text)
{
  g_auto (NcgFd) fd = open (dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_autofree char *read = NULL;

  temp_dir_write (dir, "attribute", text);
  read = ncg_file_read_attribute (fd, "attribute");
  g_assert_cmpstr (read, ==, text);
}

static void
test_attribute (void)
{
  const gsize lengths[] = { 2047, 2048, 8191, 8192, 8193, 16384, 30000 };
  char *dir = temp_dir_new ();

  assert_attribute (dir, "");
  assert_attribute (dir, "max\n");
  assert_attribute (dir, "without an end");
  for (gsize i = 0; i < G_N_ELEMENTS (lengths); i++) {
    g_autofree char *text = g_strnfill (lengths[i], 'a');

    assert_attribute (dir, text);
    text[lengths[i] - 1] = '\n';
    assert_attribute (dir, text);
  }
  g_assert_null (ncg_file_read_attribute (AT_FDCWD, "/nowhere"));
  temp_dir_free (dir);
}

/* The kernel gives it in pieces of whole lines, each shorter than what is asked for. */
static void
test_attribute_in_pieces (void)
{
  static const char path[] = "/proc/kallsyms";
  g_autofree char *attribute = ncg_file_read_attribute (AT_FDCWD, path);
  g_autofree char *whole = ncg_file_read_at (AT_FDCWD, path);
  g_auto (NcgFd) fd = open (path, O_RDONLY | O_CLOEXEC);
  char piece[8192];
  gssize n = read (fd, piece, sizeof piece);

  g_assert_cmpint ((int) n, >=, 2048);
  g_assert_cmpint ((int) n, <, (int) sizeof piece);
  g_assert_cmpint (piece[n - 1], ==, '\n');
  g_assert_cmpuint (strlen (whole), >, (gsize) n);
  g_assert_cmpstr (attribute, ==, whole);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/file/attribute", test_attribute);
  g_test_add_func ("/file/attribute-in-pieces", test_attribute_in_pieces);
  return g_test_run ();
}
