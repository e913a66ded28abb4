/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is left of leaves, over directories that imitate cgroups. All else of leaf-settle.h is in
 * tests/vm.
 */
#include "lib/leaf-settle.h"

#include "lib/hierarchy.h"
#include "tests/unit/temp-dir.h"

#include <string.h>

#define MOUNTINFO                                                                                  \
  "26 25 0:23 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n"                       \
  "27 25 0:24 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
#define PRIMARY "sys/fs/cgroup/systemd/"
#define CPUSET "sys/fs/cgroup/cpuset/"

static char *
list_left (const char *root, const char *path)
{
  g_autoptr (NcgHierarchy) hierarchy = ncg_hierarchy_detect (root, NULL);
  const NcgTree *primary = ncg_hierarchy_get_primary (hierarchy);
  g_autoptr (GPtrArray) trees = g_ptr_array_new ();
  g_autoptr (GPtrArray) left = NULL;

  for (guint i = 0; i < hierarchy->trees->len; i++)
    if (g_ptr_array_index (hierarchy->trees, i) != primary)
      g_ptr_array_add (trees, g_ptr_array_index (hierarchy->trees, i));
  left = ncg_leaf_list_left (trees, primary, path);
  g_ptr_array_add (left, NULL);
  return g_strjoinv (" ", (char **) left->pdata);
}

static void
test_left (void)
{
  char *root = temp_dir_new ();
  g_autofree char *left = NULL;
  g_autofree char *none = NULL;

  temp_dir_write (root, "proc/self/mountinfo", MOUNTINFO);
  temp_dir_make (root, PRIMARY "a/there.scope");
  temp_dir_make (root, CPUSET "a/there.scope");
  temp_dir_make (root, CPUSET "a/ended.scope/below");
  temp_dir_make (root, CPUSET "a/ended.service");
  temp_dir_make (root, CPUSET "a/somebodys");
  temp_dir_make (root, CPUSET "b/ended.scope");
  left = list_left (root, "/a");
  none = list_left (root, "/b");
  g_assert_cmpstr (left, ==, "/a/ended.scope /a/ended.service");
  g_assert_cmpstr (none, ==, "");
  temp_dir_free (root);
}

/* (transfer container): all but the primary one */
static GPtrArray *
list_others (const NcgHierarchy *hierarchy)
{
  GPtrArray *trees = g_ptr_array_new ();

  for (guint i = 0; i < hierarchy->trees->len; i++)
    if (g_ptr_array_index (hierarchy->trees, i) != ncg_hierarchy_get_primary (hierarchy))
      g_ptr_array_add (trees, g_ptr_array_index (hierarchy->trees, i));
  return trees;
}

static gboolean
is_there (const char *root, const char *path)
{
  g_autofree char *whole = g_build_filename (root, CPUSET, path, NULL);

  return g_file_test (whole, G_FILE_TEST_IS_DIR);
}

/* As the kernel makes one. */
static void
make_cpuset (const char *root, const char *path)
{
  g_autofree char *cpus = g_build_filename (CPUSET, path, "cpuset.cpus", NULL);
  g_autofree char *mems = g_build_filename (CPUSET, path, "cpuset.mems", NULL);

  temp_dir_write (root, cpus, "0\n");
  temp_dir_write (root, mems, "0\n");
}

/* Which of those above has limits does not matter, unless it is the root alone. */
static void
test_foreign (void)
{
  char *root = temp_dir_new ();
  g_autoptr (NcgHierarchy) hierarchy = NULL;
  g_autoptr (GPtrArray) trees = NULL;
  g_autoptr (GError) error = NULL;

  temp_dir_write (root, "proc/self/mountinfo", MOUNTINFO);
  hierarchy = ncg_hierarchy_detect (root, NULL);
  trees = list_others (hierarchy);
  make_cpuset (root, "");
  make_cpuset (root, "a.slice");
  make_cpuset (root, "a.slice/b.slice");
  g_assert_true (ncg_leaf_is_foreign (trees, "/a.slice/b.slice/c.slice/d.scope"));
  g_assert_true (ncg_leaf_is_foreign (trees, "/a.slice/d.scope"));
  g_assert_false (ncg_leaf_is_foreign (trees, "/a.slice"));
  g_assert_false (ncg_leaf_is_foreign (trees, "/b.slice/a.slice/d.scope"));
  g_assert_false (ncg_leaf_is_foreign (trees, ""));

  g_assert_true (ncg_leaf_make_foreign (trees, "/b.slice/d.scope", &error));
  g_assert_false (is_there (root, "b.slice"));
  g_assert_no_error (error);
  /* Here nothing fills in what is new. */
  g_assert_false (ncg_leaf_make_foreign (trees, "/a.slice/b.slice/c.slice/d.scope", &error));
  g_assert_nonnull (strstr (error->message, "/a.slice/b.slice/c.slice"));
  temp_dir_free (root);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/leaf-settle/left", test_left);
  g_test_add_func ("/leaf-settle/foreign", test_foreign);
  return g_test_run ();
}
