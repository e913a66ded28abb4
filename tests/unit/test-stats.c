/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The figures of a cgroup on cgroup v2, from a directory that imitates one.
 */
#include "lib/stats.h"

#include "lib/error.h"
#include "tests/unit/stats-fixture.h"

#include <string.h>

static void
set_up (StatsFixture *fixture, gconstpointer data)
{
  stats_fixture_init (fixture, NULL);
  stats_fixture_write (fixture, "pod/cgroup.procs", "");
  stats_fixture_write (fixture, "pod/cgroup.stat", "nr_descendants 3\nnr_dying_descendants 2\n");
}

static void
tear_down (StatsFixture *fixture, gconstpointer data)
{
  stats_fixture_clear (fixture);
}

static void
write_file (StatsFixture *fixture, const char *file, const char *text)
{
  g_autofree char *path = g_build_filename ("pod", file, NULL);

  stats_fixture_write (fixture, path, text);
}

static void
remove_file (StatsFixture *fixture, const char *file)
{
  g_autofree char *path = g_build_filename ("pod", file, NULL);

  stats_fixture_remove (fixture, path);
}

#define COUNTS "'DescendantCount': <uint64 3>, 'DyingDescendantCount': <uint64 2>"

static void
test_bare (StatsFixture *fixture, gconstpointer data)
{
  stats_fixture_assert (fixture, "{" COUNTS "}");
}

static void
test_timestamp (StatsFixture *fixture, gconstpointer data)
{
  guint64 before = (guint64) g_get_real_time ();
  g_autoptr (GVariant) stats = stats_fixture_read (fixture, NCG_STATS_ALL);
  guint64 after = (guint64) g_get_real_time ();
  guint64 timestamp = 0;

  g_assert_true (g_variant_lookup (stats, "TimestampUSec", "t", &timestamp));
  g_assert_cmpuint (timestamp, >=, before);
  g_assert_cmpuint (timestamp, <=, after);
}

static void
test_cpu (StatsFixture *fixture, gconstpointer data)
{
  write_file (fixture, "cpu.stat",
              "usage_usec 1500\nuser_usec 1000\nsystem_usec 500\nnice_usec 9\n"
              "core_sched.force_idle_usec 9\nnr_periods 10\nnr_throttled 4\nthrottled_usec 70\n"
              "nr_bursts 0\nburst_usec 0\n");
  stats_fixture_assert (
      fixture, "{'CPUUsageNSec': <uint64 1500000>, 'CPUUserNSec': <uint64 1000000>,"
               " 'CPUSystemNSec': <uint64 500000>, 'CPUPeriods': <uint64 10>,"
               " 'CPUThrottledPeriods': <uint64 4>, 'CPUThrottledUSec': <uint64 70>," COUNTS "}");
}

/* Without the controller the kernel gives the first three only. */
static void
test_cpu_without_controller (StatsFixture *fixture, gconstpointer data)
{
  write_file (fixture, "cpu.stat", "usage_usec 1\nuser_usec 0\nsystem_usec 1\n");
  stats_fixture_assert (fixture, "{'CPUUsageNSec': <uint64 1000>, 'CPUUserNSec': <uint64 0>,"
                                 " 'CPUSystemNSec': <uint64 1000>," COUNTS "}");
}

static void
test_memory (StatsFixture *fixture, gconstpointer data)
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
  stats_fixture_assert (
      fixture, "{'MemoryUsageBytes': <uint64 10000>, 'MemoryWorkingSetBytes': <uint64 7500>,"
               " 'MemoryAnonBytes': <uint64 4000>, 'MemoryFileBytes': <uint64 3000>,"
               " 'MemoryKernelBytes': <uint64 200>, 'MemoryPeakBytes': <uint64 12000>,"
               " 'MemoryLimitBytes': <uint64 20000>, 'MemorySwapBytes': <uint64 5>,"
               " 'MemoryEvents': <{'low': uint64 0, 'high': 1, 'max': 2, 'oom': 3, 'oom_kill': 4,"
               " 'oom_group_kill': 5, 'new_one': 6}>," COUNTS "}");
}

