/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cgroups in all hierarchies of the running kernel, as they are and, where there is v1, as they
 * would be without cgroup2. Whoever is not root skips them.
 */
#include "lib/attach.h"
#include "lib/cgroup-tree.h"
#include "lib/cgroup.h"
#include "lib/error.h"
#include "tests/unit/kernel-rig.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

typedef struct {
  KernelRig *rig;
  GPtrArray *trees;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer mode)
{
  fixture->rig = kernel_rig_new ((KernelRigMode) GPOINTER_TO_INT (mode));
  fixture->trees = fixture->rig->hierarchy->trees;
}

static void
tear_down (Fixture *fixture, gconstpointer mode)
{
  kernel_rig_free (fixture->rig);
}

static const NcgTree *
get_tree (const Fixture *fixture, guint i)
{
  return g_ptr_array_index (fixture->trees, i);
}

static void
test_make (Fixture *fixture, gconstpointer data)
{
  const NcgTree *cpuset = ncg_hierarchy_find_tree (fixture->rig->hierarchy, "cpuset");
  g_autoptr (GPtrArray) made = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *path = kernel_rig_path (fixture->rig, "a/b");
  g_autofree char *cpus = NULL;
  g_autofree char *mems = NULL;

  g_assert_true (ncg_cgroup_tree_make_noting (fixture->trees, "/proc", path, NULL, made, NULL));
  g_assert_cmpuint (made->len, ==, 3 * fixture->trees->len);
  kernel_rig_assert_in_all_trees (fixture->rig, path, TRUE);
  g_assert_true (ncg_cgroup_tree_exists (fixture->trees, path));
  g_assert_false (kernel_rig_is_populated (fixture->rig, path));
  if (cpuset != NULL && cpuset->is_v1) {
    cpus = kernel_rig_read (cpuset, path, "cpuset.cpus");
    mems = kernel_rig_read (cpuset, path, "cpuset.mems");
    g_assert_cmpstr (cpus, !=, "");
    g_assert_cmpstr (mems, !=, "");
  }

  kernel_rig_make (fixture->rig, path);
  ncg_cgroup_tree_unmake (made, 0);
  kernel_rig_assert_in_all_trees (fixture->rig, fixture->rig->path, FALSE);
  g_assert_false (ncg_cgroup_tree_exists (fixture->trees, path));
  g_assert_false (kernel_rig_is_populated (fixture->rig, path));
}

/* What is empty although it is there, because somebody else made it. */
static void
test_cpuset_of_others (Fixture *fixture, gconstpointer data)
{
  const NcgTree *cpuset = ncg_hierarchy_find_tree (fixture->rig->hierarchy, "cpuset");
  g_autofree char *path = kernel_rig_path (fixture->rig, "a");
  g_autoptr (NcgCgroup) root = NULL;
  g_autofree char *cpus = NULL;

  root = ncg_cgroup_open (cpuset->mount, "/", NULL);
  g_assert_true (ncg_cgroup_make_child (root, fixture->rig->path + 1, NULL, NULL));
  cpus = kernel_rig_read (cpuset, fixture->rig->path, "cpuset.cpus");
  g_assert_cmpstr (cpus, ==, "");
  kernel_rig_make (fixture->rig, path);
  g_free (cpus);
  cpus = kernel_rig_read (cpuset, fixture->rig->path, "cpuset.cpus");
  g_assert_cmpstr (cpus, !=, "");
}

/* A controller of cgroup2 that a test may enable; NULL if there is none. */
static const char *
find_v2_controller (const NcgHierarchy *hierarchy)
{
  static const char *const harmless[] = { "hugetlb", "pids", "memory", NULL };
  const NcgTree *primary = ncg_hierarchy_get_primary (hierarchy);
  g_autofree char *events = kernel_rig_read (primary, "/", "cgroup.events");

  /* The root of a container's is not the root, and has processes. */
  if (primary->is_v1 || events != NULL)
    return NULL;
  for (guint i = 0; harmless[i] != NULL; i++)
    if (ncg_tree_has_controller (primary, harmless[i]))
      return harmless[i];
  return NULL;
}

