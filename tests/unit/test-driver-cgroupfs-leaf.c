/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Leaves of the cgroupfs driver in the running kernel. Whoever is not root skips them.
 */
#include "lib/cgroup.h"
#include "lib/error.h"
#include "lib/leaf-settle.h"
#include "tests/unit/driver-rig.h"

#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOBODY 65534
#define OURS "NodeCgroups: test"

/* What was being made when its maker was killed is nobody's, unless there is a process in it. */
static void
test_unmarked (DriverRig *self, gconstpointer data)
{
  g_auto (NcgResources) resources = { 0 };
  NcgLeaf leaf = driver_rig_make_leaf (self, "web", &resources);
  g_autofree char *path = g_strconcat (self->group, "/web", NULL);
  g_autofree char *made = NULL;

  driver_rig_ensure_plain (self, self->group, OURS, -1);
  kernel_rig_make (self->rig, path);
  kernel_rig_start (self->rig);
  kernel_rig_attach (self->rig, path);
  driver_rig_start_leaf (self, &leaf, NCG_ERROR_UNIT_EXISTS);
  driver_rig_kill_process (self, 0);
  made = driver_rig_start_leaf (self, &leaf, -1);
  g_assert_cmpstr (made, ==, path);
  driver_rig_assert_description (self, path, "a leaf");
}

/* It ends with its last process. */
static void
test_leaf (DriverRig *self, gconstpointer data)
{
  g_auto (NcgResources) resources = { 0 };
  NcgLeaf leaf = driver_rig_make_leaf (self, "web", &resources);
  g_autofree char *path = NULL;

  driver_rig_add_resources (self, &resources, 20);
  leaf.processes = self->rig->processes;
  kernel_rig_start (self->rig);
  driver_rig_start_leaf (self, &leaf, NCG_ERROR_NOT_FOUND);
  driver_rig_ensure_plain (self, self->group, OURS, -1);
  path = driver_rig_start_leaf (self, &leaf, -1);
  driver_rig_assert_at (self, path);
  driver_rig_assert_resources (self, path, &resources);
  driver_rig_assert_description (self, path, "a leaf");
  driver_rig_start_leaf (self, &leaf, NCG_ERROR_UNIT_EXISTS);

  kernel_rig_start (self->rig);
  driver_rig_join (self, path, NULL, -1);
  driver_rig_assert_at (self, path);
  driver_rig_kill_process (self, 0);
  driver_rig_run_for (1500);
  kernel_rig_assert_in_all_trees (self->rig, path, TRUE);
  driver_rig_kill_process (self, 1);
  driver_rig_wait_removed (self, path);
  kernel_rig_assert_in_all_trees (self->rig, path, FALSE);
  kernel_rig_assert_in_all_trees (self->rig, self->group, TRUE);
  g_assert_cmpuint (self->removed->len, ==, 1);
}

/* All, or none has moved. */
static void
test_leaf_rolls_back (DriverRig *self, gconstpointer data)
{
  g_auto (NcgResources) none = { 0 };
  NcgLeaf leaf = driver_rig_make_leaf (self, "web", &none);
  g_autofree char *path = g_strconcat (self->group, "/web", NULL);
  g_autofree char *other = g_strconcat (self->group, "/other", NULL);
  g_autofree char *at = NULL;

  driver_rig_ensure_plain (self, self->group, OURS, -1);
  leaf.processes = self->rig->processes;
  kernel_rig_start (self->rig);
  leaf.name = "other";
  g_free (driver_rig_start_leaf (self, &leaf, -1));
  leaf.name = "web";
  kernel_rig_start (self->rig);
  driver_rig_kill_process (self, 1);
  driver_rig_start_leaf (self, &leaf, NCG_ERROR_NO_SUCH_PROCESS);
  kernel_rig_assert_in_all_trees (self->rig, path, FALSE);
  at = kernel_rig_read_cgroup (g_ptr_array_index (self->rig->processes, 0), self->primary);
  g_assert_cmpstr (at, ==, other);
}

