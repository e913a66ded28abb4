/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The fields: what each takes, and what each refuses, with the place.
 */
#include "lib/resources.h"
#include "tests/unit/config-rig.h"
#include "tests/unit/temp-dir.h"

#include <string.h>

#define FILE_NAME "/etc/nodecgroups/config.yaml"
#define SHOW(line, text, blanks) "\n    " line " | " text "\n      | " blanks "^"

/* The rest of a file of ours, and it must be right. */
static Config *
load (const char *text)
{
  char *root = temp_dir_new ();
  g_autofree char *file = g_strconcat (CONFIG_HEADER, text, NULL);
  Config *config;

  temp_dir_write (root, FILE_NAME, file);
  config = config_rig_must_load (root, NULL);
  temp_dir_free (root);
  return config;
}

static void
test_all (void)
{
  g_autoptr (Config) config =
      load ("cgroupDriver: systemd\ncgroupRoot: /pods\nsystemReservedCgroup: system.slice\n"
            "systemReserved: {cpu: 0.5, memory: \"1Gi\", ephemeral-storage: 1G, pid: 1k}\n"
            "kubeReserved: {cpu: \"1\"}\nkubeReservedCgroup: /a\nenforceNodeAllocatable: [pods]\n"
            "evictionHard: {memory.available: 5.5%, nodefs.available: 1Gi, pid.available: 1%}\n"
            "podPidsLimit: 0x10\nprotectKernelDefaults: True\ncpuCFSQuota: false\n"
            "cpuCFSQuotaPeriod: 1.5ms\ncpuWeightFormula: runc\ncontainerRuntime: "
            "rkt\nenforcementPolicy: limit\n"
            "memoryProtectionCap: 0%\nsysctls: {kernel.panic: off, vm.panic_on_oom: warn}\n"
            "group: wheel\ndropUnknownProperties: true\nlogLevel: debug\n");

  g_assert_cmpstr (config->cgroup_root, ==, "/pods");
  g_assert_cmpstr (config->system_group, ==, "/system");
  g_assert_cmpstr (config->daemons_group, ==, "/a");
  g_assert_cmpuint (config->system_reserved.set, ==, 15);
  g_assert_cmpuint (config->system_reserved.amounts[CONFIG_CPU], ==, 500);
  g_assert_cmpuint (config->system_reserved.amounts[CONFIG_MEMORY], ==, 1 << 30);
  g_assert_cmpuint (config->system_reserved.amounts[CONFIG_EPHEMERAL_STORAGE], ==, 1000000000);
  g_assert_cmpuint (config->system_reserved.amounts[CONFIG_PID], ==, 1000);
  g_assert_cmpuint (config->kube_reserved.amounts[CONFIG_CPU], ==, 1000);
  g_assert_true (config->eviction_memory.is_set && config->eviction_memory.is_share);
  g_assert_cmpuint (config->eviction_memory.amount, ==, 55000);
  g_assert_true (config->eviction_nodefs.is_set && !config->eviction_nodefs.is_share);
  g_assert_cmpuint (config->eviction_nodefs.amount, ==, 1 << 30);
  g_assert_cmpuint (config->pod_pids_limit, ==, 16);
  g_assert_true (config->protect_kernel_defaults && !config->cpu_cfs_quota);
  g_assert_cmpuint (config->cpu_cfs_quota_period_usec, ==, 1500);
  g_assert_cmpint ((int) config->cpu_weight_formula, ==, NCG_SHARES_RUNC);
  g_assert_cmpstr (config->container_runtime, ==, "rkt");
  g_assert_cmpint ((int) config->policy, ==, CONFIG_LIMIT);
  g_assert_cmpuint (config->protection_cap, ==, 0);
  g_assert_cmpint ((int) config->sysctls[0].mode, ==, CONFIG_SYSCTL_ENFORCE);
  g_assert_cmpint ((int) config->sysctls[1].mode, ==, CONFIG_SYSCTL_WARN);
  g_assert_cmpint ((int) config->sysctls[2].mode, ==, CONFIG_SYSCTL_OFF);
  g_assert_cmpstr (config->group, ==, "wheel");
  g_assert_true (config->may_drop);
  g_assert_true (config->is_debug);
}

