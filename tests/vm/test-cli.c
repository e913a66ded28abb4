/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl on a real machine: each verb, for people and as JSON.
 */
#include "tests/unit/json-query.h"
#include "tests/vm/client.h"
#include "tests/vm/ctl.h"
#include "tests/vm/daemon.h"
#include "tests/vm/machine.h"
#include "tests/vm/workload.h"

#include <signal.h>
#include <string.h>

#define SLICE "machine-burstable-podp.slice"
#define CGROUP "/machine.slice/machine-burstable.slice/" SLICE
#define CONTAINER CGROUP "/podp-db.service"

static void
test_create (void)
{
  ctl_assert ("create p CPURequest=100m CPULimit=513m MemoryLimit=64Mi PidsLimit=50 CPUSet=0 "
              "Labels=app:web Unified=memory.oom.group:1",
              SLICE "\n" CGROUP "\n");
  machine_assert_files (CGROUP, "cpu.max=52000 100000;cpu.weight=10;memory.max=67108864;"
                                "pids.max=50;cpuset.cpus=0;memory.oom.group=1");
  ctl_assert_json ("create p/db MemoryLimit=32Mi", "$.ControlGroup", "\"" CONTAINER "\"");
  machine_assert_files (CONTAINER, "memory.max=33554432");
  client_remove_pod ("p");
}

static void
test_update (void)
{
  g_free (client_create_pod ("p", "{'CPURequest': <'100m'>, 'MemoryLimit': <'64Mi'>}"));
  ctl_assert ("update p MemoryLimit=max CPULimit=1 SystemdProperties='IPAccounting=true'", "");
  machine_assert_files (CGROUP, "memory.max=max;cpu.max=100000 100000");
  ctl_assert_json ("update p PidsLimit=7", "$.Uid", "\"p\"");
  machine_assert_files (CGROUP, "pids.max=7");
  client_remove_pod ("p");
}

/* With processes in it. */
static void
test_remove (void)
{
  g_autoptr (Workload) gently = workload_start ();
  g_autoptr (Workload) at_once = workload_start ();

  g_free (client_create_pod ("p", "{'CPURequest': <'100m'>}"));
  g_free (client_create_pod ("q", "{}"));
  g_free (client_join_pod ("p", "main", gently->pid, "{}"));
  g_free (client_join_pod ("q", "main", at_once->pid, "{}"));
  ctl_assert_json ("remove q/main", "$[0].Container", "\"main\"");
  workload_wait_ended (at_once, SIGKILL);
  ctl_assert ("remove p q --grace=600", "");
  workload_wait_ended (gently, SIGTERM);
  g_assert_false (machine_has_cgroup (CGROUP));
}

static void
test_join (void)
{
  g_autoptr (Workload) first = workload_start ();
  g_autoptr (Workload) second = workload_start ();
  g_autoptr (Workload) inner = workload_start ();
  g_autoptr (Ctl) joined = NULL;
  g_autoptr (Ctl) delegated = NULL;
  g_autofree char *again = g_strdup_printf ("join p/main %d", second->pid);

  g_free (client_create_pod ("p", "{'CPURequest': <'100m'>}"));
  joined = ctl_run (0, "join p main %d PidsLimit=9", first->pid);
  ctl_assert_output (joined, "podp-main.scope\n" CGROUP "/podp-main.scope\n");
  machine_assert_files (CGROUP "/podp-main.scope", "pids.max=9");
  ctl_assert_json (again, "$.ControlGroup", "\"" CGROUP "/podp-main.scope\"");
  g_assert_true (machine_try ("grep -q 'podp-main.scope$' /proc/%d/cgroup", second->pid));
  delegated = ctl_run (0, "join p own %d Delegate=yes User=65534 Subgroup=payload", inner->pid);
  g_assert_true (machine_try ("grep -q 'podp-own.scope/payload$' /proc/%d/cgroup", inner->pid));
  client_remove_pod ("p");
}

