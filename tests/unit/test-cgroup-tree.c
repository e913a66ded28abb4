/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cgroups in all hierarchies, over directories that imitate them: what a kernel refuses. What it
 * does is in test-cgroup-tree-kernel.c.
 */
#include "lib/cgroup-tree.h"
#include "lib/error.h"
#include "tests/unit/temp-dir.h"

#include <glib/gstdio.h>
#include <string.h>

#define MOUNTINFO                                                                                  \
  "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/root rw\n"                                        \
  "26 25 0:23 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"                                  \
  "27 25 0:24 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
#define V2 "sys/fs/cgroup/unified/"
#define V1 "sys/fs/cgroup/cpuset/"

typedef struct {
  char *root;
  NcgHierarchy *hierarchy;
  char *proc;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->root = temp_dir_new ();
  fixture->proc = g_strconcat (fixture->root, "/proc", NULL);
  temp_dir_write (fixture->root, "proc/self/mountinfo", MOUNTINFO);
  temp_dir_write (fixture->root, V2 "cgroup.controllers", "hugetlb memory pids\n");
  temp_dir_write (fixture->root, V2 "cgroup.subtree_control", "memory\n");
  temp_dir_make (fixture->root, V1 "a");
  fixture->hierarchy = ncg_hierarchy_detect (fixture->root, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ncg_hierarchy_free (fixture->hierarchy);
  g_free (fixture->proc);
  temp_dir_free (fixture->root);
}

static void
assert_file (const Fixture *fixture, const char *path, const char *expected)
{
  g_autofree char *whole = g_build_filename (fixture->root, path, NULL);
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (whole, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, expected);
}

static gboolean
is_there (const Fixture *fixture, const char *path)
{
  g_autofree char *whole = g_build_filename (fixture->root, path, NULL);

  return g_file_test (whole, G_FILE_TEST_IS_DIR);
}

/* (transfer container): cgroup2 alone */
static GPtrArray *
unified_only (const Fixture *fixture)
{
  GPtrArray *trees = g_ptr_array_new ();

  g_ptr_array_add (trees, (gpointer) ncg_hierarchy_get_primary (fixture->hierarchy));
  return trees;
}

static gboolean
make (const Fixture *fixture, const char *path, const char *controllers, GError **error)
{
  g_autoptr (GPtrArray) trees = unified_only (fixture);
  g_autoptr (GPtrArray) made = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) names = g_strsplit (controllers, " ", -1);

  return ncg_cgroup_tree_make_noting (trees, fixture->proc, path, (const char *const *) names, made,
                                      error);
}

static void
assert_make_fails (const Fixture *fixture,
                   const char *path,
                   const char *controllers,
                   NcgError code,
                   const char *word)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (make (fixture, path, controllers, &error));
  g_assert_error (error, NCG_ERROR, (int) code);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, word));
}

/* In one write, and only what is not enabled yet. */
static void
test_make_enables (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  make (fixture, "/a", "memory", &error);
  g_assert_no_error (error);
  assert_file (fixture, V2 "cgroup.subtree_control", "memory\n");
  make (fixture, "/a", "memory pids hugetlb", &error);
  g_assert_no_error (error);
  assert_file (fixture, V2 "cgroup.subtree_control", "+pids +hugetlb");
  g_assert_true (is_there (fixture, V2 "a"));
}

static void
test_make_without_controller (Fixture *fixture, gconstpointer data)
{
  assert_make_fails (fixture, "/a", "memory io", NCG_ERROR_NOT_SUPPORTED, "io");
  g_assert_false (is_there (fixture, V2 "a"));
  /* The root has it, the next does not pass it on; what was made is gone again. */
  assert_make_fails (fixture, "/a/b/c", "memory", NCG_ERROR_NOT_SUPPORTED, "below the cgroup /a");
  g_assert_false (is_there (fixture, V2 "a"));
}

/* It can be written once more for each, but no controller is missed. */
static void
test_make_refused (Fixture *fixture, gconstpointer data)
{
  g_autofree char *file = g_build_filename (fixture->root, V2 "cgroup.subtree_control", NULL);

  g_assert_cmpint (g_remove (file), ==, 0);
  temp_dir_make (fixture->root, V2 "cgroup.subtree_control");
  assert_make_fails (fixture, "/a", "pids", NCG_ERROR_NOT_SUPPORTED, "pids");
}

static void
test_make_types (Fixture *fixture, gconstpointer data)
{
  static const char *const types[] = { "threaded\n", "domain invalid\n", "domain threaded\n" };
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (types); i++) {
    temp_dir_write (fixture->root, V2 "a/cgroup.type", types[i]);
    assert_make_fails (fixture, "/a/b", "", NCG_ERROR_NOT_SUPPORTED, "cgroup.type");
  }
  make (fixture, "/a", "", &error);
  g_assert_no_error (error);
  temp_dir_write (fixture->root, V2 "a/cgroup.type", "domain\n");
}