/* A cgroup has one path, however it is written. */
static void
test_groups (void)
{
  static const char *const forms[][2] = {
    { "/system.slice", "/system" },
    { "system.slice", "/system" },
    { "/system", "/system" },
    { "system", "/system" },
    { "foo-bar.slice", "/foo/bar" },
    { "/foo-bar.slice", "/foo/bar" },
    { "/foo.slice/foo-bar.slice", "/foo/bar" },
    { "foo/bar", "/foo/bar" },
    { "/a-b", "/a-b" },
    { "a_b.slice", "/a-b" },
    { "\"\"", NULL },
    { "/", NULL },
    { "-.slice", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (forms); i++) {
    g_autofree char *text = g_strdup_printf ("systemReservedCgroup: %s\n", forms[i][0]);
    g_autoptr (Config) config = load (text);

    g_assert_cmpstr (config->system_group, ==, forms[i][1]);
  }
}

static void
test_cgroup_root (void)
{
  static const char *const forms[][2] = {
    { "/", "/kubepods" },
    { "/machine", "/machine" },
    { "/machine.slice", "/machine" },
    { "/a/b", "/a/b" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (forms); i++) {
    g_autofree char *text = g_strdup_printf ("cgroupRoot: %s\n", forms[i][0]);
    g_autoptr (Config) config = load (text);

    g_assert_cmpstr (config->cgroup_root, ==, forms[i][1]);
  }
}

static void
test_durations (void)
{
  static const struct {
    const char *text;
    guint64 usec;
  } cases[] = {
    { "1ms", 1000 },         { "1s", 1000000 },         { "1000000us", 1000000 },
    { "0.3s", 300000 },      { ".5s", 500000 },         { "1ms500us", 1500 },
    { "2500000ns", 2500 },   { "1500\302\265s", 1500 }, { "0.01m", 600000 },
    { "0h0m100ms", 100000 }, { "1.0000009ms", 1000 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *text = g_strdup_printf ("cpuCFSQuotaPeriod: %s\n", cases[i].text);
    g_autoptr (Config) config = load (text);

    g_assert_cmpuint (config->cpu_cfs_quota_period_usec, ==, cases[i].usec);
  }
}

static int
score_of (const Config *config, const char *unit)
{
  for (guint i = 0; i < config->oom_scores->len; i++) {
    const ConfigOomScore *score = g_ptr_array_index (config->oom_scores, i);

    if (g_str_equal (score->unit, unit))
      return score->score;
  }
  return G_MAXINT;
}

static void
test_scores (void)
{
  g_autoptr (Config) config =
      load ("oomScoreAdj: -1000\noomScores:\n  kube-proxy.service: 5\n  crio.service: null\n"
            "  kubernetes.slice: -999\n  a@b.service: -1000\n  none.service: null\n");

  g_assert_cmpint (score_of (config, "kubelet.service"), ==, -1000);
  g_assert_cmpint (score_of (config, "kube-proxy.service"), ==, 5);
  g_assert_cmpint (score_of (config, "crio.service"), ==, G_MAXINT);
  g_assert_cmpint (score_of (config, "docker.service"), ==, -999);
  g_assert_cmpint (score_of (config, "kubernetes.slice"), ==, -999);
  g_assert_cmpint (score_of (config, "a@b.service"), ==, -1000);
  g_assert_cmpuint (config->oom_scores->len, ==, 6);
}

static void
test_pids_limits (void)
{
  g_autoptr (Config) negative = load ("podPidsLimit: -5\n");
  g_autoptr (Config) zero = load ("podPidsLimit: 0\n");

  g_assert_true (negative->pod_pids_limit == NCG_UNLIMITED);
  g_assert_true (zero->pod_pids_limit == NCG_UNLIMITED);
}

/* The kubelet takes these for no threshold at all; so is null. */
static void
test_no_thresholds (void)
{
  g_autoptr (Config) config =
      load ("evictionHard: {memory.available: 0%, nodefs.available: 100%}\n");
  g_autoptr (Config) other = load ("evictionHard: {memory.available: null, nodefs.available: }\n");

  g_assert_false (config->eviction_memory.is_set || config->eviction_nodefs.is_set);
  g_assert_false (other->eviction_memory.is_set || other->eviction_nodefs.is_set);
}

/* A field that is nothing is as if it were not there. */
static void
test_nothing (void)
{
  g_autoptr (Config) config = load ("cgroupRoot:\nsystemReserved: null\npodPidsLimit: ~\n");

  g_assert_cmpstr (config->cgroup_root, ==, "/machine");
}

static void
test_cpus (void)
{
  g_autoptr (Config) config = load ("reservedSystemCPUs: 0-2,7\nsystemReserved: {cpu: 1}\n"
                                    "kubeReserved: {cpu: 1, memory: 1Gi}\n");
  g_autoptr (Config) none = load ("reservedSystemCPUs: ''\nkubeReserved: {cpu: 1}\n");

  g_assert_cmpuint (ncg_cpuset_count (config->reserved_cpus), ==, 4);
  g_assert_cmpuint (config->system_reserved.amounts[CONFIG_CPU], ==, 4000);
  g_assert_cmpuint (config->kube_reserved.set, ==, 1 << CONFIG_MEMORY);
  g_assert_null (none->reserved_cpus);
  g_assert_cmpuint (none->kube_reserved.set, ==, 1 << CONFIG_CPU);
}

/* In line 3 each, with the column of the value or of the key. */
static const struct {
  const char *text;
  const char *column;
  const char *message;
} problems[] = {
  { "systemReserve: {}", "1",
    "systemReserve: there is no such field; did you mean systemReserved?" },
  { "CGROUPROOT: /a", "1", "CGROUPROOT: there is no such field; did you mean cgroupRoot?" },
  { "frobnicate: 1", "1", "frobnicate: there is no such field" },
  { "maxPods: 110", "1", "maxPods: there is no such field" },
  { "systemReservedEnforce: true", "1", "systemReservedEnforce: there is no such field" },
  { "cgroupDriver: Systemd", "15",
    "cgroupDriver is \"Systemd\": it takes one of systemd, cgroupfs" },
  { "cgroupDriver: [systemd]", "15",
    "cgroupDriver: it takes one of systemd, cgroupfs, and this is a list" },
  { "cgroupRoot: machine", "13",
    "cgroupRoot is \"machine\": it takes a path that begins with \"/\"" },
  { "cgroupRoot: {}", "13", "cgroupRoot: it takes a text, and this is a map" },
  { "cgroupRoot: /foo.slice/bar.slice", "13",
    "cgroupRoot: \"foo.slice/bar.slice\" is no slice in its parents; write the slice alone, "
    "\"a-b.slice\", or its path, \"/a/b\"" },
  { "systemReserved: 1Gi", "17", "systemReserved is \"1Gi\": it takes a map" },
  { "systemReserved: [1Gi]", "17", "systemReserved: it takes a map, and this is a list" },
  { "systemReserved: {cpus: 1}", "18",
    "systemReserved.cpus: it is not known; cpu is; systemReserved takes cpu, memory, "
    "ephemeral-storage, pid" },
  { "kubeReserved: {hugepages-2Mi: 1}", "16",
    "kubeReserved.hugepages-2Mi: it is not known; kubeReserved takes cpu, memory, "
    "ephemeral-storage, pid" },
  { "systemReserved: {memory: -1Gi}", "26",
    "systemReserved.memory is \"-1Gi\": it takes a quantity that is not negative" },
  { "systemReserved: {memory: 1GB}", "26",
    "systemReserved.memory: \"1GB\" is not a quantity: it must be a decimal number without blanks, "
    "and may end in one of n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or an exponent: 500m, 1.5Gi, "
    "2e3" },
  { "systemReserved: {memory: [1]}", "26",
    "systemReserved.memory: it takes a quantity such as 500m or 1Gi, and this is a list" },
  { "enforceNodeAllocatable: pods", "25", "enforceNodeAllocatable is \"pods\": it takes a list" },
  { "enforceNodeAllocatable: {}", "25",
    "enforceNodeAllocatable: it takes a list, and this is a map" },
  { "enforceNodeAllocatable: [pods, pods]", "32",
    "enforceNodeAllocatable is \"pods\": it is there already; each is given once" },
  { "enforceNodeAllocatable: [none, pods]", "26",
    "enforceNodeAllocatable is \"none\": it stands alone, or is left out" },
  { "enforceNodeAllocatable: [all]", "26",
    "enforceNodeAllocatable is \"all\": it takes one of pods, system-reserved, kube-reserved, "
    "system-reserved-compressible, kube-reserved-compressible, none" },
  { "evictionHard: {memory.avail: 1%}", "16",
    "evictionHard.memory.avail: it is not known; evictionHard takes memory.available, "
    "nodefs.available, nodefs.inodesFree, imagefs.available, imagefs.inodesFree, pid.available" },
  { "evictionHard: {memory.available: 101%}", "34",
    "evictionHard.memory.available is \"101%\": it takes a share, 0% to 100%" },
  { "evictionHard: {pid.available: -1%}", "31",
    "evictionHard.pid.available is \"-1%\": it takes a share, 0% to 100%" },
  { "evictionHard: {memory.available: 0}", "34",
    "evictionHard.memory.available is \"0\": it takes a quantity above 0, or a share such as "
    "10%" },
  { "podPidsLimit: many", "15", "podPidsLimit is \"many\": it takes a whole number" },
  { "podPidsLimit: \"5\"", "15", "podPidsLimit is \"5\": it takes a whole number, without quotes" },
  { "podPidsLimit: 1.5", "15", "podPidsLimit is \"1.5\": it takes a whole number" },
  { "podPidsLimit: 9223372036854775808", "15",
    "podPidsLimit is \"9223372036854775808\": it takes -9223372036854775808 to "
    "9223372036854775807" },
  { "protectKernelDefaults: yes", "24",
    "protectKernelDefaults is \"yes\": it takes true or false" },
  { "cpuCFSQuota: 'true'", "14",
    "cpuCFSQuota is \"true\": it takes true or false, without quotes" },
  { "reservedSystemCPUs: 0", "21",
    "reservedSystemCPUs is \"0\": it takes a text, and this is a number: put it in quotes" },
  { "cpuCFSQuotaPeriod: 999us", "20", "cpuCFSQuotaPeriod is \"999us\": it takes 1ms to 1000ms" },
  { "cpuCFSQuotaPeriod: 1.000001s", "20",
    "cpuCFSQuotaPeriod is \"1.000001s\": it takes 1ms to 1000ms" },
  { "cpuCFSQuotaPeriod: 100", "20",
    "cpuCFSQuotaPeriod is \"100\": it takes a duration such as 100ms or 0.5s" },
  { "cpuCFSQuotaPeriod: 1.2.3s", "20",
    "cpuCFSQuotaPeriod is \"1.2.3s\": it takes a duration such as 100ms or 0.5s" },
  { "cpuCFSQuotaPeriod: -1s", "20",
    "cpuCFSQuotaPeriod is \"-1s\": it takes a duration such as 100ms or 0.5s" },
  { "oomScoreAdj: -1001", "14", "oomScoreAdj is \"-1001\": it takes -1000 to 1000" },
  { "containerRuntime: podman", "19",
    "containerRuntime is \"podman\": it takes one of auto, docker, containerd, crio, rkt, none" },
  { "cpuWeightFormula: crun", "19",
    "cpuWeightFormula is \"crun\": it takes one of proportional, kubelet, runc" },
  { "enforcementPolicy: both", "20",
    "enforcementPolicy is \"both\": it takes one of protect, limit" },
  { "memoryProtectionCap: 50", "22",
    "memoryProtectionCap is \"50\": it takes a share, 0% to 100%" },
  { "memoryProtectionCap: 100.0001%", "22",
    "memoryProtectionCap is \"100.0001%\": it takes a share, 0% to 100%" },
  { "sysctls: {kernel.panik: off}", "11",
    "sysctls.kernel.panik: it is not known; kernel.panic is; sysctls takes vm.overcommit_memory, "
    "vm.panic_on_oom, kernel.panic, kernel.panic_on_oops, kernel.keys.root_maxkeys, "
    "kernel.keys.root_maxbytes" },
  { "sysctls: {kernel.panic: no}", "25",
    "sysctls.kernel.panic is \"no\": it takes one of enforce, warn, off" },
  { "oomScores: {kubelet@.service: 1}", "13",
    "oomScores.kubelet@.service: a template has no processes; name an instance, "
    "\"kubelet@one.service\"" },
  { "oomScores: {kubelet: 1}", "13",
    "oomScores.kubelet: a unit is named by its whole name, \"kubelet.service\" or "
    "\"kubernetes.slice\"" },
  { "oomScores: {a.service: 1001}", "24",
    "oomScores.a.service is \"1001\": it takes -1000 to 1000" },
  { "oomScores: {a.slice: -1000}", "22",
    "oomScores.a.slice is \"-1000\": of a whole slice it takes -999 to 1000: with -1000 nothing "
    "would be left for the kernel to kill" },
  { "group: 5", "8", "group is \"5\": it takes a text, and this is a number: put it in quotes" },
  { "group: ''", "8", "group is \"\": it takes the name of a group" },
  { "dropUnknownProperties: 1", "24", "dropUnknownProperties is \"1\": it takes true or false" },
  { "logLevel: trace", "11", "logLevel is \"trace\": it takes one of info, debug" },
  { "kubeletConfig: kubelet.yaml", "16",
    "kubeletConfig is \"kubelet.yaml\": it takes an absolute path" },
  { "kubeletConfig: /nowhere", "16", "kubeletConfig is \"/nowhere\": there is no such file" },
};

static void
test_problems (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (problems); i++) {
    g_autofree char *blanks = g_strnfill (strtoul (problems[i].column, NULL, 10) - 1, ' ');
    g_autofree char *expected =
        g_strdup_printf (FILE_NAME ":3:%s: %s\n    3 | %s\n      | %s^", problems[i].column,
                         problems[i].message, problems[i].text, blanks);
    g_autofree char *message = config_rig_complain (problems[i].text, NULL);

    g_assert_cmpstr (message, ==, expected);
  }
}

/* All of them are told, in the order of the file. */
static void
test_together (void)
{
  g_autofree char *message =
      config_rig_complain ("podPidsLimit: x\ncpuCFSQuota: 1\noomScoreAdj: 2000\n", NULL);

  g_assert_cmpstr (
      message, ==,
      FILE_NAME ":3:15: podPidsLimit is \"x\": it takes a whole number" SHOW (
          "3", "podPidsLimit: x",
          "              ") "\n" FILE_NAME
                            ":4:14: cpuCFSQuota is \"1\": it takes true or false" SHOW (
                                "4", "cpuCFSQuota: 1",
                                "             ") "\n" FILE_NAME
                                                 ":5:14: oomScoreAdj is \"2000\": it takes -1000 "
                                                 "to 1000" SHOW ("5", "oomScoreAdj: 2000",
                                                                 "             "));
}

/* What a file must begin with. */
static void
test_header (void)
{
  static const struct {
    const char *text;
    const char *message;
  } cases[] = {
    { "podPidsLimit: 1\n", ":1:1: apiVersion: it is missing; write apiVersion: "
                           "nodecgroups.example.org/v1" },
    { "podPidsLimit: 1\n", ":1:1: kind: it is missing; write kind: NodeCgroupsConfiguration" },
    { "apiVersion: nodecgroups.example.org/v1\n", ":1:1: kind: it is missing" },
    { "apiVersion: v1\nkind: NodeCgroupsConfiguration\n",
      ":1:13: apiVersion is \"v1\": it takes nodecgroups.example.org/v1" },
    { KUBELET_HEADER, ":2:7: kind is \"KubeletConfiguration\": it takes NodeCgroupsConfiguration" },
    { "- a\n", ":1:1: the file is a map of fields, and this is a list" },
    { "text\n", ":1:1: the file is a map of fields, and this is a text" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    char *root = temp_dir_new ();
    g_autoptr (GError) error = NULL;

    temp_dir_write (root, FILE_NAME, cases[i].text);
    g_assert_null (config_rig_load (root, NULL, TRUE, &error));
    g_test_message ("%s", error->message);
    g_assert_nonnull (strstr (error->message, cases[i].message));
    temp_dir_free (root);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/config-fields/all", test_all);
  g_test_add_func ("/config-fields/groups", test_groups);
  g_test_add_func ("/config-fields/cgroup-root", test_cgroup_root);
  g_test_add_func ("/config-fields/durations", test_durations);
  g_test_add_func ("/config-fields/scores", test_scores);
  g_test_add_func ("/config-fields/pids-limits", test_pids_limits);
  g_test_add_func ("/config-fields/no-thresholds", test_no_thresholds);
  g_test_add_func ("/config-fields/nothing", test_nothing);
  g_test_add_func ("/config-fields/cpus", test_cpus);
  g_test_add_func ("/config-fields/problems", test_problems);
  g_test_add_func ("/config-fields/together", test_together);
  g_test_add_func ("/config-fields/header", test_header);
  return g_test_run ();
}