/* What the command sees first is its container. */
static void
test_run (void)
{
  g_autoptr (Ctl) first = NULL;

  g_free (client_create_pod ("p", "{'CPURequest': <'100m'>}"));
  first = ctl_run (0, "run p/main PidsLimit=9 -- cat /proc/self/cgroup");
  ctl_assert_output (first, "0::" CGROUP "/podp-main.scope\n");
  ctl_free (ctl_run (7, "run p -- sh -c 'exit 7'"));
  ctl_free (ctl_run (128 + SIGKILL, "run p -- sh -c 'kill -KILL $$'"));
  ctl_free (ctl_run (127, "run p -- no-such-command"));
  ctl_free (ctl_run (3, "run q -- touch /run/touched"));
  g_assert_false (machine_try ("test -e /run/touched"));
  g_free (
      machine_run ("timeout --preserve-status 1 nodecgroupsctl run p -- sleep 60; test $? = 143"));
  client_remove_pod ("p");
}

/* A terminal is the command's as it was ours, and what is typed there reaches it. */
static void
test_run_on_terminal (void)
{
  g_free (client_create_pod ("p", "{'CPURequest': <'100m'>}"));
  g_free (machine_run ("script -qec \"nodecgroupsctl run p -- sh -c 'tty >/run/tty; exit 7'\" "
                       "/dev/null </dev/null; test $? = 7 && grep -q ^/dev/pts/ /run/tty"));
  g_free (machine_run ("(sleep 2; printf '\\003'; sleep 5) | script -qec 'nodecgroupsctl run p -- "
                       "sleep 60' /dev/null; test $? = 130"));
  client_remove_pod ("p");
}

/* What the node lacks here is its own; the status says whether it lacks something. */
static void
test_status (void)
{
  g_autoptr (GVariant) state = client_get (CLIENT_PATH, CLIENT_NODE, "State");
  const char *word = g_variant_get_string (state, NULL);
  int status = g_str_equal (word, "ready") ? 0 : 1;
  g_autofree char *first = g_strdup_printf (": %s\n Conditions: ", word);
  g_autofree char *quoted = g_strdup_printf ("\"%s\"", word);
  g_autoptr (Ctl) human = ctl_run (status, "%s", "");
  g_autoptr (Ctl) all = ctl_run (status, "status --all");
  g_autoptr (Ctl) json = ctl_run (status, "status --json");

  ctl_assert_output (human, first);
  ctl_assert_output (human, "\nCgroup root: /machine\n");
  ctl_assert_output (human, "\ncpu                    2.00 ");
  ctl_assert_output (human, "\npods ");
  ctl_assert_output (all, "\n             Systemd: ");
  json_query_assert (json->output, "$.State", quoted);
  json_query_assert (json->output, "$.Capacity.cpu", "2000");
  json_query_assert (json->output, "$.PodCount", "0");
}

/* With a container of ours, and a cgroup as a runtime makes it. */
static void
test_tree (void)
{
  g_autoptr (Workload) workload = workload_start ();

  g_free (client_create_pod ("p", "{'CPURequest': <'100m'>, 'MemoryLimit': <'64Mi'>}"));
  g_free (client_join_pod ("p", "main", workload->pid, "{'PidsLimit': <'9'>}"));
  g_free (machine_run ("mkdir /sys/fs/cgroup" CGROUP "/crio-1"));
  ctl_assert ("tree", "\n├─system ");
  ctl_assert ("tree", "\n└─/machine ");
  ctl_assert ("tree", "\n  └─Burstable (1 pod) ");
  ctl_assert ("tree", "\n    └─p ");
  ctl_assert ("tree", "\n      ├─crio-1 (foreign) ");
  ctl_assert ("tree p", "\n└─main ");
  ctl_assert ("tree p", " 1 of 9\n");
  ctl_assert_json ("tree", "$[0].MilliCPULimit", "2000");
  ctl_assert_json ("tree p", "$[0].Children[1].Unit", "\"podp-main.scope\"");
  ctl_assert_json ("tree p", "$[0].MemoryLimitBytes", "67108864");
  client_remove_pod ("p");
}

