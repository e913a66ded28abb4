/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Settings as files of either hierarchy.
 */
#include "lib/file-settings.h"

#include "tests/unit/temp-dir.h"

#include <string.h>

#define UNIFIED "30 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
#define V1(dir, controllers)                                                                       \
  "31 22 0:27 / /sys/fs/cgroup/" dir " rw - cgroup cgroup rw," controllers "\n"
#define LEGACY                                                                                     \
  V1 ("cpu", "cpu,cpuacct")                                                                        \
  V1 ("memory", "memory")                                                                          \
  V1 ("pids", "pids")                                                                              \
  V1 ("cpuset", "cpuset") V1 ("blkio", "blkio") V1 ("hugetlb", "hugetlb") V1 ("rdma", "rdma")
/* Memory is on v2 there, where systemd then does nothing. */
#define HYBRID_MEMORY "30 22 0:26 / /sys/fs/cgroup/rest rw - cgroup2 cgroup2 rw\n" V1 ("cpu", "cpu")
/* hugetlb, pids and rdma are on v2 there, and nothing else is. */
#define HYBRID                                                                                     \
  "30 22 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n" V1 ("cpu", "cpu")                \
      V1 ("memory", "memory")

typedef struct {
  char *root;
  NcgHierarchy *hierarchy;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer mountinfo)
{
  g_autoptr (GError) error = NULL;

  fixture->root = temp_dir_new ();
  temp_dir_write (fixture->root, "proc/self/mountinfo", mountinfo);
  temp_dir_write (fixture->root, "sys/fs/cgroup/cgroup.controllers",
                  "cpu cpuset hugetlb io memory misc pids rdma\n");
  temp_dir_write (fixture->root, "sys/fs/cgroup/unified/cgroup.controllers", "hugetlb pids rdma\n");
  temp_dir_write (fixture->root, "sys/fs/cgroup/rest/cgroup.controllers", "memory\n");
  fixture->hierarchy = ncg_hierarchy_detect (fixture->root, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ncg_hierarchy_free (fixture->hierarchy);
  temp_dir_free (fixture->root);
}

static const char *
get_tree_name (const NcgFileSetting *setting)
{
  if (setting->tree == NULL)
    return "-";
  return setting->tree->is_v1 ? "1" : "2";
}

/* A line of each: "TREE NAME=VALUE [→ WANTED] [(PROPERTY)] [?]" */
static char *
print (const NcgResources *resources, const NcgHierarchy *hierarchy)
{
  g_autoptr (GPtrArray) settings = ncg_file_settings_list (resources, hierarchy);
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < settings->len; i++) {
    const NcgFileSetting *setting = g_ptr_array_index (settings, i);
    g_autofree char *name = ncg_file_setting_get_name (setting);

    g_assert_null (setting->actual);
    g_assert_false (setting->ok);
    g_string_append_printf (text, "%s %s=%s", get_tree_name (setting), name, setting->value);
    if (!g_str_equal (setting->value, setting->wanted))
      g_string_append_printf (text, " -> %s", setting->wanted);
    if (setting->property != NULL)
      g_string_append_printf (text, " (%s)", setting->property);
    g_string_append (text, setting->is_optional ? " ?\n" : "\n");
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
set_unified (NcgResources *resources, const char *file, const char *value)
{
  g_autoptr (GError) error = NULL;

  ncg_resources_set_unified (resources, file, value, &error);
  g_assert_no_error (error);
}

static void
set_device (NcgResources *resources, guint minor, gboolean is_whole_disk)
{
  NcgDeviceLimits limits = {
    .path = (char *) "/dev/sda",
    .major = 8,
    .minor = minor,
    .is_whole_disk = is_whole_disk,
    .set = (1u << NCG_IO_LIMIT_READ_BANDWIDTH) | (1u << NCG_IO_LIMIT_WRITE_IOPS),
    .limits = { [NCG_IO_LIMIT_READ_BANDWIDTH] = 1048576,
                [NCG_IO_LIMIT_WRITE_IOPS] = is_whole_disk ? 100 : NCG_UNLIMITED },
  };

  ncg_resources_set_device (resources, &limits);
}

static void
set_all (NcgResources *resources)
{
  ncg_resources_set (resources, NCG_SETTING_CPU_WEIGHT, 25);
  ncg_resources_set (resources, NCG_SETTING_CPU_QUOTA_USEC, 500000);
  ncg_resources_set (resources, NCG_SETTING_CPU_PERIOD_USEC, 50000);
  ncg_resources_set (resources, NCG_SETTING_MEMORY_MIN, 4095);
  ncg_resources_set (resources, NCG_SETTING_MEMORY_LOW, 8193);
  ncg_resources_set (resources, NCG_SETTING_MEMORY_HIGH, 1024 * 1024);
  ncg_resources_set (resources, NCG_SETTING_MEMORY_MAX, 1024 * 1024 + 1);
  ncg_resources_set (resources, NCG_SETTING_MEMORY_SWAP_MAX, 0);
  ncg_resources_set (resources, NCG_SETTING_PIDS_MAX, 7);
  ncg_resources_set (resources, NCG_SETTING_IO_WEIGHT, 200);
  ncg_resources_set (resources, NCG_SETTING_OOM_GROUP, 1);
  resources->cpus = ncg_cpuset_parse ("3,0-1", NULL);
  resources->memory_nodes = ncg_cpuset_parse ("0", NULL);
  ncg_resources_set_hugepages (resources, 2097152, 3000000);
  set_device (resources, 0, TRUE);
  set_device (resources, 1, FALSE);
}

static void
test_unified (Fixture *fixture, gconstpointer data)
{
  g_auto (NcgResources) resources = { 0 };
  g_autofree char *text = NULL;

  set_all (&resources);
  text = print (&resources, fixture->hierarchy);
  g_assert_cmpstr (text, ==,
                   "2 cpu.weight=25 (CPUWeight)\n"
                   "2 cpu.max=25000 50000 (CPUQuotaPerSecUSec)\n"
                   "2 memory.min=4095 -> 0 (MemoryMin)\n"
                   "2 memory.low=8193 -> 8192 (MemoryLow)\n"
                   "2 memory.high=1048576 (MemoryHigh)\n"
                   "2 memory.max=1048577 -> 1048576 (MemoryMax)\n"
                   "2 memory.swap.max=0 (MemorySwapMax)\n"
                   "2 memory.oom.group=1\n"
                   "2 pids.max=7 (TasksMax)\n"
                   "2 io.weight=200 (IOWeight)\n"
                   "2 io.bfq.weight=109 (IOWeight)\n"
                   "2 cpuset.mems=0 (AllowedMemoryNodes)\n"
                   "2 cpuset.cpus=0-1,3 (AllowedCPUs)\n"
                   "2 hugetlb.2MB.max=3000000 -> 2097152\n"
                   "2 hugetlb.2MB.rsvd.max=3000000 -> 2097152 ?\n"
                   "2 io.max 8:0=rbps=1048576 (IOReadBandwidthMax)\n"
                   "2 io.max 8:0=wiops=100 (IOWriteIOPSMax)\n"
                   "2 io.max 8:1=rbps=1048576\n"
                   "2 io.max 8:1=wiops=max ?\n");
}

static void
test_legacy (Fixture *fixture, gconstpointer data)
{
  g_auto (NcgResources) resources = { 0 };
  g_autofree char *text = NULL;

  set_all (&resources);
  text = print (&resources, fixture->hierarchy);
  g_assert_cmpstr (text, ==,
                   "1 cpu.shares=256 (CPUWeight)\n"
                   "1 cpu.cfs_period_us=50000 (CPUQuotaPeriodUSec)\n"
                   "1 cpu.cfs_quota_us=25000 (CPUQuotaPerSecUSec)\n"
                   "- memory.min=4095 -> 0\n"
                   "1 memory.soft_limit_in_bytes=8193 -> 8192\n"
                   "- memory.high=1048576\n"
                   "1 memory.limit_in_bytes=1048577 -> 1048576 (MemoryMax)\n"
                   "1 memory.memsw.limit_in_bytes=1048577 -> 1048576\n"
                   "- memory.oom.group=1\n"
                   "1 pids.max=7 (TasksMax)\n"
                   "1 blkio.weight=1000 (IOWeight)\n"
                   "1 blkio.bfq.weight=109 (IOWeight)\n"
                   "1 cpuset.mems=0\n"
                   "1 cpuset.cpus=0-1,3\n"
                   "1 hugetlb.2MB.limit_in_bytes=3000000 -> 2097152\n"
                   "1 hugetlb.2MB.rsvd.limit_in_bytes=3000000 -> 2097152 ?\n"
                   "1 blkio.throttle.read_bps_device 8:0=1048576 (IOReadBandwidthMax)\n"
                   "1 blkio.throttle.write_iops_device 8:0=100\n"
                   "1 blkio.throttle.read_bps_device 8:1=1048576\n"
                   "1 blkio.throttle.write_iops_device 8:1=0 -> max ?\n");
}

/* What systemd has on v1 it does there; on v2 it does nothing. */
static void
test_hybrid (Fixture *fixture, gconstpointer data)
{
  g_auto (NcgResources) resources = { 0 };
  g_autofree char *text = NULL;

  ncg_resources_set (&resources, NCG_SETTING_MEMORY_MAX, 4096);
  ncg_resources_set (&resources, NCG_SETTING_PIDS_MAX, 7);
  ncg_resources_set (&resources, NCG_SETTING_IO_WEIGHT, 100);
  resources.cpus = ncg_cpuset_parse ("0", NULL);
  ncg_resources_set_hugepages (&resources, 1073741824, NCG_UNLIMITED);
  set_unified (&resources, "cgroup.max.depth", "3");
  set_unified (&resources, "rdma.max", "mlx5_0 hca_handle=2\nmlx5_1 hca_object=3");
  text = print (&resources, fixture->hierarchy);
  g_assert_cmpstr (text, ==,
                   "1 memory.limit_in_bytes=4096 (MemoryMax)\n"
                   "2 pids.max=7\n"
                   "- io.weight=100 ?\n"
                   "- cpuset.cpus=0\n"
                   "2 hugetlb.1GB.max=max ?\n"
                   "2 hugetlb.1GB.rsvd.max=max ?\n"
                   "2 cgroup.max.depth=3\n"
                   "2 rdma.max mlx5_0=hca_handle=2\n"
                   "2 rdma.max mlx5_1=hca_object=3\n");
}

static void
test_hybrid_memory (Fixture *fixture, gconstpointer data)
{
  g_auto (NcgResources) resources = { 0 };
  g_autofree char *text = NULL;

  ncg_resources_set (&resources, NCG_SETTING_MEMORY_MAX, 4096);
  set_unified (&resources, "memory.zswap.max", "4096");
  text = print (&resources, fixture->hierarchy);
  g_assert_cmpstr (text, ==, "2 memory.max=4096\n2 memory.zswap.max=4096\n");
}

static void
set_no_limits (NcgResources *resources)
{
  for (int i = 0; i < NCG_N_SETTINGS; i++)
    ncg_resources_set (resources, (NcgSetting) i, NCG_UNLIMITED);
  ncg_resources_set (resources, NCG_SETTING_CPU_WEIGHT, 100);
  ncg_resources_set (resources, NCG_SETTING_CPU_PERIOD_USEC, 1000);
  ncg_resources_set (resources, NCG_SETTING_MEMORY_MIN, 0);
  ncg_resources_set (resources, NCG_SETTING_MEMORY_LOW, 0);
  ncg_resources_set (resources, NCG_SETTING_IO_WEIGHT, 100);
  ncg_resources_set (resources, NCG_SETTING_OOM_GROUP, 0);
  ncg_resources_set_hugepages (resources, 65536, NCG_UNLIMITED);
}

/* Nothing of it is missed where the file is not there. */
static void
test_unified_no_limits (Fixture *fixture, gconstpointer data)
{
  g_auto (NcgResources) resources = { 0 };
  g_autofree char *none = print (&resources, fixture->hierarchy);
  g_autofree char *text = NULL;

  g_assert_cmpstr (none, ==, "");
  set_no_limits (&resources);
  text = print (&resources, fixture->hierarchy);
  g_assert_cmpstr (text, ==,
                   "2 cpu.weight=100 (CPUWeight) ?\n"
                   "2 cpu.max=max 100000 (CPUQuotaPerSecUSec) ?\n"
                   "2 memory.min=0 (MemoryMin) ?\n"
                   "2 memory.low=0 (MemoryLow) ?\n"
                   "2 memory.high=max (MemoryHigh) ?\n"
                   "2 memory.max=max (MemoryMax) ?\n"
                   "2 memory.swap.max=max (MemorySwapMax) ?\n"
                   "2 memory.oom.group=0 ?\n"
                   "2 pids.max=max (TasksMax) ?\n"
                   "2 io.weight=100 (IOWeight) ?\n"
                   "2 io.bfq.weight=100 (IOWeight) ?\n"
                   "2 hugetlb.64KB.max=max ?\n"
                   "2 hugetlb.64KB.rsvd.max=max ?\n");
}

static void
test_legacy_no_limits (Fixture *fixture, gconstpointer data)
{
  g_auto (NcgResources) resources = { 0 };
  g_autofree char *text = NULL;

  set_no_limits (&resources);
  text = print (&resources, fixture->hierarchy);
  g_assert_cmpstr (text, ==,
                   "1 cpu.shares=1024 (CPUWeight) ?\n"
                   "1 cpu.cfs_quota_us=-1 (CPUQuotaPerSecUSec) ?\n"
                   "- memory.min=0 ?\n"
                   "1 memory.soft_limit_in_bytes=-1 -> 9223372036854771712 ?\n"
                   "- memory.high=max ?\n"
                   "1 memory.limit_in_bytes=-1 -> 9223372036854771712 (MemoryMax) ?\n"
                   "1 memory.memsw.limit_in_bytes=-1 -> 9223372036854771712 ?\n"
                   "- memory.oom.group=0 ?\n"
                   "1 pids.max=max (TasksMax) ?\n"
                   "1 blkio.weight=500 (IOWeight) ?\n"
                   "1 blkio.bfq.weight=100 (IOWeight) ?\n"
                   "1 hugetlb.64KB.limit_in_bytes=-1 -> 9223372036854710272 ?\n"
                   "1 hugetlb.64KB.rsvd.limit_in_bytes=-1 -> 9223372036854710272 ?\n");
}

static void
test_optional (Fixture *fixture, gconstpointer data)
{
  g_auto (NcgResources) resources = { 0 };
  g_autofree char *text = NULL;

  ncg_resources_set (&resources, NCG_SETTING_CPU_WEIGHT, 1);
  ncg_resources_set (&resources, NCG_SETTING_PIDS_MAX, 1);
  resources.optional = 1u << NCG_SETTING_CPU_WEIGHT;
  text = print (&resources, fixture->hierarchy);
  g_assert_cmpstr (text, ==, "2 cpu.weight=1 (CPUWeight) ?\n2 pids.max=1 (TasksMax)\n");
}

static const struct {
  guint64 memory;
  guint64 swap;
  const char *unified;
  const char *legacy;
} swaps[] = {
  { 8192, 4096, "2 memory.max=8192 (MemoryMax)\n2 memory.swap.max=4096 (MemorySwapMax)\n",
    "1 memory.limit_in_bytes=8192 (MemoryMax)\n1 memory.memsw.limit_in_bytes=12288\n" },
  { 8192, 0, "2 memory.max=8192 (MemoryMax)\n2 memory.swap.max=0 (MemorySwapMax)\n",
    "1 memory.limit_in_bytes=8192 (MemoryMax)\n1 memory.memsw.limit_in_bytes=8192\n" },
  { 8192, NCG_UNLIMITED, "2 memory.max=8192 (MemoryMax)\n2 memory.swap.max=max (MemorySwapMax) ?\n",
    "1 memory.limit_in_bytes=8192 (MemoryMax)\n"
    "1 memory.memsw.limit_in_bytes=-1 -> 9223372036854771712 ?\n" },
  /* v1 has no file for swap alone. */
  { NCG_UNLIMITED, 4096, "2 memory.max=max (MemoryMax) ?\n2 memory.swap.max=4096 (MemorySwapMax)\n",
    "1 memory.limit_in_bytes=-1 -> 9223372036854771712 (MemoryMax) ?\n- memory.swap.max=4096\n" },
  { G_GUINT64_CONSTANT (1) << 62, G_GUINT64_CONSTANT (1) << 62,
    "2 memory.max=4611686018427387904 (MemoryMax)\n"
    "2 memory.swap.max=4611686018427387904 (MemorySwapMax)\n",
    "1 memory.limit_in_bytes=4611686018427387904 (MemoryMax)\n"
    "1 memory.memsw.limit_in_bytes=9223372036854775807 -> 9223372036854771712\n" },
};

static void
test_swap (Fixture *fixture, gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (swaps); i++) {
    g_auto (NcgResources) resources = { 0 };
    g_autofree char *text = NULL;

    ncg_resources_set (&resources, NCG_SETTING_MEMORY_MAX, swaps[i].memory);
    ncg_resources_set (&resources, NCG_SETTING_MEMORY_SWAP_MAX, swaps[i].swap);
    text = print (&resources, fixture->hierarchy);
    g_assert_cmpstr (text, ==, g_str_equal (data, UNIFIED) ? swaps[i].unified : swaps[i].legacy);
  }
}

static const struct {
  guint64 weight;
  const char *unified;
  const char *legacy;
} weights[] = {
  { 0, "2 cpu.idle=1 (CPUWeight)\n", "1 cpu.idle=1\n" },
  { 1, "2 cpu.weight=1 (CPUWeight)\n", "1 cpu.shares=10 (CPUWeight)\n" },
  { 100, "2 cpu.weight=100 (CPUWeight) ?\n", "1 cpu.shares=1024 (CPUWeight) ?\n" },
  { 10000, "2 cpu.weight=10000 (CPUWeight)\n", "1 cpu.shares=102400 (CPUWeight)\n" },
};

static void
test_weight (Fixture *fixture, gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (weights); i++) {
    g_auto (NcgResources) resources = { 0 };
    g_autofree char *text = NULL;

    ncg_resources_set (&resources, NCG_SETTING_CPU_WEIGHT, weights[i].weight);
    text = print (&resources, fixture->hierarchy);
    g_assert_cmpstr (text, ==,
                     g_str_equal (data, UNIFIED) ? weights[i].unified : weights[i].legacy);
  }
}