static gboolean
has_word (const char *text, const char *word)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);

  return g_strv_contains ((const char *const *) words, word);
}

static void
test_controllers (Fixture *fixture, gconstpointer data)
{
  const char *const wanted[] = { find_v2_controller (fixture->rig->hierarchy), NULL };
  g_autofree char *above = kernel_rig_path (fixture->rig, "a");
  g_autofree char *path = kernel_rig_path (fixture->rig, "a/b");
  g_autofree char *enabled = NULL;
  g_autofree char *available = NULL;
  g_autofree char *own = NULL;
  g_autoptr (GError) error = NULL;

  ncg_cgroup_tree_make (fixture->trees, path, wanted, &error);
  g_assert_no_error (error);
  enabled = kernel_rig_read (get_tree (fixture, 0), above, "cgroup.subtree_control");
  g_assert_true (has_word (enabled, wanted[0]));
  available = kernel_rig_read (get_tree (fixture, 0), path, "cgroup.controllers");
  g_assert_true (has_word (available, wanted[0]));
  own = kernel_rig_read (get_tree (fixture, 0), path, "cgroup.subtree_control");
  g_assert_cmpstr (own, ==, "");
}

/* What stands in the way is named, and nothing is left of the try. */
static void
assert_parent_is_busy (Fixture *fixture, const char *controller)
{
  const char *const wanted[] = { controller, NULL };
  g_autoptr (GPtrArray) made = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *above = kernel_rig_path (fixture->rig, "a");
  g_autofree char *path = kernel_rig_path (fixture->rig, "a/b");
  g_autofree char *type = NULL;
  g_autofree char *pid = NULL;
  g_autoptr (GError) error = NULL;
  const NcgProcess *process;

  kernel_rig_make (fixture->rig, fixture->rig->path);
  process = kernel_rig_start (fixture->rig);
  kernel_rig_attach (fixture->rig, fixture->rig->path);
  pid = g_strdup_printf ("%d (", (int) process->pid);
  g_assert_false (
      ncg_cgroup_tree_make_noting (fixture->trees, "/proc", path, wanted, made, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_BUSY);
  g_assert_nonnull (strstr (error->message, pid));
  g_assert_cmpuint (made->len, ==, 0);
  kernel_rig_assert_in_all_trees (fixture->rig, above, FALSE);
  type = kernel_rig_read (get_tree (fixture, 0), fixture->rig->path, "cgroup.type");
  g_assert_cmpstr (type, ==, "domain");
}

static void
test_parent_with_processes (Fixture *fixture, gconstpointer data)
{
  assert_parent_is_busy (fixture, find_v2_controller (fixture->rig->hierarchy));
}

/* The kernel would enable this one, and make the parent threaded. */
static void
test_parent_turns_threaded (Fixture *fixture, gconstpointer data)
{
  assert_parent_is_busy (fixture, "pids");
}

static void
test_attach (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = kernel_rig_path (fixture->rig, "a");
  g_autofree char *below = kernel_rig_path (fixture->rig, "a/below");
  g_autoptr (NcgOrigins) origins = NULL;
  g_autoptr (GError) error = NULL;

  kernel_rig_make (fixture->rig, below);
  kernel_rig_start (fixture->rig);
  kernel_rig_start (fixture->rig);
  origins = ncg_origins_read (fixture->rig->hierarchy, "/proc", fixture->rig->processes, &error);
  g_assert_no_error (error);
  kernel_rig_attach (fixture->rig, below);
  kernel_rig_attach (fixture->rig, path); /* inside already, and stays */
  for (guint i = 0; i < fixture->trees->len; i++) {
    for (guint j = 0; j < fixture->rig->processes->len; j++) {
      g_autofree char *at = kernel_rig_read_cgroup (g_ptr_array_index (fixture->rig->processes, j),
                                                    get_tree (fixture, i));
      g_assert_cmpstr (at, ==, below);
    }
  }
  g_assert_true (kernel_rig_is_populated (fixture->rig, path));

  ncg_origins_restore (origins);
  for (guint i = 0; i < fixture->trees->len; i++) {
    g_autofree char *own =
        ncg_process_read_cgroup_of_pid ("/proc", getpid (), get_tree (fixture, i), NULL);
    g_autofree char *at = kernel_rig_read_cgroup (g_ptr_array_index (fixture->rig->processes, 0),
                                                  get_tree (fixture, i));
    g_assert_cmpstr (at, ==, own);
  }
  g_assert_false (kernel_rig_is_populated (fixture->rig, path));
}

static void
assert_attach_fails (const Fixture *fixture, const char *path, NcgError code, const char *word)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (ncg_attach_processes (fixture->rig->hierarchy, "/proc", path,
                                        fixture->rig->processes, &error));
  g_assert_error (error, NCG_ERROR, (int) code);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, word));
}