/* What a container uses up is a rate of the next look. */
static void
test_top (void)
{
  g_autoptr (Ctl) human = NULL;

  g_free (client_create_pod (
      "p", "{'CPURequest': <'100m'>, 'CPULimit': <'1'>, 'MemoryLimit': <'64Mi'>}"));
  g_free (client_create_pod ("q", "{}"));
  g_free (machine_run ("nodecgroupsctl run p/burn -- sh -c 'while :; do :; done' "
                       ">/dev/null 2>&1 </dev/null &"));
  machine_wait_until (
      machine_try ("nodecgroupsctl top --json -n 1 -d 0.5 | grep -qE '\"MilliCPU\":[1-9]'"));
  human = ctl_run (0, "top --batch --containers --parts -n 2 -d 0.5");
  ctl_assert_output (human, " 2 pods: CPU ");
  ctl_assert_output (human, "\nNAME ");
  ctl_assert_output (human, "\nsystem ");
  ctl_assert_output (human, "\n\np       Burstable ");
  ctl_assert_output (human, " of 1.00  ");
  ctl_assert_output (human, " of 64.0M  ");
  ctl_assert_output (human, "\n└─burn ");
  ctl_assert_output (human, "\nq       BestEffort ");
  ctl_assert_json ("top -n 1 -d 0.5", "$.Pods[0].Uid", "\"p\"");
  ctl_assert_json ("top -n 1 -d 0.5", "$.Pods[0].MilliCPULimit", "1000");
  ctl_assert_json ("top -n 1 -d 0.5 -c", "$.Pods[0].Containers[0].PidsCurrent", "1");
  ctl_assert_json ("top -n 1 -d 0.5 -p", "$.Parts[0].MilliCPULimit", "2000");
  client_remove_pod ("p");
  client_remove_pod ("q");
}

static void
test_metrics (void)
{
  g_free (client_create_pod ("p", "{'CPURequest': <'100m'>, 'PidsLimit': <'9'>}"));
  ctl_assert ("metrics", "\nnodecgroups_up 1\n");
  ctl_assert ("metrics", "\nnodecgroups_pods{qos=\"Burstable\",state=\"active\"} 1\n");
  ctl_assert ("metrics", "\nnodecgroups_pod_pids_limit{uid=\"p\",qos=\"Burstable\"} 9\n");
  ctl_assert ("metrics --format=openmetrics", "\n# EOF\n");
  ctl_assert ("metrics --pods=sum", "\nnodecgroups_qos_pids{qos=\"Burstable\"} 0\n");
  ctl_assert ("metrics --output=/run/metrics.prom", "");
  g_free (machine_run ("grep -qx 'nodecgroups_up 1' /run/metrics.prom"));
  ctl_assert_json ("metrics", "$[0].Name", "\"nodecgroups_up\"");
  ctl_assert_json ("metrics", "$[0].Samples[0].Value", "1.0");
  client_remove_pod ("p");
}

#define CONFIG "/etc/nodecgroups/config.yaml"

/* What the files say, before and after. */
static void
test_config (void)
{
  ctl_assert ("config", "\ncpuCFSQuota: true ");
  ctl_assert_json ("config", "$.cpuCFSQuota.Origin", "\"default\"");
  g_free (machine_run ("mkdir -p /etc/nodecgroups; printf '%%s\\n' "
                       "'apiVersion: nodecgroups.example.org/v1' "
                       "'kind: NodeCgroupsConfiguration' 'podPidsLimit: 77' >" CONFIG));
  ctl_assert ("config", "\npodPidsLimit: 77 ");
  ctl_assert_json ("config", "$.podPidsLimit.Value", "77");
  ctl_assert_json ("config", "$.podPidsLimit.Origin", "\"" CONFIG ":3\"");
  g_free (machine_run ("rm " CONFIG));
}

