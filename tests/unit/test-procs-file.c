/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cgroup.procs, and whether somebody was in a cgroup all the time.
 */
#include "lib/procs-file.h"

#include "tests/unit/temp-dir.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>

/* More than is read of the file. */
#define MANY 4000

typedef struct {
  char *root;
  NcgTree tree;
  NcgProcess own[2]; /* that are to come */
  GPtrArray *processes;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->root = temp_dir_new ();
  fixture->tree.mount = fixture->root;
  fixture->tree.is_v1 = GPOINTER_TO_INT (data);
  fixture->own[0].pid = 11;
  fixture->own[1].pid = 12;
  fixture->processes = g_ptr_array_new ();
  g_ptr_array_add (fixture->processes, &fixture->own[0]);
  g_ptr_array_add (fixture->processes, &fixture->own[1]);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_ptr_array_unref (fixture->processes);
  temp_dir_free (fixture->root);
}

/* Opens it with these in it, and looks which is the other one. */
static NcgProcsFile
open_with (const Fixture *fixture, const char *text, pid_t other)
{
  NcgProcsFile procs;

  temp_dir_write (fixture->root, "a/cgroup.procs", text);
  g_assert_true (ncg_procs_file_open (&procs, &fixture->tree, "/a", fixture->processes));
  g_assert_cmpint (procs.other, ==, other);
  return procs;
}

static void
assert_other (const Fixture *fixture, const char *before, pid_t other, const char *after, int has)
{
  NcgProcsFile procs = open_with (fixture, before, other);
  g_autofree char *path = g_build_filename (fixture->root, "a/cgroup.procs", NULL);
  FILE *file = fopen (path, "we");

  /* In place, as the kernel's files change. */
  g_assert_nonnull (file);
  g_assert_cmpint (fputs (after, file), >=, 0);
  g_assert_cmpint (fclose (file), ==, 0);
  g_assert_cmpint (ncg_procs_file_has_other (&procs), ==, has);
  ncg_procs_file_close (&procs);
}

static void
test_other (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GString) many = g_string_new ("1\n");

  assert_other (fixture, "", 0, "11\n", FALSE);
  assert_other (fixture, "7\n", 7, "7\n11\n12\n", TRUE);
  assert_other (fixture, "11\n12\n70\n8\n", 70, "11\n12\n70\n", TRUE);
  assert_other (fixture, "11\n12\n", 0, "11\n12\n7\n", FALSE);
  assert_other (fixture, "7\n", 7, "11\n12\n", FALSE);
  /* Neither a part of a number nor a longer one. */
  assert_other (fixture, "7\n", 7, "17\n77\n", FALSE);
  for (guint i = 0; i < MANY; i++)
    g_string_append_printf (many, "%u\n", 1000 + i);
  assert_other (fixture, many->str, 1, many->str, TRUE);
  assert_other (fixture, "4999\n", 4999, many->str, FALSE);
}

/* The kernel goes on showing there what it has shown. */
static void
test_opened_again (Fixture *fixture, gconstpointer data)
{
  NcgProcsFile procs = open_with (fixture, "7\n", 7);
  g_autofree char *path = g_build_filename (fixture->root, "a/cgroup.procs", NULL);

  g_assert_cmpint (g_unlink (path), ==, 0);
  temp_dir_write (fixture->root, "a/cgroup.procs", "11\n");
  g_assert_cmpint (ncg_procs_file_has_other (&procs), ==, !fixture->tree.is_v1);
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (ncg_procs_file_has_other (&procs), ==, !fixture->tree.is_v1);
  ncg_procs_file_close (&procs);
}

static void
test_write (Fixture *fixture, gconstpointer data)
{
  NcgProcsFile procs = open_with (fixture, "\n\n\n\n7\n", 7);
  g_autofree char *path = g_build_filename (fixture->root, "a/cgroup.procs", NULL);
  g_autofree char *text = NULL;

  g_assert_cmpint (ncg_procs_file_write (&procs, &fixture->own[0]), ==, 0);
  g_assert_cmpint (ncg_procs_file_write (&procs, &fixture->own[1]), ==, 0);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "12\n\n7\n");
  ncg_procs_file_close (&procs);
}

static void
test_put (Fixture *fixture, gconstpointer data)
{
  g_autofree char *long_path = g_strnfill (2000, 'a');
  g_autofree char *too_long = g_strconcat ("/", long_path, NULL);
  g_autofree char *path = g_build_filename (fixture->root, "cgroup.procs", NULL);
  g_autofree char *text = NULL;

  g_assert_cmpint (ncg_procs_file_put (&fixture->tree, "/b", &fixture->own[0]), ==, ENOENT);
  g_assert_cmpint (ncg_procs_file_put (&fixture->tree, too_long, &fixture->own[0]), ==,
                   ENAMETOOLONG);
  temp_dir_write (fixture->root, "cgroup.procs", "");
  g_assert_cmpint (ncg_procs_file_put (&fixture->tree, "", &fixture->own[0]), ==, 0);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "11");
}

static void
test_not_so (Fixture *fixture, gconstpointer data)
{
  NcgProcsFile procs;

  g_assert_false (ncg_procs_file_open (&procs, &fixture->tree, "/b", fixture->processes));
  temp_dir_make (fixture->root, "b/cgroup.procs");
  g_assert_false (ncg_procs_file_open (&procs, &fixture->tree, "/b", fixture->processes));
}

#define TEST(path, function)                                                                       \
  g_test_add ("/procs-file/v2/" path, Fixture, GINT_TO_POINTER (FALSE), set_up, function,          \
              tear_down);                                                                          \
  g_test_add ("/procs-file/v1/" path, Fixture, GINT_TO_POINTER (TRUE), set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  TEST ("other", test_other);
  TEST ("opened-again", test_opened_again);
  TEST ("write", test_write);
  TEST ("put", test_put);
  TEST ("not-so", test_not_so);
  return g_test_run ();
}