static void
assert_make_fails (const Fixture *fixture, const char *path, const char *word)
{
  static const char *const none[] = { NULL };
  g_autoptr (GError) error = NULL;

  g_assert_false (ncg_cgroup_tree_make (fixture->trees, path, none, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NOT_SUPPORTED);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, word));
  kernel_rig_assert_in_all_trees (fixture->rig, path, FALSE);
}

/* What has a threaded cgroup below it takes no group, neither there nor anywhere below. Whole
 * processes it takes, whose threads can be divided, but neither what is threaded nor what is beside
 * that. */
static void
test_threaded (Fixture *fixture, gconstpointer data)
{
  static const char *const made[] = { "a/below", "a/threads/below", "a/beside/below" };
  g_autofree char *threads = kernel_rig_path (fixture->rig, "a/threads");
  g_autofree char *beside = kernel_rig_path (fixture->rig, "a/beside");
  g_autofree char *top = kernel_rig_path (fixture->rig, "a");

  kernel_rig_make (fixture->rig, threads);
  kernel_rig_make (fixture->rig, beside);
  kernel_rig_write (get_tree (fixture, 0), threads, "cgroup.type", "threaded");
  for (guint i = 0; i < G_N_ELEMENTS (made); i++) {
    g_autofree char *path = kernel_rig_path (fixture->rig, made[i]);

    assert_make_fails (fixture, path, "cgroup.type is \"domain threaded\"");
  }
  kernel_rig_start (fixture->rig);
  assert_attach_fails (fixture, threads, NCG_ERROR_NOT_SUPPORTED, "cgroup.type is \"threaded\"");
  assert_attach_fails (fixture, beside, NCG_ERROR_NOT_SUPPORTED,
                       "cgroup.type is \"domain invalid\"");
  kernel_rig_attach (fixture->rig, top);
}

static void
test_attach_fails (Fixture *fixture, gconstpointer data)
{
  const char *const wanted[] = { find_v2_controller (fixture->rig->hierarchy), NULL };
  g_autofree char *threads = kernel_rig_path (fixture->rig, "threads");
  g_autofree char *below = kernel_rig_path (fixture->rig, "b/c");
  g_autofree char *inner = kernel_rig_path (fixture->rig, "b");
  const NcgProcess *process = kernel_rig_start (fixture->rig);

  assert_attach_fails (fixture, fixture->rig->path, NCG_ERROR_NOT_FOUND, "cannot open");
  if (!get_tree (fixture, 0)->is_v1) {
    kernel_rig_make (fixture->rig, threads);
    kernel_rig_write (get_tree (fixture, 0), threads, "cgroup.type", "threaded");
    assert_attach_fails (fixture, threads, NCG_ERROR_NOT_SUPPORTED, "threaded");
    g_assert_true (
        ncg_cgroup_tree_remove (fixture->trees, "/proc", threads, kernel_rig_deadline (), NULL));
  }
  if (wanted[0] != NULL) {
    g_assert_true (ncg_cgroup_tree_make (fixture->trees, below, wanted, NULL));
    assert_attach_fails (fixture, inner, NCG_ERROR_BUSY, "subtree_control");
  }
  kernel_rig_make (fixture->rig, fixture->rig->path);
  g_assert_cmpint (kill (process->pid, SIGKILL), ==, 0);
  while (!ncg_process_has_exited (process))
    g_usleep (1000);
  assert_attach_fails (fixture, fixture->rig->path, NCG_ERROR_NO_SUCH_PROCESS, "no process");
}

