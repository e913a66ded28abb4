/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The figures of a cgroup, from a directory that imitates one.
 */
#include "lib/stats.h"

#include "lib/error.h"
#include "tests/unit/temp-dir.h"

#include <stdio.h>
#include <string.h>

typedef struct {
  char *mount;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->mount = temp_dir_new ();
  temp_dir_write (fixture->mount, "pod/cgroup.controllers", "cpu memory\n");
  temp_dir_write (fixture->mount, "pod/cgroup.stat", "nr_descendants 3\nnr_dying_descendants 2\n");
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  temp_dir_free (fixture->mount);
}

static void
write_file (const Fixture *fixture, const char *file, const char *text)
{
  g_autofree char *path = g_build_filename ("pod", file, NULL);

  temp_dir_write (fixture->mount, path, text);
}

static GVariant *
read_stats (const Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NcgCgroup) cgroup = ncg_cgroup_open (fixture->mount, "/pod", &error);
  GVariant *stats = ncg_stats_read (cgroup, &error);

  g_assert_no_error (error);
  g_assert_false (g_variant_is_floating (stats));
  return stats;
}

/* @expected is the whole of it in GVariant's text format, without the time. */
static void
assert_stats (const Fixture *fixture, const char *expected)
{
  g_autoptr (GVariant) stats = read_stats (fixture);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) wanted =
      g_variant_parse (G_VARIANT_TYPE_VARDICT, expected, NULL, NULL, &error);
  GVariantDict dict;
  g_autoptr (GVariant) rest = NULL;

  g_assert_no_error (error);
  g_variant_dict_init (&dict, stats);
  g_assert_true (g_variant_dict_remove (&dict, "TimestampUSec"));
  rest = g_variant_ref_sink (g_variant_dict_end (&dict));
  g_assert_cmpuint (g_variant_n_children (rest), ==, g_variant_n_children (wanted));

  for (gsize i = 0; i < g_variant_n_children (wanted); i++) {
    g_autoptr (GVariant) value = NULL;
    g_autoptr (GVariant) actual = NULL;
    const char *key;

    g_variant_get_child (wanted, i, "{&sv}", &key, &value);
    actual = g_variant_lookup_value (rest, key, NULL);
    g_test_message ("%s", key);
    g_assert_nonnull (actual);
    g_assert_cmpvariant (actual, value);
  }
}

#define COUNTS "'DescendantCount': <uint64 3>, 'DyingDescendantCount': <uint64 2>"

static void
test_bare (Fixture *fixture, gconstpointer data)
{
  assert_stats (fixture, "{" COUNTS "}");
}

static void
test_timestamp (Fixture *fixture, gconstpointer data)
{
  guint64 before = (guint64) g_get_real_time ();
  g_autoptr (GVariant) stats = read_stats (fixture);
  guint64 after = (guint64) g_get_real_time ();
  guint64 timestamp = 0;

  g_assert_true (g_variant_lookup (stats, "TimestampUSec", "t", &timestamp));
  g_assert_cmpuint (timestamp, >=, before);
  g_assert_cmpuint (timestamp, <=, after);
}

static void
test_cpu (Fixture *fixture, gconstpointer data)
{
  write_file (fixture, "cpu.stat",
              "usage_usec 1500\nuser_usec 1000\nsystem_usec 500\nnice_usec 9\n"
              "core_sched.force_idle_usec 9\nnr_periods 10\nnr_throttled 4\nthrottled_usec 70\n"
              "nr_bursts 0\nburst_usec 0\n");
  assert_stats (fixture,
                "{'CPUUsageNSec': <uint64 1500000>, 'CPUUserNSec': <uint64 1000000>,"
                " 'CPUSystemNSec': <uint64 500000>, 'CPUPeriods': <uint64 10>,"
                " 'CPUThrottledPeriods': <uint64 4>, 'CPUThrottledUSec': <uint64 70>," COUNTS "}");
}

/* Without the controller the kernel gives the first three only. */
static void
test_cpu_without_controller (Fixture *fixture, gconstpointer data)
{
  write_file (fixture, "cpu.stat", "usage_usec 1\nuser_usec 0\nsystem_usec 1\n");
  assert_stats (fixture, "{'CPUUsageNSec': <uint64 1000>, 'CPUUserNSec': <uint64 0>,"
                         " 'CPUSystemNSec': <uint64 1000>," COUNTS "}");
}

