/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The settings of the node's slices, by a table.
 */
#include "daemon/policy/node-plan.h"

#define ALL "cpu cpuset hugetlb io memory pids"
#define MIB ((guint64) 1048576)

typedef struct {
  const char *name;
  const char *controllers; /* NULL: ALL */
  gboolean is_v1;
  gboolean without_systemd;
  const char *root;   /* NULL: /machine */
  const char *system; /* NULL: /system */
  guint enforced;
  ConfigPolicy policy;
  guint64 cpus;                      /* of the machine, in millicores; 0: 4000 */
  gint64 system_cpu, kube_cpu;       /* millicores, -1: none */
  gint64 system_memory, kube_memory; /* MiB, -1: none */
  gint64 kube_pid;                   /* -1: none */
  const char *reserved_cpus;
  guint64 demand; /* MiB of MemoryMin of all pods */
  const char *expected;
  const char *lacking; /* how each begins, by '|' */
} Row;

#define NONE -1, -1, -1, -1, -1

/* "PATH weight=… min=… max=… pids=… cpus=… huge=…" of each group, by blanks. */
static const Row rows[] = {
  { "nothing", NULL, 0, 0, NULL, NULL, 0, 0, 0, NONE, NULL, 0, "/kubernetes /machine /system", "" },
  { "pods", NULL, 0, 0, NULL, NULL, CONFIG_ENFORCE_PODS, 0, 0, NONE, NULL, 0,
    "/kubernetes /machine max=8192M pids=1000 huge=2048K:4M /system", "" },

  /* 100 is a CPU, if all owners have their weight. */
  { "weights", NULL, 0, 0, NULL, NULL, 31, 0, 0, 500, 250, -1, -1, -1, NULL, 0,
    "/kubernetes weight=25 /machine weight=325 max=8192M pids=1000 huge=2048K:4M /system weight=50",
    "" },
  { "compressible", NULL, 0, 0, NULL, NULL,
    CONFIG_ENFORCE_SYSTEM_COMPRESSIBLE | CONFIG_ENFORCE_KUBE_COMPRESSIBLE, 0, 0, 500, 250, 1024,
    512, 10, NULL, 0, "/kubernetes weight=25 /machine weight=325 /system weight=50", "" },
  { "large machine", NULL, 0, 0, NULL, NULL,
    CONFIG_ENFORCE_SYSTEM_COMPRESSIBLE | CONFIG_ENFORCE_KUBE_COMPRESSIBLE, 0, 512000, 8000, 4000,
    -1, -1, -1, NULL, 0, "/kubernetes weight=80 /machine weight=10000 /system weight=160", "" },
  { "at least 1", NULL, 0, 0, NULL, NULL, CONFIG_ENFORCE_KUBE_COMPRESSIBLE, 0, 0, -1, 2, -1, -1, -1,
    NULL, 0, "/kubernetes weight=1 /machine weight=400 /system", "" },

  /* An owner whose reservation is not enforced has systemd's 100, which is then what it reserved.
   */
  { "system not enforced", NULL, 0, 0, NULL, NULL, CONFIG_ENFORCE_KUBE_COMPRESSIBLE, 0, 16000, 500,
    250, -1, -1, -1, NULL, 0, "/kubernetes weight=50 /machine weight=3050 /system", "" },
  { "pods alone", NULL, 0, 0, NULL, NULL, CONFIG_ENFORCE_PODS, 0, 16000, 500, -1, -1, -1, -1, NULL,
    0, "/kubernetes /machine weight=3100 max=8192M pids=1000 huge=2048K:4M /system", "" },
  { "two not enforced", NULL, 0, 0, NULL, NULL, CONFIG_ENFORCE_PODS, 0, 4000, 500, 500, -1, -1, -1,
    NULL, 0, "/kubernetes /machine weight=600 max=8192M pids=1000 huge=2048K:4M /system", "" },
  { "reserved only", NULL, 0, 0, NULL, NULL, 0, 0, 4000, 500, 500, 1, 1, 1, NULL, 0,
    "/kubernetes /machine /system", "" },

  { "protect", NULL, 0, 0, NULL, NULL, CONFIG_ENFORCE_SYSTEM | CONFIG_ENFORCE_KUBE, CONFIG_PROTECT,
    0, -1, -1, 1024, 512, 10, NULL, 0, "/kubernetes min=512M /machine /system min=1024M", "" },
  { "protect up to the half", NULL, 0, 0, NULL, NULL, CONFIG_ENFORCE_SYSTEM | CONFIG_ENFORCE_KUBE,
    CONFIG_PROTECT, 0, -1, -1, 6144, 2048, -1, NULL, 0,
    "/kubernetes min=1024M /machine /system min=3072M capped", "" },
  { "limit", NULL, 0, 0, NULL, NULL, CONFIG_ENFORCE_KUBE, CONFIG_LIMIT, 0, -1, -1, 1024, 512, 10,
    NULL, 0, "/kubernetes max=512M pids=10 /machine /system", "" },
  { "pods and limit", NULL, 0, 0, NULL, NULL, CONFIG_ENFORCE_KUBE | CONFIG_ENFORCE_PODS,
    CONFIG_LIMIT, 0, -1, -1, 1024, 512, 10, NULL, 0,
    "/kubernetes max=512M pids=10 /machine max=6656M pids=990 huge=2048K:4M /system", "" },

  { "ancestors", NULL, 0, 0, "/a/b/c", "/a/d", 31, CONFIG_PROTECT, 0, 1000, -1, 64, -1, -1, NULL, 7,
    "/a weight=400 min=71M /a/b weight=300 min=7M "
    "/a/b/c weight=300 max=8128M pids=1000 huge=2048K:4M /a/d weight=100 min=64M /kubernetes",
    "" },
  { "pods' protection", NULL, 0, 0, "/a/b", NULL, 0, 0, 0, NONE, NULL, 7,
    "/a min=7M /a/b /kubernetes /system", "" },

  { "CPUs", NULL, 0, 0, NULL, NULL, 0, 0, 0, NONE, "0-1", 0,
    "/kubernetes cpus=0-1 /machine cpus=2-3 /system cpus=0-1 /user cpus=0-1", "" },
  { "CPUs without systemd", NULL, 1, 1, NULL, NULL, 0, 0, 0, NONE, "0,3", 0,
    "/kubernetes cpus=0,3 /machine cpus=1-2 /system cpus=0,3", "" },
  { "CPUs on v1", NULL, 1, 0, NULL, NULL, 0, 0, 0, NONE, "0", 0,
    "/kubernetes /machine cpus=1-3 /system", "on cgroup v1 systemd has no AllowedCPUs" },
  { "too many CPUs", NULL, 0, 0, NULL, NULL, 0, 0, 0, NONE, "0-7", 0,
    "/kubernetes /machine /system", "reservedSystemCPUs is 0-7, but online are only 0-3" },
  { "all CPUs", NULL, 0, 0, NULL, NULL, 0, 0, 0, NONE, "0-3", 0, "/kubernetes /machine /system",
    "reservedSystemCPUs is 0-3, which leaves none" },
  { "a CPU offline", NULL, 0, 0, NULL, NULL, 0, 0, 0, NONE, "3-4", 0,
    "/kubernetes cpus=3 /machine cpus=0-2 /system cpus=3 /user cpus=3",
    "reservedSystemCPUs is 3-4, but online are only 0-3" },
  { "nothing left", NULL, 0, 0, NULL, NULL, CONFIG_ENFORCE_PODS, 0, 0, -1, -1, 8192, -1, -1, NULL,
    0, "/kubernetes /machine pids=1000 huge=2048K:4M /system", "/machine is without a limit" },
  { "no cpuset", "cpu memory pids", 0, 0, NULL, NULL, 0, 0, 0, NONE, "0", 0,
    "/kubernetes /machine /system", "AllowedCPUs of /machine needs the controller cpuset" },

  { "protect on v1", NULL, 1, 0, NULL, NULL, CONFIG_ENFORCE_SYSTEM, CONFIG_PROTECT, 0, 1000, -1, 64,
    -1, -1, NULL, 0, "/kubernetes /machine weight=300 /system weight=100",
    "MemoryMin of /system is not to be had on cgroup v1" },
  { "limit on v1", NULL, 1, 0, NULL, NULL, CONFIG_ENFORCE_SYSTEM, CONFIG_LIMIT, 0, -1, -1, 64, -1,
    -1, NULL, 0, "/kubernetes /machine /system max=64M", "" },
  { "no controllers", "io", 0, 0, NULL, NULL, 31, CONFIG_LIMIT, 0, 100, -1, 64, -1, 10, NULL, 0,
    "/kubernetes /machine /system",
    "CPUWeight of /system needs the controller cpu|MemoryMax of /system needs the controller "
    "memory|TasksMax of /kubernetes needs the controller pids|MemoryMax of /machine|TasksMax of "
    "/machine" },
  { "no cgroup", NULL, 0, 1, NULL, "", CONFIG_ENFORCE_SYSTEM, CONFIG_LIMIT, 0, 100, -1, 64, -1, -1,
    NULL, 0, "/kubernetes /machine", "systemReserved is to be enforced, but no cgroup is named" },
};

