/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The figures of a cgroup on cgroup v1, and where v1 and v2 share the controllers, from directories
 * with what Linux 6.18 and 4.14 print.
 */
#include "lib/error.h"
#include "tests/unit/stats-fixture.h"

#include <string.h>

static const char *const legacy_mounts[] = { "systemd", "cpu,cpuacct", "memory", "blkio",
                                             "pids",    "hugetlb",     NULL };
static const char *const hybrid_mounts[] = { "unified", "systemd", "cpu",  "cpuacct",
                                             "memory",  "blkio",   "pids", NULL };

/* cgroup_no_v1=memory,blkio */
static const char *const mixed_mounts[] = { "unified", "systemd", "cpu,cpuacct", "pids", NULL };

typedef struct {
  const char *path;
  const char *text;
} File;

static void
write_files (StatsFixture *fixture, const File *files, gsize n_files)
{
  for (gsize i = 0; i < n_files; i++)
    stats_fixture_write (fixture, files[i].path, files[i].text);
}

static void
set_up (StatsFixture *fixture, gconstpointer data)
{
  stats_fixture_init (fixture, data);
  stats_fixture_write (fixture, "systemd/pod/cgroup.procs", "");
}

static void
tear_down (StatsFixture *fixture, gconstpointer data)
{
  stats_fixture_clear (fixture);
}

#define MEMORY_STAT                                                                                \
  "cache 13230080\nrss 7835648\nrss_huge 0\nshmem 13082624\nmapped_file 9916416\ndirty 16384\n"    \
  "writeback 0\nworkingset_refault_anon 0\nworkingset_refault_file 0\nswap 0\nswapcached 0\n"      \
  "pgpgin 92143\npgpgout 87000\npgfault 164271\npgmajfault 1\ninactive_anon 598016\n"              \
  "active_anon 933888\ninactive_file 135168\nactive_file 12288\nunevictable 19386368\n"            \
  "hierarchical_memory_limit 9223372036854771712\n"                                                \
  "hierarchical_memsw_limit 9223372036854771712\n"                                                 \
  "total_cache 478306304\ntotal_rss 493154304\ntotal_rss_huge 438304768\n"                         \
  "total_shmem 13082624\ntotal_swap 4096\ntotal_swapcached 0\ntotal_inactive_anon 485769216\n"     \
  "total_active_anon 995328\ntotal_inactive_file 237854720\ntotal_active_file 227364864\n"         \
  "total_unevictable 19386368\n"
#define MEMORY_FIGURES                                                                             \
  "'MemoryUsageBytes': <uint64 971194368>, 'MemoryWorkingSetBytes': <uint64 733339648>,"           \
  " 'MemoryAnonBytes': <uint64 493154304>, 'MemoryFileBytes': <uint64 478306304>,"                 \
  " 'MemoryKernelBytes': <uint64 206737408>, 'MemoryPeakBytes': <uint64 11158007808>,"             \
  " 'MemorySwapBytes': <uint64 4096>, 'MemoryEvents': <{'max': uint64 3, 'oom_kill': 2}>"

static const File memory_files[] = {
  { "memory/pod/cgroup.procs", "" },
  { "memory/pod/memory.usage_in_bytes", "971194368\n" },
  { "memory/pod/memory.max_usage_in_bytes", "11158007808\n" },
  { "memory/pod/memory.limit_in_bytes", "9223372036854771712\n" },
  { "memory/pod/memory.kmem.usage_in_bytes", "206737408\n" },
  { "memory/pod/memory.failcnt", "3\n" },
  { "memory/pod/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n" },
  { "memory/pod/memory.stat", MEMORY_STAT },
};

static void
test_memory (StatsFixture *fixture, gconstpointer data)
{
  write_files (fixture, memory_files, G_N_ELEMENTS (memory_files));
  stats_fixture_assert (fixture, "{" MEMORY_FIGURES "}");
  stats_fixture_write (fixture, "memory/pod/memory.limit_in_bytes", "1073741824");
  stats_fixture_assert (fixture, "{'MemoryLimitBytes': <uint64 1073741824>, " MEMORY_FIGURES "}");
}