static void
test_held (DriverRig *self, gconstpointer data)
{
  g_auto (NcgResources) resources = { 0 };
  NcgLeaf leaf = driver_rig_make_leaf (self, "db", &resources);
  g_autofree char *path = NULL;

  driver_rig_add_resources (self, &resources, 20);
  driver_rig_ensure_plain (self, self->group, OURS, -1);
  path = driver_rig_start_leaf (self, &leaf, -1);
  driver_rig_assert_resources (self, path, &resources);
  kernel_rig_start (self->rig);
  driver_rig_join (self, path, NULL, -1);
  driver_rig_assert_at (self, path);
  driver_rig_kill_process (self, 0);
  g_ptr_array_set_size (self->rig->processes, 0);
  driver_rig_run_for (1500);
  kernel_rig_assert_in_all_trees (self->rig, path, TRUE);

  /* Somebody takes it away. */
  for (guint i = 0; i < self->rig->hierarchy->trees->len; i++) {
    const NcgTree *tree = g_ptr_array_index (self->rig->hierarchy->trees, i);
    g_autofree char *directory = g_strconcat (tree->mount, path, NULL);
    g_assert_cmpint (rmdir (directory), ==, 0);
  }
  kernel_rig_start (self->rig);
  driver_rig_join (self, path, NULL, -1);
  driver_rig_assert_at (self, path);
  driver_rig_assert_resources (self, path, &resources);
}

static void
test_join_fails (DriverRig *self, gconstpointer data)
{
  g_auto (NcgResources) none = { 0 };
  NcgLeaf leaf = driver_rig_make_leaf (self, "db", &none);
  g_autofree char *path = g_strconcat (self->group, "/db", NULL);
  g_autofree char *origin = NULL;
  g_autofree char *at = NULL;

  kernel_rig_start (self->rig);
  origin = kernel_rig_read_cgroup (g_ptr_array_index (self->rig->processes, 0), self->primary);
  driver_rig_join (self, path, NULL, NCG_ERROR_NOT_FOUND);
  driver_rig_ensure_plain (self, self->group, OURS, -1);
  g_free (driver_rig_start_leaf (self, &leaf, -1));
  driver_rig_join (self, path, "../x", NCG_ERROR_INVALID_ARGUMENT);
  kernel_rig_start (self->rig);
  driver_rig_kill_process (self, 1);
  driver_rig_join (self, path, NULL, NCG_ERROR_NO_SUCH_PROCESS);
  driver_rig_join (self, path, "sub", NCG_ERROR_NO_SUCH_PROCESS);
  at = kernel_rig_read_cgroup (g_ptr_array_index (self->rig->processes, 0), self->primary);
  g_assert_cmpstr (at, ==, origin);
  g_free (path);
  path = g_strconcat (self->group, "/db/sub", NULL);
  kernel_rig_assert_in_all_trees (self->rig, path, FALSE);
}

/* In the hierarchy in which it can be given; in all others it is root's. */
static void
assert_owner (const DriverRig *self, const char *path, const char *file, uid_t expected)
{
  const GPtrArray *trees = self->rig->hierarchy->trees;
  const NcgTree *delegable = ncg_leaf_find_delegable (self->rig->hierarchy, NULL);

  g_assert_nonnull (delegable);
  for (guint i = 0; i < trees->len; i++) {
    const NcgTree *tree = g_ptr_array_index (trees, i);
    g_autofree char *whole = g_strconcat (tree->mount, path, file, NULL);
    struct stat st;

    g_assert_cmpint (stat (whole, &st), ==, 0);
    g_assert_cmpuint (st.st_uid, ==, tree == delegable ? expected : 0);
  }
}

static void
test_delegated (DriverRig *self, gconstpointer data)
{
  g_auto (NcgResources) none = { 0 };
  NcgLeaf leaf = driver_rig_make_leaf (self, "vm", &none);
  g_autofree char *path = g_strconcat (self->group, "/vm", NULL);
  g_autofree char *below = g_strconcat (path, "/a/b", NULL);
  g_autofree char *beside = g_strconcat (path, "/c", NULL);

  driver_rig_ensure_plain (self, self->group, OURS, -1);
  kernel_rig_start (self->rig);
  leaf.processes = self->rig->processes;
  leaf.subgroup = "a/b";
  driver_rig_start_leaf (self, &leaf, NCG_ERROR_INVALID_ARGUMENT);
  leaf.is_delegated = TRUE;
  leaf.user = NOBODY;
  g_free (driver_rig_start_leaf (self, &leaf, -1));
  driver_rig_assert_at (self, below);
  assert_owner (self, path, "", NOBODY);
  assert_owner (self, path, "/cgroup.procs", NOBODY);
  assert_owner (self, below, "", NOBODY);
  assert_owner (self, self->group, "", 0);
  driver_rig_join (self, path, "c", -1);
  driver_rig_assert_at (self, beside);
  driver_rig_kill_process (self, 0);
  driver_rig_wait_removed (self, path);
  kernel_rig_assert_in_all_trees (self->rig, path, FALSE);
}