/* What is planned is what is there when it is made. */
static void
test_plan (void)
{
  g_autoptr (Ctl) human = NULL;

  g_free (machine_run ("printf '%%s\\n' 'Uid: p' 'CPURequest: 100m' 'MemoryLimit: 64Mi' "
                       "'PidsLimit: 9' >/run/plan.yaml"));
  human = ctl_run (0, "plan /run/plan.yaml");
  ctl_assert_output (human, "p (Burstable)\n\nGROUP  ");
  ctl_assert_output (human, "\n" SLICE "  ");
  ctl_assert_output (human, "  67108864  MemoryMax\n");
  ctl_assert_json ("plan /run/plan.yaml", "$.Kind", "\"Pod\"");
  ctl_assert_json ("plan /run/plan.yaml", "$.Group.Unit", "\"" SLICE "\"");
  ctl_assert_json ("plan /run/plan.yaml", "$.Spec.PidsLimit", "9");
  ctl_assert ("create p CPURequest=100m MemoryLimit=64Mi PidsLimit=9", SLICE "\n");
  machine_assert_files (CGROUP, "memory.max=67108864;pids.max=9");
  client_remove_pod ("p");
}

static void
test_pods (void)
{
  g_autoptr (Workload) workload = workload_start ();

  ctl_assert ("pods", "0 pods listed.\nTry: nodecgroupsctl create ");
  g_free (client_create_pod ("p", "{'CPURequest': <'100m'>, 'MemoryLimit': <'64Mi'>}"));
  g_free (client_join_pod ("p", "main", workload->pid, "{}"));
  ctl_assert ("pods", "\np    Burstable  active ");
  ctl_assert ("pods", " of 64.0M     1  " SLICE "\n");
  ctl_assert_json ("pods", "$[0].Stats.PidsCurrent", "1");
  ctl_assert_json ("pods", "$[0].Slice", "\"" SLICE "\"");
  client_remove_pod ("p");
}

static void
test_pod (void)
{
  g_autoptr (Workload) workload = workload_start ();

  g_free (client_create_pod ("p", "{'CPURequest': <'100m'>, 'MemoryLimit': <'64Mi'>}"));
  g_free (client_join_pod ("p", "main", workload->pid, "{'PidsLimit': <'9'>}"));
  ctl_assert ("pod p", "p (Burstable)\n      State: active, created ");
  ctl_assert ("pod p", "Spec: CPURequest=100m\n             MemoryLimit=64Mi\n");
  ctl_assert ("pod p", "\nmain       active ");
  ctl_assert ("pod p", "1 of 9  podp-main.scope\n");
  ctl_assert ("pod p", "  memory.max       67108864    67108864\n");
  ctl_assert_json ("pod p", "$.Containers[0].Unit", "\"podp-main.scope\"");
  ctl_assert_json ("pod p", "$.Stats.Containers.main.PidsLimit", "9");
  ctl_assert_json ("pod p", "$.Spec.MemoryLimit", "67108864");
  client_remove_pod ("p");
}

static void
test_usage (void)
{
  g_free (client_create_pod ("p", "{}"));
  ctl_assert ("usage", "\nnode ");
  ctl_assert ("usage", "\nsystem ");
  ctl_assert ("usage", "\npods ");
  ctl_assert_json ("usage", "$.Capacity.cpu", "2000");
  ctl_assert_json ("usage", "$.Usage.pods.PidsCurrent", "0");
  client_remove_pod ("p");
}

/* The daemon sets again at once what is written; so it has to stand still. */
static void
test_verify (void)
{
  g_autoptr (Ctl) differs = NULL;
  g_autoptr (Ctl) json = NULL;

  g_free (client_create_pod ("p", "{'CPURequest': <'100m'>, 'MemoryLimit': <'64Mi'>}"));
  ctl_assert ("verify", "settings are as they should be.\n");
  ctl_assert ("verify p --all", CGROUP "  memory.max       67108864    67108864\n");
  g_free (machine_run ("systemctl stop " SLICE));
  client_wait_for ("p", "State", "vanished");
  differs = ctl_run (1, "verify");
  ctl_assert_output (differs, "  cgroup   present  missing\n");
  json = ctl_run (1, "verify p --json");
  json_query_assert (json->output, "$[0].Setting", "\"cgroup\"");
  json_query_assert (json->output, "$[0].Actual", "\"missing\"");
  client_remove_pod ("p");
}