static void
reserve (ConfigReservation *reservation, ConfigResource resource, gint64 amount, guint64 unit)
{
  if (amount < 0)
    return;
  reservation->set |= 1u << resource;
  reservation->amounts[resource] = (guint64) amount * unit;
}

static Config *
make_config (const Row *row)
{
  Config *config = config_new ();

  if (row->root != NULL) {
    g_free (config->cgroup_root);
    config->cgroup_root = g_strdup (row->root);
  }
  if (row->system != NULL) {
    g_free (config->system_group);
    config->system_group = row->system[0] != '\0' ? g_strdup (row->system) : NULL;
  }
  config->enforced = row->enforced;
  config->policy = row->policy;
  reserve (&config->system_reserved, CONFIG_CPU, row->system_cpu, 1);
  reserve (&config->kube_reserved, CONFIG_CPU, row->kube_cpu, 1);
  reserve (&config->system_reserved, CONFIG_MEMORY, row->system_memory, MIB);
  reserve (&config->kube_reserved, CONFIG_MEMORY, row->kube_memory, MIB);
  reserve (&config->kube_reserved, CONFIG_PID, row->kube_pid, 1);
  if (row->reserved_cpus != NULL)
    config->reserved_cpus = ncg_cpuset_parse (row->reserved_cpus, NULL);
  return config;
}

