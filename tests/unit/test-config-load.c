/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The layers: files, drop-ins, a kubelet's configuration, and which of them wins.
 */
#include "lib/resources.h"
#include "tests/unit/config-rig.h"
#include "tests/unit/temp-dir.h"

#include <string.h>
#include <unistd.h>

#define MAIN "etc/nodecgroups/config.yaml"
#define ETC "etc/nodecgroups/config.yaml.d/"
#define RUN "run/nodecgroups/config.yaml.d/"
#define LIB "usr/lib/nodecgroups/config.yaml.d/"

typedef struct {
  char *root;
} Machine;

static void
set_up (Machine *machine, gconstpointer data)
{
  machine->root = temp_dir_new ();
}

static void
tear_down (Machine *machine, gconstpointer data)
{
  temp_dir_free (machine->root);
}

static void
write_ours (Machine *machine, const char *path, const char *text)
{
  g_autofree char *file = g_strconcat (CONFIG_HEADER, text, NULL);

  temp_dir_write (machine->root, path, file);
}

/* What is wrong, without the directory's name. */
static char *
complain (Machine *machine, const char *arguments)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Config) config = config_rig_load (machine->root, arguments, TRUE, &error);
  g_auto (GStrv) parts = g_strsplit (error != NULL ? error->message : "", machine->root, -1);

  return g_strjoinv ("", parts);
}

/* The names of the files that were read, without the directory's. */
static char *
list_files (Machine *machine, const Config *config)
{
  g_autofree char *all = g_strjoinv (" ", config->files);
  g_autofree char *prefix = g_strconcat (machine->root, "/", NULL);
  g_auto (GStrv) parts = g_strsplit (all, prefix, -1);

  return g_strjoinv ("", parts);
}

/* By the names of the files, wherever they are, after the main file. */
static void
test_order (Machine *machine, gconstpointer data)
{
  g_autoptr (Config) config = NULL;
  g_autofree char *files = NULL;

  write_ours (machine, MAIN, "podPidsLimit: 1\ncgroupRoot: /main\nsystemReserved: {cpu: 1}\n");
  write_ours (machine, LIB "30-c.yaml", "podPidsLimit: 4\nsystemReserved: {pid: 3}\n");
  write_ours (machine, RUN "20-b.yaml", "podPidsLimit: 3\ncontainerRuntime: crio\n");
  write_ours (machine, ETC "10-a.yaml",
              "podPidsLimit: 2\ncontainerRuntime: none\n"
              "systemReserved: {cpu: 2, memory: 1}\n");
  temp_dir_write (machine->root, ETC "40-d.conf", "nonsense: [");
  temp_dir_write (machine->root, ETC ".50-e.yaml", "nonsense: [");
  config = config_rig_must_load (machine->root, NULL);
  files = list_files (machine, config);
  g_assert_cmpstr (files, ==, MAIN " " ETC "10-a.yaml " RUN "20-b.yaml " LIB "30-c.yaml");
  g_assert_cmpuint (config->pod_pids_limit, ==, 4);
  g_assert_cmpstr (config->cgroup_root, ==, "/main");
  g_assert_cmpstr (config->container_runtime, ==, "crio");
  g_assert_cmpuint (config->system_reserved.amounts[CONFIG_CPU], ==, 2000);
  g_assert_cmpuint (config->system_reserved.amounts[CONFIG_MEMORY], ==, 1);
  g_assert_cmpuint (config->system_reserved.amounts[CONFIG_PID], ==, 3);
}

/* One of the same name hides another; an empty one and /dev/null hide it without anything. */
static void
test_masks (Machine *machine, gconstpointer data)
{
  g_autofree char *link = g_build_filename (machine->root, RUN "c.yaml", NULL);
  g_autoptr (Config) config = NULL;
  g_autofree char *files = NULL;

  write_ours (machine, LIB "a.yaml", "podPidsLimit: 1\ngroup: lib\n");
  write_ours (machine, RUN "a.yaml", "podPidsLimit: 2\n");
  write_ours (machine, LIB "b.yaml", "podPidsLimit: 3\n");
  temp_dir_write (machine->root, ETC "b.yaml", "");
  write_ours (machine, LIB "c.yaml", "podPidsLimit: 4\n");
  g_assert_cmpint (symlink ("/dev/null", link), ==, 0);
  config = config_rig_must_load (machine->root, NULL);
  files = list_files (machine, config);
  g_assert_cmpstr (files, ==, RUN "a.yaml");
  g_assert_cmpuint (config->pod_pids_limit, ==, 2);
  g_assert_cmpstr (config->group, !=, "lib");
}

