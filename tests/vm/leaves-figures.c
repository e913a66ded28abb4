/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which figures there are, on whichever hierarchy and kernel: no less, and none that is made up.
 */
#include "tests/vm/leaves-figures.h"

#include "lib/stats.h"
#include "tests/vm/leaves.h"
#include "tests/vm/machine.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#define LINUX(major, minor) ((major) *1000 + (minor))
#define GROWN (8 << 20)
/* memory.stat may be behind by some pages of each CPU (MEMCG_CHARGE_BATCH). */
#define STILL_UNTOLD (4 * 64 * 4096)
#define MEMORY (128 << 20)

/* A key, and the controllers that give it: on v1, and where that is not mounted on v2, where "" is
 * any cgroup. */
static const struct {
  const char *key;
  const char *v1;
  const char *v2;
  guint v2_since;      /* LINUX() */
  gboolean is_of_leaf; /* there is no such limit of the group */
} rows[] = {
  { "TimestampUSec", "cpu", "" },
  { "CPUUsageNSec", "cpuacct", "" },
  { "CPUUserNSec", "cpuacct", "" },
  { "CPUSystemNSec", "cpuacct", "" },
  { "CPUPeriods", "cpu", "cpu" },
  { "CPUThrottledPeriods", "cpu", "cpu" },
  { "CPUThrottledUSec", "cpu", "cpu" },
  { "MemoryUsageBytes", "memory", "memory" },
  { "MemoryWorkingSetBytes", "memory", "memory" },
  { "MemoryAnonBytes", "memory", "memory" },
  { "MemoryFileBytes", "memory", "memory" },
  { "MemoryKernelBytes", "memory", "memory", LINUX (5, 18) },
  { "MemoryPeakBytes", "memory", "memory", LINUX (5, 19) },
  { "MemoryLimitBytes", "memory", "memory", .is_of_leaf = TRUE },
  { "MemorySwapBytes", "memory", "memory" },
  { "MemoryEvents", "memory", "memory" },
  { "PidsCurrent", "pids", "pids" },
  { "PidsLimit", "pids", "pids" },
  { "IO", "blkio", "io" },
  { "Hugepages", "hugetlb", "hugetlb" },
  { "CPUPressure", NULL, "" },
  { "MemoryPressure", NULL, "" },
  { "IOPressure", NULL, "" },
  { "DescendantCount", NULL, "" },
  { "DyingDescendantCount", NULL, "" },
};

static guint
get_linux (void)
{
  struct utsname name;
  guint major = 0, minor = 0;

  uname (&name);
  g_assert_cmpint (sscanf (name.release, "%u.%u", &major, &minor), ==, 2);
  return LINUX (major, minor);
}

static gboolean
is_on_v2 (const char *controller)
{
  const NcgHierarchy *hierarchy = machine_get_hierarchy ();

  return hierarchy->unified_mount != NULL &&
         (controller[0] == '\0' ||
          ncg_tree_has_controller (ncg_hierarchy_get_primary (hierarchy), controller));
}

static int
compare_keys (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

/* (transfer full): sorted, in one line */
static char *
join_keys (GPtrArray *keys)
{
  g_ptr_array_sort (keys, compare_keys);
  g_ptr_array_add (keys, NULL);
  return g_strjoinv (" ", (char **) keys->pdata);
}

static char *
list_expected (gboolean is_leaf)
{
  GHashTable *v1 = machine_get_hierarchy ()->v1_mounts;
  g_autoptr (GPtrArray) keys = g_ptr_array_new ();
  guint linux_version = get_linux ();

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    gboolean is_v1 = rows[i].v1 != NULL && g_hash_table_contains (v1, rows[i].v1);

    if ((is_leaf || !rows[i].is_of_leaf) &&
        (is_v1 || (is_on_v2 (rows[i].v2) && linux_version >= rows[i].v2_since)))
      g_ptr_array_add (keys, (char *) rows[i].key);
  }
  return join_keys (keys);
}

