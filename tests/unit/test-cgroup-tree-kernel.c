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

#include <errno.h>
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
make (const Fixture *fixture, const char *path)
{
  static const char *const none[] = { NULL };
  g_autoptr (GError) error = NULL;

  ncg_cgroup_tree_make (fixture->trees, path, none, &error);
  g_assert_no_error (error);
}

static void
attach_all (const Fixture *fixture, const char *path)
{
  g_autoptr (GError) error = NULL;

  ncg_attach_processes (fixture->rig->hierarchy, "/proc", path, fixture->rig->processes, &error);
  g_assert_no_error (error);
}

static void
assert_in_all_trees (const Fixture *fixture, const char *path, gboolean expected)
{
  for (guint i = 0; i < fixture->trees->len; i++)
    g_assert_cmpint (kernel_rig_exists (get_tree (fixture, i), path), ==, expected);
}

static gboolean
is_populated (const Fixture *fixture, const char *path)
{
  g_autoptr (GError) error = NULL;
  gboolean populated = FALSE;

  ncg_cgroup_tree_is_populated (fixture->trees, path, &populated, &error);
  g_assert_no_error (error);
  return populated;
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
  assert_in_all_trees (fixture, path, TRUE);
  g_assert_true (ncg_cgroup_tree_exists (fixture->trees, path));
  g_assert_false (is_populated (fixture, path));
  if (cpuset != NULL && cpuset->is_v1) {
    cpus = kernel_rig_read (cpuset, path, "cpuset.cpus");
    mems = kernel_rig_read (cpuset, path, "cpuset.mems");
    g_assert_cmpstr (cpus, !=, "");
    g_assert_cmpstr (mems, !=, "");
  }

  make (fixture, path);
  ncg_cgroup_tree_unmake (made, 0);
  assert_in_all_trees (fixture, fixture->rig->path, FALSE);
  g_assert_false (ncg_cgroup_tree_exists (fixture->trees, path));
  g_assert_false (is_populated (fixture, path));
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
  make (fixture, path);
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
test_parent_with_processes (Fixture *fixture, gconstpointer data)
{
  const char *const wanted[] = { find_v2_controller (fixture->rig->hierarchy), NULL };
  g_autoptr (GPtrArray) made = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *path = kernel_rig_path (fixture->rig, "a/b");
  g_autofree char *pid = NULL;
  g_autoptr (GError) error = NULL;
  const NcgProcess *process;

  make (fixture, fixture->rig->path);
  process = kernel_rig_start (fixture->rig);
  attach_all (fixture, fixture->rig->path);
  pid = g_strdup_printf ("%d (", (int) process->pid);
  g_assert_false (
      ncg_cgroup_tree_make_noting (fixture->trees, "/proc", path, wanted, made, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_BUSY);
  g_assert_nonnull (strstr (error->message, pid));
  g_assert_cmpuint (made->len, ==, 0);
  g_free (path);
  path = kernel_rig_path (fixture->rig, "a");
  assert_in_all_trees (fixture, path, FALSE);
}

static void
test_attach (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = kernel_rig_path (fixture->rig, "a");
  g_autofree char *below = kernel_rig_path (fixture->rig, "a/below");
  g_autoptr (NcgOrigins) origins = NULL;
  g_autoptr (GError) error = NULL;

  make (fixture, below);
  kernel_rig_start (fixture->rig);
  kernel_rig_start (fixture->rig);
  origins = ncg_origins_read (fixture->rig->hierarchy, "/proc", fixture->rig->processes, &error);
  g_assert_no_error (error);
  attach_all (fixture, below);
  attach_all (fixture, path); /* inside already, and stays */
  for (guint i = 0; i < fixture->trees->len; i++) {
    for (guint j = 0; j < fixture->rig->processes->len; j++) {
      g_autofree char *at = kernel_rig_read_cgroup (g_ptr_array_index (fixture->rig->processes, j),
                                                    get_tree (fixture, i));
      g_assert_cmpstr (at, ==, below);
    }
  }
  g_assert_true (is_populated (fixture, path));

  ncg_origins_restore (origins);
  for (guint i = 0; i < fixture->trees->len; i++) {
    g_autofree char *own =
        ncg_process_read_cgroup_of_pid ("/proc", getpid (), get_tree (fixture, i), NULL);
    g_autofree char *at = kernel_rig_read_cgroup (g_ptr_array_index (fixture->rig->processes, 0),
                                                  get_tree (fixture, i));
    g_assert_cmpstr (at, ==, own);
  }
  g_assert_false (is_populated (fixture, path));
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
test_attach_fails (Fixture *fixture, gconstpointer data)
{
  const char *const wanted[] = { find_v2_controller (fixture->rig->hierarchy), NULL };
  g_autofree char *threads = kernel_rig_path (fixture->rig, "threads");
  g_autofree char *below = kernel_rig_path (fixture->rig, "b/c");
  g_autofree char *inner = kernel_rig_path (fixture->rig, "b");
  const NcgProcess *process = kernel_rig_start (fixture->rig);

  assert_attach_fails (fixture, fixture->rig->path, NCG_ERROR_NOT_FOUND, "cannot open");
  if (!get_tree (fixture, 0)->is_v1) {
    make (fixture, threads);
    kernel_rig_write (get_tree (fixture, 0), threads, "cgroup.type", "threaded");
    assert_attach_fails (fixture, threads, NCG_ERROR_NOT_SUPPORTED, "threaded");
    g_assert_true (ncg_cgroup_tree_remove (fixture->trees, threads, kernel_rig_deadline (), NULL));
  }
  if (wanted[0] != NULL) {
    g_assert_true (ncg_cgroup_tree_make (fixture->trees, below, wanted, NULL));
    assert_attach_fails (fixture, inner, NCG_ERROR_BUSY, "subtree_control");
  }
  make (fixture, fixture->rig->path);
  g_assert_cmpint (kill (process->pid, SIGKILL), ==, 0);
  while (!ncg_process_has_exited (process))
    g_usleep (1000);
  assert_attach_fails (fixture, fixture->rig->path, NCG_ERROR_NO_SUCH_PROCESS, "no process");
}

static void
assert_counts (volatile guint *counter, gboolean expected)
{
  guint before = *counter;

  for (guint i = 0; i < 5000 && expected && *counter == before; i++)
    g_usleep (1000);
  if (!expected)
    g_usleep (50000);
  g_assert_cmpint (*counter != before, ==, expected);
}

static void
freeze (const Fixture *fixture, const char *path, gboolean frozen)
{
  g_autoptr (GError) error = NULL;

  ncg_cgroup_tree_freeze (fixture->rig->hierarchy, path, frozen, kernel_rig_deadline (), &error);
  g_assert_no_error (error);
}

static void
test_freeze (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = kernel_rig_path (fixture->rig, "a");
  volatile guint *counter;
  g_autoptr (GError) error = NULL;

  g_assert_false (
      ncg_cgroup_tree_freeze (fixture->rig->hierarchy, path, TRUE, kernel_rig_deadline (), &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NOT_FOUND);

  make (fixture, path);
  kernel_rig_start_counter (fixture->rig, &counter);
  attach_all (fixture, path);
  for (guint i = 0; i < 3; i++) {
    freeze (fixture, path, TRUE);
    assert_counts (counter, FALSE);
    freeze (fixture, path, TRUE);
    freeze (fixture, path, FALSE);
    assert_counts (counter, TRUE);
  }
}

/* One that is frozen from above cannot be thawed by itself. */
static void
test_frozen_above (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = kernel_rig_path (fixture->rig, "a");
  volatile guint *counter;
  g_autoptr (GError) error = NULL;

  make (fixture, path);
  kernel_rig_start_counter (fixture->rig, &counter);
  attach_all (fixture, path);
  freeze (fixture, fixture->rig->path, TRUE);
  g_assert_false (ncg_cgroup_tree_freeze (fixture->rig->hierarchy, path, FALSE,
                                          g_get_monotonic_time () + 50000, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_TIMEOUT);
  g_assert_nonnull (strstr (error->message, "above"));
  freeze (fixture, fixture->rig->path, FALSE);
  assert_counts (counter, TRUE);
}

/* A cgroup that is not in the hierarchy of the freezer is made there, and its processes with it. */
static void
test_freeze_gathers (Fixture *fixture, gconstpointer data)
{
  const NcgTree *freezer = ncg_hierarchy_find_tree (fixture->rig->hierarchy, "freezer");
  g_autoptr (GPtrArray) first = g_ptr_array_new ();
  volatile guint *counter;
  g_autofree char *at = NULL;
  const NcgProcess *process;
  static const char *const none[] = { NULL };

  g_ptr_array_add (first, (gpointer) get_tree (fixture, 0));
  g_assert_true (ncg_cgroup_tree_make (first, fixture->rig->path, none, NULL));
  process = kernel_rig_start_counter (fixture->rig, &counter);
  attach_all (fixture, fixture->rig->path);
  g_assert_false (kernel_rig_exists (freezer, fixture->rig->path));
  freeze (fixture, fixture->rig->path, TRUE);
  assert_counts (counter, FALSE);
  at = kernel_rig_read_cgroup (process, freezer);
  g_assert_cmpstr (at, ==, fixture->rig->path);
  freeze (fixture, fixture->rig->path, FALSE);
  assert_counts (counter, TRUE);
}

static void
kill_all (const Fixture *fixture, const char *path)
{
  g_autoptr (GError) error = NULL;

  ncg_cgroup_tree_kill (fixture->rig->hierarchy, "/proc", path, kernel_rig_deadline (), &error);
  g_assert_no_error (error);
}

static void
test_kill (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = kernel_rig_path (fixture->rig, "a");
  g_autofree char *below = kernel_rig_path (fixture->rig, "a/below");

  kill_all (fixture, path); /* there is none */
  make (fixture, below);
  kill_all (fixture, path); /* it is empty */
  kernel_rig_start (fixture->rig);
  attach_all (fixture, below);
  kernel_rig_start (fixture->rig);
  attach_all (fixture, path);
  kill_all (fixture, path);
  g_assert_false (is_populated (fixture, path));
  for (guint i = 0; i < fixture->rig->processes->len; i++)
    g_assert_true (ncg_process_has_exited (g_ptr_array_index (fixture->rig->processes, i)));
  assert_in_all_trees (fixture, below, TRUE);
}

static void
test_kill_frozen (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = kernel_rig_path (fixture->rig, "a");

  make (fixture, path);
  kernel_rig_start (fixture->rig);
  attach_all (fixture, path);
  freeze (fixture, path, TRUE);
  kill_all (fixture, path);
  g_assert_false (is_populated (fixture, path));
}

/* On v1 what is frozen from above does not end. */
static void
test_kill_stuck (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = kernel_rig_path (fixture->rig, "a");
  g_autofree char *pid = NULL;
  g_autoptr (GError) error = NULL;
  const NcgProcess *process;

  make (fixture, path);
  process = kernel_rig_start (fixture->rig);
  pid = g_strdup_printf ("%d (", (int) process->pid);
  attach_all (fixture, path);
  freeze (fixture, fixture->rig->path, TRUE);
  g_assert_false (ncg_cgroup_tree_kill (fixture->rig->hierarchy, "/proc", path,
                                        g_get_monotonic_time () + 300000, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_BUSY);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, pid));
  freeze (fixture, fixture->rig->path, FALSE);
  kill_all (fixture, path);
}

/* Those that are forked while the others are killed are killed, too. */
static void
test_kill_bomb (Fixture *fixture, gconstpointer data)
{
  static const char *const wanted[] = { "pids", NULL };
  const NcgTree *pids = ncg_hierarchy_find_tree (fixture->rig->hierarchy, "pids");
  g_autofree char *path = kernel_rig_path (fixture->rig, "a");
  g_autofree char *limit = NULL;
  g_autofree char *current = NULL;
  g_autoptr (GError) error = NULL;
  const NcgProcess *bomb;

  ncg_cgroup_tree_make (fixture->trees, path, wanted, &error);
  g_assert_no_error (error);
  kernel_rig_write (pids, path, "pids.max", "100");
  bomb = kernel_rig_start_bomb (fixture->rig);
  attach_all (fixture, path);
  g_assert_cmpint (kill (bomb->pid, SIGUSR1), ==, 0);
  for (guint i = 0; i < 5000 && g_strcmp0 (current, "100") != 0; i++) {
    g_usleep (1000);
    g_free (current);
    current = kernel_rig_read (pids, path, "pids.current");
  }
  g_assert_cmpstr (current, ==, "100");
  kill_all (fixture, path);
  g_assert_false (is_populated (fixture, path));
  limit = kernel_rig_read (pids, path, "pids.max");
  g_assert_cmpstr (limit, ==, "100");
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

  g_assert_true (ncg_cgroup_tree_remove (fixture->trees, path, 0, NULL));
  make (fixture, below);
  make (fixture, beside);
  process = kernel_rig_start (fixture->rig);
  pid = g_strdup_printf ("%d", (int) process->pid);
  attach_all (fixture, below);
  g_assert_false (ncg_cgroup_tree_remove (fixture->trees, path, 0, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_BUSY);
  g_assert_nonnull (strstr (error->message, pid));
  assert_in_all_trees (fixture, beside, TRUE);

  g_assert_cmpint (kill (process->pid, SIGKILL), ==, 0);
  g_clear_error (&error);
  ncg_cgroup_tree_remove (fixture->trees, path, kernel_rig_deadline (), &error);
  g_assert_no_error (error);
  assert_in_all_trees (fixture, path, FALSE);
  assert_in_all_trees (fixture, fixture->rig->path, TRUE);
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
is_frozen_by_v1 (const NcgHierarchy *hierarchy)
{
  return ncg_hierarchy_get_primary (hierarchy)->is_v1 && has_v1 (hierarchy, "freezer");
}

static gboolean
has_freezer (const NcgHierarchy *hierarchy)
{
  return !ncg_hierarchy_get_primary (hierarchy)->is_v1 || has_v1 (hierarchy, "freezer");
}

static gboolean
has_pids (const NcgHierarchy *hierarchy)
{
  return ncg_hierarchy_has_controller (hierarchy, "pids");
}

static gboolean
has_v2_controller (const NcgHierarchy *hierarchy)
{
  return find_v2_controller (hierarchy) != NULL;
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
  { "attach", applies_always, test_attach },
  { "attach/fails", applies_always, test_attach_fails },
  { "freeze", has_freezer, test_freeze },
  { "freeze/above", has_freezer, test_frozen_above },
  { "freeze/gathers", is_frozen_by_v1, test_freeze_gathers },
  { "kill", applies_always, test_kill },
  { "kill/frozen", has_freezer, test_kill_frozen },
  { "kill/stuck", is_frozen_by_v1, test_kill_stuck },
  { "kill/bomb", has_pids, test_kill_bomb },
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