/* Maps are merged and lists replaced; null takes an entry out. */
static void
test_merge (Machine *machine, gconstpointer data)
{
  g_autoptr (Config) config = NULL;

  write_ours (machine, MAIN,
              "enforceNodeAllocatable: [pods, kube-reserved]\nkubeReserved: {cpu: 1, pid: 5}\n"
              "evictionHard: {memory.available: 1Gi, nodefs.available: 5%}\n"
              "sysctls: {kernel.panic: off, vm.panic_on_oom: off}\noomScores: {a.service: 1}\n");
  write_ours (machine, ETC "1.yaml",
              "enforceNodeAllocatable: [pods]\nkubeReserved: {cpu: null, memory: 1}\n"
              "evictionHard: {nodefs.available: null}\nsysctls: {kernel.panic: null}\n"
              "oomScores: {a.service: null, b.service: 2}\n");
  config = config_rig_must_load (machine->root, NULL);
  g_assert_cmpuint (config->enforced, ==, CONFIG_ENFORCE_PODS);
  g_assert_cmpuint (config->kube_reserved.set, ==, 1 << CONFIG_MEMORY | 1 << CONFIG_PID);
  g_assert_cmpuint (config->kube_reserved.amounts[CONFIG_CPU], ==, 0);
  g_assert_true (config->eviction_memory.is_set);
  g_assert_false (config->eviction_nodefs.is_set);
  g_assert_cmpint ((int) config->sysctls[1].mode, ==, CONFIG_SYSCTL_OFF);
  g_assert_cmpint ((int) config->sysctls[2].mode, ==, CONFIG_SYSCTL_ENFORCE);
  g_assert_cmpuint (config->oom_scores->len, ==, 6);
}

/* Of all files, in their order. */
static void
test_problems (Machine *machine, gconstpointer data)
{
  g_autofree char *message = NULL;

  write_ours (machine, MAIN, "kubeletConfig: /k.yaml\npodPidsLimit: x\n");
  write_ours (machine, ETC "2.yaml", "group: 1\n");
  write_ours (machine, LIB "1.yaml", "a: b\n");
  temp_dir_write (machine->root, "k.yaml", KUBELET_HEADER "cgroupsPerQOS: false\n");
  temp_dir_make (machine->root, ETC "3.yaml");
  message = complain (machine, "--cgroup-driver=x");
  g_assert_cmpstr (
      message, ==,
      "/" MAIN ":4:15: podPidsLimit is \"x\": it takes a whole number\n"
      "    4 | podPidsLimit: x\n      |               ^\n"
      "/" LIB "1.yaml:3:1: a: there is no such field\n    3 | a: b\n      | ^\n"
      "/" ETC "2.yaml:3:8: group is \"1\": it takes a text, and this is a number: put it in "
      "quotes\n    3 | group: 1\n      |        ^\n"
      "/" ETC "3.yaml: it cannot be read: it is no regular file\n"
      "/k.yaml:3:16: cgroupsPerQOS is \"false\": it takes true: pods are always in cgroups by "
      "their QoS class\n    3 | cgroupsPerQOS: false\n      |                ^\n"
      "--cgroup-driver: cgroupDriver is \"x\": it takes one of systemd, cgroupfs");
}

/* --config names another main file, as it is; the drop-ins stay. */
static void
test_another_file (Machine *machine, gconstpointer data)
{
  g_autofree char *arguments = g_strconcat ("--config ", machine->root, "/other.yaml", NULL);
  g_autoptr (Config) config = NULL;
  g_autofree char *message = NULL;

  write_ours (machine, MAIN, "group: main\n");
  write_ours (machine, ETC "1.yaml", "podPidsLimit: 5\n");
  message = complain (machine, arguments);
  g_assert_cmpstr (message, ==, "/other.yaml: it cannot be read: No such file or directory");
  write_ours (machine, "other.yaml", "group: other\n");
  config = config_rig_must_load (machine->root, arguments);
  g_assert_cmpstr (config->group, ==, "other");
  g_assert_cmpuint (config->pod_pids_limit, ==, 5);
}

/* What the container of the system is with each driver. */
static void
test_system_container (Machine *machine, gconstpointer data)
{
  g_autoptr (Config) systemd = NULL;
  g_autoptr (Config) cgroupfs = NULL;

  write_ours (machine, MAIN, "systemContainer: sys.slice\n");
  systemd = config_rig_must_load (machine->root, NULL);
  cgroupfs = config_rig_must_load (machine->root, "--cgroup-driver cgroupfs");
  g_assert_cmpstr (systemd->system_group, ==, "/sys");
  g_assert_null (systemd->system_container);
  g_assert_cmpstr (cgroupfs->system_group, ==, "/sys");
  g_assert_cmpstr (cgroupfs->system_container, ==, "/sys");
}

