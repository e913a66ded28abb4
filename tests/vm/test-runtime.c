/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A container runtime beside the daemon: its containers are seen in the pod that they are in, held
 * by the pod's limits, and removed with it.
 */
#include "lib/process.h"
#include "tests/vm/client.h"
#include "tests/vm/container.h"
#include "tests/vm/daemon.h"
#include "tests/vm/machine.h"

#include <signal.h>

#define SLICE "machine-burstable-podp.slice"
#define CGROUP "/machine.slice/machine-burstable.slice/" SLICE
#define PIDS_LIMIT 30

static GVariant *
get_stats (void)
{
  g_autoptr (GVariant) reply = client_call ("GetPodStats", "('p', {'Containers': <true>})");

  return g_variant_get_child_value (reply, 0);
}

/* Where a container's first process is in one hierarchy. (transfer full) */
static char *
find_in (const Container *container, const NcgTree *tree)
{
  g_autoptr (GError) error = NULL;
  char *cgroup = ncg_process_read_cgroup_of_pid ("/proc", container->pid, tree, &error);

  g_assert_no_error (error);
  return cgroup;
}

/* How often the kernel has killed in the container for want of memory: on v2 the pod counts it, on
 * v1 the cgroup alone in which it was. */
static guint64
get_oom_kills (const Container *container)
{
  const NcgTree *memory = ncg_hierarchy_find_tree (machine_get_hierarchy (), "memory");
  g_autofree char *cgroup = find_in (container, memory);
  g_autoptr (GVariant) stats = get_stats ();
  g_autoptr (GVariant) events =
      g_variant_lookup_value (stats, "MemoryEvents", G_VARIANT_TYPE ("a{st}"));
  guint64 kills;

  g_assert_nonnull (events);
  g_assert_true (g_variant_lookup (events, "oom_kill", "t", &kills));
  return memory->is_v1 ? machine_read_key (cgroup, "memory.oom_control", "oom_kill") : kills;
}

/* In each hierarchy in which the pod has limits, and on v1 these are several; what the runtime has
 * made by itself is in all of them. */
static void
assert_inside (const Container *container)
{
  static const char *const controllers[] = { "cpu", "memory", "pids" };
  g_autofree char *prefix = g_strconcat (container->cgroup, "/", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (controllers); i++) {
    const NcgTree *tree = ncg_hierarchy_find_tree (machine_get_hierarchy (), controllers[i]);
    g_autofree char *cgroup = find_in (container, tree);
    g_autofree char *whole = g_strconcat (cgroup, "/", NULL);

    if (!g_str_has_prefix (whole, prefix))
      machine_fail ("for %s the container is in %s", controllers[i], cgroup);
  }
}

/* Also from hierarchies that only the runtime cares for. */
static void
assert_gone (void)
{
  const GPtrArray *trees = machine_get_hierarchy ()->trees;

  for (guint i = 0; i < trees->len; i++) {
    const NcgTree *tree = g_ptr_array_index (trees, i);
    g_autofree char *directory = g_strconcat (tree->mount, CGROUP, NULL);

    if (g_file_test (directory, G_FILE_TEST_EXISTS))
      machine_fail ("%s is still there", directory);
  }
}

static void
assert_seen_by_pid (const Container *container)
{
  g_autofree char *pod = client_get_pod ("p");
  g_autoptr (GVariant) reply = client_call ("GetPodByPid", "(%d,)", (int) container->pid);
  const char *object, *name;

  g_variant_get (reply, "(&o&s)", &object, &name);
  g_assert_cmpstr (object, ==, pod);
  g_assert_cmpstr (name, ==, container->name);
}

static void
assert_seen_in_stats (const Container *container)
{
  g_autoptr (GVariant) stats = get_stats ();
  g_autoptr (GVariant) containers =
      g_variant_lookup_value (stats, "Containers", G_VARIANT_TYPE ("a{sa{sv}}"));
  g_autoptr (GVariant) figures = NULL;
  guint64 usage, of_pod, pids;

  g_assert_nonnull (containers);
  g_assert_cmpuint (g_variant_n_children (containers), ==, 1);
  figures = g_variant_lookup_value (containers, container->name, G_VARIANT_TYPE_VARDICT);
  if (figures == NULL)
    machine_fail ("the figures have no %s, but %s", container->name,
                  g_variant_print (containers, FALSE));
  g_assert_true (g_variant_lookup (figures, "CPUUsageNSec", "t", &usage));
  g_assert_true (g_variant_lookup (stats, "CPUUsageNSec", "t", &of_pod));
  g_assert_cmpuint (usage, >, 0);
  g_assert_cmpuint (usage, <=, of_pod);
  g_assert_true (g_variant_lookup (figures, "MemoryUsageBytes", "t", &usage));
  g_assert_cmpuint (usage, >, 0);
  g_assert_true (g_variant_lookup (figures, "PidsCurrent", "t", &pids));
  g_assert_cmpuint (pids, ==, 1);
}

