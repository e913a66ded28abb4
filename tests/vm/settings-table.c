/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The settings and their values.
 */
#include "tests/vm/settings-table.h"

#include "lib/verify.h"
#include "tests/vm/machine.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define DISK "/dev/ram0"
#define MEBI (1024 * 1024)

static guint64
pick (SettingsValue value, guint64 first, guint64 second)
{
  return value == SETTINGS_FIRST ? first : second;
}

static void
set_weight (NcgResources *resources, SettingsValue value)
{
  ncg_resources_set (resources, NCG_SETTING_CPU_WEIGHT, pick (value, 50, 200));
}

static void
set_idle (NcgResources *resources, SettingsValue value)
{
  ncg_resources_set (resources, NCG_SETTING_CPU_WEIGHT, pick (value, 0, 200));
}

static void
set_quota (NcgResources *resources, SettingsValue value)
{
  ncg_resources_set (resources, NCG_SETTING_CPU_QUOTA_USEC, pick (value, 500000, 1500000));
}

static void
set_period (NcgResources *resources, SettingsValue value)
{
  ncg_resources_set (resources, NCG_SETTING_CPU_QUOTA_USEC, 500000);
  ncg_resources_set (resources, NCG_SETTING_CPU_PERIOD_USEC, pick (value, 50000, 200000));
}

static void
set_no_quota (NcgResources *resources, SettingsValue value)
{
  ncg_resources_set (resources, NCG_SETTING_CPU_QUOTA_USEC, pick (value, 500000, NCG_UNLIMITED));
}

static void
set_memory_max (NcgResources *resources, SettingsValue value)
{
  ncg_resources_set (resources, NCG_SETTING_MEMORY_MAX, pick (value, 64 * MEBI, 128 * MEBI));
}

/* Rounded down to a page. */
static void
set_memory_odd (NcgResources *resources, SettingsValue value)
{
  ncg_resources_set (resources, NCG_SETTING_MEMORY_MAX, pick (value, 64 * MEBI + 5, NCG_UNLIMITED));
}

static void
set_memory_high (NcgResources *resources, SettingsValue value)
{
  ncg_resources_set (resources, NCG_SETTING_MEMORY_HIGH, pick (value, 32 * MEBI, 48 * MEBI));
}

static void
set_memory_low (NcgResources *resources, SettingsValue value)
{
  ncg_resources_set (resources, NCG_SETTING_MEMORY_LOW, pick (value, 16 * MEBI, 24 * MEBI));
}

static void
set_memory_min (NcgResources *resources, SettingsValue value)
{
  ncg_resources_set (resources, NCG_SETTING_MEMORY_MIN, pick (value, 8 * MEBI, 4 * MEBI));
}

/* Grows and shrinks together with the memory, which on v1 has to be in the right order. */
static void
set_swap (NcgResources *resources, SettingsValue value)
{
  ncg_resources_set (resources, NCG_SETTING_MEMORY_MAX, pick (value, 64 * MEBI, 256 * MEBI));
  ncg_resources_set (resources, NCG_SETTING_MEMORY_SWAP_MAX, pick (value, 0, 32 * MEBI));
}

static void
set_pids (NcgResources *resources, SettingsValue value)
{
  ncg_resources_set (resources, NCG_SETTING_PIDS_MAX, pick (value, 100, 200));
}

static void
set_cpus (NcgResources *resources, SettingsValue value)
{
  resources->cpus = ncg_cpuset_parse (value == SETTINGS_FIRST ? "0" : "0-1", NULL);
}

static void
set_nodes (NcgResources *resources, SettingsValue value)
{
  resources->memory_nodes = ncg_cpuset_parse ("0", NULL);
}

static void
set_hugepages (NcgResources *resources, SettingsValue value)
{
  ncg_resources_set_hugepages (resources, 2 * MEBI, pick (value, 4 * MEBI, 0));
}

static void
set_io_weight (NcgResources *resources, SettingsValue value)
{
  ncg_resources_set (resources, NCG_SETTING_IO_WEIGHT, pick (value, 50, 200));
}