/* On pages of 64 KiB; before Linux 4.13; without accounting of kernel memory and swap. */
static void
test_memory_edges (StatsFixture *fixture, gconstpointer data)
{
  static const File files[] = {
    { "memory/pod/memory.usage_in_bytes", "100\n" },
    { "memory/pod/memory.limit_in_bytes", "9223372036854710272\n" },
    { "memory/pod/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\n" },
    { "memory/pod/memory.failcnt", "0\n" },
    { "memory/pod/memory.stat", "inactive_file 1\ntotal_inactive_file 200\n" },
  };

  write_files (fixture, files, G_N_ELEMENTS (files));
  stats_fixture_assert (fixture,
                        "{'MemoryUsageBytes': <uint64 100>, 'MemoryWorkingSetBytes': <uint64 0>,"
                        " 'MemoryEvents': <{'max': uint64 0}>}");
}

static const File cpu_files[] = {
  { "cpu,cpuacct/pod/cpuacct.usage", "15428662950970\n" },
  { "cpu,cpuacct/pod/cpuacct.stat", "user 1363222\nsystem 179643\n" },
  { "cpu,cpuacct/pod/cpu.stat",
    "nr_periods 10\nnr_throttled 4\nthrottled_time 70123\nnr_bursts 0\nburst_time 0\n" },
};
#define CPU_FIGURES                                                                                \
  "'CPUUsageNSec': <uint64 15428662950970>, 'CPUUserNSec': <uint64 13632220000000>,"               \
  " 'CPUSystemNSec': <uint64 1796430000000>, 'CPUPeriods': <uint64 10>,"                           \
  " 'CPUThrottledPeriods': <uint64 4>, 'CPUThrottledUSec': <uint64 70>"

static void
test_cpu (StatsFixture *fixture, gconstpointer data)
{
  write_files (fixture, cpu_files, G_N_ELEMENTS (cpu_files));
  stats_fixture_assert (fixture, "{" CPU_FIGURES "}");
}

static void
test_pids (StatsFixture *fixture, gconstpointer data)
{
  stats_fixture_write (fixture, "pids/pod/pids.current", "12\n");
  stats_fixture_write (fixture, "pids/pod/pids.max", "max\n");
  stats_fixture_assert (fixture, "{'PidsCurrent': <uint64 12>}");
  stats_fixture_write (fixture, "pids/pod/pids.max", "100");
  stats_fixture_assert (fixture, "{'PidsCurrent': <uint64 12>, 'PidsLimit': <uint64 100>}");
}

#define NO_DEVICE "Total 0\n"
#define TWO_DEVICES(read, write)                                                                   \
  "8:0 Read " #read "\n8:0 Write " #write "\n8:0 Sync 1\n8:0 Async 2\n8:0 Discard 9\n"             \
  "8:0 Total 3\n253:16 Read 5\n253:16 Total 5\nTotal 8\n"

static void
write_blkio (StatsFixture *fixture,
             const char *group,
             const char *end,
             const char *bytes,
             const char *operations)
{
  g_autofree char *bytes_file =
      g_strconcat ("blkio/pod/blkio.", group, "io_service_bytes", end, NULL);
  g_autofree char *operations_file =
      g_strconcat ("blkio/pod/blkio.", group, "io_serviced", end, NULL);

  stats_fixture_write (fixture, bytes_file, bytes);
  stats_fixture_write (fixture, operations_file, operations);
}