/* A file of tests/fuzz/corpus/config, without its first byte, is the kubelet's. */
static void
write_kubelet (Machine *machine, const char *name)
{
  g_autofree char *path = g_build_filename (CONFIG_CORPUS, name, NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  temp_dir_write (machine->root, "var/lib/kubelet/config.yaml", text + 1);
}

#define TAKES "kubeletConfig: /var/lib/kubelet/config.yaml\n"

static void
test_kubeadm (Machine *machine, gconstpointer data)
{
  g_autoptr (Config) config = NULL;

  write_kubelet (machine, "kubelet-kubeadm");
  write_ours (machine, MAIN, TAKES);
  config = config_rig_must_load (machine->root, NULL);
  g_assert_cmpstr (config->driver, ==, "systemd");
  g_assert_cmpstr (config->cgroup_root, ==, "/kubepods");
  g_assert_cmpuint (config->system_reserved.set, ==, 0);
  g_assert_cmpstr (config->system_group, ==, "/system");
  g_assert_cmpuint (config->eviction_memory.amount, ==, 100 * 1024 * 1024);
  g_assert_false (config->eviction_memory.is_share);
  g_assert_cmpuint (config->eviction_nodefs.amount, ==, 100000);
  g_assert_true (config->eviction_nodefs.is_share);
}

/* What ours says wins. */
static void
test_reserved (Machine *machine, gconstpointer data)
{
  g_autoptr (Config) config = NULL;
  const ConfigOomScore *kubelet;

  write_kubelet (machine, "kubelet-reserved");
  write_ours (machine, MAIN,
              TAKES "systemReserved: {cpu: 1}\ncgroupRoot: /machine\npodPidsLimit: 100\n");
  config = config_rig_must_load (machine->root, NULL);
  g_assert_cmpstr (config->cgroup_root, ==, "/machine");
  g_assert_cmpuint (config->system_reserved.set, ==, 15);
  g_assert_cmpuint (config->system_reserved.amounts[CONFIG_CPU], ==, 1000);
  g_assert_cmpuint (config->system_reserved.amounts[CONFIG_MEMORY], ==, 1 << 30);
  g_assert_cmpuint (config->kube_reserved.amounts[CONFIG_CPU], ==, 250);
  g_assert_cmpstr (config->system_group, ==, "/system");
  g_assert_cmpstr (config->daemons_group, ==, "/kubernetes");
  g_assert_cmpuint (config->enforced, ==,
                    CONFIG_ENFORCE_PODS | CONFIG_ENFORCE_SYSTEM | CONFIG_ENFORCE_KUBE);
  g_assert_cmpuint (config->eviction_memory.amount, ==, 200 * 1024 * 1024);
  g_assert_cmpuint (config->pod_pids_limit, ==, 100);
  g_assert_true (config->protect_kernel_defaults);
  g_assert_cmpuint (config->cpu_cfs_quota_period_usec, ==, 50000);
  kubelet = g_ptr_array_index (config->oom_scores, 0);
  g_assert_cmpint (kubelet->score, ==, -950);
}

static void
test_kubelet_json (Machine *machine, gconstpointer data)
{
  g_autoptr (Config) config = NULL;

  write_kubelet (machine, "kubelet-json");
  write_ours (machine, ETC "10-kubelet.yaml", TAKES);
  config = config_rig_must_load (machine->root, NULL);
  g_assert_cmpstr (config->driver, ==, "cgroupfs");
  g_assert_cmpstr (config->cgroup_root, ==, "/nodes/one/kubepods");
  g_assert_cmpuint (ncg_cpuset_count (config->reserved_cpus), ==, 3);
  g_assert_cmpuint (config->system_reserved.amounts[CONFIG_CPU], ==, 3000);
  g_assert_cmpuint (config->kube_reserved.set, ==,
                    1 << CONFIG_MEMORY | 1 << CONFIG_EPHEMERAL_STORAGE);
  g_assert_cmpuint (config->enforced, ==, 0);
  /* merged with the kubelet's defaults */
  g_assert_true (config->eviction_memory.is_set && config->eviction_nodefs.is_set);
  g_assert_false (config->cpu_cfs_quota);
  g_assert_true (config->pod_pids_limit == NCG_UNLIMITED);
}

/* Thresholds that are given replace the kubelet's defaults. */
static void
test_kubelet_eviction (Machine *machine, gconstpointer data)
{
  g_autoptr (Config) config = NULL;

  temp_dir_write (machine->root, "var/lib/kubelet/config.yaml",
                  KUBELET_HEADER "evictionHard: {memory.available: 1Gi}\n");
  write_ours (machine, MAIN, TAKES);
  config = config_rig_must_load (machine->root, NULL);
  g_assert_cmpuint (config->eviction_memory.amount, ==, 1 << 30);
  g_assert_false (config->eviction_nodefs.is_set);
}

static void
test_kubelet_wrong (Machine *machine, gconstpointer data)
{
  g_autofree char *message = NULL;

  write_kubelet (machine, "kubelet-wrong");
  write_ours (machine, MAIN, TAKES);
  message = complain (machine, NULL);
  g_assert_cmpstr (
      message, ==,
      "/var/lib/kubelet/config.yaml:3:16: cgroupsPerQOS is \"false\": it takes true: pods are "
      "always in cgroups by their QoS class\n"
      "    3 | cgroupsPerQOS: false\n      |                ^\n"
      "/var/lib/kubelet/config.yaml:5:8: systemReserved.cpu is \"-1\": it takes a quantity that is "
      "not negative\n    5 |   cpu: -1\n      |        ^\n"
      "/var/lib/kubelet/config.yaml:6:21: reservedSystemCPUs is \"0\": it takes a text, and this "
      "is a number: put it in quotes\n"
      "    6 | reservedSystemCPUs: 0\n      |                     ^");
}

/* Another file than a kubelet's. */
static void
test_kubelet_kind (Machine *machine, gconstpointer data)
{
  g_autofree char *message = NULL;

  temp_dir_write (machine->root, "var/lib/kubelet/config.yaml", CONFIG_HEADER);
  write_ours (machine, MAIN, TAKES);
  message = complain (machine, NULL);
  g_assert_nonnull (strstr (message, "/var/lib/kubelet/config.yaml:1:13: apiVersion is "
                                     "\"nodecgroups.example.org/v1\": it takes "
                                     "kubelet.config.k8s.io/v1beta1"));
  g_assert_nonnull (strstr (message, "/var/lib/kubelet/config.yaml:2:7: kind is "));
}

/* The example that is installed: as it is, and with what is commented out. */
static void
test_example (Machine *machine, gconstpointer data)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) whole = g_string_new (NULL);
  g_autoptr (Config) config = NULL;
  g_auto (GStrv) lines = NULL;

  g_file_get_contents (CONFIG_EXAMPLE, &text, NULL, &error);
  g_assert_no_error (error);
  temp_dir_write (machine->root, MAIN, text);
  config_free (config_rig_must_load (machine->root, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    g_string_append_printf (whole, "%s\n", lines[i] + (lines[i][0] == '#' && lines[i][1] != ' '));
  temp_dir_write (machine->root, MAIN, whole->str);
  write_kubelet (machine, "kubelet-reserved");
  config = config_rig_must_load (machine->root, NULL);
  g_assert_cmpuint (config->enforced, ==,
                    CONFIG_ENFORCE_PODS | CONFIG_ENFORCE_SYSTEM | CONFIG_ENFORCE_KUBE);
}

/* A user cannot set sysctls: they are left alone, unless a file says otherwise. */
static void
test_user (Machine *machine, gconstpointer data)
{
  g_autoptr (Config) plain = config_rig_must_load (machine->root, "--user");
  g_autoptr (Config) named = NULL;
  g_autoptr (Config) system = NULL;

  write_ours (machine, MAIN, "sysctls: {vm.panic_on_oom: warn, kernel.panic: null}\n");
  named = config_rig_must_load (machine->root, "--user");
  system = config_rig_must_load (machine->root, NULL);
  for (guint i = 0; i < CONFIG_N_SYSCTLS; i++) {
    gboolean is_named = g_str_equal (named->sysctls[i].name, "vm.panic_on_oom");

    g_assert_cmpint ((int) plain->sysctls[i].mode, ==, CONFIG_SYSCTL_OFF);
    g_assert_cmpint ((int) named->sysctls[i].mode, ==,
                     is_named ? CONFIG_SYSCTL_WARN : CONFIG_SYSCTL_OFF);
    g_assert_cmpint ((int) system->sysctls[i].mode, ==,
                     is_named ? CONFIG_SYSCTL_WARN : CONFIG_SYSCTL_ENFORCE);
  }
}

#define TEST(path, function)                                                                       \
  g_test_add ("/config-load/" path, Machine, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  TEST ("order", test_order);
  TEST ("masks", test_masks);
  TEST ("merge", test_merge);
  TEST ("problems", test_problems);
  TEST ("another-file", test_another_file);
  TEST ("system-container", test_system_container);
  TEST ("kubeadm", test_kubeadm);
  TEST ("reserved", test_reserved);
  TEST ("kubelet-json", test_kubelet_json);
  TEST ("kubelet-eviction", test_kubelet_eviction);
  TEST ("kubelet-wrong", test_kubelet_wrong);
  TEST ("kubelet-kind", test_kubelet_kind);
  TEST ("example", test_example);
  TEST ("user", test_user);
  return g_test_run ();
}