static NcgDeviceLimits
find_disk (void)
{
  struct stat status;

  if (stat (DISK, &status) < 0)
    g_free (machine_run ("modprobe brd rd_nr=1 rd_size=16384 && udevadm settle 2>/dev/null || :"));
  g_assert_cmpint (stat (DISK, &status), ==, 0);
  return (NcgDeviceLimits){
    .path = (char *) DISK,
    .major = major (status.st_rdev),
    .minor = minor (status.st_rdev),
  };
}

static void
set_disk (NcgResources *resources, SettingsValue value)
{
  NcgDeviceLimits limits = find_disk ();

  limits.is_whole_disk = TRUE;
  limits.set = 1u << NCG_IO_LIMIT_READ_BANDWIDTH;
  limits.limits[NCG_IO_LIMIT_READ_BANDWIDTH] = pick (value, MEBI, 2 * MEBI);
  ncg_resources_set_device (resources, &limits);
}

/* As if it were one of device-mapper: systemd would set it for the disk behind it. */
static void
set_own_disk (NcgResources *resources, SettingsValue value)
{
  NcgDeviceLimits limits = find_disk ();

  limits.set = 1u << NCG_IO_LIMIT_WRITE_IOPS;
  limits.limits[NCG_IO_LIMIT_WRITE_IOPS] = pick (value, 70, 700);
  ncg_resources_set_device (resources, &limits);
}

static void
set_oom_group (NcgResources *resources, SettingsValue value)
{
  ncg_resources_set (resources, NCG_SETTING_OOM_GROUP, pick (value, 1, 0));
}

static void
set_unified (NcgResources *resources, SettingsValue value)
{
  g_autoptr (GError) error = NULL;

  /* The one is at most the other: they grow and shrink in the right order. */
  ncg_resources_set (resources, NCG_SETTING_CPU_QUOTA_USEC, pick (value, 200000, 100000));
  ncg_resources_set_unified (resources, "cpu.max.burst",
                             value == SETTINGS_FIRST ? "20000" : "10000", &error);
  g_assert_no_error (error);
}