static void
test_memory (Fixture *fixture, gconstpointer data)
{
  write_file (fixture, "memory.current", "10000\n");
  write_file (fixture, "memory.peak", "12000\n");
  write_file (fixture, "memory.max", "20000\n");
  write_file (fixture, "memory.swap.current", "5\n");
  write_file (fixture, "memory.stat",
              "anon 4000\nfile 3000\nkernel 200\nkernel_stack 16\nfile_mapped 7\n"
              "inactive_anon 1\nactive_anon 2\ninactive_file 2500\nactive_file 500\n");
  write_file (fixture, "memory.events",
              "low 0\nhigh 1\nmax 2\noom 3\noom_kill 4\noom_group_kill 5\nnew_one 6\nodd x\n");
  assert_stats (fixture,
                "{'MemoryUsageBytes': <uint64 10000>, 'MemoryWorkingSetBytes': <uint64 7500>,"
                " 'MemoryAnonBytes': <uint64 4000>, 'MemoryFileBytes': <uint64 3000>,"
                " 'MemoryKernelBytes': <uint64 200>, 'MemoryPeakBytes': <uint64 12000>,"
                " 'MemoryLimitBytes': <uint64 20000>, 'MemorySwapBytes': <uint64 5>,"
                " 'MemoryEvents': <{'low': uint64 0, 'high': 1, 'max': 2, 'oom': 3, 'oom_kill': 4,"
                " 'oom_group_kill': 5, 'new_one': 6}>," COUNTS "}");
}

/* No limit, no "kernel" (before Linux 5.18), and more inactive pages than the counter has yet. */
static void
test_memory_edges (Fixture *fixture, gconstpointer data)
{
  write_file (fixture, "memory.current", "100\n");
  write_file (fixture, "memory.max", "max\n");
  write_file (fixture, "memory.stat", "anon 0\nfile 200\ninactive_file 200\n");
  assert_stats (fixture,
                "{'MemoryUsageBytes': <uint64 100>, 'MemoryWorkingSetBytes': <uint64 0>,"
                " 'MemoryAnonBytes': <uint64 0>, 'MemoryFileBytes': <uint64 200>," COUNTS "}");
}

static void
test_memory_of_root (Fixture *fixture, gconstpointer data)
{
  write_file (fixture, "memory.stat", "anon 1000\nfile 2000\nkernel 9\ninactive_file 500\n");
  assert_stats (fixture,
                "{'MemoryUsageBytes': <uint64 3000>, 'MemoryWorkingSetBytes': <uint64 2500>,"
                " 'MemoryAnonBytes': <uint64 1000>, 'MemoryFileBytes': <uint64 2000>,"
                " 'MemoryKernelBytes': <uint64 9>," COUNTS "}");
}

static void
test_pids (Fixture *fixture, gconstpointer data)
{
  write_file (fixture, "pids.current", "7\n");
  write_file (fixture, "pids.max", "100\n");
  assert_stats (fixture, "{'PidsCurrent': <uint64 7>, 'PidsLimit': <uint64 100>," COUNTS "}");
  write_file (fixture, "pids.max", "max\n");
  assert_stats (fixture, "{'PidsCurrent': <uint64 7>," COUNTS "}");
}

static void
test_odd_numbers (Fixture *fixture, gconstpointer data)
{
  write_file (fixture, "pids.current", "-3\n");
  write_file (fixture, "memory.swap.current", "many\n");
  write_file (fixture, "cpu.stat", "usage_usec\nuser_usec x\nsystem_usec -5\n\n x\n");
  assert_stats (fixture, "{'PidsCurrent': <uint64 0>, 'CPUSystemNSec': <uint64 0>," COUNTS "}");
}

static void
test_io (Fixture *fixture, gconstpointer data)
{
  write_file (fixture, "io.stat",
              "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6 cost.usage=9\n"
              "253:0 rbytes=10 wbytes=20 rios=30 wios=40\n");
  assert_stats (fixture,
                "{'IO': <[('8:0', {'ReadBytes': uint64 1, 'WriteBytes': 2, 'ReadOperations': 3,"
                " 'WriteOperations': 4, 'DiscardBytes': 5, 'DiscardOperations': 6}),"
                " ('253:0', {'ReadBytes': 10, 'WriteBytes': 20, 'ReadOperations': 30,"
                " 'WriteOperations': 40})]>," COUNTS "}");
}

/* Devices without figures, also in front of another on the same line. */
static void
test_io_odd_lines (Fixture *fixture, gconstpointer data)
{
  write_file (fixture, "io.stat", "7:0 \n7:1 7:2 8:0 rbytes=1 wbytes=x\n7:3\n");
  assert_stats (fixture, "{'IO': <[('8:0', {'ReadBytes': uint64 1})]>," COUNTS "}");
  write_file (fixture, "io.stat", "");
  assert_stats (fixture, "{'IO': <@a(sa{st}) []>," COUNTS "}");
}

