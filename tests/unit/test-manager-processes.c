/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which pod a process is in, on a machine that has cgroup v1 and v2.
 */
#include "daemon/manager-processes.h"

#include "lib/error.h"
#include "tests/unit/temp-dir.h"

#define POD "/machine.slice/machine-burstable.slice/machine-burstable-poda.slice"

typedef struct {
  char *root;
  char *proc;
  NcgHierarchy *hierarchy;
  GHashTable *pods;
  Manager manager;
} Fixture;

static Pod *
make_pod (const char *uid, const char *cgroup)
{
  static const SettingsDefaults defaults = { 100, FALSE, 20000 };
  g_auto (Spec) spec = { 0 };
  Pod *pod =
      pod_new (uid, "/machine/burstable/podx", "machine-burstable-podx.slice", &spec, &defaults);

  pod_set_cgroup (pod, cgroup);
  return pod;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  Pod *pod = make_pod ("a", POD);

  fixture->root = temp_dir_new ();
  fixture->proc = g_strconcat (fixture->root, "/proc", NULL);
  temp_dir_write (fixture->root, "proc/self/mountinfo",
                  "30 22 0:26 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
                  "31 30 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
                  "32 30 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
                  "33 30 0:29 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n");
  temp_dir_write (fixture->root, "sys/fs/cgroup/unified/cgroup.controllers", "\n");
  fixture->hierarchy = ncg_hierarchy_detect (fixture->root, &error);
  g_assert_no_error (error);
  container_set_cgroup (pod_add_container (pod, "app", "poda-app.scope"), POD "/poda-app.scope");
  fixture->pods = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) pod_unref);
  g_hash_table_insert (fixture->pods, pod->uid, pod);
  pod = make_pod ("b", POD "2");
  g_hash_table_insert (fixture->pods, pod->uid, pod);
  fixture->manager.proc = fixture->proc;
  fixture->manager.hierarchy = fixture->hierarchy;
  fixture->manager.pods = fixture->pods;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_hash_table_unref (fixture->pods);
  ncg_hierarchy_free (fixture->hierarchy);
  g_free (fixture->proc);
  temp_dir_free (fixture->root);
}

/* The process 7 is there, by its /proc/PID/cgroup. */
static void
assert_in (Fixture *fixture, const char *text, const char *uid, const char *container)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *found = NULL;
  const Pod *pod;

  temp_dir_write (fixture->root, "proc/7/cgroup", text);
  pod = manager_find_process (&fixture->manager, 7, &found, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (pod->uid, ==, uid);
  g_assert_cmpstr (found, ==, container);
}

static void
test_primary (Fixture *fixture, gconstpointer data)
{
  assert_in (fixture, "5:memory:/x\n4:pids:/x\n0::" POD "/poda-app.scope/sub\n", "a", "app");
  assert_in (fixture, "5:memory:/x\n4:pids:/x\n0::" POD "\n", "a", "");
  assert_in (fixture, "5:memory:/x\n4:pids:/x\n0::" POD "2/crio-1.scope\n", "b", "crio-1.scope");
  assert_in (fixture, "5:memory:" POD "2\n4:pids:" POD "2\n0::" POD "\n", "a", "");
}

static void
test_v1_alone (Fixture *fixture, gconstpointer data)
{
  assert_in (fixture, "5:memory:" POD "/poda-app.scope\n4:pids:/x\n0::/x\n", "a", "app");
  assert_in (fixture, "5:memory:/x\n4:pids:" POD "2\n0::/x\n", "b", "");
  assert_in (fixture, "4:pids:" POD "\n0::/x\n", "a", "");
}

static void
test_none (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) nowhere = NULL;
  g_autoptr (GError) gone = NULL;
  g_autofree char *container = NULL;

  temp_dir_write (fixture->root, "proc/7/cgroup", "5:memory:/x\n4:pids:" POD "3\n0::/y\n");
  g_assert_null (manager_find_process (&fixture->manager, 7, &container, &nowhere));
  g_assert_error (nowhere, NCG_ERROR, NCG_ERROR_NO_SUCH_POD);
  g_assert_true (g_str_has_suffix (nowhere->message, "in /y"));
  g_assert_null (manager_find_process (&fixture->manager, 8, &container, &gone));
  g_assert_error (gone, NCG_ERROR, NCG_ERROR_NO_SUCH_PROCESS);
  g_assert_null (container);
}

#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/manager-processes/primary", test_primary);
  ADD ("/manager-processes/v1-alone", test_v1_alone);
  ADD ("/manager-processes/none", test_none);
  return g_test_run ();
}