const SettingsRow settings_table[] = {
  { .name = "weight",
    .set = set_weight,
    .controller = "cpu",
    .v2_files = { "cpu.weight=50", "cpu.weight=200" },
    .v1_files = { "cpu.shares=512", "cpu.shares=2048" },
    .properties = { "CPUWeight=50", "CPUWeight=200" } },
  { .name = "idle",
    .set = set_idle,
    .controller = "cpu",
    .v2_files = { "cpu.idle=1", "cpu.idle=0;cpu.weight=200" },
    .v1_files = { "cpu.idle=1", "cpu.idle=0;cpu.shares=2048" },
    .properties = { NULL, "CPUWeight=200" },
    .may_lack = TRUE },
  { .name = "quota",
    .set = set_quota,
    .controller = "cpu",
    .v2_files = { "cpu.max=50000 100000", "cpu.max=150000 100000" },
    .v1_files = { "cpu.cfs_quota_us=50000;cpu.cfs_period_us=100000",
                  "cpu.cfs_quota_us=150000;cpu.cfs_period_us=100000" },
    .properties = { "CPUQuotaPerSecUSec=500ms", "CPUQuotaPerSecUSec=1.500000s" } },
  { .name = "period",
    .set = set_period,
    .controller = "cpu",
    .v2_files = { "cpu.max=25000 50000", "cpu.max=100000 200000" },
    .v1_files = { "cpu.cfs_quota_us=25000;cpu.cfs_period_us=50000",
                  "cpu.cfs_quota_us=100000;cpu.cfs_period_us=200000" },
    .properties = { "CPUQuotaPeriodUSec=50ms", "CPUQuotaPeriodUSec=200ms" } },
  { .name = "no-quota",
    .set = set_no_quota,
    .controller = "cpu",
    .v2_files = { "cpu.max=50000 100000", "cpu.max=max 100000" },
    .v1_files = { "cpu.cfs_quota_us=50000", "cpu.cfs_quota_us=-1" },
    .properties = { "CPUQuotaPerSecUSec=500ms", "CPUQuotaPerSecUSec=infinity" } },
  { .name = "memory-max",
    .set = set_memory_max,
    .controller = "memory",
    .v2_files = { "memory.max=67108864", "memory.max=134217728" },
    .v1_files = { "memory.limit_in_bytes=67108864", "memory.limit_in_bytes=134217728" },
    .properties = { "MemoryMax=67108864", "MemoryMax=134217728" } },
  { .name = "memory-odd",
    .set = set_memory_odd,
    .controller = "memory",
    .v2_files = { "memory.max=67108864", "memory.max=max" },
    .v1_files = { "memory.limit_in_bytes=67108864", "memory.limit_in_bytes=9223372036854771712" },
    .properties = { "MemoryMax=67108869", "MemoryMax=infinity" } },
  { .name = "memory-high",
    .set = set_memory_high,
    .controller = "memory",
    .v2_files = { "memory.high=33554432", "memory.high=50331648" },
    .properties = { "MemoryHigh=33554432", "MemoryHigh=50331648" } },
  { .name = "memory-low",
    .set = set_memory_low,
    .controller = "memory",
    .v2_files = { "memory.low=16777216", "memory.low=25165824" },
    .v1_files = { "memory.soft_limit_in_bytes=16777216", "memory.soft_limit_in_bytes=25165824" },
    .properties = { "MemoryLow=16777216", "MemoryLow=25165824" } },
  { .name = "memory-min",
    .set = set_memory_min,
    .controller = "memory",
    .v2_files = { "memory.min=8388608", "memory.min=4194304" },
    .properties = { "MemoryMin=8388608", "MemoryMin=4194304" } },
  { .name = "swap",
    .set = set_swap,
    .controller = "memory",
    .v2_files = { "memory.max=67108864;memory.swap.max=0",
                  "memory.max=268435456;memory.swap.max=33554432" },
    .v1_files = { "memory.limit_in_bytes=67108864;memory.memsw.limit_in_bytes=67108864",
                  "memory.limit_in_bytes=268435456;memory.memsw.limit_in_bytes=301989888" },
    .properties = { "MemorySwapMax=0", "MemorySwapMax=33554432" },
    .may_lack = TRUE },
  { .name = "pids",
    .set = set_pids,
    .controller = "pids",
    .v2_files = { "pids.max=100", "pids.max=200" },
    .v1_files = { "pids.max=100", "pids.max=200" },
    .properties = { "TasksMax=100", "TasksMax=200" } },
  { .name = "cpus",
    .set = set_cpus,
    .controller = "cpuset",
    .v2_files = { "cpuset.cpus=0", "cpuset.cpus=0-1" },
    .v1_files = { "cpuset.cpus=0", "cpuset.cpus=0-1" },
    .properties = { "AllowedCPUs=0", "AllowedCPUs=0-1" } },
  { .name = "nodes",
    .set = set_nodes,
    .controller = "cpuset",
    .v2_files = { "cpuset.mems=0", "cpuset.mems=0" },
    .v1_files = { "cpuset.mems=0", "cpuset.mems=0" },
    .properties = { "AllowedMemoryNodes=0", "AllowedMemoryNodes=0" } },
  { .name = "hugepages",
    .set = set_hugepages,
    .controller = "hugetlb",
    .v2_files = { "hugetlb.2MB.max=4194304", "hugetlb.2MB.max=0" },
    .v1_files = { "hugetlb.2MB.limit_in_bytes=4194304", "hugetlb.2MB.limit_in_bytes=0" } },
  { .name = "io-weight",
    .set = set_io_weight,
    .controller = "io",
    .v1 = "blkio",
    .v2_files = { "io.weight=default 50", "io.weight=default 200" },
    .v1_files = { "blkio.weight=250", "blkio.weight=1000" },
    .properties = { "IOWeight=50", "IOWeight=200" },
    .may_lack = TRUE },
  { .name = "disk",
    .set = set_disk,
    .controller = "io",
    .v1 = "blkio",
    .v2_files = { "io.max=1:0 rbps=1048576 wbps=max riops=max wiops=max",
                  "io.max=1:0 rbps=2097152 wbps=max riops=max wiops=max" },
    .v1_files = { "blkio.throttle.read_bps_device=1:0 1048576",
                  "blkio.throttle.read_bps_device=1:0 2097152" },
    .properties = { "IOReadBandwidthMax=/dev/block/1:0 1048576",
                    "IOReadBandwidthMax=/dev/block/1:0 2097152" } },
  { .name = "own-disk",
    .set = set_own_disk,
    .controller = "io",
    .v1 = "blkio",
    .v2_files = { "io.max=1:0 rbps=max wbps=max riops=max wiops=70",
                  "io.max=1:0 rbps=max wbps=max riops=max wiops=700" },
    .v1_files = { "blkio.throttle.write_iops_device=1:0 70",
                  "blkio.throttle.write_iops_device=1:0 700" } },
  { .name = "oom-group",
    .set = set_oom_group,
    .controller = "memory",
    .v2_files = { "memory.oom.group=1", "memory.oom.group=0" } },
  { .name = "unified",
    .set = set_unified,
    .controller = "cpu",
    .v2_files = { "cpu.max.burst=20000", "cpu.max.burst=10000" },
    .v1_files = { "cpu.cfs_burst_us=20000", "cpu.cfs_burst_us=10000" },
    .may_lack = TRUE },
};
const gsize n_settings = G_N_ELEMENTS (settings_table);

