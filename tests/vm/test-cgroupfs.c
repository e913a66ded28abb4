/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The daemon where systemd is not: the same calls, and the same hierarchy as directories,
 * /machine/burstable/pod<uid>/<container>, on whichever cgroups the machine has.
 */
#include "tests/vm/client.h"
#include "tests/vm/daemon.h"
#include "tests/vm/machine.h"
#include "tests/vm/workload.h"

#include <signal.h>
#include <string.h>

#define SPEC                                                                                       \
  "{'CPURequest': <'500m'>, 'CPULimit': <'1'>, 'MemoryLimit': <'64Mi'>, 'PidsLimit': <uint64 50>}"
#define POD "/machine/burstable/podu-1"

static void
assert_verified (const char *uid)
{
  g_autofree char *bad = client_verify_pod (uid);

  g_assert_cmpstr (bad, ==, "");
}

/* On the version on which the controller is. */
static void
assert_limits (const char *cgroup)
{
  const NcgHierarchy *hierarchy = machine_get_hierarchy ();
  const NcgTree *memory = ncg_hierarchy_find_tree (hierarchy, "memory");
  const NcgTree *cpu = ncg_hierarchy_find_tree (hierarchy, "cpu");

  machine_assert_files (cgroup, memory->is_v1 ? "memory.limit_in_bytes=67108864;pids.max=50"
                                              : "memory.max=67108864;pids.max=50");
  machine_assert_files (cgroup, cpu->is_v1 ? "cpu.cfs_quota_us=100000;cpu.shares=512"
                                           : "cpu.max=100000 100000;cpu.weight=50");
}

static void
test_properties (void)
{
  g_autoptr (GVariant) driver = client_get (CLIENT_PATH, CLIENT_NAME, "Driver");
  g_autoptr (GVariant) version = client_get (CLIENT_PATH, CLIENT_NAME, "SystemdVersion");
  g_autoptr (GVariant) hierarchy = client_get (CLIENT_PATH, CLIENT_NAME, "Hierarchy");

  g_assert_cmpstr (g_variant_get_string (driver, NULL), ==, "cgroupfs");
  g_assert_cmpuint (g_variant_get_uint32 (version), ==, 0);
  g_assert_cmpstr (g_variant_get_string (hierarchy, NULL), ==,
                   ncg_hierarchy_mode_to_string (machine_get_hierarchy ()->mode));
}

static void
test_pod (void)
{
  g_autofree char *cgroup = client_create_pod ("u-1", SPEC);
  g_autofree char *again = client_create_pod ("u-1", SPEC);
  g_autofree char *guaranteed = NULL;
  g_autofree char *besteffort = NULL;

  g_assert_cmpstr (cgroup, ==, POD);
  g_assert_cmpstr (again, ==, POD);
  assert_limits (POD);
  assert_verified ("u-1");
  guaranteed = client_create_pod ("g", "{'CPULimit': <'1'>, 'MemoryLimit': <'16Mi'>}");
  g_assert_cmpstr (guaranteed, ==, "/machine/podg");
  besteffort = client_create_pod ("b", "{}");
  g_assert_cmpstr (besteffort, ==, "/machine/besteffort/podb");
  client_remove_pod ("g");
  client_remove_pod ("b");
  g_assert_false (machine_has_cgroup ("/machine/podg"));
  g_assert_false (machine_has_cgroup ("/machine/besteffort/podb"));
}

/* (transfer full): of the pod */
static GVariant *
read_figures (void)
{
  g_autoptr (GVariant) reply = client_call ("GetPodStats", "('u-1', {'Containers': <true>})");

  return g_variant_get_child_value (reply, 0);
}

static guint64
read_figure (const char *key)
{
  g_autoptr (GVariant) stats = read_figures ();
  guint64 value = 0;

  if (!g_variant_lookup (stats, key, "t", &value))
    machine_fail ("there is no %s", key);
  return value;
}

/* No setting asks for that controller; it is there to be counted, for the pod and its leaf. */
static void
assert_io_is_counted (void)
{
  const NcgHierarchy *hierarchy = machine_get_hierarchy ();
  g_autoptr (GVariant) stats = read_figures ();
  g_autoptr (GVariant) leaves = g_variant_lookup_value (stats, "Containers", NULL);
  g_autoptr (GVariant) leaf = NULL;
  g_autoptr (GVariant) of_pod = g_variant_lookup_value (stats, "IO", NULL);
  g_autoptr (GVariant) of_leaf = NULL;
  gboolean expected = ncg_hierarchy_has_controller (hierarchy, "io") ||
                      ncg_hierarchy_has_controller (hierarchy, "blkio");

  leaf = g_variant_lookup_value (leaves, "main", NULL);
  g_assert_nonnull (leaf);
  of_leaf = g_variant_lookup_value (leaf, "IO", NULL);
  g_assert_cmpint (of_pod != NULL, ==, expected);
  g_assert_cmpint (of_leaf != NULL, ==, expected);
}

