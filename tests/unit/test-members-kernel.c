/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes that come to where their limits are, in the hierarchies of the running kernel. Whoever
 * is not root, or has no CPU sets of v1, skips them.
 */
#include "lib/attach.h"
#include "lib/cgroup-tree.h"
#include "lib/error.h"
#include "lib/members.h"
#include "tests/unit/kernel-rig.h"

#include <signal.h>

/* The fork bomb has begun, and may not go further. */
#define BEGUN 5
#define FORKS 500

typedef struct {
  KernelRig *rig;
  const NcgTree *cpuset;
  GPtrArray *others; /* (element-type NcgTree): all but that of cpuset */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer mode)
{
  const GPtrArray *trees;

  fixture->rig = kernel_rig_new ((KernelRigMode) GPOINTER_TO_INT (mode));
  fixture->cpuset = ncg_hierarchy_find_tree (fixture->rig->hierarchy, "cpuset");
  fixture->others = g_ptr_array_new ();
  trees = fixture->rig->hierarchy->trees;
  for (guint i = 0; i < trees->len; i++)
    if (g_ptr_array_index (trees, i) != fixture->cpuset)
      g_ptr_array_add (fixture->others, g_ptr_array_index (trees, i));
}

static void
tear_down (Fixture *fixture, gconstpointer mode)
{
  g_ptr_array_unref (fixture->others);
  kernel_rig_free (fixture->rig);
}

static gboolean
is_without_cpuset (const Fixture *fixture)
{
  if (fixture->cpuset != NULL && fixture->cpuset->is_v1)
    return FALSE;
  g_test_skip ("this machine has no CPU sets of cgroup v1");
  return TRUE;
}

/* As systemd has it: in all hierarchies but one. */
static void
make_and_join (const Fixture *fixture, const char *path)
{
  g_autoptr (GError) error = NULL;

  ncg_cgroup_tree_make (fixture->others, path, NULL, &error);
  g_assert_no_error (error);
  kernel_rig_attach (fixture->rig, path);
}

static void
make_in_cpuset (const Fixture *fixture, const char *path)
{
  g_autoptr (GPtrArray) trees = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;

  g_ptr_array_add (trees, (gpointer) fixture->cpuset);
  ncg_cgroup_tree_make (trees, path, NULL, &error);
  g_assert_no_error (error);
}

static void
gather (const Fixture *fixture, const char *path)
{
  g_autoptr (GError) error = NULL;

  ncg_members_gather (fixture->rig->hierarchy, "/proc", fixture->cpuset, path, &error);
  g_assert_no_error (error);
}

static void
assert_in (const Fixture *fixture, const NcgProcess *process, const char *path)
{
  g_autofree char *actual = kernel_rig_read_cgroup (process, fixture->cpuset);

  g_assert_cmpstr (actual, ==, path);
}

static void
test_gather (Fixture *fixture, gconstpointer data)
{
  g_autofree char *pod = kernel_rig_path (fixture->rig, "pod.slice");
  g_autofree char *scope = kernel_rig_path (fixture->rig, "pod.slice/c.scope");
  g_autofree char *below = kernel_rig_path (fixture->rig, "pod.slice/c.scope/below");
  const NcgProcess *process;

  if (is_without_cpuset (fixture))
    return;
  process = kernel_rig_start (fixture->rig);
  make_and_join (fixture, below);
  make_in_cpuset (fixture, pod);
  gather (fixture, pod);
  assert_in (fixture, process, scope);
  gather (fixture, pod);
  assert_in (fixture, process, scope);
}

static guint
count_outside (const Fixture *fixture, const char *path)
{
  g_autoptr (GPtrArray) holders = g_ptr_array_new_with_free_func ((GDestroyNotify) ncg_holder_free);
  NcgHolder *holder = ncg_holder_new (fixture->cpuset, path);

  g_ptr_array_add (holders, holder);
  ncg_members_find_outside (fixture->rig->hierarchy, "/proc", path, holders);
  return holder->outside->len;
}

/* @path is limited, so that this ends. */
static void
explode (const Fixture *fixture, const char *path)
{
  const NcgTree *pids = ncg_hierarchy_find_tree (fixture->rig->hierarchy, "pids");
  const NcgProcess *bomb = g_ptr_array_index (fixture->rig->processes, 0);
  guint64 current = 0;

  g_assert_cmpint (kill (bomb->pid, SIGUSR1), ==, 0);
  while (current < BEGUN) {
    g_autofree char *text = kernel_rig_read (pids, path, "pids.current");

    current = g_ascii_strtoull (text, NULL, 10);
  }
}

/* What is forked while others are moved comes along. */
static void
test_forks (Fixture *fixture, gconstpointer data)
{
  const NcgTree *pids = ncg_hierarchy_find_tree (fixture->rig->hierarchy, "pids");
  g_autofree char *pod = kernel_rig_path (fixture->rig, "pod.slice");
  g_autofree char *scope = kernel_rig_path (fixture->rig, "pod.slice/c.scope");
  g_autofree char *limit = g_strdup_printf ("%d", FORKS);
  g_autoptr (GError) error = NULL;

  if (is_without_cpuset (fixture))
    return;
  kernel_rig_start_bomb (fixture->rig);
  make_and_join (fixture, scope);
  kernel_rig_write (pids, pod, "pids.max", limit);
  make_in_cpuset (fixture, pod);
  g_assert_cmpuint (count_outside (fixture, pod), ==, 1);
  explode (fixture, pod);
  gather (fixture, pod);
  g_assert_cmpuint (count_outside (fixture, pod), ==, 0);
  ncg_cgroup_tree_kill (fixture->rig->hierarchy, "/proc", pod, kernel_rig_deadline (), &error);
  g_assert_no_error (error);
}

static void
add (KernelRigMode mode)
{
  const char *name = mode == KERNEL_RIG_LEGACY ? "legacy" : "native";
  g_autofree char *gathered = g_strdup_printf ("/members-kernel/%s/gather", name);
  g_autofree char *forks = g_strdup_printf ("/members-kernel/%s/forks", name);

  g_test_add (gathered, Fixture, GINT_TO_POINTER (mode), set_up, test_gather, tear_down);
  g_test_add (forks, Fixture, GINT_TO_POINTER (mode), set_up, test_forks, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  kernel_rig_add_tests ("/members-kernel", add);
  return g_test_run ();
}
