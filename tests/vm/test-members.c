/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * That CPU sets hold those that they are for, on whichever hierarchy: who runs already as well as
 * who comes, and again after somebody interfered. On v1 a process has a place of its own in each
 * hierarchy, and in that of CPU sets systemd gives it none.
 */
#include "tests/vm/client.h"
#include "tests/vm/daemon.h"
#include "tests/vm/machine.h"
#include "tests/vm/workload.h"

#include <string.h>

#define CGROUP "/machine.slice/machine-burstable.slice/machine-burstable-podm.slice"

static gboolean
is_on_v1 (void)
{
  return ncg_hierarchy_find_tree (machine_get_hierarchy (), "cpuset")->is_v1;
}

static const char *
get_mount (void)
{
  return ncg_hierarchy_find_tree (machine_get_hierarchy (), "cpuset")->mount;
}

static gboolean
may_use (const Workload *workload, const char *wanted)
{
  g_autofree char *actual = workload_get_cpus (workload);

  return g_str_equal (actual, wanted);
}

static void
assert_cpus (const Workload *workload, const char *wanted)
{
  g_autofree char *actual = workload_get_cpus (workload);

  g_assert_cmpstr (actual, ==, wanted);
}

static void
assert_verified (void)
{
  g_autofree char *bad = client_verify_pod ("m");

  g_assert_cmpstr (bad, ==, "");
}

static void
create (void)
{
  g_autofree char *cgroup = client_create_pod ("m", "{'CPURequest': <'100m'>}");

  g_assert_cmpstr (cgroup, ==, CGROUP);
}

/* VerifyPod says that it is not where the CPUs of @cgroup are. */
static void
assert_told (const Workload *workload, const char *cgroup)
{
  g_autofree char *who = g_strdup_printf ("%s cgroup.procs cpuset: without %d (workload, ", cgroup,
                                          (int) workload->pid);
  g_autofree char *bad = client_verify_pod ("m");

  if (strstr (bad, who) == NULL)
    machine_fail ("VerifyPod should say '%s', and says '%s'", who, bad);
}

/* Out of the limits of v1, while it stays in its pod. */
static void
take_out (const Workload *workload, const char *cgroup)
{
  g_free (machine_run ("echo %d >%s/cgroup.procs", (int) workload->pid, get_mount ()));
  assert_cpus (workload, "0-1");
  assert_told (workload, cgroup);
}

/* The pod has none of its own. */
static void
test_of_node (void)
{
  g_autoptr (Workload) early = workload_start ();
  g_autoptr (Workload) late = workload_start ();

  daemon_configure (NULL);
  create ();
  g_free (client_join_pod ("m", "early", early->pid, "{}"));
  daemon_configure ("reservedSystemCPUs: '0'\nsystemReserved: {memory: 64Mi}\n");
  machine_wait_until (may_use (early, "1"));
  g_free (client_join_pod ("m", "late", late->pid, "{}"));
  assert_cpus (late, "1");
  if (is_on_v1 ()) {
    take_out (early, "/machine.slice");
    daemon_crash ();
    machine_wait_until (may_use (early, "1"));
  }
  assert_verified ();
  client_remove_pod ("m");
  daemon_configure (NULL);
}

static void
test_of_pod (void)
{
  g_autoptr (Workload) first = workload_start ();
  g_autoptr (Workload) second = workload_start ();
  g_autofree char *leaf = NULL;

  create ();
  g_free (client_join_pod ("m", "main", first->pid, "{}"));
  leaf = client_join_pod ("m", "own", second->pid, "{'Delegate': <true>, 'Subgroup': <'payload'>}");
  client_update_pod ("m", "{'CPUSet': <'0'>}");
  assert_cpus (first, "0");
  assert_cpus (second, "0");
  assert_verified ();
  client_update_pod ("m", "{'CPUSet': <''>}");
  assert_cpus (first, "0-1");
  client_update_pod ("m", "{'CPUSet': <'1'>}");
  assert_cpus (second, "1");
  if (is_on_v1 ()) {
    take_out (second, CGROUP);
    daemon_crash ();
    machine_wait_until (may_use (second, "1"));
    machine_reload_systemd ();
  }
  assert_verified ();
  client_remove_pod ("m");
}