/* The last one written is asked first. */
static void
test_io (StatsFixture *fixture, gconstpointer data)
{
  static const struct {
    const char *group;
    const char *end;
  } groups[] = { { "throttle.", "" },
                 { "throttle.", "_recursive" },
                 { "", "_recursive" },
                 { "bfq.", "_recursive" } };

  for (gsize i = 0; i < G_N_ELEMENTS (groups); i++) {
    write_blkio (fixture, groups[i].group, groups[i].end, TWO_DEVICES (4096, 8192),
                 TWO_DEVICES (1, 2));
    stats_fixture_assert (
        fixture,
        "{'IO': <[('8:0', {'ReadBytes': uint64 4096, 'WriteBytes': 8192, 'ReadOperations': 1,"
        " 'WriteOperations': 2, 'DiscardBytes': 9, 'DiscardOperations': 9}),"
        " ('253:16', {'ReadBytes': 5, 'ReadOperations': 5})]>}");
    write_blkio (fixture, groups[i].group, groups[i].end, TWO_DEVICES (1, 1), TWO_DEVICES (1, 1));
  }
}

/* The scheduler is not bfq: what it would have counted is not there, and throttle has it. */
static void
test_io_other_scheduler (StatsFixture *fixture, gconstpointer data)
{
  write_blkio (fixture, "bfq.", "_recursive", NO_DEVICE, NO_DEVICE);
  stats_fixture_assert (fixture, "{'IO': <@a(sa{st}) []>}");
  write_blkio (fixture, "throttle.", "_recursive", "8:0 Read 1\n\n8:0 Write\nx\n8:0 Write y\n", "");
  stats_fixture_assert (fixture, "{'IO': <[('8:0', {'ReadBytes': uint64 1})]>}");
}

/* Of three devices bfq schedules one and CFQ another; throttle knows all, and counts otherwise. */
static void
test_io_mixed_schedulers (StatsFixture *fixture, gconstpointer data)
{
  write_blkio (fixture, "bfq.", "_recursive", "8:0 Read 10\nTotal 10\n", "8:0 Read 1\nTotal 1\n");
  write_blkio (fixture, "", "_recursive", "8:16 Write 20\nTotal 20\n", "8:16 Write 2\nTotal 2\n");
  write_blkio (fixture, "throttle.", "_recursive",
               "8:0 Read 11\n8:0 Write 12\n259:0 Read 30\n8:16 Write 21\nTotal 74\n",
               "8:0 Read 7\n259:0 Read 3\n8:16 Write 7\nTotal 17\n");
  write_blkio (fixture, "throttle.", "", "8:32 Read 40\nTotal 40\n", "8:32 Read 4\nTotal 4\n");
  stats_fixture_assert (fixture, "{'IO': <[('8:0', {'ReadBytes': uint64 10, 'ReadOperations': 1}),"
                                 " ('8:16', {'WriteBytes': 20, 'WriteOperations': 2}),"
                                 " ('259:0', {'ReadBytes': 30, 'ReadOperations': 3})]>}");
}

static void
test_hugepages (StatsFixture *fixture, gconstpointer data)
{
  static const File files[] = {
    { "hugetlb/pod/hugetlb.2MB.usage_in_bytes", "4194304\n" },
    { "hugetlb/pod/hugetlb.2MB.limit_in_bytes", "9223372036852678656\n" },
    { "hugetlb/pod/hugetlb.2MB.failcnt", "3\n" },
    { "hugetlb/pod/hugetlb.1GB.usage_in_bytes", "0\n" },
    { "hugetlb/pod/hugetlb.1GB.limit_in_bytes", "1073741824\n" },
    { "hugetlb/pod/hugetlb.1GB.failcnt", "0\n" },
  };

  write_files (fixture, files, G_N_ELEMENTS (files));
  stats_fixture_assert (
      fixture,
      "{'Hugepages': <{'1Gi': {'UsageBytes': uint64 0, 'LimitBytes': 1073741824, 'Failures': 0},"
      " '2Mi': {'UsageBytes': 4194304, 'Failures': 3}}>}");
}

