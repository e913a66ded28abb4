/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Emptying a cgroup of the running kernel into another one; the root itself is left alone. Whoever
 * is not root skips it.
 */
#include "lib/cgroup-drain.h"

#include "tests/unit/kernel-rig.h"

#include <signal.h>
#include <string.h>

typedef struct {
  KernelRig *rig;
  char *from;
  char *to;
  NcgCgroupDrain drain;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer mode)
{
  fixture->rig = kernel_rig_new ((KernelRigMode) GPOINTER_TO_INT (mode));
  fixture->from = kernel_rig_path (fixture->rig, "from");
  fixture->to = kernel_rig_path (fixture->rig, "to");
  kernel_rig_make (fixture->rig, fixture->from);
  kernel_rig_make (fixture->rig, fixture->to);
  fixture->drain = (NcgCgroupDrain){ fixture->rig->hierarchy, "/proc", fixture->from, fixture->to };
}

static void
tear_down (Fixture *fixture, gconstpointer mode)
{
  kernel_rig_free (fixture->rig);
  g_free (fixture->from);
  g_free (fixture->to);
}

static guint
count (const Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  guint n = 0;

  ncg_cgroup_drain_count (&fixture->drain, &n, &error);
  g_assert_no_error (error);
  return n;
}

/* Returns: how many are left */
static guint
run (const Fixture *fixture, guint *ret_n_moved)
{
  g_auto (NcgDrained) drained = { 0 };
  g_autoptr (GError) error = NULL;

  ncg_cgroup_drain_run (&fixture->drain, 20, &drained, &error);
  g_assert_no_error (error);
  *ret_n_moved = drained.n_moved;
  for (guint i = 0; i < drained.left->len; i++)
    g_test_message ("%s", (const char *) g_ptr_array_index (drained.left, i));
  return drained.left->len;
}

static void
test_all (Fixture *fixture, gconstpointer data)
{
  const GPtrArray *trees = fixture->rig->hierarchy->trees;
  guint n_moved;

  for (guint i = 0; i < 5; i++)
    kernel_rig_start (fixture->rig);
  kernel_rig_attach (fixture->rig, fixture->from);
  g_assert_cmpuint (count (fixture), ==, 5);
  g_assert_cmpuint (run (fixture, &n_moved), ==, 0);
  g_assert_cmpuint (n_moved, ==, 5 * trees->len);
  g_assert_cmpuint (count (fixture), ==, 0);
  for (guint i = 0; i < trees->len; i++)
    for (guint j = 0; j < 5; j++) {
      g_autofree char *cgroup = kernel_rig_read_cgroup (
          g_ptr_array_index (fixture->rig->processes, j), g_ptr_array_index (trees, i));

      g_assert_cmpstr (cgroup, ==, fixture->to);
    }
  g_assert_cmpuint (run (fixture, &n_moved), ==, 0);
  g_assert_cmpuint (n_moved, ==, 0);
}

/* A process that is there in one hierarchy alone stays where it is in the others. */
static void
test_one_hierarchy (Fixture *fixture, gconstpointer data)
{
  const GPtrArray *trees = fixture->rig->hierarchy->trees;
  const NcgTree *last = g_ptr_array_index (trees, trees->len - 1);
  const NcgProcess *process = kernel_rig_start (fixture->rig);
  g_autofree char *other = kernel_rig_path (fixture->rig, "other");
  g_autofree char *pid = g_strdup_printf ("%d", (int) process->pid);
  guint n_moved;

  kernel_rig_make (fixture->rig, other);
  kernel_rig_attach (fixture->rig, other);
  kernel_rig_write (last, fixture->from, "cgroup.procs", pid);
  g_assert_cmpuint (run (fixture, &n_moved), ==, 0);
  g_assert_cmpuint (n_moved, ==, 1);
  for (guint i = 0; i < trees->len; i++) {
    const NcgTree *tree = g_ptr_array_index (trees, i);
    g_autofree char *cgroup = kernel_rig_read_cgroup (process, tree);

    g_assert_cmpstr (cgroup, ==, tree == last ? fixture->to : other);
  }
}

/* Forks go on all the time; what was missed is found in the end. */
static void
test_forks (Fixture *fixture, gconstpointer data)
{
  const NcgTree *pids = ncg_hierarchy_find_tree (fixture->rig->hierarchy, "pids");
  const NcgProcess *bomb;
  guint n_moved, n_left = 1;

  if (pids == NULL || (pids->is_v1 && !kernel_rig_exists (pids, fixture->rig->path))) {
    g_test_skip ("no controller \"pids\" here, without which a fork bomb is not to be let loose");
    return;
  }
  kernel_rig_write (pids, fixture->rig->path, "pids.max", "60");
  bomb = kernel_rig_start_bomb (fixture->rig);
  kernel_rig_attach (fixture->rig, fixture->from);
  g_assert_cmpint (kill (bomb->pid, SIGUSR1), ==, 0);
  for (gint64 end = kernel_rig_deadline (); n_left > 0 && g_get_monotonic_time () < end;)
    n_left = run (fixture, &n_moved);
  g_assert_cmpuint (n_left, ==, 0);
  g_assert_cmpuint (count (fixture), ==, 0);
}

static void
add (KernelRigMode mode)
{
  static const struct {
    const char *name;
    void (*function) (Fixture *, gconstpointer);
  } tests[] = {
    { "all", test_all },
    { "one-hierarchy", test_one_hierarchy },
    { "forks", test_forks },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++) {
    g_autofree char *path =
        g_strdup_printf ("/cgroup-drain-kernel/%s/%s",
                         mode == KERNEL_RIG_LEGACY ? "legacy" : "native", tests[i].name);

    g_test_add (path, Fixture, GINT_TO_POINTER (mode), set_up, tests[i].function, tear_down);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  kernel_rig_add_tests ("/cgroup-drain-kernel", add);
  return g_test_run ();
}