const NcgTree *
settings_find_tree (const SettingsRow *row)
{
  const NcgHierarchy *hierarchy = machine_get_hierarchy ();
  const NcgTree *tree = ncg_hierarchy_find_tree (hierarchy, row->controller);

  return tree == NULL && row->v1 != NULL ? ncg_hierarchy_find_tree (hierarchy, row->v1) : tree;
}

const char *
settings_expect_files (const SettingsRow *row, SettingsValue value)
{
  const NcgTree *tree = settings_find_tree (row);

  if (tree == NULL)
    return NULL;
  return tree->is_v1 ? row->v1_files[value] : row->v2_files[value];
}

void
settings_fill (const SettingsRow *row, SettingsValue value, NcgResources *ret_resources)
{
  *ret_resources = (NcgResources){ 0 };
  row->set (ret_resources, value);
}

/* Whether the text of @file is @wanted, or of a file with a line for each device has it. */
static gboolean
reads (const NcgTree *tree, const char *cgroup, const char *file, const char *wanted)
{
  g_autofree char *path = g_strconcat (tree->mount, cgroup, "/", file, NULL);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return FALSE;
  lines = g_strsplit (g_strchomp (text), "\n", -1);
  return g_strv_contains ((const char *const *) lines, wanted);
}

gboolean
settings_has_files (const SettingsRow *row, const char *cgroup, SettingsValue value)
{
  g_auto (GStrv) wanted = g_strsplit (settings_expect_files (row, value), ";", -1);

  for (guint i = 0; wanted[i] != NULL; i++) {
    g_auto (GStrv) pair = g_strsplit (wanted[i], "=", 2);

    if (!reads (settings_find_tree (row), cgroup, pair[0], pair[1]))
      return FALSE;
  }
  return TRUE;
}

void
settings_assert_files (const SettingsRow *row, const char *cgroup, SettingsValue value)
{
  g_auto (GStrv) wanted = g_strsplit (settings_expect_files (row, value), ";", -1);
  g_auto (NcgResources) resources = { 0 };
  g_autoptr (GError) error = NULL;

  for (guint i = 0; wanted[i] != NULL; i++) {
    g_auto (GStrv) pair = g_strsplit (wanted[i], "=", 2);

    if (!reads (settings_find_tree (row), cgroup, pair[0], pair[1])) {
      g_autofree char *path =
          g_strconcat (settings_find_tree (row)->mount, cgroup, "/", pair[0], NULL);
      g_autofree char *text = NULL;

      g_file_get_contents (path, &text, NULL, NULL);
      machine_fail ("%s is '%s' and not '%s'", path, text != NULL ? text : "missing", pair[1]);
    }
  }
  settings_fill (row, value, &resources);
  ncg_verify_cgroup (machine_get_hierarchy (), cgroup, &resources, &error);
  g_assert_no_error (error);
}