static const File unified_files[] = {
  { "unified/pod/cgroup.procs", "" },
  { "unified/pod/cgroup.stat", "nr_descendants 1\nnr_subsys_hugetlb 1\nnr_dying_descendants 0\n" },
  { "unified/pod/cpu.stat", "usage_usec 5\nuser_usec 3\nsystem_usec 2\n" },
  { "unified/pod/cpu.pressure", "some avg10=3.24 avg60=10.24 avg300=14.38 total=4322364930\n" },
};
#define UNIFIED_FIGURES                                                                            \
  "'CPUPressure': <{'someAvg10': 3.24, 'someAvg60': 10.24, 'someAvg300': 14.38,"                   \
  " 'someTotalUSec': 4322364930.0}>, 'DescendantCount': <uint64 1>,"                               \
  " 'DyingDescendantCount': <uint64 0>"

/* Where cpuacct has it not, cgroup2 has CPU times: systemd puts all units there. */
static void
test_hybrid (StatsFixture *fixture, gconstpointer data)
{
  write_files (fixture, memory_files, G_N_ELEMENTS (memory_files));
  write_files (fixture, unified_files, G_N_ELEMENTS (unified_files));
  stats_fixture_write (fixture, "unified/pod/memory.current", "1");
  stats_fixture_write (fixture, "unified/pod/pids.current", "1");
  stats_fixture_assert (fixture, "{'CPUUsageNSec': <uint64 5000>, 'CPUUserNSec': <uint64 3000>,"
                                 " 'CPUSystemNSec': <uint64 2000>, " UNIFIED_FIGURES
                                 ", " MEMORY_FIGURES "}");

  /* And where it has some, these count. */
  stats_fixture_write (fixture, "cpuacct/pod/cpuacct.usage", "7");
  stats_fixture_assert (fixture, "{'CPUUsageNSec': <uint64 7>, 'CPUUserNSec': <uint64 3000>,"
                                 " 'CPUSystemNSec': <uint64 2000>, " UNIFIED_FIGURES
                                 ", " MEMORY_FIGURES "}");
}

static void
test_mixed (StatsFixture *fixture, gconstpointer data)
{
  write_files (fixture, cpu_files, G_N_ELEMENTS (cpu_files));
  write_files (fixture, unified_files, G_N_ELEMENTS (unified_files));
  stats_fixture_write (fixture, "unified/pod/memory.current", "100\n");
  stats_fixture_write (fixture, "unified/pod/memory.stat", "anon 30\ninactive_file 10\n");
  stats_fixture_write (fixture, "unified/pod/io.stat", "8:0 rbytes=1\n");
  stats_fixture_write (fixture, "unified/pod/hugetlb.1GB.current", "0\n");
  stats_fixture_write (fixture, "unified/pod/hugetlb.2MB.current", "0\n");
  stats_fixture_write (fixture, "pids/pod/pids.current", "2\n");
  stats_fixture_assert (
      fixture, "{" CPU_FIGURES ", " UNIFIED_FIGURES ", 'MemoryUsageBytes': <uint64 100>,"
               " 'MemoryWorkingSetBytes': <uint64 90>, 'MemoryAnonBytes': <uint64 30>,"
               " 'PidsCurrent': <uint64 2>, 'IO': <[('8:0', {'ReadBytes': uint64 1})]>,"
               " 'Hugepages': <{'1Gi': {'UsageBytes': uint64 0}, '2Mi': {'UsageBytes': 0}}>}");
}

static void
assert_gone (StatsFixture *fixture, NcgStatsFields fields)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ncg_stats_read (fixture->hierarchy, "/pod", fields, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NOT_FOUND);
}

