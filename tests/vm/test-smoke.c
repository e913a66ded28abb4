/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A little of everything, for releases of systemd and kernels where the other programs do not run
 * each time.
 */
#include "tests/vm/client.h"
#include "tests/vm/daemon.h"
#include "tests/vm/machine.h"
#include "tests/vm/workload.h"

#include <signal.h>
#include <string.h>

#define MIB (1024 * 1024)
#define SLICE "machine-burstable-podp.slice"
#define CGROUP "/machine.slice/machine-burstable.slice/" SLICE

static const char spec[] = "{'CPULimit': <'513m'>, 'CPUPeriodUSec': <uint64 50000>, "
                           "'MemoryLimit': <'64Mi'>, 'MemoryRequest': <'16Mi'>, "
                           "'MemoryHigh': <'48Mi'>, 'MemoryLow': <'8Mi'>, 'MemoryMin': <'4Mi'>, "
                           "'MemorySwapLimit': <uint64 0>, 'PidsLimit': <uint64 50>, "
                           "'CPUSet': <'0'>, 'Labels': <{'app': 'web'}>}";
static const char files[] =
    "cpu.max=26000 50000;cpu.weight=51;memory.max=67108864;memory.high=50331648;"
    "memory.low=8388608;memory.min=4194304;memory.swap.max=0;pids.max=50;cpuset.cpus=0";
static const char shown[] =
    "ActiveState=active CPUQuotaPerSecUSec=520ms CPUQuotaPeriodUSec=50ms CPUWeight=51 "
    "MemoryMax=67108864 MemoryHigh=50331648 MemoryLow=8388608 MemoryMin=4194304 MemorySwapMax=0 "
    "TasksMax=50 AllowedCPUs=0";

static const char other[] = "{'CPULimit': <'1'>, 'MemoryLimit': <'32Mi'>, 'MemoryHigh': <'max'>, "
                            "'MemoryLow': <uint64 0>, 'PidsLimit': <'max'>, 'CPUSet': <''>}";
static const char other_files[] = "cpu.max=50000 50000;cpu.weight=100;memory.max=33554432;"
                                  "memory.high=max;memory.low=0;memory.min=4194304;"
                                  "memory.swap.max=0;pids.max=max;cpuset.cpus=0-1";
static const char other_shown[] =
    "CPUQuotaPerSecUSec=1s CPUWeight=100 MemoryMax=33554432 MemoryHigh=infinity MemoryLow=0 "
    "MemoryMin=4194304 MemorySwapMax=0 TasksMax=infinity AllowedCPUs=0-1";

static void
assert_is (const char *wanted_files, const char *wanted_shown)
{
  g_autofree char *bad = client_verify_pod ("p");

  machine_assert_files (CGROUP, wanted_files);
  machine_assert_shown (NULL, SLICE, wanted_shown);
  g_assert_cmpstr (bad, ==, "");
}

/* Whatever may come over systemd and the daemon. */
static void
assert_stays (const char *wanted_files, const char *wanted_shown)
{
  assert_is (wanted_files, wanted_shown);
  machine_reload_systemd ();
  assert_is (wanted_files, wanted_shown);
  machine_reexecute_systemd ();
  assert_is (wanted_files, wanted_shown);
  daemon_crash ();
  assert_is (wanted_files, wanted_shown);
}

static void
test_bootstrap (void)
{
  g_autoptr (GVariant) state = client_get (CLIENT_PATH, CLIENT_NODE, "State");
  g_autofree char *bad = client_verify_node ();

  g_assert_cmpstr (g_variant_get_string (state, NULL), ==, "ready");
  g_assert_cmpstr (bad, ==, "");
  machine_assert_shown (NULL, "machine.slice", "ActiveState=active CPUWeight=100");
  machine_assert_shown (NULL, "machine-besteffort.slice", "ActiveState=active CPUWeight=1");
  machine_assert_files ("/machine.slice", "cpu.weight=100");
  machine_assert_files ("/machine.slice/machine-besteffort.slice", "cpu.weight=1");
  machine_assert_shown (NULL, "nodecgroupsd.service", "ActiveState=active NRestarts=0");
}

static void
test_pod (void)
{
  g_autofree char *cgroup = client_create_pod ("p", spec);

  g_assert_cmpstr (cgroup, ==, CGROUP);
  assert_stays (files, shown);
  machine_assert_files ("/machine.slice/machine-burstable.slice", "cpu.weight=51");
  client_update_pod ("p", other);
  assert_stays (other_files, other_shown);
  machine_assert_files ("/machine.slice/machine-burstable.slice", "cpu.weight=100");
}

static void
test_join (void)
{
  for (int i = 0; i < 5; i++) {
    g_autoptr (Workload) first = workload_start ();
    g_autoptr (Workload) second = workload_start ();
    g_autofree char *leaf = client_join_pod ("p", "main", first->pid, "{'MemoryLimit': <'24Mi'>}");

    g_assert_cmpstr (leaf, ==, CGROUP "/podp-main.scope");
    g_free (client_join_pod ("p", "main", second->pid, "{}"));
    machine_assert_process_in (first->pid, leaf);
    machine_assert_process_in (second->pid, leaf);
    machine_assert_files (leaf, "memory.max=25165824");
    g_free (client_fail ("NoSuchProcess", "JoinPod", "('p', 'main', [%d, 4000000], {})",
                         (int) first->pid));
    workload_kill (first);
    workload_kill (second);
  }
}