/* A container that is created, whose processes were there before it had CPUs. */
static void
test_of_container (void)
{
  g_autoptr (Workload) workload = workload_start ();

  create ();
  g_variant_unref (client_call ("CreateContainer", "('m', 'held', {'PidsLimit': <uint64 9>})"));
  g_free (client_join_pod ("m", "held", workload->pid, "{}"));
  g_variant_unref (client_call ("UpdateContainer", "('m', 'held', {'CPUSet': <'0'>})"));
  assert_cpus (workload, "0");
  assert_verified ();
  client_update_pod ("m", "{'CPUSet': <'0'>}");
  assert_cpus (workload, "0");
  assert_verified ();
  client_remove_pod ("m");
}

static gboolean
has_directory (const char *cgroup)
{
  return machine_try ("test -d %s%s", get_mount (), cgroup);
}

/* Somebody removed what we had made: it is made again, with those that it is for. The kernel tells
 * of writes and not of that, so that it is found when the pod is looked at for another reason. */
static void
test_removed (void)
{
  g_autoptr (Workload) workload = workload_start ();

  if (!is_on_v1 ())
    return;
  create ();
  g_free (client_join_pod ("m", "main", workload->pid, "{}"));
  client_update_pod ("m", "{'CPUSet': <'0'>}");
  g_free (machine_run ("echo %d >%s/cgroup.procs; find %s" CGROUP " -depth -type d -delete",
                       (int) workload->pid, get_mount (), get_mount ()));
  machine_write (CGROUP, "cpu.shares", "1000");
  machine_wait_until (may_use (workload, "0"));
  assert_verified ();
  client_remove_pod ("m");
  g_assert_false (has_directory (CGROUP));
}

/* A container runtime has a place of its own for it: it stays there, and that is told. */
static void
test_elsewhere (void)
{
  g_autoptr (Workload) workload = workload_start ();

  if (!is_on_v1 ())
    return;
  create ();
  g_free (client_join_pod ("m", "main", workload->pid, "{}"));
  g_free (machine_run ("cd %s && mkdir elsewhere && cat cpuset.mems >elsewhere/cpuset.mems && "
                       "cat cpuset.cpus >elsewhere/cpuset.cpus && echo %d >elsewhere/cgroup.procs",
                       get_mount (), (int) workload->pid));
  client_update_pod ("m", "{'CPUSet': <'0'>}");
  assert_cpus (workload, "0-1");
  assert_told (workload, CGROUP);
  client_remove_pod ("m");
  g_clear_pointer (&workload, workload_free);
  g_free (machine_run ("rmdir %s/elsewhere", get_mount ()));
}

/* What a runtime started in the pod, in a unit that is not ours. */
static void
test_of_runtime (void)
{
  g_autofree char *pids = NULL;
  g_autofree char *cpus = NULL;

  create ();
  g_free (machine_run ("systemd-run -q --scope --unit=made --slice=machine-burstable-podm.slice "
                       "sleep 1000 >/dev/null 2>&1 &"));
  machine_wait_until (machine_has_cgroup (CGROUP "/made.scope"));
  machine_wait_until (machine_try ("pgrep -x sleep"));
  client_update_pod ("m", "{'CPUSet': <'1'>}");
  cpus = machine_run ("awk '/^Cpus_allowed_list:/ { print $2 }' /proc/$(pgrep -x sleep)/status");
  g_assert_cmpstr (cpus, ==, "1");
  assert_verified ();
  client_remove_pod ("m");
  g_assert_false (is_on_v1 () && has_directory (CGROUP));
}

int
main (int argc, char **argv)
{
  machine_init (argc, argv);
  daemon_prepare ();
  g_test_add_func ("/members/of-node", test_of_node);
  g_test_add_func ("/members/of-pod", test_of_pod);
  g_test_add_func ("/members/of-container", test_of_container);
  g_test_add_func ("/members/of-runtime", test_of_runtime);
  g_test_add_func ("/members/removed", test_removed);
  g_test_add_func ("/members/elsewhere", test_elsewhere);
  return g_test_run ();
}
