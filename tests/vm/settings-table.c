/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The settings and their values.
 */
#include "tests/vm/settings-table.h"

#include "lib/machine.h"
#include "tests/vm/disk.h"

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
set_no_swap_limit (NcgResources *resources, SettingsValue value)
{
  ncg_resources_set (resources, NCG_SETTING_MEMORY_MAX, 64 * MEBI);
  ncg_resources_set (resources, NCG_SETTING_MEMORY_SWAP_MAX,
                     pick (value, 32 * MEBI, NCG_UNLIMITED));
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
  resources->memory_nodes = ncg_cpuset_parse (value == SETTINGS_FIRST ? "0" : "0-1", NULL);
}

static void
set_hugepages (NcgResources *resources, SettingsValue value)
{
  ncg_resources_set_hugepages (resources, 2 * MEBI, pick (value, 4 * MEBI, 0));
}

static void
set_no_hugepage_limit (NcgResources *resources, SettingsValue value)
{
  ncg_resources_set_hugepages (resources, 2 * MEBI, pick (value, 2 * MEBI, NCG_UNLIMITED));
}

static void
set_unified (NcgResources *resources, const char *file, const char *value)
{
  g_autoptr (GError) error = NULL;

  ncg_resources_set_unified (resources, file, value, &error);
  g_assert_no_error (error);
}

/* More than the limit of the pages, by their own file. */
static void
set_reservations (NcgResources *resources, SettingsValue value)
{
  ncg_resources_set_hugepages (resources, 2 * MEBI, 4 * MEBI);
  set_unified (resources, "hugetlb.2MB.rsvd.max", value == SETTINGS_FIRST ? "6M" : "max");
}

static void
set_io_weight (NcgResources *resources, SettingsValue value)
{
  disk_get_bfq ();
  ncg_resources_set (resources, NCG_SETTING_IO_WEIGHT, pick (value, 50, 200));
}

/* The kernel gives the device the weight of all again whenever that is written. */
static void
set_device_weight (NcgResources *resources, SettingsValue value)
{
  g_autofree char *lines =
      g_strconcat ("60\n", disk_get_bfq (), value == SETTINGS_FIRST ? " 300" : " 400", NULL);

  set_unified (resources, "io.bfq.weight", lines);
}

static void
set_limits (NcgResources *resources, NcgDeviceLimits *limits, SettingsValue value)
{
  limits->set = (1u << NCG_N_IO_LIMITS) - 1;
  limits->limits[NCG_IO_LIMIT_READ_BANDWIDTH] = pick (value, MEBI, 2 * MEBI);
  limits->limits[NCG_IO_LIMIT_WRITE_BANDWIDTH] = pick (value, 3 * MEBI, NCG_UNLIMITED);
  limits->limits[NCG_IO_LIMIT_READ_IOPS] = pick (value, 70, 80);
  limits->limits[NCG_IO_LIMIT_WRITE_IOPS] = pick (value, 90, 100);
  ncg_resources_set_device (resources, limits);
}

static NcgDeviceLimits
find_device (const char *device)
{
  NcgDeviceLimits limits = { .path = (char *) device };
  g_autoptr (GError) error = NULL;

  ncg_machine_find_block_device ("", device, &limits.major, &limits.minor, &limits.is_whole_disk,
                                 &error);
  g_assert_no_error (error);
  return limits;
}

static void
set_disk (NcgResources *resources, SettingsValue value)
{
  NcgDeviceLimits limits = find_device (disk_get_ram ());

  g_assert_true (limits.is_whole_disk);
  set_limits (resources, &limits, value);
}

/* systemd would set them for the disk behind it. */
static void
set_mapped_disk (NcgResources *resources, SettingsValue value)
{
  NcgDeviceLimits limits = find_device (disk_get_mapped ());

  g_assert_false (limits.is_whole_disk);
  set_limits (resources, &limits, value);
}

static void
set_oom_group (NcgResources *resources, SettingsValue value)
{
  ncg_resources_set (resources, NCG_SETTING_OOM_GROUP, pick (value, 1, 0));
}

/* One that stands for a setting, one that systemd has no property for, and one of the core. */
static void
set_files (NcgResources *resources, SettingsValue value)
{
  set_unified (resources, "memory.oom.group", value == SETTINGS_FIRST ? "0" : "1");
  set_unified (resources, "memory.swap.high", value == SETTINGS_FIRST ? "8M" : "max");
  set_unified (resources, "cgroup.max.descendants", value == SETTINGS_FIRST ? "7" : "8");
}