static void
test_remove (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = kernel_rig_path (fixture->rig, "a");
  g_autofree char *below = kernel_rig_path (fixture->rig, "a/b/c/d");
  g_autofree char *beside = kernel_rig_path (fixture->rig, "a/b2");
  g_autofree char *pid = NULL;
  g_autoptr (GError) error = NULL;
  const NcgProcess *process;

  g_assert_true (ncg_cgroup_tree_remove (fixture->trees, "/proc", path, 0, NULL));
  kernel_rig_make (fixture->rig, below);
  kernel_rig_make (fixture->rig, beside);
  process = kernel_rig_start (fixture->rig);
  pid = g_strdup_printf ("%d (", (int) process->pid);
  kernel_rig_attach (fixture->rig, below);
  g_assert_false (ncg_cgroup_tree_remove (fixture->trees, "/proc", path, 0, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_BUSY);
  g_assert_nonnull (strstr (error->message, pid));
  kernel_rig_assert_in_all_trees (fixture->rig, beside, TRUE);

  g_assert_cmpint (kill (process->pid, SIGKILL), ==, 0);
  g_clear_error (&error);
  ncg_cgroup_tree_remove (fixture->trees, "/proc", path, kernel_rig_deadline (), &error);
  g_assert_no_error (error);
  kernel_rig_assert_in_all_trees (fixture->rig, path, FALSE);
  kernel_rig_assert_in_all_trees (fixture->rig, fixture->rig->path, TRUE);
}

typedef gboolean (*Applies) (const NcgHierarchy *hierarchy);

static gboolean
applies_always (const NcgHierarchy *hierarchy)
{
  return TRUE;
}

static gboolean
has_v1 (const NcgHierarchy *hierarchy, const char *controller)
{
  const NcgTree *tree = ncg_hierarchy_find_tree (hierarchy, controller);

  return tree != NULL && tree->is_v1;
}

static gboolean
has_v1_cpuset (const NcgHierarchy *hierarchy)
{
  return has_v1 (hierarchy, "cpuset");
}

static gboolean
has_v2 (const NcgHierarchy *hierarchy)
{
  return !ncg_hierarchy_get_primary (hierarchy)->is_v1;
}

static gboolean
has_v2_controller (const NcgHierarchy *hierarchy)
{
  return find_v2_controller (hierarchy) != NULL;
}

/* Where it is on v1 there is no such test here; in each unified machine of tests/vm the same is a
 * part of test-leaves. */
static gboolean
has_v2_pids (const NcgHierarchy *hierarchy)
{
  return has_v2_controller (hierarchy) &&
         ncg_tree_has_controller (ncg_hierarchy_get_primary (hierarchy), "pids");
}

static const struct {
  const char *name;
  Applies applies;
  void (*function) (Fixture *fixture, gconstpointer data);
} tests[] = {
  { "make", applies_always, test_make },
  { "make/cpuset-of-others", has_v1_cpuset, test_cpuset_of_others },
  { "make/controllers", has_v2_controller, test_controllers },
  { "make/parent-with-processes", has_v2_controller, test_parent_with_processes },
  { "make/parent-turns-threaded", has_v2_pids, test_parent_turns_threaded },
  { "threaded", has_v2, test_threaded },
  { "attach", applies_always, test_attach },
  { "attach/fails", applies_always, test_attach_fails },
  { "remove", applies_always, test_remove },
};

static void
add_tests (KernelRigMode mode)
{
  g_autoptr (NcgHierarchy) hierarchy = kernel_rig_detect (mode);

  for (guint i = 0; i < G_N_ELEMENTS (tests); i++) {
    g_autofree char *path =
        g_strdup_printf ("/cgroup-tree-kernel/%s/%s",
                         mode == KERNEL_RIG_LEGACY ? "legacy" : "native", tests[i].name);

    if (tests[i].applies (hierarchy))
      g_test_add (path, Fixture, GINT_TO_POINTER (mode), set_up, tests[i].function, tear_down);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  kernel_rig_add_tests ("/cgroup-tree-kernel/rig", add_tests);
  return g_test_run ();
}
