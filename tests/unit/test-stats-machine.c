/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The figures of a machine, from a directory that imitates one.
 */
#include "lib/stats-machine.h"

#include "tests/unit/stats-fixture.h"
#include "tests/unit/temp-dir.h"

#include <unistd.h>

#define CPU                                                                                        \
  (NCG_STATS_BIT (NCG_STATS_CPU_USAGE) | NCG_STATS_BIT (NCG_STATS_CPU_USER) |                      \
   NCG_STATS_BIT (NCG_STATS_CPU_SYSTEM))
#define MEMORY                                                                                     \
  (NCG_STATS_BIT (NCG_STATS_MEMORY_USAGE) | NCG_STATS_BIT (NCG_STATS_MEMORY_WORKING_SET) |         \
   NCG_STATS_BIT (NCG_STATS_MEMORY_ANON) | NCG_STATS_BIT (NCG_STATS_MEMORY_FILE) |                 \
   NCG_STATS_BIT (NCG_STATS_MEMORY_SWAP))
#define PIDS (NCG_STATS_BIT (NCG_STATS_PIDS_CURRENT) | NCG_STATS_BIT (NCG_STATS_PIDS_LIMIT))

#define MEMINFO                                                                                    \
  "MemTotal:           1000 kB\nMemFree:             100 kB\nBuffers:              20 kB\n"        \
  "Cached:              300 kB\nSwapCached:            5 kB\nInactive(file):       50 kB\n"        \
  "SwapTotal:           200 kB\nSwapFree:            150 kB\nAnonPages:           400 kB\n"

static void
set_up (StatsFixture *fixture, gconstpointer data)
{
  stats_fixture_init (fixture, NULL);
  stats_fixture_write (fixture, "cgroup.procs", "");
}

static void
tear_down (StatsFixture *fixture, gconstpointer data)
{
  stats_fixture_clear (fixture);
}

static void
assert_figures (StatsFixture *fixture, NcgStatsFields fields, const char *expected)
{
  g_auto (NcgStats) stats;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) variant = NULL;
  g_autofree char *text = NULL;

  ncg_stats_init (&stats);
  ncg_stats_fill_machine (&stats, fixture->hierarchy, fixture->root, fields, &error);
  g_assert_no_error (error);
  variant = ncg_stats_to_variant (&stats);
  text = g_variant_print (variant, FALSE);
  g_assert_cmpstr (text, ==, expected);
}

/* Without any file there is no figure. */
static void
test_nothing (StatsFixture *fixture, gconstpointer data)
{
  assert_figures (fixture, NCG_STATS_ALL & ~NCG_STATS_BIT (NCG_STATS_TIMESTAMP), "{}");
}

static void
test_cpu (StatsFixture *fixture, gconstpointer data)
{
  if (sysconf (_SC_CLK_TCK) != 100) {
    g_test_skip ("the kernel does not count in hundredths of a second here");
    return;
  }
  temp_dir_write (fixture->root, "proc/stat",
                  "cpu  100 20 30 4000 500 6 7 80 9 10\ncpu0 1 1 1 1 1 1 1 1 1 1\n");
  assert_figures (fixture, CPU,
                  "{'CPUUsageNSec': <uint64 1630000000>, 'CPUUserNSec': <uint64 1200000000>, "
                  "'CPUSystemNSec': <uint64 430000000>}");
  assert_figures (fixture, NCG_STATS_BIT (NCG_STATS_CPU_USER),
                  "{'CPUUserNSec': <uint64 1200000000>}");
  /* The root cgroup is the better source where it has one. */
  stats_fixture_write (fixture, "cpu.stat", "usage_usec 3\nuser_usec 2\nsystem_usec 1\n");
  assert_figures (fixture, CPU,
                  "{'CPUUsageNSec': <uint64 3000>, 'CPUUserNSec': <uint64 2000>, "
                  "'CPUSystemNSec': <uint64 1000>}");
}