static void
test_reload (void)
{
  g_autoptr (Ctl) bad = NULL;

  ctl_assert ("reload", "The configuration is in force; the node is ");
  g_free (
      machine_run ("mkdir -p /etc/nodecgroups; echo 'nonsense: 1' >/etc/nodecgroups/config.yaml"));
  bad = ctl_run (1, "reload");
  ctl_assert_errors (bad, "config.yaml:1:1");
  ctl_assert_errors (bad, "\nTry: nodecgroupsd --check-config");
  g_free (machine_run ("rm /etc/nodecgroups/config.yaml"));
  ctl_assert ("reload --json", "{\"State\":\"");
}

static gboolean
has_told (const char *text)
{
  return machine_try ("grep -qF '%s' /run/monitored", text);
}

/* Until it is interrupted. */
static void
test_monitor (void)
{
  g_free (machine_run ("nodecgroupsctl monitor --json >>/run/monitored & echo $! >/run/monitor; "
                       "nodecgroupsctl monitor >>/run/monitored & echo $! >>/run/monitor"));
  machine_wait_until ((g_free (client_create_pod ("q", "{}")), client_remove_pod ("q"),
                       has_told ("\"Uid\":\"q\"") && has_told ("  pod q was added")));
  g_free (client_create_pod ("p", "{'CPURequest': <'100m'>, 'PidsLimit': <'50'>}"));
  machine_wait_until (has_told ("\"Event\":\"PodAdded\"") && has_told ("  pod p was added"));
  machine_write (CGROUP, "pids.max", "49");
  machine_wait_until (has_told ("\"Actual\":\"49\"") &&
                      has_told (": pids.max was 49 and should be 50; "));
  client_remove_pod ("p");
  machine_wait_until (has_told ("\"Event\":\"PodRemoved\""));
  daemon_restart ();
  machine_wait_until (has_told ("\"Event\":\"DaemonAppeared\""));
  g_free (machine_run ("kill -TERM $(cat /run/monitor)"));
  machine_wait_until (!machine_try ("ps -p $(paste -sd, /run/monitor) >/dev/null"));
}

#define PROM_DIRECTORY "/var/lib/prometheus/node-exporter"
#define PROM PROM_DIRECTORY "/nodecgroups.prom"

/* Which file it is. */
static char *
find_inode (void)
{
  return machine_run ("stat -c %%i " PROM);
}

/* The timer has the service write them, sandboxed as it is: each time another file, which takes the
 * name when it is whole. */
static void
test_metrics_timer (void)
{
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  g_free (client_create_pod ("p", "{'CPURequest': <'100m'>, 'PidsLimit': <'50'>}"));
  ctl_assert ("metrics", "\nnodecgroups_pod_pids_limit{uid=\"p\",qos=\"Burstable\"} 50\n");
  ctl_assert_json ("metrics", "$[0].Name", "\"nodecgroups_up\"");
  g_free (machine_run ("mkdir -p " PROM_DIRECTORY "; systemctl start nodecgroups-metrics.timer"));
  machine_wait_until (machine_try ("grep -qx 'nodecgroups_up 1' " PROM));
  g_assert_true (machine_try ("grep -q '^nodecgroups_systemd_call_duration_seconds_count"
                              "{method=\"StartTransientUnit\"} [1-9]' " PROM));
  g_assert_true (machine_try ("test $(stat -c %%a " PROM ") = 644"));
  first = find_inode ();
  machine_wait_until ((g_free (second), second = find_inode (), !g_str_equal (first, second)));
  g_assert_true (machine_try ("test $(ls -A " PROM_DIRECTORY " | wc -l) = 1"));
  g_free (machine_run ("systemctl stop nodecgroups-metrics.timer; "
                       "! systemctl is-failed nodecgroups-metrics.service"));
  client_remove_pod ("p");
}