/* Files that newer systemd has properties for. */
static void
set_zswap (NcgResources *resources, SettingsValue value)
{
  set_unified (resources, "memory.zswap.max", value == SETTINGS_FIRST ? "1M" : "2M");
  set_unified (resources, "memory.zswap.writeback", value == SETTINGS_FIRST ? "1" : "0");
}

static void
set_property (NcgResources *resources, SettingsValue value)
{
  ncg_resources_set (resources, NCG_SETTING_PIDS_MAX, 100);
  resources->properties = g_variant_ref_sink (
      g_variant_new_parsed ("[('IPAccounting', <%b>)]", value == SETTINGS_FIRST));
}

static void
set_burst (NcgResources *resources, SettingsValue value)
{
  /* The one is at most the other: they grow and shrink in the right order. */
  ncg_resources_set (resources, NCG_SETTING_CPU_QUOTA_USEC, pick (value, 200000, 100000));
  set_unified (resources, "cpu.max.burst", value == SETTINGS_FIRST ? "20000" : "10000");
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
    .v2_since = KERNEL (5, 15),
    .v1_since = KERNEL (5, 15) },
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
    .properties = { "MemorySwapMax=0", "MemorySwapMax=33554432" } },
  { .name = "swap-max",
    .set = set_no_swap_limit,
    .controller = "memory",
    .v2_files = { "memory.swap.max=33554432", "memory.swap.max=max" },
    .v1_files = { "memory.memsw.limit_in_bytes=100663296",
                  "memory.memsw.limit_in_bytes=9223372036854771712" },
    .properties = { "MemorySwapMax=33554432", "MemorySwapMax=infinity" } },
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
    .v2_files = { "cpuset.mems=0", "cpuset.mems=0-1" },
    .v1_files = { "cpuset.mems=0", "cpuset.mems=0-1" },
    .properties = { "AllowedMemoryNodes=0", "AllowedMemoryNodes=0-1" } },
  { .name = "hugepages",
    .set = set_hugepages,
    .controller = "hugetlb",
    .v2_files = { "hugetlb.2MB.max=4194304;hugetlb.2MB.rsvd.max=4194304",
                  "hugetlb.2MB.max=0;hugetlb.2MB.rsvd.max=0" },
    .v1_files = { "hugetlb.2MB.limit_in_bytes=4194304;hugetlb.2MB.rsvd.limit_in_bytes=4194304",
                  "hugetlb.2MB.limit_in_bytes=0;hugetlb.2MB.rsvd.limit_in_bytes=0" } },
  { .name = "hugepages-max",
    .set = set_no_hugepage_limit,
    .controller = "hugetlb",
    .v2_files = { "hugetlb.2MB.max=2097152;hugetlb.2MB.rsvd.max=2097152",
                  "hugetlb.2MB.max=max;hugetlb.2MB.rsvd.max=max" },
    .v1_files = { "hugetlb.2MB.limit_in_bytes=2097152;hugetlb.2MB.rsvd.limit_in_bytes=2097152",
                  "hugetlb.2MB.limit_in_bytes=9223372036852678656;"
                  "hugetlb.2MB.rsvd.limit_in_bytes=9223372036852678656" } },
  { .name = "reservations",
    .set = set_reservations,
    .controller = "hugetlb",
    .v2_files = { "hugetlb.2MB.max=4194304;hugetlb.2MB.rsvd.max=6291456",
                  "hugetlb.2MB.max=4194304;hugetlb.2MB.rsvd.max=max" },
    .v1_files = { "hugetlb.2MB.limit_in_bytes=4194304;hugetlb.2MB.rsvd.limit_in_bytes=6291456",
                  "hugetlb.2MB.limit_in_bytes=4194304;"
                  "hugetlb.2MB.rsvd.limit_in_bytes=9223372036852678656" } },
  { .name = "io-weight",
    .set = set_io_weight,
    .controller = "io",
    .v1 = "blkio",
    .v2_files = { "io.weight=default 50;io.bfq.weight=default 50",
                  "io.weight=default 200;io.bfq.weight=default 109|default 200" },
    .v1_files = { "blkio.bfq.weight=50|113|250", "blkio.bfq.weight=109|181|1000" },
    .properties = { "IOWeight=50", "IOWeight=200" } },
  { .name = "device-weight",
    .set = set_device_weight,
    .controller = "io",
    .v1 = "blkio",
    .v2_files = { "io.bfq.weight=default 60;io.bfq.weight=BFQ 300",
                  "io.bfq.weight=default 60;io.bfq.weight=BFQ 400" },
    .properties = { "IOWeight=60", "IOWeight=60" },
    /* The files are there before; but a loop device has no scheduler. */
    .v2_since = KERNEL (6, 1) },
  { .name = "disk",
    .set = set_disk,
    .controller = "io",
    .v1 = "blkio",
    .v2_files = { "io.max=1:0 rbps=1048576 wbps=3145728 riops=70 wiops=90",
                  "io.max=1:0 rbps=2097152 wbps=max riops=80 wiops=100" },
    .v1_files = { "blkio.throttle.read_bps_device=1:0 1048576;"
                  "blkio.throttle.write_bps_device=1:0 3145728;"
                  "blkio.throttle.read_iops_device=1:0 70;"
                  "blkio.throttle.write_iops_device=1:0 90",
                  "blkio.throttle.read_bps_device=1:0 2097152;"
                  "blkio.throttle.write_bps_device=!1:0;"
                  "blkio.throttle.read_iops_device=1:0 80;"
                  "blkio.throttle.write_iops_device=1:0 100" },
    .properties = { "IOReadBandwidthMax=/dev/block/1:0 1048576",
                    "IOReadBandwidthMax=/dev/block/1:0 2097152" } },
  { .name = "mapped-disk",
    .set = set_mapped_disk,
    .controller = "io",
    .v1 = "blkio",
    .v2_files = { "io.max=MAPPED rbps=1048576 wbps=3145728 riops=70 wiops=90;io.max=!1:0",
                  "io.max=MAPPED rbps=2097152 wbps=max riops=80 wiops=100;io.max=!1:0" },
    .v1_files = { "blkio.throttle.read_bps_device=MAPPED 1048576;"
                  "blkio.throttle.read_bps_device=!1:0;"
                  "blkio.throttle.write_bps_device=MAPPED 3145728;"
                  "blkio.throttle.read_iops_device=MAPPED 70;"
                  "blkio.throttle.write_iops_device=MAPPED 90",
                  "blkio.throttle.read_bps_device=MAPPED 2097152;"
                  "blkio.throttle.read_bps_device=!1:0;"
                  "blkio.throttle.write_bps_device=!MAPPED;"
                  "blkio.throttle.read_iops_device=MAPPED 80;"
                  "blkio.throttle.write_iops_device=MAPPED 100" } },
  { .name = "oom-group",
    .set = set_oom_group,
    .controller = "memory",
    .v2_files = { "memory.oom.group=1", "memory.oom.group=0" } },
  { .name = "files",
    .set = set_files,
    .controller = "memory",
    .v2_files = { "memory.oom.group=0;memory.swap.high=8388608;cgroup.max.descendants=7",
                  "memory.oom.group=1;memory.swap.high=max;cgroup.max.descendants=8" } },
  { .name = "zswap",
    .set = set_zswap,
    .controller = "memory",
    .v2_files = { "memory.zswap.max=1048576;memory.zswap.writeback=1",
                  "memory.zswap.max=2097152;memory.zswap.writeback=0" },
    .properties = { "MemoryZSwapMax=1048576", "MemoryZSwapMax=2097152" },
    .v2_since = KERNEL (7, 0) },
  { .name = "burst",
    .set = set_burst,
    .controller = "cpu",
    .v2_files = { "cpu.max.burst=20000", "cpu.max.burst=10000" },
    .v1_files = { "cpu.cfs_burst_us=20000", "cpu.cfs_burst_us=10000" },
    .v2_since = KERNEL (5, 14),
    .v1_since = KERNEL (5, 14) },
  { .name = "property",
    .set = set_property,
    .controller = "pids",
    .v2_files = { "pids.max=100", "pids.max=100" },
    .v1_files = { "pids.max=100", "pids.max=100" },
    .properties = { "IPAccounting=yes", "IPAccounting=no" },
    .needs_systemd = TRUE },
};
const gsize n_settings = G_N_ELEMENTS (settings_table);