/* v1 takes no process of real-time priority without a share of it, and only then does it show. */
static void
test_move_back (DriverRig *self, gconstpointer data)
{
  const NcgTree *cpu = ncg_hierarchy_find_tree (self->rig->hierarchy, "cpu");
  struct sched_param priority = { .sched_priority = 1 };
  g_auto (NcgResources) none = { 0 };
  NcgLeaf leaf = driver_rig_make_leaf (self, "web", &none);
  g_autofree char *path = g_strconcat (self->group, "/web", NULL);
  g_autofree char *above = kernel_rig_path (self->rig, "a");
  g_autofree char *other = NULL;
  g_autofree char *share = NULL;

  driver_rig_ensure_plain (self, self->group, OURS, -1);
  share = cpu != NULL ? kernel_rig_read (cpu, self->group, "cpu.rt_runtime_us") : NULL;
  leaf.processes = self->rig->processes;
  leaf.name = "other";
  kernel_rig_start (self->rig);
  if (share == NULL || cpu == self->primary)
    return;
  kernel_rig_write (cpu, self->rig->path, "cpu.rt_runtime_us", "10000");
  kernel_rig_write (cpu, above, "cpu.rt_runtime_us", "10000");
  kernel_rig_write (cpu, self->group, "cpu.rt_runtime_us", "10000");
  other = driver_rig_start_leaf (self, &leaf, -1);
  kernel_rig_write (cpu, other, "cpu.rt_runtime_us", "10000");
  for (guint i = 0; i < self->rig->processes->len; i++) {
    const NcgProcess *process = g_ptr_array_index (self->rig->processes, i);

    g_assert_cmpint (sched_setscheduler (process->pid, SCHED_FIFO, &priority), ==, 0);
  }
  leaf.name = "web";
  g_free (driver_rig_start_leaf (self, &leaf, NCG_ERROR_FAILED));
  driver_rig_assert_at (self, other);
  kernel_rig_assert_in_all_trees (self->rig, path, FALSE);
}

/* What is left of a leaf of that name in another hierarchy does not bind the new one. */
static void
test_leftovers (DriverRig *self, gconstpointer data)
{
  const NcgTree *pids = ncg_hierarchy_find_tree (self->rig->hierarchy, "pids");
  g_auto (NcgResources) none = { 0 };
  NcgLeaf leaf = driver_rig_make_leaf (self, "web", &none);
  g_autofree char *path = NULL;
  g_autofree char *directory = NULL;
  g_autofree char *limit = NULL;

  if (pids == NULL || pids == self->primary)
    return;
  driver_rig_ensure_plain (self, self->group, OURS, -1);
  directory = g_strconcat (pids->mount, self->group, "/web", NULL);
  g_assert_cmpint (mkdir (directory, 0755), ==, 0);
  path = g_strconcat (self->group, "/web", NULL);
  kernel_rig_write (pids, path, "pids.max", "5");
  g_free (driver_rig_start_leaf (self, &leaf, -1));
  limit = kernel_rig_read (pids, path, "pids.max");
  g_assert_cmpstr (limit, ==, "max");
}

#define MANY 40

static void
on_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  guint *n_started = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (NcgPlace) place = ncg_driver_start_leaf_finish (result, &error);

  g_assert_no_error (error);
  ++*n_started;
}