/* Created, and there whatever comes; joined, and there when the process has ended. */
static void
test_container (void)
{
  g_autoptr (Workload) workload = workload_start ();
  g_autofree char *leaf = NULL;

  g_variant_unref (client_call ("CreateContainer", "('p', 'db', {'PidsLimit': <uint64 7>})"));
  g_variant_unref (client_call ("UpdateContainer", "('p', 'db', {'MemoryLimit': <'24Mi'>})"));
  machine_reload_systemd ();
  machine_reexecute_systemd ();
  daemon_crash ();
  leaf = client_join_pod ("p", "db", workload->pid, "{}");
  g_assert_cmpstr (leaf, ==, CGROUP "/podp-db.service");
  machine_assert_process_in (workload->pid, leaf);
  machine_assert_files (leaf, "pids.max=7;memory.max=25165824");
  workload_kill (workload);
  g_clear_pointer (&workload, workload_free);
  machine_wait_until (machine_read_number (leaf, "pids.current") == 0);
  machine_assert_shown (NULL, "podp-db.service", "ActiveState=active");
  g_variant_unref (client_call ("RemoveContainer", "('p', 'db', {})"));
  g_assert_false (machine_has_cgroup (leaf));
}

static void
test_oom (void)
{
  g_autoptr (Workload) hog = workload_start ();
  g_autoptr (Workload) beside = workload_start ();
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) stats = NULL;
  g_autoptr (GVariant) events = NULL;
  guint64 kills, processes;

  g_free (client_join_pod ("p", "hog", hog->pid, "{}"));
  g_free (client_join_pod ("p", "hog", beside->pid, "{}"));
  workload_tell (hog, "grow %d", 64 * MIB);
  workload_wait_ended (hog, SIGKILL);
  reply = client_call ("GetPodStats", "('p', {'Containers': <true>})");
  stats = g_variant_get_child_value (reply, 0);
  events = g_variant_lookup_value (stats, "MemoryEvents", G_VARIANT_TYPE ("a{st}"));
  g_assert_true (g_variant_lookup (events, "oom_kill", "t", &kills));
  g_assert_cmpuint (kills, ==, 1);
  g_assert_true (g_variant_lookup (stats, "PidsCurrent", "t", &processes));
  g_assert_cmpuint (processes, ==, 1);
  g_usleep (2 * G_USEC_PER_SEC);
  g_assert_true (workload_is_alive (beside));
  machine_assert_shown (NULL, "podp-hog.scope", "ActiveState=active");
  client_remove_pod ("p");
  workload_wait_ended (beside, SIGKILL);
}

static void
test_nothing_left (void)
{
  g_autofree char *cgroups = machine_list_pod_cgroups ();
  g_autofree char *units = machine_list_units ("*pod*.slice");
  g_autofree char *scopes = machine_list_units ("podp-*");
  g_autofree char *pod_files = machine_list_pod_files ();

  g_assert_cmpstr (cgroups, ==, "");
  g_assert_cmpstr (units, ==, "");
  g_assert_cmpstr (scopes, ==, "");
  g_assert_cmpstr (pod_files, ==, "");
  daemon_stop ();
  machine_assert_shown (NULL, "nodecgroupsd.service", "ActiveState=inactive Result=success");
}

#define CONFIG "/etc/nodecgroups/config.yaml"

/* A good file is taken, a bad one makes systemctl fail, and the daemon goes on; with the type that
 * this systemd knows. */
static void
test_reload (void)
{
  g_autofree char *pid = machine_run ("systemctl show -P MainPID " DAEMON_UNIT);
  g_autofree char *again = NULL;

  g_free (
      machine_run ("mkdir -p /etc/nodecgroups; printf 'apiVersion: nodecgroups.example.org/v1\\n"
                   "kind: NodeCgroupsConfiguration\\npodPidsLimit: 99\\n' >" CONFIG));
  g_free (machine_run ("systemctl reload " DAEMON_UNIT));
  g_free (machine_run ("echo 'podPidsLimit: many' >>" CONFIG));
  g_assert_false (machine_try ("systemctl reload " DAEMON_UNIT));
  g_free (machine_run ("rm " CONFIG));
  g_free (machine_run ("systemctl reload " DAEMON_UNIT));
  g_free (machine_run ("systemctl kill -s HUP " DAEMON_UNIT));
  again = machine_run ("systemctl show -P MainPID " DAEMON_UNIT);
  g_assert_cmpstr (again, ==, pid);
  g_free (machine_run ("systemctl is-active " DAEMON_UNIT));
}

int
main (int argc, char **argv)
{
  machine_init (argc, argv);
  daemon_prepare ();
  g_test_add_func ("/smoke/bootstrap", test_bootstrap);
  g_test_add_func ("/smoke/pod", test_pod);
  g_test_add_func ("/smoke/join", test_join);
  g_test_add_func ("/smoke/container", test_container);
  g_test_add_func ("/smoke/oom", test_oom);
  g_test_add_func ("/smoke/reload", test_reload);
  g_test_add_func ("/smoke/nothing-left", test_nothing_left);
  return g_test_run ();
}