/* Each other file of v2, and what it is on v1. */
static const struct {
  const char *file;
  const char *value;
  const char *unified;
  const char *legacy;
} others[] = {
  { "cpu.max.burst", "5000", "2 cpu.max.burst=5000\n", "1 cpu.cfs_burst_us=5000\n" },
  { "cpu.uclamp.min", "20", "2 cpu.uclamp.min=20\n", "1 cpu.uclamp.min=20\n" },
  { "memory.zswap.max", "max", "2 memory.zswap.max=max (MemoryZSwapMax) ?\n",
    "- memory.zswap.max=max ?\n" },
  { "memory.zswap.writeback", "0", "2 memory.zswap.writeback=0 (MemoryZSwapWriteback)\n",
    "- memory.zswap.writeback=0\n" },
  { "hugetlb.2MB.rsvd.max", "0", "2 hugetlb.2MB.rsvd.max=0\n",
    "1 hugetlb.2MB.rsvd.limit_in_bytes=0\n" },
  { "hugetlb.2MB.rsvd.max", "max", "2 hugetlb.2MB.rsvd.max=max ?\n",
    "1 hugetlb.2MB.rsvd.limit_in_bytes=-1 -> max ?\n" },
  { "io.latency", "8:0 target=10\n8:16 target=max",
    "2 io.latency 8:0=target=10\n2 io.latency 8:16=target=max\n",
    "- io.latency 8:0=target=10\n- io.latency 8:16=target=max\n" },
  { "io.weight", "8:0 200", "2 io.weight 8:0=200\n", "- io.weight 8:0=200\n" },
  { "io.prio.class", "restrict-to-be", "2 io.prio.class=restrict-to-be\n",
    "- io.prio.class=restrict-to-be\n" },
  { "rdma.max", "mlx5_0 hca_handle=2", "2 rdma.max mlx5_0=hca_handle=2\n",
    "1 rdma.max mlx5_0=hca_handle=2\n" },
  { "misc.max", "sev 3", "2 misc.max sev=3\n", "- misc.max sev=3\n" },
  { "cpuset.cpus.partition", "root", "2 cpuset.cpus.partition=root\n",
    "- cpuset.cpus.partition=root\n" },
  { "cgroup.max.descendants", "3", "2 cgroup.max.descendants=3\n", "- cgroup.max.descendants=3\n" },
  { "nothing.like.it", "3", "- nothing.like.it=3\n", "- nothing.like.it=3\n" },
};

