/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Being told of kills by the running kernel, wherever this machine has its memory controller.
 */
#include "lib/cgroup-tree.h"
#include "lib/oom-count.h"
#include "lib/oom-watch.h"

#include "tests/unit/kernel-rig.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB (1024 * 1024)
#define LIMIT (16 * MIB)
#define N_OTHERS 200

typedef struct {
  KernelRig *rig;
  const NcgTree *memory;
  NcgOomWatch *watch;
  guint n_told;
  guint n_about_leaves;
} Fixture;

static void
on_changed (const char *key, gboolean is_about_leaves, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_cmpstr (key, ==, fixture->rig->path);
  fixture->n_told++;
  fixture->n_about_leaves += is_about_leaves ? 1 : 0;
}

static char *
get_path (const Fixture *fixture, const char *leaf)
{
  return leaf != NULL ? kernel_rig_path (fixture->rig, leaf) : g_strdup (fixture->rig->path);
}

static void
set_limit (const Fixture *fixture, const char *leaf)
{
  g_autofree char *path = get_path (fixture, leaf);
  g_autofree char *limit = g_strdup_printf ("%d", LIMIT);

  kernel_rig_write (fixture->memory, path,
                    fixture->memory->is_v1 ? "memory.limit_in_bytes" : "memory.max", limit);
}

static void
set_up (Fixture *fixture, gconstpointer mode)
{
  static const char *const controllers[] = { "memory", NULL };
  g_autoptr (GError) error = NULL;

  fixture->rig = kernel_rig_new ((KernelRigMode) GPOINTER_TO_INT (mode));
  fixture->memory = ncg_hierarchy_find_tree (fixture->rig->hierarchy, "memory");
  if (fixture->memory == NULL)
    return;
  for (guint i = 0; i < 2; i++) {
    g_autofree char *leaf = kernel_rig_path (fixture->rig, i == 0 ? "a" : "b");

    ncg_cgroup_tree_make (fixture->rig->hierarchy->trees, leaf, controllers, &error);
    g_assert_no_error (error);
  }
  fixture->watch = ncg_oom_watch_new (fixture->memory, on_changed, fixture);
  g_assert_nonnull (fixture->watch);
  ncg_oom_watch_add (fixture->watch, fixture->rig->path);
}

static void
tear_down (Fixture *fixture, gconstpointer mode)
{
  ncg_oom_watch_free (fixture->watch);
  kernel_rig_free (fixture->rig);
}

/* A child that goes into the leaf, and takes more than it may have. */
static void
run_hog (const Fixture *fixture, const char *leaf)
{
  g_autofree char *path = get_path (fixture, leaf);
  g_autofree char *procs = g_build_filename (fixture->memory->mount, path, "cgroup.procs", NULL);
  pid_t pid = fork ();
  int status;

  g_assert_cmpint (pid, >=, 0);
  if (pid == 0) {
    FILE *file = fopen (procs, "w");
    char *bytes;

    if (file == NULL || fputs ("0", file) < 0 || fclose (file) != 0)
      _exit (1);
    bytes = mmap (NULL, 4 * LIMIT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset (bytes, 1, 4 * LIMIT);
    _exit (2);
  }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFSIGNALED (status));
  g_assert_cmpint (WTERMSIG (status), ==, SIGKILL);
}

static void
run_for (guint msec)
{
  gint64 end = g_get_monotonic_time () + msec * 1000;

  while (g_get_monotonic_time () < end)
    if (!g_main_context_iteration (NULL, FALSE))
      g_usleep (1000);
}

static void
wait_told (const Fixture *fixture)
{
  gint64 deadline = kernel_rig_deadline ();

  while (fixture->n_told == 0) {
    g_assert_cmpint (g_get_monotonic_time (), <, deadline);
    g_main_context_iteration (NULL, FALSE);
    g_usleep (1000);
  }
}