/* A cgroup is there if any hierarchy has it, and gone if the first that had it has not. */
static void
test_gone (StatsFixture *fixture, gconstpointer data)
{
  const NcgStatsFields usage = NCG_STATS_BIT (NCG_STATS_MEMORY_USAGE);
  g_autoptr (GVariant) stats = NULL;

  write_files (fixture, unified_files, 1);
  write_files (fixture, memory_files, 2);
  stats = stats_fixture_read (fixture, usage);
  g_assert_cmpuint (g_variant_n_children (stats), ==, 1);
  g_clear_pointer (&stats, g_variant_unref);
  stats_fixture_remove (fixture, "memory/pod/memory.usage_in_bytes");
  stats = stats_fixture_read (fixture, usage);
  g_assert_cmpuint (g_variant_n_children (stats), ==, 0);
  stats_fixture_remove (fixture, "unified/pod/cgroup.procs");
  assert_gone (fixture, usage);
  stats_fixture_remove (fixture, "unified/pod");
  stats_fixture_remove (fixture, "systemd/pod/cgroup.procs");
  assert_gone (fixture, NCG_STATS_ALL);
  stats_fixture_remove (fixture, "systemd/pod");
  g_clear_pointer (&stats, g_variant_unref);
  stats = stats_fixture_read (fixture, usage);
  g_assert_cmpuint (g_variant_n_children (stats), ==, 0);
  stats_fixture_remove (fixture, "memory/pod/cgroup.procs");
  assert_gone (fixture, usage);
}

/* One hierarchy has its figures still, another has gone already, and the one that counts is going:
 * the figures that are there do not speak for the others. */
static void
test_going (StatsFixture *fixture, gconstpointer data)
{
  const NcgStatsFields fields = NCG_STATS_BIT (NCG_STATS_CPU_USAGE) |
                                NCG_STATS_BIT (NCG_STATS_MEMORY_USAGE) |
                                NCG_STATS_BIT (NCG_STATS_PIDS_CURRENT);
  g_autoptr (GVariant) stats = NULL;

  stats_fixture_write (fixture, "cpu,cpuacct/pod/cpuacct.usage", "1");
  stats = stats_fixture_read (fixture, fields);
  g_assert_cmpuint (g_variant_n_children (stats), ==, 1);
  stats_fixture_remove (fixture, "systemd/pod/cgroup.procs");
  assert_gone (fixture, fields);
  stats_fixture_make (fixture, "memory/pod");
  stats_fixture_write (fixture, "pids/pod/pids.current", "1");
  assert_gone (fixture, fields);
}

/* A runtime may have made its own in some of them only. */
static void
test_leaves (StatsFixture *fixture, gconstpointer data)
{
  g_auto (GStrv) leaves = NULL;
  g_autofree char *joined = NULL;

  stats_fixture_make (fixture, "systemd/pod/app.scope");
  stats_fixture_make (fixture, "memory/pod/app.scope");
  stats_fixture_make (fixture, "memory/pod/made-by-hand");
  stats_fixture_make (fixture, "unified/pod/crun-1.scope");
  leaves = ncg_stats_list_leaves (fixture->hierarchy, "/pod", NULL);
  joined = g_strjoinv (" ", leaves);
  g_assert_cmpstr (joined, ==, "app.scope crun-1.scope made-by-hand");
}

#define ADD(name, mounts, function)                                                                \
  g_test_add (name, StatsFixture, mounts, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/stats-v1/memory", legacy_mounts, test_memory);
  ADD ("/stats-v1/memory/edges", legacy_mounts, test_memory_edges);
  ADD ("/stats-v1/cpu", legacy_mounts, test_cpu);
  ADD ("/stats-v1/pids", legacy_mounts, test_pids);
  ADD ("/stats-v1/io", legacy_mounts, test_io);
  ADD ("/stats-v1/io/other-scheduler", legacy_mounts, test_io_other_scheduler);
  ADD ("/stats-v1/io/mixed-schedulers", legacy_mounts, test_io_mixed_schedulers);
  ADD ("/stats-v1/hugepages", legacy_mounts, test_hugepages);
  ADD ("/stats-v1/hybrid", hybrid_mounts, test_hybrid);
  ADD ("/stats-v1/mixed", mixed_mounts, test_mixed);
  ADD ("/stats-v1/gone", hybrid_mounts, test_gone);
  ADD ("/stats-v1/going", legacy_mounts, test_going);
  ADD ("/stats-v1/leaves", hybrid_mounts, test_leaves);
  return g_test_run ();
}