static void
test_others (Fixture *fixture, gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (others); i++) {
    g_auto (NcgResources) resources = { 0 };
    g_autofree char *text = NULL;

    set_unified (&resources, others[i].file, others[i].value);
    text = print (&resources, fixture->hierarchy);
    g_assert_cmpstr (text, ==, g_str_equal (data, UNIFIED) ? others[i].unified : others[i].legacy);
  }
}

/* The reservations of one size are said; those of the other follow its limit. */
static void
test_reservations (Fixture *fixture, gconstpointer data)
{
  g_auto (NcgResources) resources = { 0 };
  g_autofree char *text = NULL;

  ncg_resources_set_hugepages (&resources, 2097152, 4194304);
  ncg_resources_set_hugepages (&resources, 1073741824, 0);
  set_unified (&resources, "hugetlb.2MB.rsvd.max", "8388608");
  text = print (&resources, fixture->hierarchy);
  g_assert_cmpstr (text, ==,
                   g_str_equal (data, UNIFIED) ? "2 hugetlb.2MB.max=4194304\n"
                                                 "2 hugetlb.1GB.max=0\n"
                                                 "2 hugetlb.1GB.rsvd.max=0 ?\n"
                                                 "2 hugetlb.2MB.rsvd.max=8388608\n"
                                               : "1 hugetlb.2MB.limit_in_bytes=4194304\n"
                                                 "1 hugetlb.1GB.limit_in_bytes=0\n"
                                                 "1 hugetlb.1GB.rsvd.limit_in_bytes=0 ?\n"
                                                 "1 hugetlb.2MB.rsvd.limit_in_bytes=8388608\n");
}