/* No limit, no "kernel" (before Linux 5.18), and more inactive pages than the counter has yet. */
static void
test_memory_edges (StatsFixture *fixture, gconstpointer data)
{
  write_file (fixture, "memory.current", "100\n");
  write_file (fixture, "memory.max", "max\n");
  write_file (fixture, "memory.stat", "anon 0\nfile 200\ninactive_file 200\n");
  stats_fixture_assert (
      fixture, "{'MemoryUsageBytes': <uint64 100>, 'MemoryWorkingSetBytes': <uint64 0>,"
               " 'MemoryAnonBytes': <uint64 0>, 'MemoryFileBytes': <uint64 200>," COUNTS "}");
}

/* Its memory.stat is all that the root has. */
static void
test_memory_of_root (StatsFixture *fixture, gconstpointer data)
{
  const NcgStatsFields fields = NCG_STATS_BIT (NCG_STATS_MEMORY_USAGE) |
                                NCG_STATS_BIT (NCG_STATS_MEMORY_WORKING_SET) |
                                NCG_STATS_BIT (NCG_STATS_MEMORY_KERNEL);
  g_autoptr (GVariant) stats = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  stats_fixture_write (fixture, "cgroup.procs", "1\n");
  stats_fixture_write (fixture, "memory.stat",
                       "anon 1000\nfile 2000\nkernel 9\ninactive_file 500\n");
  stats = ncg_stats_read (fixture->hierarchy, "/", fields, &error);
  g_assert_no_error (error);
  text = g_variant_print (stats, FALSE);
  g_assert_cmpstr (text, ==,
                   "{'MemoryUsageBytes': <uint64 3000>, 'MemoryWorkingSetBytes': <uint64 2500>,"
                   " 'MemoryKernelBytes': <uint64 9>}");
}

static void
test_pids (StatsFixture *fixture, gconstpointer data)
{
  write_file (fixture, "pids.current", "7\n");
  write_file (fixture, "pids.max", "100\n");
  stats_fixture_assert (fixture,
                        "{'PidsCurrent': <uint64 7>, 'PidsLimit': <uint64 100>," COUNTS "}");
  write_file (fixture, "pids.max", "max\n");
  stats_fixture_assert (fixture, "{'PidsCurrent': <uint64 7>," COUNTS "}");
}

static void
test_odd_numbers (StatsFixture *fixture, gconstpointer data)
{
  write_file (fixture, "pids.current", "-3\n");
  write_file (fixture, "memory.swap.current", "many\n");
  write_file (fixture, "cpu.stat", "usage_usec\nuser_usec x\nsystem_usec -5\n\n x\n");
  stats_fixture_assert (fixture,
                        "{'PidsCurrent': <uint64 0>, 'CPUSystemNSec': <uint64 0>," COUNTS "}");
}

static void
test_io (StatsFixture *fixture, gconstpointer data)
{
  write_file (fixture, "io.stat",
              "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6 cost.usage=9\n"
              "253:0 rbytes=10 wbytes=20 rios=30 wios=40\n");
  stats_fixture_assert (
      fixture, "{'IO': <[('8:0', {'ReadBytes': uint64 1, 'WriteBytes': 2, 'ReadOperations': 3,"
               " 'WriteOperations': 4, 'DiscardBytes': 5, 'DiscardOperations': 6}),"
               " ('253:0', {'ReadBytes': 10, 'WriteBytes': 20, 'ReadOperations': 30,"
               " 'WriteOperations': 40})]>," COUNTS "}");
}

/* Devices without figures, also in front of another on the same line. */
static void
test_io_odd_lines (StatsFixture *fixture, gconstpointer data)
{
  write_file (fixture, "io.stat", "7:0 \n7:1 7:2 8:0 rbytes=1 wbytes=x\n7:3\n");
  stats_fixture_assert (fixture, "{'IO': <[('8:0', {'ReadBytes': uint64 1})]>," COUNTS "}");
  write_file (fixture, "io.stat", "");
  stats_fixture_assert (fixture, "{'IO': <@a(sa{st}) []>," COUNTS "}");
}