static void
test_join (void)
{
  g_autoptr (Workload) first = workload_start ();
  g_autoptr (Workload) second = workload_start ();
  g_autofree char *leaf = client_join_pod ("u-1", "main", first->pid, "{'PidsLimit': <uint64 9>}");
  g_autofree char *further = client_join_pod ("u-1", "main", second->pid, "{}");
  g_autofree char *found = NULL;
  g_autoptr (GVariant) reply = NULL;
  const char *name;

  g_assert_cmpstr (leaf, ==, POD "/main");
  g_assert_cmpstr (further, ==, leaf);
  machine_assert_process_in (first->pid, leaf);
  machine_assert_process_in (second->pid, leaf);
  machine_assert_files (leaf, "pids.max=9");
  reply = client_call ("GetPodByPid", "(%d,)", (int) second->pid);
  g_variant_get (reply, "(o&s)", &found, &name);
  g_assert_cmpstr (name, ==, "main");
  g_free (workload_ask (first, "grow 8388608"));
  g_free (workload_ask (first, "burn 50"));
  g_assert_cmpuint (read_figure ("CPUUsageNSec"), >=, 40000000);
  g_assert_cmpuint (read_figure ("MemoryUsageBytes"), >=, 8388608);
  g_assert_cmpuint (read_figure ("PidsCurrent"), ==, 2);
  g_assert_cmpuint (read_figure ("PidsLimit"), ==, 50);
  assert_io_is_counted ();

  /* The leaf ends with its last process. */
  workload_kill (first);
  workload_kill (second);
  g_clear_pointer (&first, workload_free);
  g_clear_pointer (&second, workload_free);
  machine_wait_until (!machine_has_cgroup (POD "/main"));
  client_wait_for ("u-1", "Containers", "[]");
}

static void
test_update (void)
{
  client_update_pod ("u-1", "{'PidsLimit': <uint64 77>}");
  machine_assert_files (POD, "pids.max=77");
  client_update_pod ("u-1", "{'PidsLimit': <uint64 50>}");
  assert_limits (POD);
  g_free (client_fail ("NotSupported", "CreatePod",
                       "('s', {'SystemdProperties': <[('IPAccounting', <true>)]>})"));
  g_assert_false (machine_has_cgroup ("/machine/besteffort/pods"));
}

/* Killed and started again it knows the pod, its leaf and its processes. */
static void
test_crash (void)
{
  g_autoptr (Workload) workload = workload_start ();
  g_autofree char *leaf = client_join_pod ("u-1", "main", workload->pid, "{}");
  g_autofree char *pods = NULL;

  daemon_crash ();
  pods = client_list_pods ();
  g_assert_cmpstr (pods, ==, "u-1");
  assert_verified ("u-1");
  machine_assert_process_in (workload->pid, leaf);
  g_assert_true (workload_is_alive (workload));
  /* What somebody changed meanwhile is set again. */
  daemon_stop ();
  machine_write (POD, "pids.max", "40");
  daemon_start ();
  machine_wait_until (machine_read_number (POD, "pids.max") == 50);
  workload_kill (workload);
  g_clear_pointer (&workload, workload_free);
  machine_wait_until (!machine_has_cgroup (leaf));
}

static void
test_foreign (void)
{
  const GPtrArray *trees = machine_get_hierarchy ()->trees;

  for (guint i = 0; i < trees->len; i++) {
    const NcgTree *tree = g_ptr_array_index (trees, i);

    g_free (machine_run ("mkdir -p %s/machine/burstable/podf", tree->mount));
  }
  g_free (client_fail ("PodExists", "CreatePod", "('f', " SPEC ")"));
  g_assert_true (machine_has_cgroup ("/machine/burstable/podf"));
  for (guint i = 0; i < trees->len; i++) {
    const NcgTree *tree = g_ptr_array_index (trees, i);

    g_free (machine_run ("rmdir %s/machine/burstable/podf", tree->mount));
  }
}

/* What is in the way of a container is named, and left alone. */
static void
test_foreign_leaf (void)
{
  g_autoptr (Workload) theirs = workload_start ();
  g_autoptr (Workload) ours = workload_start ();
  g_autofree char *before = machine_find_process (ours->pid);
  g_autofree char *message = NULL;
  const NcgTree *tree = ncg_hierarchy_get_primary (machine_get_hierarchy ());

  g_free (machine_run ("mkdir %s" POD "/taken && echo %d > %s" POD "/taken/cgroup.procs",
                       tree->mount, (int) theirs->pid, tree->mount));
  message =
      client_fail ("ContainerExists", "JoinPod", "('u-1', 'taken', [%d], {})", (int) ours->pid);
  g_assert_nonnull (strstr (message, POD "/taken already"));
  g_free (client_fail ("ContainerExists", "CreateContainer", "('u-1', 'taken', {})"));
  machine_assert_process_in (ours->pid, before);
  machine_assert_process_in (theirs->pid, POD "/taken");
  workload_kill (theirs);
  g_clear_pointer (&theirs, workload_free);
  g_free (machine_run ("rmdir %s" POD "/taken", tree->mount));
}

static void
test_remove (void)
{
  g_autoptr (Workload) workload = workload_start ();
  g_autofree char *files = NULL;

  g_free (client_join_pod ("u-1", "main", workload->pid, "{}"));
  workload_tell (workload, "bomb");
  machine_wait_until (machine_read_number (POD, "pids.current") > 20);
  client_remove_pod ("u-1");
  g_assert_false (machine_has_cgroup (POD));
  workload_wait_ended (workload, SIGKILL);
  files = machine_list_pod_files ();
  g_assert_cmpstr (files, ==, "");
}

int
main (int argc, char **argv)
{
  machine_init (argc, argv);
  daemon_prepare ();
  g_test_add_func ("/cgroupfs/properties", test_properties);
  g_test_add_func ("/cgroupfs/pod", test_pod);
  g_test_add_func ("/cgroupfs/join", test_join);
  g_test_add_func ("/cgroupfs/update", test_update);
  g_test_add_func ("/cgroupfs/crash", test_crash);
  g_test_add_func ("/cgroupfs/foreign", test_foreign);
  g_test_add_func ("/cgroupfs/foreign-leaf", test_foreign_leaf);
  g_test_add_func ("/cgroupfs/remove", test_remove);
  return g_test_run ();
}