static char *
list_actual (GVariant *stats)
{
  g_autoptr (GPtrArray) keys = g_ptr_array_new ();
  GVariantIter iter;
  const char *key;

  g_variant_iter_init (&iter, stats);
  while (g_variant_iter_next (&iter, "{&sv}", &key, NULL))
    g_ptr_array_add (keys, (char *) key);
  return join_keys (keys);
}

/* (transfer full) */
static GVariant *
read_stats (const char *cgroup, gboolean is_leaf)
{
  g_autofree char *expected = list_expected (is_leaf);
  g_autofree char *actual = NULL;
  g_autoptr (GError) error = NULL;
  GVariant *stats = ncg_stats_read (machine_get_hierarchy (), cgroup, NCG_STATS_ALL, &error);

  g_assert_no_error (error);
  actual = list_actual (stats);
  g_assert_cmpstr (actual, ==, expected);
  return stats;
}

/* If it is one that there is here. */
static void
assert_number (GVariant *stats, const char *key, guint64 least, guint64 most)
{
  guint64 number = 0;

  if (!g_variant_lookup (stats, key, "t", &number))
    return;
  if (number < least || number > most)
    machine_fail ("%s is %" G_GUINT64_FORMAT, key, number);
}

static void
set_limits (NcgResources *resources)
{
  const NcgHierarchy *hierarchy = machine_get_hierarchy ();

  ncg_resources_set (resources, NCG_SETTING_CPU_QUOTA_USEC, G_USEC_PER_SEC / 2);
  ncg_resources_set (resources, NCG_SETTING_MEMORY_MAX, MEMORY);
  ncg_resources_set (resources, NCG_SETTING_PIDS_MAX, 50);
  if (ncg_hierarchy_has_controller (hierarchy, "hugetlb"))
    ncg_resources_set_hugepages (resources, 2 << 20, 0);
}

void
leaves_test_figures (void)
{
  g_auto (NcgResources) resources = { 0 };
  NcgLeaf leaf = leaves_describe ("figures", &resources);
  g_autoptr (Workload) workload = workload_start ();
  const pid_t pids[] = { workload->pid, -1 };
  g_autoptr (NcgPlace) place = NULL;
  g_autoptr (GVariant) stats = NULL;
  g_autoptr (GVariant) above = NULL;
  g_autofree char *parent = NULL;
  g_autoptr (GError) error = NULL;

  set_limits (&resources);
  place = test_driver_start_leaf (leaves_get_driver (), &leaf, pids, &error);
  g_assert_no_error (error);
  g_free (workload_ask (workload, "grow %d", GROWN));
  g_free (workload_ask (workload, "burn 300"));
  stats = read_stats (place->cgroup, TRUE);
  assert_number (stats, "CPUUsageNSec", 250000000, G_MAXUINT64);
  assert_number (stats, "CPUPeriods", 2, G_MAXUINT64);
  assert_number (stats, "CPUThrottledPeriods", 1, G_MAXUINT64);
  assert_number (stats, "MemoryUsageBytes", GROWN, MEMORY);
  assert_number (stats, "MemoryAnonBytes", GROWN - STILL_UNTOLD, MEMORY);
  assert_number (stats, "MemoryLimitBytes", MEMORY, MEMORY);
  assert_number (stats, "PidsCurrent", 1, 1);
  assert_number (stats, "PidsLimit", 50, 50);

  /* The group has a limit of processes alone. */
  parent = g_path_get_dirname (place->cgroup);
  above = read_stats (parent, FALSE);
  assert_number (above, "CPUUsageNSec", 250000000, G_MAXUINT64);
  assert_number (above, "MemoryAnonBytes", GROWN - STILL_UNTOLD, G_MAXUINT64);
  assert_number (above, "PidsLimit", 300, 300);
  leaves_stop (place);
}
