/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The figures of one cgroup, by its path, in whatever hierarchies this machine has. Each controller
 * is read where it is mounted: one that is mounted as cgroup v1 there, else on cgroup2. A figure
 * that this kernel or hierarchy does not give is absent, never 0. Each file is opened once, and
 * only those are that the wanted fields need.
 *
 *   key                          cgroup v2                    cgroup v1
 *   TimestampUSec t              the wall clock when the reading began
 *   CPUUsageNSec t               cpu.stat: usage_usec         cpuacct.usage
 *   CPUUserNSec t                cpu.stat: user_usec          cpuacct.stat: user, in ticks
 *   CPUSystemNSec t              cpu.stat: system_usec        cpuacct.stat: system, in ticks
 *   CPUPeriods t                 cpu.stat: nr_periods         the same
 *   CPUThrottledPeriods t        cpu.stat: nr_throttled       the same
 *   CPUThrottledUSec t           cpu.stat: throttled_usec     cpu.stat: throttled_time, in ns
 *   MemoryUsageBytes t           memory.current (a)           memory.usage_in_bytes
 *   MemoryWorkingSetBytes t      usage less memory.stat:      usage less memory.stat:
 *                                inactive_file, at least 0    total_inactive_file, at least 0
 *   MemoryAnonBytes t            memory.stat: anon            memory.stat: total_rss
 *   MemoryFileBytes t            memory.stat: file            memory.stat: total_cache
 *   MemoryKernelBytes t          memory.stat: kernel (5.18)   memory.kmem.usage_in_bytes
 *   MemoryPeakBytes t            memory.peak (5.19)           memory.max_usage_in_bytes
 *   MemoryLimitBytes t           memory.max (b)               memory.limit_in_bytes (b)
 *   MemorySwapBytes t            memory.swap.current          memory.stat: total_swap
 *   MemoryEvents a{st}           memory.events (c)            max: memory.failcnt, oom_kill:
 *                                                             memory.oom_control: oom_kill (4.13)
 *   PidsCurrent t                pids.current                 the same
 *   PidsLimit t                  pids.max (b)                 the same
 *   IO a(sa{st})                 io.stat (d)                  blkio.*.io_service_bytes and
 *                                                             io_serviced (e)
 *   Hugepages a{sa{st}} (f)      hugetlb.SIZE.current, .max,  hugetlb.SIZE.usage_in_bytes,
 *                                .events: max                 .limit_in_bytes, .failcnt
 *   CPUPressure, MemoryPressure, cpu.pressure,                cgroup2 beside v1 (hybrid) has them
 *   IOPressure a{sd} (g)         memory.pressure, io.pressure for every cgroup that it knows
 *   DescendantCount t            cgroup.stat: nr_descendants  as above
 *   DyingDescendantCount t       cgroup.stat: nr_dying_…      as above
 *
 * (a) The root has none: anon + file, as the kubelet counts.
 * (b) Absent if there is no limit: "max", on v1 the largest number of whole pages.
 * (c) By the kernel's own names.
 * (d) Device ("8:0") with ReadBytes, WriteBytes, ReadOperations, WriteOperations, DiscardBytes and
 *     DiscardOperations from rbytes, wbytes, rios, wios, dbytes, dios.
 * (e) Read, Write and Discard of the first of these that names a device: bfq …_recursive, CFQ
 *     …_recursive, throttle …_recursive (4.17), throttle.
 * (f) By size, "2Mi" for the kernel's "2MB": UsageBytes, LimitBytes (b), Failures.
 * (g) someAvg10, someAvg60, someAvg300 in percent, someTotalUSec, fullAvg10 … fullTotalUSec.
 *
 * CPU times that cpuacct does not give, because the cgroup is in cgroup2 alone, come from the
 * cpu.stat there. Keys, devices and lines that are not listed are passed over, and so is what is
 * not a number. A negative number, which some counters show for a moment, is 0.
 */
#pragma once

#include "lib/hierarchy.h"

/* A key of the table. All before %NCG_STATS_N_NUMBERS are numbers, in the units of the keys. */
typedef enum {
  NCG_STATS_TIMESTAMP,
  NCG_STATS_CPU_USAGE,
  NCG_STATS_CPU_USER,
  NCG_STATS_CPU_SYSTEM,
  NCG_STATS_CPU_PERIODS,
  NCG_STATS_CPU_THROTTLED_PERIODS,
  NCG_STATS_CPU_THROTTLED,
  NCG_STATS_MEMORY_USAGE,
  NCG_STATS_MEMORY_WORKING_SET,
  NCG_STATS_MEMORY_ANON,
  NCG_STATS_MEMORY_FILE,
  NCG_STATS_MEMORY_KERNEL,
  NCG_STATS_MEMORY_PEAK,
  NCG_STATS_MEMORY_LIMIT,
  NCG_STATS_MEMORY_SWAP,
  NCG_STATS_PIDS_CURRENT,
  NCG_STATS_PIDS_LIMIT,
  NCG_STATS_DESCENDANTS,
  NCG_STATS_DYING_DESCENDANTS,
  NCG_STATS_N_NUMBERS,

  NCG_STATS_MEMORY_EVENTS = NCG_STATS_N_NUMBERS,
  NCG_STATS_IO,
  NCG_STATS_HUGEPAGES,
  NCG_STATS_CPU_PRESSURE,
  NCG_STATS_MEMORY_PRESSURE,
  NCG_STATS_IO_PRESSURE,
  NCG_STATS_N_FIELDS,
} NcgStatsField;

