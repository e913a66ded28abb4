/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What reading figures costs: each file is opened once, and needs no memory however much is in it.
 * The program has openat() and malloc() of its own, which count.
 */
#include "tests/unit/stats-fixture.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* They have a malloc() of their own, too. */
#if defined(__SANITIZE_ADDRESS__)
#define HAS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_SANITIZER 1
#endif
#endif

typedef struct {
  int dir_fd;
  char name[64];
} Opened;

static Opened opened[256];
static guint n_opened;
static guint n_allocations;
static gboolean is_counting;

/* What openat() is called where files may be large. */
int
openat64 (int dir_fd, const char *path, int flags, ...)
{
  if (is_counting && n_opened < G_N_ELEMENTS (opened)) {
    opened[n_opened].dir_fd = dir_fd;
    g_strlcpy (opened[n_opened++].name, path, sizeof opened[0].name);
  }
  return (int) syscall (SYS_openat, dir_fd, path, flags, 0);
}

#ifndef HAS_SANITIZER
void *__libc_malloc (size_t size);
void *__libc_calloc (size_t n, size_t size);
void *__libc_realloc (void *memory, size_t size);

void *
malloc (size_t size)
{
  n_allocations += is_counting ? 1 : 0;
  return __libc_malloc (size);
}

void *
calloc (size_t n, size_t size)
{
  n_allocations += is_counting ? 1 : 0;
  return __libc_calloc (n, size);
}

void *
realloc (void *memory, size_t size)
{
  n_allocations += is_counting ? 1 : 0;
  return __libc_realloc (memory, size);
}
#endif

static const char *const v1_mounts[] = { "systemd", "cpu,cpuacct", "memory", "pids",
                                         "blkio",   "hugetlb",     NULL };

static void
set_up (StatsFixture *fixture, gconstpointer mounts)
{
  stats_fixture_init (fixture, mounts);
}

static void
tear_down (StatsFixture *fixture, gconstpointer mounts)
{
  stats_fixture_clear (fixture);
}

/* Each file with @n lines of each kind that its parser knows. */
static void
write_lines (StatsFixture *fixture, const char *path, const char *start, const char *end, guint n)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    g_string_append_printf (text, "%s%u%s\n", start, i, end);
  stats_fixture_write (fixture, path, text->str);
}

static void
write_v2 (StatsFixture *fixture, guint n)
{
  stats_fixture_write (fixture, "pod/cgroup.procs", "");
  stats_fixture_write (fixture, "pod/memory.current", "20\n");
  stats_fixture_write (fixture, "pod/memory.max", "max\n");
  stats_fixture_write (fixture, "pod/pids.current", "3\n");
  stats_fixture_write (fixture, "pod/hugetlb.1GB.current", "0\n");
  stats_fixture_write (fixture, "pod/hugetlb.1GB.events", "max 3\n");
  write_lines (fixture, "pod/cgroup.stat", "nr_other_", " 1", n);
  write_lines (fixture, "pod/cpu.stat", "usage_", " 7", n);
  write_lines (fixture, "pod/memory.stat", "counter_", " 7", n);
  write_lines (fixture, "pod/memory.events", "event_", " 7", n);
  write_lines (fixture, "pod/io.stat", "8:", " rbytes=1 wbytes=2 rios=3 wios=4", n);
  write_lines (fixture, "pod/cpu.pressure", "some avg10=0.0", " total=5", n);
  write_lines (fixture, "pod/memory.pressure", "full avg10=0.0", " total=5", n);
}