/* The kernel kills in the pod, and what does not ask for more lives on. */
static void
assert_memory_held (const Container *container)
{
  guint64 before = get_oom_kills (container);

  g_assert_cmpint (container_exec (container, "dd if=/dev/zero of=/dev/null bs=16M count=1"), ==,
                   0);
  g_assert_cmpint (container_exec (container, "dd if=/dev/zero of=/dev/null bs=200M count=1"), ==,
                   128 + SIGKILL);
  g_assert_cmpuint (get_oom_kills (container), ==, before + 1);
  g_assert_cmpint (kill (container->pid, 0), ==, 0);
}

/* What is forked closes its output, because runc waits for the end of that. */
static void
assert_forks_held (const Container *container)
{
  g_autofree char *line = g_strdup_printf (
      "i=0; while [ $i -lt %d ]; do sleep 1000 >/dev/null 2>&1 & i=$((i + 1)); done",
      2 * PIDS_LIMIT);

  g_assert_cmpint (container_exec (container, line), !=, 0);
  /* The shell that could fork no more has ended. */
  g_assert_cmpuint (machine_read_number (CGROUP, "pids.current"), <=, PIDS_LIMIT);
  g_assert_cmpuint (machine_read_number (CGROUP, "pids.current"), >=, PIDS_LIMIT - 2);
}

static void
assert_removed (Container *container)
{
  g_autofree char *units = NULL;

  client_remove_pod ("p");
  machine_wait_until (kill (container->pid, 0) != 0);
  assert_gone ();
  container_delete (container);
  assert_gone ();
  units = machine_list_units ("*podp*");
  g_assert_cmpstr (units, ==, "");
  units = (g_free (units), machine_list_units (container->name));
  g_assert_cmpstr (units, ==, "");
}

/* Nobody has changed the pod's settings. */
static void
assert_verified (void)
{
  g_autofree char *bad = client_verify_pod ("p");

  g_assert_cmpstr (bad, ==, "");
}

static void
test_runtime (gconstpointer data)
{
  const ContainerRuntime *runtime = data;
  g_autofree char *cgroup =
      client_create_pod ("p", "{'MemoryLimit': <'96Mi'>, 'MemoryRequest': <'8Mi'>, "
                              "'PidsLimit': <uint64 30>}");
  g_autoptr (Container) container = NULL;

  g_assert_cmpstr (cgroup, ==, CGROUP);
  container = container_run (runtime, "c", SLICE, cgroup, "{}");
  assert_inside (container);
  assert_seen_by_pid (container);
  assert_seen_in_stats (container);
  assert_verified ();
  assert_memory_held (container);
  assert_forks_held (container);
  machine_reload_systemd ();
  assert_verified ();
  assert_seen_by_pid (container);
  assert_removed (container);
}

static guint64
get_processes (void)
{
  g_autoptr (GVariant) stats = get_stats ();
  guint64 pids;

  g_assert_true (g_variant_lookup (stats, "PidsCurrent", "t", &pids));
  return pids;
}

/* What the container is given itself stays, where systemd knows of it. The runtime deletes it, and
 * the pod is as it was. */
static void
test_deleted (gconstpointer data)
{
  const ContainerRuntime *runtime = data;
  g_autofree char *cgroup =
      client_create_pod ("p", "{'MemoryRequest': <'8Mi'>, 'PidsLimit': <uint64 30>}");
  g_autoptr (Container) container =
      container_run (runtime, "c", SLICE, cgroup, "{ 'pids': { 'limit': 25 } }");
  g_autofree char *leaf = machine_find_process (container->pid);

  machine_assert_files (leaf, "pids.max=25");
  machine_reload_systemd ();
  if (runtime->is_systemd)
    machine_assert_files (leaf, "pids.max=25");
  container_delete (container);
  /* It counts until systemd, whose child it has become, has reaped it. */
  machine_wait_until (get_processes () == 0);
  assert_verified ();
  client_remove_pod ("p");
  assert_gone ();
}

int
main (int argc, char **argv)
{
  machine_init (argc, argv);
  daemon_prepare ();
  for (guint i = 0; i < CONTAINER_RUNTIMES; i++) {
    const ContainerRuntime *runtime = &container_runtimes[i];
    g_autofree char *beside = g_strdup_printf ("/runtime/%s/beside-us", runtime->name);
    g_autofree char *deleted = g_strdup_printf ("/runtime/%s/deleted", runtime->name);

    g_test_add_data_func (beside, runtime, test_runtime);
    g_test_add_data_func (deleted, runtime, test_deleted);
  }
  return g_test_run ();
}
