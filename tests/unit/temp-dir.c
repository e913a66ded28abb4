/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Temporary directories for tests.
 */
#include "tests/unit/temp-dir.h"

#include <glib/gstdio.h>

char *
temp_dir_new (void)
{
  g_autoptr (GError) error = NULL;
  char *dir = g_dir_make_tmp ("ncg-test-XXXXXX", &error);

  g_assert_no_error (error);
  return dir;
}

void
temp_dir_make (const char *dir, const char *path)
{
  g_autofree char *whole = g_build_filename (dir, path, NULL);

  g_assert_cmpint (g_mkdir_with_parents (whole, 0755), ==, 0);
}

void
temp_dir_write (const char *dir, const char *path, const char *text)
{
  g_autofree char *whole = g_build_filename (dir, path, NULL);
  g_autofree char *parent = g_path_get_dirname (path);
  g_autoptr (GError) error = NULL;

  temp_dir_make (dir, parent);
  g_file_set_contents (whole, text, -1, &error);
  g_assert_no_error (error);
}

static void
remove_tree (const char *path)
{
  gboolean is_link = g_file_test (path, G_FILE_TEST_IS_SYMLINK);
  g_autoptr (GDir) dir = is_link ? NULL : g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *child = g_build_filename (path, name, NULL);
    remove_tree (child);
  }
  g_assert_cmpint (g_remove (path), ==, 0);
}

void
temp_dir_free (char *dir)
{
  remove_tree (dir);
  g_free (dir);
}