static void
test_make_busy (Fixture *fixture, gconstpointer data)
{
  temp_dir_write (fixture->root, V2 "a/cgroup.events", "populated 1\n");
  temp_dir_write (fixture->root, V2 "a/cgroup.procs", "77\n78\n");
  temp_dir_write (fixture->root, V2 "a/cgroup.controllers", "memory pids\n");
  temp_dir_write (fixture->root, V2 "a/cgroup.subtree_control", "");
  temp_dir_write (fixture->root, "proc/77/stat", "77 (sleeper) S 1 1 1 0 -1 0 0\n");
  assert_make_fails (fixture, "/a/b", "memory", NCG_ERROR_BUSY, "77 (sleeper, S), 78;");
  assert_file (fixture, V2 "a/cgroup.subtree_control", "");
}

static void
enable (const Fixture *fixture, const char *path, const char *controllers)
{
  g_auto (GStrv) names = g_strsplit (controllers, " ", -1);

  ncg_cgroup_tree_enable (fixture->hierarchy->trees, path, (const char *const *) names);
}

/* On each level what there is of it; what is not there, or is refused, is done without. */
static void
test_enable (Fixture *fixture, gconstpointer data)
{
  temp_dir_write (fixture->root, V2 "cgroup.subtree_control", "");
  temp_dir_write (fixture->root, V2 "a/cgroup.controllers", "memory\n");
  temp_dir_write (fixture->root, V2 "a/cgroup.subtree_control", "");
  temp_dir_make (fixture->root, V2 "a/b");
  enable (fixture, "/a/b", "cpu memory pids");
  assert_file (fixture, V2 "cgroup.subtree_control", "+memory +pids");
  assert_file (fixture, V2 "a/cgroup.subtree_control", "+memory");
  enable (fixture, "/a/b/c", "hugetlb");
  g_assert_false (is_there (fixture, V2 "a/b/c"));

  temp_dir_write (fixture->root, V2 "a/cgroup.subtree_control", "");
  temp_dir_write (fixture->root, V2 "a/cgroup.events", "populated 1\n");
  temp_dir_write (fixture->root, V2 "a/cgroup.procs", "77\n");
  enable (fixture, "/a/b", "memory");
  assert_file (fixture, V2 "a/cgroup.subtree_control", "");
}

static void
test_make_paths (Fixture *fixture, gconstpointer data)
{
  static const char *const bad[] = { "", "/", "a", "/a/", "//a", "/a/../b", "/x/.", NULL };

  for (guint i = 0; bad[i] != NULL; i++)
    assert_make_fails (fixture, bad[i], "", NCG_ERROR_INVALID_ARGUMENT, "cgroup");
  g_assert_false (is_there (fixture, V2 "a"));
  assert_make_fails (fixture, "/cgroup.controllers", "", NCG_ERROR_INVALID_ARGUMENT, "file");
}

static void
assert_cpuset (const Fixture *fixture, const char *own, const char *expected)
{
  g_autoptr (GPtrArray) trees = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;

  g_ptr_array_add (trees, (gpointer) ncg_hierarchy_find_tree (fixture->hierarchy, "cpuset"));
  temp_dir_write (fixture->root, V1 "cpuset.cpus", "0-3\n");
  temp_dir_write (fixture->root, V1 "cpuset.mems", "0\n");
  temp_dir_write (fixture->root, V1 "a/cpuset.cpus", own);
  temp_dir_write (fixture->root, V1 "a/cpuset.mems", own);
  ncg_cgroup_tree_make (trees, "/a", NULL, &error);
  g_assert_no_error (error);
  assert_file (fixture, V1 "a/cpuset.cpus", expected);
}

static void
test_cpuset (Fixture *fixture, gconstpointer data)
{
  assert_cpuset (fixture, "\n", "0-3");
  assert_cpuset (fixture, "1\n", "1\n");
}

#define SOME "sys/fs/cgroup/some/"

static void
assert_use_hierarchy (const char *controllers)
{
  Fixture fixture = { .root = temp_dir_new () };
  g_autofree char *mountinfo =
      g_strdup_printf ("27 25 0:24 / /sys/fs/cgroup/some rw - cgroup cgroup rw,%s\n", controllers);
  g_autoptr (GError) error = NULL;

  temp_dir_write (fixture.root, "proc/self/mountinfo", mountinfo);
  temp_dir_write (fixture.root, SOME "a/cpuset.cpus", "1\n");
  temp_dir_write (fixture.root, SOME "a/cpuset.mems", "0\n");
  temp_dir_write (fixture.root, SOME "a/memory.use_hierarchy", "0\n");
  fixture.hierarchy = ncg_hierarchy_detect (fixture.root, &error);
  g_assert_no_error (error);
  ncg_cgroup_tree_make (fixture.hierarchy->trees, "/a", NULL, &error);
  g_assert_no_error (error);
  assert_file (&fixture, SOME "a/memory.use_hierarchy", "1\n");
  ncg_hierarchy_free (fixture.hierarchy);
  temp_dir_free (fixture.root);
}

