/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Freezing and killing in all hierarchies of the running kernel, as they are and, where there is
 * v1, as they would be without cgroup2. Whoever is not root skips them.
 */
#include "lib/cgroup-tree.h"
#include "lib/error.h"
#include "tests/unit/headless.h"
#include "tests/unit/kernel-rig.h"

#include <signal.h>
#include <string.h>

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

  kernel_rig_make (fixture->rig, path);
  kernel_rig_start_counter (fixture->rig, &counter);
  kernel_rig_attach (fixture->rig, path);
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

  kernel_rig_make (fixture->rig, path);
  kernel_rig_start_counter (fixture->rig, &counter);
  kernel_rig_attach (fixture->rig, path);
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
  kernel_rig_attach (fixture->rig, fixture->rig->path);
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
  kernel_rig_make (fixture->rig, below);
  kill_all (fixture, path); /* it is empty */
  kernel_rig_start (fixture->rig);
  kernel_rig_attach (fixture->rig, below);
  kernel_rig_start (fixture->rig);
  kernel_rig_attach (fixture->rig, path);
  kill_all (fixture, path);
  g_assert_false (kernel_rig_is_populated (fixture->rig, path));
  for (guint i = 0; i < fixture->rig->processes->len; i++)
    g_assert_true (ncg_process_has_exited (g_ptr_array_index (fixture->rig->processes, i)));
  kernel_rig_assert_in_all_trees (fixture->rig, below, TRUE);
}

static void
test_kill_frozen (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = kernel_rig_path (fixture->rig, "a");

  kernel_rig_make (fixture->rig, path);
  kernel_rig_start (fixture->rig);
  kernel_rig_attach (fixture->rig, path);
  freeze (fixture, path, TRUE);
  kill_all (fixture, path);
  g_assert_false (kernel_rig_is_populated (fixture->rig, path));
}

/* Frozen by the one version, and killed by the other. */
static void
test_kill_frozen_by_v1 (Fixture *fixture, gconstpointer data)
{
  const NcgTree *freezer = ncg_hierarchy_find_tree (fixture->rig->hierarchy, "freezer");
  g_autofree char *path = kernel_rig_path (fixture->rig, "a");

  kernel_rig_make (fixture->rig, path);
  kernel_rig_start (fixture->rig);
  kernel_rig_attach (fixture->rig, path);
  kernel_rig_write (freezer, path, "freezer.state", "FROZEN");
  kill_all (fixture, path);
  g_assert_false (kernel_rig_is_populated (fixture->rig, path));
}

/* Each level was told by itself, as a runtime does it that pauses its container. */
static void
test_kill_frozen_below (Fixture *fixture, gconstpointer data)
{
  const NcgTree *freezer = ncg_hierarchy_find_tree (fixture->rig->hierarchy, "freezer");
  const char *file = freezer != NULL && freezer->is_v1 ? "freezer.state" : "cgroup.freeze";
  const NcgTree *tree = freezer != NULL && freezer->is_v1 ? freezer : get_tree (fixture, 0);
  static const char *const levels[] = { "a/b/c/d", "a/b" };
  g_autofree char *path = kernel_rig_path (fixture->rig, "a");

  for (guint i = 0; i < G_N_ELEMENTS (levels); i++) {
    g_autofree char *level = kernel_rig_path (fixture->rig, levels[i]);

    kernel_rig_make (fixture->rig, level);
    kernel_rig_start (fixture->rig);
    kernel_rig_attach (fixture->rig, level);
  }
  for (guint i = 0; i < G_N_ELEMENTS (levels); i++) {
    g_autofree char *level = kernel_rig_path (fixture->rig, levels[i]);

    kernel_rig_write (tree, level, file, tree->is_v1 ? "FROZEN" : "1");
  }
  kill_all (fixture, path);
  g_assert_false (kernel_rig_is_populated (fixture->rig, path));
}

/* On v1 what is frozen from above does not end. */
static void
test_kill_stuck (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = kernel_rig_path (fixture->rig, "a");
  g_autofree char *pid = NULL;
  g_autoptr (GError) error = NULL;
  const NcgProcess *process;

  kernel_rig_make (fixture->rig, path);
  process = kernel_rig_start (fixture->rig);
  pid = g_strdup_printf ("%d (", (int) process->pid);
  kernel_rig_attach (fixture->rig, path);
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
  kernel_rig_attach (fixture->rig, path);
  g_assert_cmpint (kill (bomb->pid, SIGUSR1), ==, 0);
  for (guint i = 0; i < 5000 && g_strcmp0 (current, "100") != 0; i++) {
    g_usleep (1000);
    g_free (current);
    current = kernel_rig_read (pids, path, "pids.current");
  }
  g_assert_cmpstr (current, ==, "100");
  kill_all (fixture, path);
  g_assert_false (kernel_rig_is_populated (fixture->rig, path));
  limit = kernel_rig_read (pids, path, "pids.max");
  g_assert_cmpstr (limit, ==, "100");
}