/* What a file is to have none of. */
static void
test_emptied (Fixture *fixture, gconstpointer data)
{
  g_auto (NcgResources) resources = { 0 };
  g_autofree char *text = NULL;

  ncg_resources_add_unified_line (&resources, "cpuset.cpus.exclusive", NULL, "");
  text = print (&resources, fixture->hierarchy);
  g_assert_cmpstr (text, ==, "2 cpuset.cpus.exclusive=\n");
}

static void
add (const char *path, const char *mountinfo, void (*function) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, mountinfo, set_up, function, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("/file-settings/unified", UNIFIED, test_unified);
  add ("/file-settings/legacy", LEGACY, test_legacy);
  add ("/file-settings/hybrid", HYBRID, test_hybrid);
  add ("/file-settings/hybrid-memory", HYBRID_MEMORY, test_hybrid_memory);
  add ("/file-settings/unified-no-limits", UNIFIED, test_unified_no_limits);
  add ("/file-settings/legacy-no-limits", LEGACY, test_legacy_no_limits);
  add ("/file-settings/optional", UNIFIED, test_optional);
  add ("/file-settings/unified-swap", UNIFIED, test_swap);
  add ("/file-settings/legacy-swap", LEGACY, test_swap);
  add ("/file-settings/unified-weight", UNIFIED, test_weight);
  add ("/file-settings/legacy-weight", LEGACY, test_weight);
  add ("/file-settings/unified-reservations", UNIFIED, test_reservations);
  add ("/file-settings/legacy-reservations", LEGACY, test_reservations);
  add ("/file-settings/unified-others", UNIFIED, test_others);
  add ("/file-settings/unified-emptied", UNIFIED, test_emptied);
  add ("/file-settings/legacy-others", LEGACY, test_others);
  return g_test_run ();
}