static void
test_pressure (StatsFixture *fixture, gconstpointer data)
{
  write_file (fixture, "cpu.pressure", "some avg10=1.50 avg60=0.25 avg300=0.00 total=123456\n");
  write_file (fixture, "memory.pressure",
              "some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n"
              "full avg10=99.99 avg60=2.00 avg300=3.00 total=4 new=5\n"
              "other avg10=1.00\n");
  stats_fixture_assert (
      fixture, "{'CPUPressure': <{'someAvg10': 1.5, 'someAvg60': 0.25, 'someAvg300': 0.0,"
               " 'someTotalUSec': 123456.0}>,"
               " 'MemoryPressure': <{'someAvg10': 0.0, 'someAvg60': 0.0, 'someAvg300': 0.0,"
               " 'someTotalUSec': 1.0, 'fullAvg10': 99.99, 'fullAvg60': 2.0, 'fullAvg300': 3.0,"
               " 'fullTotalUSec': 4.0}>," COUNTS "}");
}

static void
test_hugepages (StatsFixture *fixture, gconstpointer data)
{
  write_file (fixture, "hugetlb.2MB.current", "4194304\n");
  write_file (fixture, "hugetlb.2MB.max", "max\n");
  write_file (fixture, "hugetlb.2MB.events", "max 3\n");
  write_file (fixture, "hugetlb.2MB.rsvd.current", "9\n");
  write_file (fixture, "hugetlb.1GB.current", "0\n");
  write_file (fixture, "hugetlb.1GB.max", "1073741824\n");
  stats_fixture_assert (fixture,
                        "{'Hugepages': <{'1Gi': {'UsageBytes': uint64 0, 'LimitBytes': 1073741824},"
                        " '2Mi': {'UsageBytes': 4194304, 'Failures': 3}}>," COUNTS "}");
}

/* What Linux 6.1 prints for a pod. */
static void
write_typical (StatsFixture *fixture)
{
  write_file (fixture, "cpu.stat",
              "usage_usec 5071223\nuser_usec 3000111\nsystem_usec 2071112\n"
              "core_sched.force_idle_usec 0\nnr_periods 120\nnr_throttled 7\n"
              "throttled_usec 350000\nnr_bursts 0\nburst_usec 0\n");
  write_file (fixture, "memory.current", "52428800\n");
  write_file (fixture, "memory.stat",
              "anon 20971520\nfile 25165824\nkernel 4194304\nkernel_stack 163840\n"
              "pagetables 532480\nsec_pagetables 0\npercpu 2160\nsock 0\nvmalloc 0\nshmem 8192\n"
              "zswap 0\nzswapped 0\nfile_mapped 12288\nfile_dirty 0\nfile_writeback 0\n"
              "swapcached 0\nanon_thp 0\nfile_thp 0\nshmem_thp 0\ninactive_anon 20963328\n"
              "active_anon 16384\ninactive_file 10485760\nactive_file 14671872\nunevictable 0\n"
              "slab_reclaimable 2097152\nslab_unreclaimable 1048576\nslab 3145728\n"
              "workingset_refault_anon 0\nworkingset_refault_file 0\n");
}

#define CPU_AND_MEMORY                                                                             \
  (NCG_STATS_BIT (NCG_STATS_CPU_USAGE) | NCG_STATS_BIT (NCG_STATS_MEMORY_USAGE))

/* The answer has these keys alone, and what they do not need is not opened. */
static void
test_fields (StatsFixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) stats = NULL;
  g_autofree char *text = NULL;

  write_typical (fixture);
  remove_file (fixture, "memory.stat");
  stats_fixture_make (fixture, "pod/memory.stat");
  stats_fixture_make (fixture, "pod/io.stat");
  stats = stats_fixture_read (fixture, CPU_AND_MEMORY);
  text = g_variant_print (stats, FALSE);
  g_assert_cmpstr (text, ==,
                   "{'CPUUsageNSec': <uint64 5071223000>, 'MemoryUsageBytes': <uint64 52428800>}");
}

static void
test_no_fields (StatsFixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) stats = stats_fixture_read (fixture, 0);
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (g_variant_n_children (stats), ==, 0);
  g_assert_null (ncg_stats_read (fixture->hierarchy, "/other", 0, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NOT_FOUND);
}

