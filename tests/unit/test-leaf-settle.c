/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is left of leaves and where they can be given to a user, over directories that imitate
 * cgroups. All else of leaf-settle.h is in tests/vm.
 */
#include "lib/leaf-settle.h"

#include "lib/cgroup-tree.h"
#include "lib/error.h"
#include "lib/hierarchy.h"
#include "tests/unit/temp-dir.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOUNTINFO                                                                                  \
  "26 25 0:23 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n"                       \
  "27 25 0:24 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
#define PRIMARY "sys/fs/cgroup/systemd/"
#define NOBODY 65534
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

/* One that cannot be opened for another reason than that it is not there has not ended. */
static void
test_left_unseen (void)
{
  char *root = temp_dir_new ();
  g_autofree char *closed = g_build_filename (root, PRIMARY, "a", NULL);
  g_autofree char *left = NULL;
  uid_t user = geteuid ();

  temp_dir_write (root, "proc/self/mountinfo", MOUNTINFO);
  temp_dir_make (root, PRIMARY "a/there.scope");
  temp_dir_make (root, CPUSET "a/there.scope");
  g_assert_cmpint (chmod (root, 0755), ==, 0);
  g_assert_cmpint (chmod (closed, 0444), ==, 0);
  if (user == 0)
    g_assert_cmpint (seteuid (NOBODY), ==, 0);
  left = list_left (root, "/a");
  g_assert_cmpint (seteuid (user), ==, 0);
  g_assert_cmpint (chmod (closed, 0755), ==, 0);
  g_assert_cmpstr (left, ==, "");
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
  const NcgTree *primary;

  temp_dir_write (root, "proc/self/mountinfo", MOUNTINFO);
  hierarchy = ncg_hierarchy_detect (root, NULL);
  primary = ncg_hierarchy_get_primary (hierarchy);
  trees = list_others (hierarchy);
  make_cpuset (root, "");
  make_cpuset (root, "a.slice");
  make_cpuset (root, "a.slice/b.slice");
  g_assert_true (ncg_leaf_is_foreign (trees, "/a.slice/b.slice/c.slice/d.scope"));
  g_assert_true (ncg_leaf_is_foreign (trees, "/a.slice/d.scope"));
  g_assert_false (ncg_leaf_is_foreign (trees, "/a.slice"));
  g_assert_false (ncg_leaf_is_foreign (trees, "/b.slice/a.slice/d.scope"));
  g_assert_false (ncg_leaf_is_foreign (trees, ""));

  temp_dir_make (root, PRIMARY "b.slice/d.scope");
  temp_dir_make (root, PRIMARY "a.slice/b.slice/c.slice/d.scope");
  g_assert_true (ncg_leaf_make_foreign (trees, primary, "/b.slice/d.scope", &error));
  g_assert_false (is_there (root, "b.slice"));
  g_assert_no_error (error);
  /* Here nothing fills in what is new. */
  g_assert_false (
      ncg_leaf_make_foreign (trees, primary, "/a.slice/b.slice/c.slice/d.scope", &error));
  g_assert_nonnull (strstr (error->message, "/a.slice/b.slice/c.slice"));
  temp_dir_free (root);
}

static void
close_files (struct rlimit *ret_before)
{
  struct rlimit none;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, ret_before), ==, 0);
  none = (struct rlimit){ 0, ret_before->rlim_max };
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &none), ==, 0);
}

/* That it cannot be seen does not say that nothing above the leaf is there. */
static void
test_foreign_unseen (void)
{
  char *root = temp_dir_new ();
  g_autoptr (NcgHierarchy) hierarchy = NULL;
  g_autoptr (GPtrArray) trees = NULL;
  g_autoptr (GError) error = NULL;
  struct rlimit files;
  gboolean is_foreign, is_made;

  temp_dir_write (root, "proc/self/mountinfo", MOUNTINFO);
  hierarchy = ncg_hierarchy_detect (root, NULL);
  trees = list_others (hierarchy);
  make_cpuset (root, "a.slice");
  temp_dir_make (root, PRIMARY "a.slice/d.scope");
  close_files (&files);
  is_foreign = ncg_leaf_is_foreign (trees, "/a.slice/d.scope");
  is_made = ncg_leaf_make_foreign (trees, ncg_hierarchy_get_primary (hierarchy), "/a.slice/d.scope",
                                   &error);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &files), ==, 0);
  g_assert_true (is_foreign);
  g_assert_false (is_made);
  g_assert_nonnull (error);
  g_assert_false (g_error_matches (error, NCG_ERROR, NCG_ERROR_NOT_FOUND));
  g_assert_nonnull (strstr (error->message, "sys/fs/cgroup/cpuset"));
  temp_dir_free (root);
}