static void
write_v1 (StatsFixture *fixture, guint n)
{
  stats_fixture_write (fixture, "systemd/pod/cgroup.procs", "");
  stats_fixture_write (fixture, "cpu,cpuacct/pod/cpuacct.usage", "7\n");
  stats_fixture_write (fixture, "memory/pod/memory.usage_in_bytes", "20\n");
  stats_fixture_write (fixture, "memory/pod/memory.failcnt", "2\n");
  stats_fixture_write (fixture, "hugetlb/pod/hugetlb.1GB.usage_in_bytes", "0\n");
  write_lines (fixture, "cpu,cpuacct/pod/cpuacct.stat", "user_", " 7", n);
  write_lines (fixture, "memory/pod/memory.stat", "total_", " 7", n);
  write_lines (fixture, "memory/pod/memory.oom_control", "oom_", " 7", n);
  write_lines (fixture, "blkio/pod/blkio.bfq.io_service_bytes_recursive", "8:", " Read 7", n);
  write_lines (fixture, "blkio/pod/blkio.bfq.io_serviced_recursive", "8:", " Read 1", n);
  write_lines (fixture, "blkio/pod/blkio.throttle.io_service_bytes_recursive", "9:", " Write 7", n);
  write_lines (fixture, "blkio/pod/blkio.throttle.io_serviced_recursive", "9:", " Write 1", n);
}

static void
write_all (StatsFixture *fixture, gconstpointer mounts, guint n)
{
  if (mounts == NULL)
    write_v2 (fixture, n);
  else
    write_v1 (fixture, n);
}

static void
fill (StatsFixture *fixture, NcgStats *stats)
{
  g_autoptr (GError) error = NULL;

  ncg_stats_fill (stats, fixture->hierarchy, "/pod", NCG_STATS_ALL, &error);
  g_assert_no_error (error);
}

static void
fill_counting (StatsFixture *fixture, NcgStats *stats)
{
  n_opened = n_allocations = 0;
  is_counting = TRUE;
  fill (fixture, stats);
  is_counting = FALSE;
}

static gboolean
is_opened_before (guint i)
{
  for (guint j = 0; j < i; j++)
    if (opened[j].dir_fd == opened[i].dir_fd && g_str_equal (opened[j].name, opened[i].name))
      return TRUE;
  return FALSE;
}

/* Also those that are not there. */
static void
test_opens (StatsFixture *fixture, gconstpointer mounts)
{
  g_auto (NcgStats) stats;

  write_all (fixture, mounts, 3);
  ncg_stats_init (&stats);
  for (guint i = 0; i < 2; i++) {
    fill_counting (fixture, &stats);
    g_assert_cmpuint (n_opened, >, 10);
    g_assert_cmpuint (n_opened, <, G_N_ELEMENTS (opened));
    for (guint j = 0; j < n_opened; j++) {
      g_test_message ("%d %s", opened[j].dir_fd, opened[j].name);
      g_assert_false (is_opened_before (j));
    }
  }
}

#ifndef HAS_SANITIZER
/* What is allocated is for the directories. The first time devices and events need room. */
static void
test_allocations (StatsFixture *fixture, gconstpointer mounts)
{
  guint n_short;
  g_auto (NcgStats) stats;

  ncg_stats_init (&stats);
  write_all (fixture, mounts, 300);
  fill (fixture, &stats);
  fill_counting (fixture, &stats);
  g_assert_cmpuint (stats.devices->len, ==, mounts == NULL ? 300 : 600);
  n_short = n_allocations;
  write_all (fixture, mounts, 1);
  fill_counting (fixture, &stats);
  g_assert_cmpuint (stats.devices->len, ==, mounts == NULL ? 1 : 2);
  g_assert_cmpuint (n_allocations, >, 0);
  g_assert_cmpuint (n_allocations, ==, n_short);
}
#endif

#define ADD(name, mounts, function)                                                                \
  g_test_add (name, StatsFixture, mounts, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/stats-cost/opens/unified", NULL, test_opens);
  ADD ("/stats-cost/opens/legacy", v1_mounts, test_opens);
#ifndef HAS_SANITIZER
  ADD ("/stats-cost/allocations/unified", NULL, test_allocations);
  ADD ("/stats-cost/allocations/legacy", v1_mounts, test_allocations);
#endif
  return g_test_run ();
}