static void
test_pressure (Fixture *fixture, gconstpointer data)
{
  write_file (fixture, "cpu.pressure", "some avg10=1.50 avg60=0.25 avg300=0.00 total=123456\n");
  write_file (fixture, "memory.pressure",
              "some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n"
              "full avg10=99.99 avg60=2.00 avg300=3.00 total=4 new=5\n"
              "other avg10=1.00\n");
  assert_stats (fixture,
                "{'CPUPressure': <{'someAvg10': 1.5, 'someAvg60': 0.25, 'someAvg300': 0.0,"
                " 'someTotalUSec': 123456.0}>,"
                " 'MemoryPressure': <{'someAvg10': 0.0, 'someAvg60': 0.0, 'someAvg300': 0.0,"
                " 'someTotalUSec': 1.0, 'fullAvg10': 99.99, 'fullAvg60': 2.0, 'fullAvg300': 3.0,"
                " 'fullTotalUSec': 4.0}>," COUNTS "}");
}

static void
write_hugetlb (const Fixture *fixture)
{
  write_file (fixture, "hugetlb.2MB.current", "4194304\n");
  write_file (fixture, "hugetlb.2MB.max", "max\n");
  write_file (fixture, "hugetlb.2MB.events", "max 3\n");
  write_file (fixture, "hugetlb.2MB.rsvd.current", "9\n");
  write_file (fixture, "hugetlb.new", "9\n");
  write_file (fixture, "hugetlb.1GB.current", "0\n");
  write_file (fixture, "hugetlb.1GB.max", "1073741824\n");
}

static void
test_hugepages (Fixture *fixture, gconstpointer data)
{
  write_hugetlb (fixture);
  write_file (fixture, "cgroup.controllers", "cpu hugetlb pids\n");
  assert_stats (fixture,
                "{'Hugepages': <{'1Gi': {'UsageBytes': uint64 0, 'LimitBytes': 1073741824},"
                " '2Mi': {'UsageBytes': 4194304, 'Failures': 3}}>," COUNTS "}");
}

static void
test_hugepages_without_controller (Fixture *fixture, gconstpointer data)
{
  write_hugetlb (fixture);
  assert_stats (fixture, "{" COUNTS "}");
}

static void
remove_file (const Fixture *fixture, const char *file)
{
  g_autofree char *path = g_build_filename (fixture->mount, "pod", file, NULL);

  g_assert_cmpint (remove (path), ==, 0);
}

static void
test_gone (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgCgroup) cgroup = ncg_cgroup_open (fixture->mount, "/pod", NULL);
  g_autoptr (GError) stat_error = NULL;
  g_autoptr (GError) controllers_error = NULL;

  remove_file (fixture, "cgroup.stat");
  g_assert_null (ncg_stats_read (cgroup, &stat_error));
  g_assert_error (stat_error, NCG_ERROR, NCG_ERROR_NOT_FOUND);

  write_file (fixture, "cgroup.stat", "");
  remove_file (fixture, "cgroup.controllers");
  g_assert_null (ncg_stats_read (cgroup, &controllers_error));
  g_assert_error (controllers_error, NCG_ERROR, NCG_ERROR_NOT_FOUND);
}

/* What is there and cannot be read is not the same as absent. */
static void
test_unreadable (Fixture *fixture, gconstpointer data)
{
  static const char *const files[] = {
    "cpu.stat", "memory.current", "memory.stat", "memory.events",   "memory.max",
    "pids.max", "io.stat",        "io.pressure", "hugetlb.2MB.max", NULL
  };
  g_autoptr (NcgCgroup) cgroup = ncg_cgroup_open (fixture->mount, "/pod", NULL);

  write_file (fixture, "cgroup.controllers", "hugetlb\n");
  write_file (fixture, "hugetlb.2MB.current", "0\n");
  for (guint i = 0; files[i] != NULL; i++) {
    g_autofree char *path = g_build_filename ("pod", files[i], NULL);
    g_autoptr (GError) error = NULL;

    temp_dir_make (fixture->mount, path);
    g_assert_null (ncg_stats_read (cgroup, &error));
    g_assert_error (error, NCG_ERROR, NCG_ERROR_FAILED);
    g_assert_nonnull (strstr (error->message, files[i]));
    remove_file (fixture, files[i]);
  }
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/stats/bare", test_bare);
  ADD ("/stats/timestamp", test_timestamp);
  ADD ("/stats/cpu", test_cpu);
  ADD ("/stats/cpu/without-controller", test_cpu_without_controller);
  ADD ("/stats/memory", test_memory);
  ADD ("/stats/memory/edges", test_memory_edges);
  ADD ("/stats/memory/root", test_memory_of_root);
  ADD ("/stats/pids", test_pids);
  ADD ("/stats/odd-numbers", test_odd_numbers);
  ADD ("/stats/io", test_io);
  ADD ("/stats/io/odd-lines", test_io_odd_lines);
  ADD ("/stats/pressure", test_pressure);
  ADD ("/stats/hugepages", test_hugepages);
  ADD ("/stats/hugepages/without-controller", test_hugepages_without_controller);
  ADD ("/stats/gone", test_gone);
  ADD ("/stats/unreadable", test_unreadable);
  return g_test_run ();
}