/* The usage is needed, and not wanted. */
static void
test_working_set_alone (StatsFixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) stats = NULL;
  g_autofree char *text = NULL;

  write_typical (fixture);
  stats = stats_fixture_read (fixture, NCG_STATS_BIT (NCG_STATS_MEMORY_WORKING_SET));
  text = g_variant_print (stats, FALSE);
  g_assert_cmpstr (text, ==, "{'MemoryWorkingSetBytes': <uint64 41943040>}");
}

/* The same bytes as GVariant's own. */
static void
assert_with (const NcgStats *figures, GVariant *value)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (value);
  g_autoptr (GVariant) alone = ncg_stats_to_variant (figures);
  g_autoptr (GVariant) with = ncg_stats_to_variant_with (figures, "Containers", value);
  g_autoptr (GVariant) expected = NULL;
  GVariantBuilder builder;
  GVariantIter iter;
  GVariant *entry;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_iter_init (&iter, alone);
  while ((entry = g_variant_iter_next_value (&iter)) != NULL) {
    g_variant_builder_add_value (&builder, entry);
    g_variant_unref (entry);
  }
  g_variant_builder_add (&builder, "{sv}", "Containers", value);
  expected = g_variant_ref_sink (g_variant_builder_end (&builder));
  g_assert_cmpmem (g_variant_get_data (with), g_variant_get_size (with),
                   g_variant_get_data (expected), g_variant_get_size (expected));
}

static void
test_with (StatsFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_auto (NcgStats) figures;
  g_auto (NcgStats) none;
  GVariantBuilder many;

  ncg_stats_init (&none);
  ncg_stats_init (&figures);
  write_typical (fixture);
  ncg_stats_fill (&figures, fixture->hierarchy, "/pod", NCG_STATS_ALL, &error);
  g_assert_no_error (error);
  assert_with (&none, g_variant_new_array (G_VARIANT_TYPE ("{sa{sv}}"), NULL, 0));
  assert_with (&figures, g_variant_new_array (G_VARIANT_TYPE ("{sa{sv}}"), NULL, 0));
  assert_with (&figures, g_variant_new_string ("odd"));
  /* The offsets get a byte more when there is more than fits. */
  for (guint n_leaves = 1; n_leaves <= 256; n_leaves *= 4) {
    g_variant_builder_init (&many, G_VARIANT_TYPE ("a{sa{sv}}"));
    for (guint i = 0; i < n_leaves; i++) {
      g_autoptr (GVariant) leaf = ncg_stats_to_variant (&figures);

      g_variant_builder_add (&many, "{s@a{sv}}", "leaf", leaf);
    }
    assert_with (&figures, g_variant_builder_end (&many));
  }
}

static void
test_parse_fields (void)
{
  const char *const known[] = { "MemoryUsageBytes", "CPUUsageNSec", "CPUUsageNSec", NULL };
  const char *const unknown[] = { "CPUUsageNSec", "Nonsense\n", NULL };
  g_autoptr (GError) error = NULL;
  NcgStatsFields fields = 0;

  g_assert_true (ncg_stats_parse_fields (known, &fields, &error));
  g_assert_cmpuint (fields, ==, CPU_AND_MEMORY);
  g_assert_true (ncg_stats_parse_fields (known + 3, &fields, &error));
  g_assert_cmpuint (fields, ==, 0);
  g_assert_false (ncg_stats_parse_fields (unknown, &fields, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "Nonsense\\x0a"));
  g_assert_nonnull (strstr (error->message, "TimestampUSec, "));
  g_assert_nonnull (strstr (error->message, ", IOPressure"));
  for (guint field = 0; field < NCG_STATS_N_FIELDS; field++) {
    const char *keys[] = { ncg_stats_field_to_string ((NcgStatsField) field), NULL };

    g_assert_true (ncg_stats_parse_fields (keys, &fields, NULL));
    g_assert_cmpuint (fields, ==, NCG_STATS_BIT (field));
  }
}

#define ADD(name, function) g_test_add (name, StatsFixture, NULL, set_up, function, tear_down)

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
  ADD ("/stats/fields", test_fields);
  ADD ("/stats/fields/none", test_no_fields);
  ADD ("/stats/fields/working-set", test_working_set_alone);
  ADD ("/stats/with", test_with);
  g_test_add_func ("/stats/fields/parse", test_parse_fields);
  return g_test_run ();
}