/* Nobody would remove what is made for one that has ended. */
static void
test_ended (void)
{
  char *root = temp_dir_new ();
  g_autoptr (NcgHierarchy) hierarchy = NULL;
  g_autoptr (GPtrArray) trees = NULL;
  struct rlimit files;
  g_autoptr (GError) error = NULL;

  temp_dir_write (root, "proc/self/mountinfo", MOUNTINFO);
  hierarchy = ncg_hierarchy_detect (root, NULL);
  trees = list_others (hierarchy);
  make_cpuset (root, "");
  make_cpuset (root, "a.slice");
  temp_dir_make (root, PRIMARY "a.slice");
  g_assert_false (ncg_leaf_make_foreign (trees, ncg_hierarchy_get_primary (hierarchy),
                                         "/a.slice/d.scope", &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "/a.slice/d.scope"));
  g_assert_false (is_there (root, "a.slice/d.scope"));

  /* That it cannot be seen does not say that it has ended. */
  g_clear_error (&error);
  temp_dir_make (root, PRIMARY "a.slice/d.scope");
  close_files (&files);
  g_assert_false (ncg_cgroup_tree_make_beside (ncg_hierarchy_get_primary (hierarchy), trees,
                                               "/a.slice/d.scope", NULL, &error));
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &files), ==, 0);
  g_assert_nonnull (error);
  g_assert_false (g_error_matches (error, NCG_ERROR, NCG_ERROR_NOT_FOUND));
  temp_dir_free (root);
}

/* Where a user is given a leaf: the mount, or "" for nowhere. */
static const struct {
  const char *mountinfo;
  const char *expected;
} delegable[] = {
  { MOUNTINFO, "/sys/fs/cgroup/systemd" },
  { "26 25 0:23 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
    "27 25 0:24 / /sys/fs/cgroup/freezer rw - cgroup cgroup rw,freezer\n",
    "/sys/fs/cgroup/unified" },
  { "27 25 0:24 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "28 25 0:25 / /sys/fs/cgroup/freezer rw - cgroup cgroup rw,freezer\n",
    "/sys/fs/cgroup/freezer" },
  { "27 25 0:24 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
    "28 25 0:25 / /sys/fs/cgroup/perf_event rw - cgroup cgroup rw,perf_event\n",
    "/sys/fs/cgroup/perf_event" },
  { "27 25 0:24 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "28 25 0:25 / /sys/fs/cgroup/openrc rw - cgroup cgroup rw,name=openrc\n",
    "/sys/fs/cgroup/openrc" },
  { "27 25 0:24 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "28 25 0:25 / /sys/fs/cgroup/freezer rw - cgroup cgroup rw,pids,freezer\n"
    "29 25 0:26 / /sys/fs/cgroup/net_cls rw - cgroup cgroup rw,net_cls\n",
    "" },
};

static void
test_delegable (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (delegable); i++) {
    char *root = temp_dir_new ();
    g_autoptr (NcgHierarchy) hierarchy = NULL;
    g_autoptr (GError) error = NULL;
    const NcgTree *tree;

    temp_dir_write (root, "proc/self/mountinfo", delegable[i].mountinfo);
    temp_dir_write (root, "sys/fs/cgroup/unified/cgroup.controllers", "");
    hierarchy = ncg_hierarchy_detect (root, &error);
    g_assert_no_error (error);
    tree = ncg_leaf_find_delegable (hierarchy, &error);
    g_assert_cmpstr (tree != NULL ? tree->mount + strlen (root) : "", ==, delegable[i].expected);
    if (tree == NULL)
      g_assert_error (error, NCG_ERROR, (int) NCG_ERROR_NOT_SUPPORTED);
    temp_dir_free (root);
  }
}

/* Nothing is made, and nothing given, where it could not be given safely. */
static void
test_not_delegable (void)
{
  char *root = temp_dir_new ();
  g_autofree char *made = g_build_filename (root, "sys/fs/cgroup/memory/a/b", NULL);
  g_autoptr (NcgHierarchy) hierarchy = NULL;
  g_autoptr (GError) error = NULL;

  temp_dir_write (root, "proc/self/mountinfo",
                  "27 25 0:24 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
  temp_dir_make (root, "sys/fs/cgroup/memory/a");
  hierarchy = ncg_hierarchy_detect (root, NULL);
  g_assert_false (ncg_leaf_delegate (root, hierarchy, "/a", getuid (), &error));
  g_assert_error (error, NCG_ERROR, (int) NCG_ERROR_NOT_SUPPORTED);
  g_clear_error (&error);
  g_assert_false (ncg_leaf_make_subgroup (root, hierarchy, "/a", "b", getuid (), &error));
  g_assert_error (error, NCG_ERROR, (int) NCG_ERROR_NOT_SUPPORTED);
  g_assert_false (g_file_test (made, G_FILE_TEST_EXISTS));
  g_assert_true (ncg_leaf_make_subgroup (root, hierarchy, "/a", "b", NCG_NO_USER, NULL));
  g_assert_true (g_file_test (made, G_FILE_TEST_EXISTS));
  temp_dir_free (root);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/leaf-settle/left", test_left);
  g_test_add_func ("/leaf-settle/left-unseen", test_left_unseen);
  g_test_add_func ("/leaf-settle/foreign", test_foreign);
  g_test_add_func ("/leaf-settle/foreign-unseen", test_foreign_unseen);
  g_test_add_func ("/leaf-settle/ended", test_ended);
  g_test_add_func ("/leaf-settle/delegable", test_delegable);
  g_test_add_func ("/leaf-settle/not-delegable", test_not_delegable);
  return g_test_run ();
}