/* A set of fields. */
typedef guint32 NcgStatsFields;
#define NCG_STATS_BIT(field) ((NcgStatsFields) 1 << (field))
#define NCG_STATS_ALL (NCG_STATS_BIT (NCG_STATS_N_FIELDS) - 1)

/* The key of a field: "CPUUsageNSec". */
const char *ncg_stats_field_to_string (NcgStatsField field);

/**
 * ncg_stats_parse_fields:
 * @keys: (array zero-terminated=1): keys of the table; none of them is no field
 *
 * Returns: whether all are known; else %NCG_ERROR_INVALID_ARGUMENT with the one that is not and
 *   those that there are
 */
gboolean
ncg_stats_parse_fields (const char *const *keys, NcgStatsFields *ret_fields, GError **error);

/**
 * ncg_stats_read:
 * @path: the cgroup, "/machine.slice/…", as systemd's ControlGroup says it; "/" is the root
 * @fields: what is wanted: no other keys are in the answer
 *
 * May block (memory.stat), so call it from a worker. Any number of threads may read at once.
 *
 * Returns: (transfer full): a floating-free a{sv}. %NCG_ERROR_NOT_FOUND for a cgroup that is in
 *   none of the hierarchies or goes while it is read, %NCG_ERROR_INVALID_ARGUMENT for a bad @path;
 *   a file that is there and cannot be read is %NCG_ERROR_FAILED
 */
GVariant *ncg_stats_read (const NcgHierarchy *hierarchy,
                          const char *path,
                          NcgStatsFields fields,
                          GError **error);

/**
 * ncg_stats_list_leaves:
 *
 * The cgroups right below @path, whoever made them, in any hierarchy that figures are read from: a
 * runtime may have made its own on some only.
 *
 * Returns: (transfer full): their names, sorted; none for a cgroup that is gone
 */
GStrv ncg_stats_list_leaves (const NcgHierarchy *hierarchy, const char *path, GError **error);

/* The same without GVariant. */

/* One of memory.events; a longer name is passed over. */
typedef struct {
  char name[32];
  guint64 count;
} NcgStatsEvent;

typedef enum {
  NCG_STATS_READ_BYTES,
  NCG_STATS_WRITE_BYTES,
  NCG_STATS_READ_OPERATIONS,
  NCG_STATS_WRITE_OPERATIONS,
  NCG_STATS_DISCARD_BYTES,
  NCG_STATS_DISCARD_OPERATIONS,
  NCG_STATS_N_IO_NUMBERS,
} NcgStatsIoNumber;

typedef struct {
  char device[24]; /* "8:0" */
  guint has;       /* 1 << NcgStatsIoNumber */
  guint64 numbers[NCG_STATS_N_IO_NUMBERS];
} NcgStatsDevice;

typedef enum {
  NCG_STATS_HUGEPAGE_USAGE,
  NCG_STATS_HUGEPAGE_LIMIT,
  NCG_STATS_HUGEPAGE_FAILURES,
  NCG_STATS_N_HUGEPAGE_NUMBERS,
} NcgStatsHugepageNumber;

typedef struct {
  char size[16]; /* "2Mi" */
  guint has;     /* 1 << NcgStatsHugepageNumber */
  guint64 numbers[NCG_STATS_N_HUGEPAGE_NUMBERS];
} NcgStatsHugepages;

typedef enum {
  NCG_STATS_SOME_AVG10,
  NCG_STATS_SOME_AVG60,
  NCG_STATS_SOME_AVG300,
  NCG_STATS_SOME_TOTAL,
  NCG_STATS_FULL_AVG10,
  NCG_STATS_FULL_AVG60,
  NCG_STATS_FULL_AVG300,
  NCG_STATS_FULL_TOTAL,
  NCG_STATS_N_PRESSURE_NUMBERS,
} NcgStatsPressureNumber;

typedef struct {
  guint has; /* 1 << NcgStatsPressureNumber */
  double numbers[NCG_STATS_N_PRESSURE_NUMBERS];
} NcgStatsPressure;

/* What has no bit in @has is not set. */
typedef struct {
  NcgStatsFields has;
  guint64 numbers[NCG_STATS_N_NUMBERS];
  GArray *events;                /* of NcgStatsEvent */
  GArray *devices;               /* of NcgStatsDevice */
  GArray *hugepages;             /* of NcgStatsHugepages */
  NcgStatsPressure pressures[3]; /* of CPU, memory and IO */
} NcgStats;

/* Embedded or on the stack: initialized before anything else, and cleared in the end. */
void ncg_stats_init (NcgStats *self);
void ncg_stats_clear (NcgStats *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (NcgStats, ncg_stats_clear)

/* Fills an initialized @self as ncg_stats_read() does. It can be filled again and again, and then
 * needs memory only for more devices than ever before; on an error it has nothing. */
gboolean ncg_stats_fill (NcgStats *self,
                         const NcgHierarchy *hierarchy,
                         const char *path,
                         NcgStatsFields fields,
                         GError **error);

/* Returns: (transfer full): the a{sv} of the table */
GVariant *ncg_stats_to_variant (const NcgStats *self);

/**
 * ncg_stats_to_variant_with:
 * @key: (nullable): one that the table has not
 * @value: (nullable): what stands under it, after the figures; without it nothing does
 *
 * Without taking apart what ncg_stats_to_variant() has put together.
 *
 * Returns: (transfer full): the a{sv} of the table and @key
 */
GVariant *ncg_stats_to_variant_with (const NcgStats *self, const char *key, GVariant *value);