static void
test_bad_cpu (StatsFixture *fixture, gconstpointer data)
{
  static const char *const texts[] = { "",
                                       "cpu",
                                       "cpu 1 2 3 4 5 6",
                                       "cpu0 1 2 3 4 5 6 7 8\n",
                                       "cpu 1 2 x 4 5 6 7\n",
                                       "cpu  1 2 3 4 5 6\n7\n" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    temp_dir_write (fixture->root, "proc/stat", texts[i]);
    assert_figures (fixture, CPU, "{}");
  }
}

static void
test_memory (StatsFixture *fixture, gconstpointer data)
{
  temp_dir_write (fixture->root, "proc/meminfo", MEMINFO);
  assert_figures (fixture, MEMORY,
                  "{'MemoryUsageBytes': <uint64 737280>, 'MemoryWorkingSetBytes': <uint64 686080>, "
                  "'MemoryAnonBytes': <uint64 409600>, 'MemoryFileBytes': <uint64 327680>, "
                  "'MemorySwapBytes': <uint64 51200>}");
  /* One source for all of it; swap, which the root of cgroup2 has not, from the other. */
  stats_fixture_write (fixture, "memory.stat", "anon 100\nfile 50\ninactive_file 30\n");
  assert_figures (fixture, MEMORY,
                  "{'MemoryUsageBytes': <uint64 150>, 'MemoryWorkingSetBytes': <uint64 120>, "
                  "'MemoryAnonBytes': <uint64 100>, 'MemoryFileBytes': <uint64 50>, "
                  "'MemorySwapBytes': <uint64 51200>}");
  assert_figures (fixture, NCG_STATS_BIT (NCG_STATS_MEMORY_WORKING_SET),
                  "{'MemoryWorkingSetBytes': <uint64 120>}");
}

/* A machine without swap uses none of it; one that does not say has no figure. */
static void
test_swap (StatsFixture *fixture, gconstpointer data)
{
  NcgStatsFields swap = NCG_STATS_BIT (NCG_STATS_MEMORY_SWAP);

  temp_dir_write (fixture->root, "proc/meminfo", "SwapTotal: 0 kB\nSwapFree: 0 kB\n");
  assert_figures (fixture, swap, "{'MemorySwapBytes': <uint64 0>}");
  temp_dir_write (fixture->root, "proc/meminfo", "SwapTotal: 100 kB\n");
  assert_figures (fixture, swap, "{}");
}

static void
test_tasks (StatsFixture *fixture, gconstpointer data)
{
  temp_dir_write (fixture->root, "proc/loadavg", "0.00 0.01 0.05 2/345 6789\n");
  assert_figures (fixture, PIDS, "{'PidsCurrent': <uint64 345>}");
  temp_dir_write (fixture->root, "proc/sys/kernel/threads-max", "500\n");
  temp_dir_write (fixture->root, "proc/sys/kernel/pid_max", "32768\n");
  assert_figures (fixture, PIDS, "{'PidsCurrent': <uint64 345>, 'PidsLimit': <uint64 500>}");
  temp_dir_write (fixture->root, "proc/loadavg", "0.00 0.01 0.05\n");
  assert_figures (fixture, PIDS, "{'PidsLimit': <uint64 500>}");
}

static void
test_pressure (StatsFixture *fixture, gconstpointer data)
{
  NcgStatsFields pressure = NCG_STATS_BIT (NCG_STATS_CPU_PRESSURE);

  temp_dir_write (fixture->root, "proc/pressure/cpu", "some avg10=1.50 total=7\n");
  assert_figures (fixture, pressure, "{'CPUPressure': <{'someAvg10': 1.5, 'someTotalUSec': 7.0}>}");
  stats_fixture_write (fixture, "cpu.pressure", "some total=8\n");
  assert_figures (fixture, pressure, "{'CPUPressure': <{'someTotalUSec': 8.0}>}");
}

#define ADD(path, function) g_test_add (path, StatsFixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/stats-machine/nothing", test_nothing);
  ADD ("/stats-machine/cpu", test_cpu);
  ADD ("/stats-machine/bad-cpu", test_bad_cpu);
  ADD ("/stats-machine/memory", test_memory);
  ADD ("/stats-machine/swap", test_swap);
  ADD ("/stats-machine/tasks", test_tasks);
  ADD ("/stats-machine/pressure", test_pressure);
  return g_test_run ();
}