/* Anybody may look, and is told what it takes to do more. */
static void
test_nobody (void)
{
  g_autoptr (Ctl) pods = ctl_run_as_nobody (0, "pods --no-legend");
  g_autoptr (Ctl) create = ctl_run_as_nobody (4, "create p");
  g_autoptr (Ctl) remove = ctl_run_as_nobody (4, "remove p");
  g_autoptr (Ctl) run = ctl_run_as_nobody (4, "run p -- touch /tmp/touched");

  g_assert_cmpstr (pods->output, ==, "");
  ctl_assert_errors (create, "\nTry: as root, or as a member of the daemon's group");
  g_assert_false (machine_try ("test -e /tmp/touched"));
  ctl_assert_errors (remove, "\nTry: as root, or as a member of the daemon's group");
}

/* It is started when it is needed; and where it cannot be, that is said. */
static void
test_no_daemon (void)
{
  g_autoptr (Ctl) masked = NULL;

  daemon_stop ();
  ctl_assert ("pods", "0 pods listed.");
  daemon_stop ();
  g_free (machine_run ("systemctl mask --runtime " DAEMON_UNIT));
  masked = ctl_run (5, "pods");
  ctl_assert_errors (masked, "nodecgroupsctl: nodecgroupsd does not run and cannot be started: ");
  ctl_assert_errors (masked, "\nTry: systemctl unmask nodecgroupsd");
  g_free (machine_run ("systemctl unmask --runtime " DAEMON_UNIT));
  daemon_start ();
}

/* The bus waits for 25 s, from the first who asked on, and then tells of the time. */
static void
test_failed_daemon (void)
{
  g_autoptr (Ctl) first = NULL;
  g_autoptr (Ctl) second = NULL;

  daemon_stop ();
  g_free (
      machine_run ("mkdir -p /etc/nodecgroups; echo 'nonsense: 1' >/etc/nodecgroups/config.yaml"));
  first = ctl_run (5, "status");
  second = ctl_run (5, "create p");
  ctl_assert_errors (first, "cannot be started: nodecgroupsd.service has failed\n");
  ctl_assert_errors (second, "cannot be started: nodecgroupsd.service has failed\n");
  ctl_assert_errors (second, "\nTry: systemctl start nodecgroupsd; ");
  g_free (machine_run ("rm /etc/nodecgroups/config.yaml"));
  daemon_start ();
}

int
main (int argc, char **argv)
{
  machine_init (argc, argv);
  daemon_prepare ();
  g_test_add_func ("/cli/create", test_create);
  g_test_add_func ("/cli/update", test_update);
  g_test_add_func ("/cli/remove", test_remove);
  g_test_add_func ("/cli/join", test_join);
  g_test_add_func ("/cli/run", test_run);
  g_test_add_func ("/cli/run/terminal", test_run_on_terminal);
  g_test_add_func ("/cli/status", test_status);
  g_test_add_func ("/cli/tree", test_tree);
  g_test_add_func ("/cli/top", test_top);
  g_test_add_func ("/cli/metrics", test_metrics);
  g_test_add_func ("/cli/config", test_config);
  g_test_add_func ("/cli/plan", test_plan);
  g_test_add_func ("/cli/pods", test_pods);
  g_test_add_func ("/cli/pod", test_pod);
  g_test_add_func ("/cli/usage", test_usage);
  g_test_add_func ("/cli/verify", test_verify);
  g_test_add_func ("/cli/reload", test_reload);
  g_test_add_func ("/cli/monitor", test_monitor);
  g_test_add_func ("/cli/metrics/timer", test_metrics_timer);
  g_test_add_func ("/cli/nobody", test_nobody);
  g_test_add_func ("/cli/no-daemon", test_no_daemon);
  g_test_add_func ("/cli/failed-daemon", test_failed_daemon);
  return g_test_run ();
}
