/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making and removing cgroups, on directories that imitate them.
 */
#include "lib/cgroup.h"

#include "lib/error.h"
#include "tests/unit/temp-dir.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

typedef struct {
  char *mount;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->mount = temp_dir_new ();
  temp_dir_make (fixture->mount, "a/b/c");
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  temp_dir_free (fixture->mount);
}

static NcgCgroup *
open_cgroup (const Fixture *fixture, const char *path)
{
  g_autoptr (GError) error = NULL;
  NcgCgroup *cgroup = ncg_cgroup_open (fixture->mount, path, &error);

  g_assert_no_error (error);
  return cgroup;
}

static void
test_make_child (Fixture *fixture, gconstpointer data)
{
  static const char *const bad[] = { "", ".", "..", "x/y", "file", NULL };
  g_autoptr (NcgCgroup) cgroup = open_cgroup (fixture, "/a");
  gboolean made = FALSE;

  g_assert_true (ncg_cgroup_make_child (cgroup, "new", &made, NULL));
  g_assert_true (made);
  g_assert_true (ncg_cgroup_make_child (cgroup, "new", &made, NULL));
  g_assert_false (made);

  temp_dir_write (fixture->mount, "a/file", "");
  for (guint i = 0; bad[i] != NULL; i++) {
    g_autoptr (GError) error = NULL;
    g_assert_false (ncg_cgroup_make_child (cgroup, bad[i], NULL, &error));
    g_assert_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
  }
}

static void
test_remove_child (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgCgroup) root = open_cgroup (fixture, "/");
  g_autoptr (NcgCgroup) cgroup = open_cgroup (fixture, "/a");
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) left = NULL;

  for (guint i = 0; i < 50; i++) {
    g_autofree char *path = g_strdup_printf ("a/b/%u/x/y", i);
    temp_dir_make (fixture->mount, path);
  }
  g_assert_true (ncg_cgroup_remove_child (cgroup, "absent", NULL));
  g_assert_false (ncg_cgroup_remove_child (root, "..", &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  ncg_cgroup_remove_child (cgroup, "b", &error);
  g_assert_no_error (error);
  left = ncg_cgroup_list_children (cgroup, NULL);
  g_assert_null (left[0]);
  g_assert_true (ncg_cgroup_remove_child (root, "a", NULL));
  g_assert_true (ncg_cgroup_remove_child (cgroup, "b", NULL)); /* of one that is gone itself */
}

/* The daemon has a umask that keeps its own files to itself. */
static void
test_make_child_mode (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgCgroup) cgroup = open_cgroup (fixture, "/a");
  mode_t before = umask (077);
  gboolean is_made = ncg_cgroup_make_child (cgroup, "new", NULL, NULL);
  struct stat st;

  umask (before);
  g_assert_true (is_made);
  g_assert_cmpint (fstatat (ncg_cgroup_get_fd (cgroup), "new", &st, 0), ==, 0);
  g_assert_cmpuint (st.st_mode & 0777, ==, 0755);
}

/* One level below the other, further than a path may be long. */
static void
test_remove_deep (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgCgroup) cgroup = open_cgroup (fixture, "/a");
  g_autofree char *name = g_strnfill (200, 'x');
  g_autoptr (GError) error = NULL;
  NcgCgroup *at = ncg_cgroup_open_child (cgroup, "b", NULL);

  for (guint i = 0; i < 100; i++) {
    NcgCgroup *next;

    g_assert_true (ncg_cgroup_make_child (at, name, NULL, NULL));
    next = ncg_cgroup_open_child (at, name, NULL);
    ncg_cgroup_close (at);
    at = next;
  }
  ncg_cgroup_close (at);
  ncg_cgroup_remove_child (cgroup, "b", &error);
  g_assert_no_error (error);
}

/* Where a directory cannot go, the message says which. */
static void
test_remove_fails (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgCgroup) cgroup = open_cgroup (fixture, "/a");
  g_autoptr (GError) error = NULL;

  temp_dir_write (fixture->mount, "a/b/c/file", "");
  g_assert_false (ncg_cgroup_remove_child (cgroup, "b", &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "/a/b/c"));
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/cgroup-directory/make-child", test_make_child);
  ADD ("/cgroup-directory/make-child/mode", test_make_child_mode);
  ADD ("/cgroup-directory/remove-child", test_remove_child);
  ADD ("/cgroup-directory/remove-child/deep", test_remove_deep);
  ADD ("/cgroup-directory/remove-child/fails", test_remove_fails);
  return g_test_run ();
}