/* As where there is nothing else: whoever is in v1 as well can be found there. */
static void
drop_v1 (Fixture *fixture)
{
  for (guint i = fixture->trees->len; i-- > 0;)
    if (get_tree (fixture, i)->is_v1)
      g_ptr_array_remove_index (fixture->trees, i);
}

/* cgroup.kill tells its main thread alone, which has ended. */
static void
test_kill_headless (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = kernel_rig_path (fixture->rig, "a");
  g_autofree char *below = kernel_rig_path (fixture->rig, "a/below");
  const NcgProcess *process = kernel_rig_hold (fixture->rig, headless_start ());

  drop_v1 (fixture);
  kernel_rig_make (fixture->rig, below);
  kernel_rig_attach (fixture->rig, below);
  headless_end_main (process->pid);
  kill_all (fixture, path);
  g_assert_false (kernel_rig_is_populated (fixture->rig, path));
  g_assert_true (ncg_process_has_exited (process));
}

/* Its main thread has ended before it was moved, and is not in the list of the processes. */
static void
test_kill_headless_moved (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = kernel_rig_path (fixture->rig, "a");
  g_autofree char *below = kernel_rig_path (fixture->rig, "a/below");
  const NcgProcess *process = kernel_rig_hold (fixture->rig, headless_start ());
  g_autofree char *pid = g_strdup_printf ("%d", (int) process->pid);
  g_autofree char *named = g_strdup_printf ("%d (", (int) process->pid);
  g_autofree char *listed = NULL;
  g_autoptr (GError) error = NULL;

  drop_v1 (fixture);
  kernel_rig_make (fixture->rig, below);
  headless_end_main (process->pid);
  kernel_rig_write (get_tree (fixture, 0), below, "cgroup.procs", pid);
  g_assert_true (kernel_rig_is_populated (fixture->rig, path));
  listed = kernel_rig_read (get_tree (fixture, 0), below, "cgroup.procs");
  g_assert_cmpstr (listed, ==, "");
  g_assert_false (ncg_cgroup_tree_remove (fixture->trees, "/proc", path, 0, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_BUSY);
  g_assert_nonnull (strstr (error->message, named));
  kill_all (fixture, path);
  g_assert_false (kernel_rig_is_populated (fixture->rig, path));
  g_assert_true (ncg_process_has_exited (process));
}

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
has_v2 (const NcgHierarchy *hierarchy)
{
  return !ncg_hierarchy_get_primary (hierarchy)->is_v1;
}

static gboolean
is_frozen_by_v1 (const NcgHierarchy *hierarchy)
{
  return ncg_hierarchy_get_primary (hierarchy)->is_v1 && has_v1 (hierarchy, "freezer");
}

static gboolean
has_both (const NcgHierarchy *hierarchy)
{
  return !ncg_hierarchy_get_primary (hierarchy)->is_v1 && has_v1 (hierarchy, "freezer");
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

static const struct {
  const char *name;
  gboolean (*applies) (const NcgHierarchy *hierarchy);
  void (*function) (Fixture *fixture, gconstpointer data);
} tests[] = {
  { "freeze", has_freezer, test_freeze },
  { "freeze/above", has_freezer, test_frozen_above },
  { "freeze/gathers", is_frozen_by_v1, test_freeze_gathers },
  { "kill", applies_always, test_kill },
  { "kill/frozen", has_freezer, test_kill_frozen },
  { "kill/frozen-below", has_freezer, test_kill_frozen_below },
  { "kill/frozen-by-v1", has_both, test_kill_frozen_by_v1 },
  { "kill/stuck", is_frozen_by_v1, test_kill_stuck },
  { "kill/bomb", has_pids, test_kill_bomb },
  { "kill/headless", has_v2, test_kill_headless },
  { "kill/headless-moved", has_v2, test_kill_headless_moved },
};

static void
add_tests (KernelRigMode mode)
{
  g_autoptr (NcgHierarchy) hierarchy = kernel_rig_detect (mode);

  for (guint i = 0; i < G_N_ELEMENTS (tests); i++) {
    g_autofree char *path =
        g_strdup_printf ("/cgroup-freeze-kernel/%s/%s",
                         mode == KERNEL_RIG_LEGACY ? "legacy" : "native", tests[i].name);

    if (tests[i].applies (hierarchy))
      g_test_add (path, Fixture, GINT_TO_POINTER (mode), set_up, tests[i].function, tear_down);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  kernel_rig_add_tests ("/cgroup-freeze-kernel/rig", add_tests);
  return g_test_run ();
}