static void
print_setting (const NodeGroup *group,
               NcgSetting setting,
               const char *name,
               guint64 unit,
               const char *suffix,
               GString *text)
{
  if (ncg_resources_is_set (&group->resources, setting))
    g_string_append_printf (text, " %s=%" G_GUINT64_FORMAT "%s", name,
                            group->resources.numbers[setting] / unit, suffix);
}

static void
print_group (const NodeGroup *group, GString *text)
{
  g_autofree char *cpus =
      group->resources.cpus != NULL ? ncg_cpuset_format (group->resources.cpus) : NULL;

  g_string_append_printf (text, "%s%s", text->len > 0 ? " " : "", group->path);
  print_setting (group, NCG_SETTING_CPU_WEIGHT, "weight", 1, "", text);
  print_setting (group, NCG_SETTING_MEMORY_MIN, "min", MIB, "M", text);
  print_setting (group, NCG_SETTING_MEMORY_MAX, "max", MIB, "M", text);
  print_setting (group, NCG_SETTING_PIDS_MAX, "pids", 1, "", text);
  if (cpus != NULL)
    g_string_append_printf (text, " cpus=%s", cpus);
  for (guint i = 0; group->resources.hugepages != NULL && i < group->resources.hugepages->len;
       i++) {
    const NcgHugepageLimit *limit =
        &g_array_index (group->resources.hugepages, NcgHugepageLimit, i);

    g_string_append_printf (text, " huge=%uK:%uM", (guint) (limit->page_bytes / 1024),
                            (guint) (limit->limit_bytes / MIB));
  }
}

static void
assert_lacking (const Row *row, const NodePlan *plan)
{
  g_auto (GStrv) expected = g_strsplit (row->lacking, "|", -1);

  for (guint i = 0; i < plan->lacking->len; i++)
    g_test_message ("  %s", ((const NodeLack *) plan->lacking->pdata[i])->message);
  g_assert_cmpuint (plan->lacking->len, ==, g_strv_length (expected));
  for (guint i = 0; i < plan->lacking->len; i++) {
    const NodeLack *lack = g_ptr_array_index (plan->lacking, i);

    g_assert_true (g_str_has_prefix (lack->message, expected[i]));
    g_assert_cmpuint (plan->enforced & lack->key, ==, 0);
  }
}

static void
test_rows (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    const Row *row = &rows[i];
    const char *names = row->controllers != NULL ? row->controllers : ALL;
    g_auto (GStrv) controllers = g_strsplit (names, " ", -1);
    NcgTree tree = { (char *) "/sys/fs/cgroup", row->is_v1, controllers };
    g_autoptr (GPtrArray) trees = g_ptr_array_new ();
    NcgHierarchy hierarchy = {
      .mode = row->is_v1 ? NCG_HIERARCHY_LEGACY : NCG_HIERARCHY_UNIFIED,
      .trees = trees,
      .controllers = controllers,
    };
    g_autoptr (GVariant) capacity = g_variant_ref_sink (g_variant_new_parsed (
        "{'cpu': %t, 'memory': %t, 'pid': uint64 1000, 'hugepages-1Gi': uint64 0, "
        "'hugepages-2Mi': uint64 4194304}",
        row->cpus > 0 ? row->cpus : (guint64) 4000, 8192 * MIB));
    g_autoptr (NcgCpuset) online = ncg_cpuset_parse ("0-3", NULL);
    NodeFacts facts = {
      &hierarchy, capacity, online, !row->without_systemd, { .memory_min = row->demand * MIB }
    };
    g_autoptr (Config) config = make_config (row);
    g_autoptr (NodePlan) plan = NULL;
    g_autoptr (GString) text = g_string_new (NULL);

    g_ptr_array_add (trees, &tree);
    g_test_message ("%s", row->name);
    plan = node_plan_new (config, &facts);
    for (guint j = 0; j < plan->groups->len; j++)
      print_group (g_ptr_array_index (plan->groups, j), text);
    if (plan->is_capped)
      g_string_append (text, " capped");
    g_assert_cmpstr (text->str, ==, row->expected);
    assert_lacking (row, plan);
    if (plan->lacking->len == 0)
      g_assert_cmpuint (plan->enforced, ==, row->enforced);
  }
}

static void
test_below (void)
{
  g_assert_true (node_plan_is_below ("/a/b", "/a"));
  g_assert_true (node_plan_is_below ("/a", "/a"));
  g_assert_false (node_plan_is_below ("/ab", "/a"));
  g_assert_false (node_plan_is_below ("/a", "/a/b"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/node-plan/rows", test_rows);
  g_test_add_func ("/node-plan/below", test_below);
  return g_test_run ();
}