/* All at once, and all end at once. */
static void
test_many (DriverRig *self, gconstpointer data)
{
  g_auto (NcgResources) resources = { 0 };
  guint n_started = 0;

  driver_rig_add_resources (self, &resources, 20);
  driver_rig_ensure_plain (self, self->group, OURS, -1);
  for (guint i = 0; i < MANY; i++) {
    g_autofree char *name = g_strdup_printf ("leaf%u", i);
    g_autoptr (GPtrArray) processes = g_ptr_array_new ();
    NcgLeaf leaf = driver_rig_make_leaf (self, name, &resources);

    g_ptr_array_add (processes, (gpointer) kernel_rig_start (self->rig));
    leaf.processes = processes;
    ncg_driver_start_leaf_async (self->driver, &leaf, kernel_rig_deadline (), on_started,
                                 &n_started);
  }
  while (n_started < MANY)
    g_main_context_iteration (NULL, TRUE);
  for (guint i = 0; i < MANY; i++)
    driver_rig_kill_process (self, i);
  for (guint i = 0; i < MANY; i++) {
    g_autofree char *path = g_strdup_printf ("%s/leaf%u", self->group, i);

    driver_rig_wait_removed (self, path);
    kernel_rig_assert_in_all_trees (self->rig, path, FALSE);
  }
  g_assert_cmpuint (self->removed->len, ==, MANY);
}

/* A leaf of an earlier time. */
static void
test_keep (DriverRig *self, gconstpointer data)
{
  g_auto (NcgResources) resources = { 0 };
  NcgLeaf leaf = driver_rig_make_leaf (self, "db", &resources);
  NcgPlace place;
  NcgKept kept = { .place = &place, .resources = &resources, .ends_empty = TRUE };
  g_autofree char *path = NULL;

  driver_rig_add_resources (self, &resources, 20);
  driver_rig_ensure_plain (self, self->group, OURS, -1);
  path = driver_rig_start_leaf (self, &leaf, -1);
  place = (NcgPlace){ path, path };
  ncg_driver_keep (self->driver, &kept);
  g_assert_cmpuint (self->removed->len, ==, 0);
  driver_rig_wait_removed (self, path);
  kernel_rig_assert_in_all_trees (self->rig, path, FALSE);

  kept.ends_empty = FALSE;
  ncg_driver_keep (self->driver, &kept);
  kernel_rig_start (self->rig);
  driver_rig_join (self, path, NULL, -1);
  driver_rig_assert_at (self, path);
  driver_rig_assert_resources (self, path, &resources);
}

/* As it was started, also its owner. */
static void
test_keep_held (DriverRig *self, gconstpointer data)
{
  g_auto (NcgResources) resources = { 0 };
  NcgLeaf leaf = driver_rig_make_leaf (self, "vm", &resources);
  g_autofree char *path = g_strconcat (self->group, "/vm", NULL);
  NcgPlace place = { path, path };
  NcgKept kept = { .place = &place, .resources = &resources, .held = &leaf };

  leaf.is_delegated = TRUE;
  leaf.user = NOBODY;
  driver_rig_ensure_plain (self, self->group, OURS, -1);
  ncg_driver_keep (self->driver, &kept);
  kernel_rig_start (self->rig);
  driver_rig_join (self, path, NULL, -1);
  driver_rig_assert_at (self, path);
  driver_rig_assert_description (self, path, "a leaf");
  assert_owner (self, path, "/cgroup.procs", NOBODY);
}

static const struct {
  const char *name;
  void (*function) (DriverRig *self, gconstpointer data);
} tests[] = {
  { "ends", test_leaf },
  { "unmarked", test_unmarked },
  { "rolls-back", test_leaf_rolls_back },
  { "moves-back", test_move_back },
  { "held", test_held },
  { "delegated", test_delegated },
  { "leftovers", test_leftovers },
  { "many", test_many },
  { "join-fails", test_join_fails },
  { "keep", test_keep },
  { "keep-held", test_keep_held },
};

static void
add_tests (KernelRigMode mode)
{
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++) {
    g_autofree char *path =
        g_strdup_printf ("/driver-cgroupfs-leaf/%s/%s",
                         mode == KERNEL_RIG_LEGACY ? "legacy" : "native", tests[i].name);

    g_test_add (path, DriverRig, GINT_TO_POINTER (mode), driver_rig_set_up, tests[i].function,
                driver_rig_tear_down);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  kernel_rig_add_tests ("/driver-cgroupfs-leaf/rig", add_tests);
  return g_test_run ();
}