/* Before Linux 5.11 a limit does not bind what is below otherwise. */
static void
test_use_hierarchy (void)
{
  assert_use_hierarchy ("memory");
  assert_use_hierarchy ("cpuset,memory");
}

static void
test_populated (Fixture *fixture, gconstpointer data)
{
  gboolean populated = TRUE;

  g_assert_true (ncg_cgroup_tree_is_populated (fixture->hierarchy->trees, "/a", &populated, NULL));
  g_assert_false (populated);
  temp_dir_write (fixture->root, V1 "a/cgroup.clone_children", "0\n");
  temp_dir_write (fixture->root, V1 "a/b/c/cgroup.procs", "0\n");
  g_assert_true (ncg_cgroup_tree_is_populated (fixture->hierarchy->trees, "/a", &populated, NULL));
  g_assert_true (populated);
}

static void
test_root_is_spared (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) kill_error = NULL;
  g_autoptr (GError) remove_error = NULL;
  g_autoptr (GError) freeze_error = NULL;

  g_assert_false (ncg_cgroup_tree_kill (fixture->hierarchy, fixture->proc, "/", 0, &kill_error));
  g_assert_error (kill_error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
  g_assert_false (
      ncg_cgroup_tree_remove (fixture->hierarchy->trees, "/proc", "/", 0, &remove_error));
  g_assert_error (remove_error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
  g_assert_false (ncg_cgroup_tree_freeze (fixture->hierarchy, "/", TRUE, 0, &freeze_error));
  g_assert_error (freeze_error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
}

/* Without cgroup.kill there are rounds of freezing, killing and thawing. The last one leaves those
 * that the thaw has woken up as much time to go back to sleep as any other, and only then their
 * state is told. */
static void
test_kill_last_round (Fixture *fixture, gconstpointer data)
{
  g_autofree char *file = g_build_filename (fixture->root, V2 "a/cgroup.freeze", NULL);
  gint64 now_usec;
  g_autoptr (GError) error = NULL;
  GStatBuf status;

  temp_dir_write (fixture->root, V2 "a/cgroup.freeze", "0\n");
  temp_dir_write (fixture->root, V2 "a/cgroup.events", "populated 1\nfrozen 0\n");
  temp_dir_write (fixture->root, V2 "a/cgroup.procs", "0\n");
  g_assert_false (ncg_cgroup_tree_kill (fixture->hierarchy, fixture->proc, "/a",
                                        g_get_monotonic_time () + 250000, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_BUSY);
  now_usec = g_get_real_time ();
  g_assert_cmpint (g_stat (file, &status), ==, 0);
  g_assert_cmpint (now_usec -
                       (status.st_mtim.tv_sec * G_USEC_PER_SEC + status.st_mtim.tv_nsec / 1000),
                   >=, 100000);
}

static void
test_freeze_unsupported (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  temp_dir_make (fixture->root, V2 "a");
  g_assert_false (ncg_cgroup_tree_freeze (fixture->hierarchy, "/a", TRUE, 0, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NOT_SUPPORTED);
}

/* A freezing that did not come about is set back. */
static void
test_freeze_timeout (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  temp_dir_write (fixture->root, V2 "a/cgroup.freeze", "0\n");
  temp_dir_write (fixture->root, V2 "a/cgroup.events", "populated 1\nfrozen 0\n");
  g_assert_false (ncg_cgroup_tree_freeze (fixture->hierarchy, "/a", TRUE,
                                          g_get_monotonic_time () + 20000, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_TIMEOUT);
  g_assert_nonnull (strstr (error->message, "frozen is still 0"));
  assert_file (fixture, V2 "a/cgroup.freeze", "0\n");
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/cgroup-tree/make/enables", test_make_enables);
  ADD ("/cgroup-tree/make/without-controller", test_make_without_controller);
  ADD ("/cgroup-tree/make/refused", test_make_refused);
  ADD ("/cgroup-tree/make/types", test_make_types);
  ADD ("/cgroup-tree/make/busy", test_make_busy);
  ADD ("/cgroup-tree/make/paths", test_make_paths);
  ADD ("/cgroup-tree/enable", test_enable);
  ADD ("/cgroup-tree/cpuset", test_cpuset);
  g_test_add_func ("/cgroup-tree/use-hierarchy", test_use_hierarchy);
  ADD ("/cgroup-tree/populated", test_populated);
  ADD ("/cgroup-tree/root-is-spared", test_root_is_spared);
  ADD ("/cgroup-tree/kill/last-round", test_kill_last_round);
  ADD ("/cgroup-tree/freeze/unsupported", test_freeze_unsupported);
  ADD ("/cgroup-tree/freeze/timeout", test_freeze_timeout);
  return g_test_run ();
}