static void
assert_count (const Fixture *fixture, const char *leaf, guint64 expected)
{
  g_auto (NcgOomCount) count = { 0 };
  g_autoptr (GError) error = NULL;

  ncg_oom_count_read (fixture->memory, fixture->rig->path, &count, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (ncg_oom_count_get_leaf (&count, leaf), ==, expected);
  if (!fixture->memory->is_v1)
    g_assert_cmpuint (count.total, >=, expected);
}

static gboolean
has_memory (const Fixture *fixture)
{
  if (fixture->memory != NULL)
    return TRUE;
  g_test_skip ("no hierarchy has the memory controller");
  return FALSE;
}

/* By its own limit, and by that above. */
static void
test_killed (Fixture *fixture, gconstpointer mode)
{
  if (!has_memory (fixture))
    return;
  run_for (50);
  g_assert_cmpuint (fixture->n_told, ==, 0);
  set_limit (fixture, "a");
  run_hog (fixture, "a");
  wait_told (fixture);
  assert_count (fixture, "a", 1);
  assert_count (fixture, "b", 0);
  run_for (300);
  fixture->n_told = 0;
  set_limit (fixture, NULL);
  run_hog (fixture, "b");
  wait_told (fixture);
  assert_count (fixture, "b", 1);
}

/* A container that comes later is watched, too, and its end is told. */
static void
test_come (Fixture *fixture, gconstpointer mode)
{
  static const char *const controllers[] = { "memory", NULL };
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;

  if (!has_memory (fixture))
    return;
  path = kernel_rig_path (fixture->rig, "c");
  ncg_cgroup_tree_make (fixture->rig->hierarchy->trees, path, controllers, &error);
  g_assert_no_error (error);
  wait_told (fixture);
  g_assert_cmpuint (fixture->n_about_leaves, ==, 1);
  run_for (300);
  fixture->n_told = 0;
  set_limit (fixture, "c");
  run_hog (fixture, "c");
  wait_told (fixture);
  assert_count (fixture, "c", 1);
  run_for (300);
  fixture->n_told = fixture->n_about_leaves = 0;
  ncg_cgroup_tree_remove (fixture->rig->hierarchy->trees, "/proc", path, kernel_rig_deadline (),
                          &error);
  g_assert_no_error (error);
  wait_told (fixture);
  run_for (50);
  g_assert_cmpuint (fixture->n_about_leaves, ==, 1);
}

/* As many as there are, it is told few times. */
static void
test_storm (Fixture *fixture, gconstpointer mode)
{
  gint64 begin = g_get_monotonic_time ();
  guint most;

  if (!has_memory (fixture))
    return;
  set_limit (fixture, "a");
  for (guint i = 0; i < 20; i++) {
    run_hog (fixture, "a");
    while (g_main_context_iteration (NULL, FALSE))
      continue;
  }
  run_for (400);
  assert_count (fixture, "a", 20);
  most = (guint) ((g_get_monotonic_time () - begin) / 1000 / (fixture->memory->is_v1 ? 20 : 200));
  g_assert_cmpuint (fixture->n_told, <=, most + 2);
}

static void
test_removed (Fixture *fixture, gconstpointer mode)
{
  if (!has_memory (fixture))
    return;
  ncg_oom_watch_remove (fixture->watch, fixture->rig->path);
  set_limit (fixture, "a");
  run_hog (fixture, "a");
  run_for (100);
  g_assert_cmpuint (fixture->n_told, ==, 0);
}

static void
count_told (const char *key, gboolean is_about_leaves, gpointer user_data)
{
  g_hash_table_add (user_data, g_strdup (key));
}

/* A cgroup that goes is no concern of all the others that are watched. */
static void
test_others (Fixture *fixture, gconstpointer mode)
{
  static const char *const controllers[] = { "memory", NULL };
  g_autoptr (GHashTable) told = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (NcgOomWatch) watch = NULL;

  if (!has_memory (fixture))
    return;
  watch = ncg_oom_watch_new (fixture->memory, count_told, told);
  for (guint i = 0; i < N_OTHERS; i++) {
    g_autofree char *name = g_strdup_printf ("other%u", i);
    g_autofree char *path = kernel_rig_path (fixture->rig, name);

    ncg_cgroup_tree_make (fixture->rig->hierarchy->trees, path, controllers, NULL);
    ncg_oom_watch_add (watch, path);
  }
  for (guint i = 0; i < 2; i++) {
    g_autofree char *name = g_strdup_printf ("other%u", i);
    g_autofree char *path = kernel_rig_path (fixture->rig, name);
    g_autofree char *directory = g_strconcat (fixture->memory->mount, path, NULL);

    g_assert_cmpint (rmdir (directory), ==, 0);
  }
  run_for (500);
  g_assert_cmpuint (g_hash_table_size (told), <=, 2);
}

static void
add_one (const char *name, KernelRigMode mode, void (*function) (Fixture *, gconstpointer))
{
  g_autofree char *path =
      g_strdup_printf ("/oom-watch/%s/%s", mode == KERNEL_RIG_LEGACY ? "legacy" : "native", name);

  g_test_add (path, Fixture, GINT_TO_POINTER (mode), set_up, function, tear_down);
}

static void
add (KernelRigMode mode)
{
  add_one ("killed", mode, test_killed);
  add_one ("come", mode, test_come);
  add_one ("storm", mode, test_storm);
  add_one ("removed", mode, test_removed);
  add_one ("others", mode, test_others);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  kernel_rig_add_tests ("/oom-watch", add);
  return g_test_run ();
}
