/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The files of a cgroup, those of the kernel and any others: numbers, keys, processes and figures.
 */
#include "lib/cgroup.h"
#include "lib/stats.h"
#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <string.h>
#include <sys/types.h>

#define CGROUP "a.slice"

/* "number" and "keys" are whatever a cgroup's file may be. */
static const char *const files[] = {
  CGROUP "/blkio.bfq.io_service_bytes_recursive",
  CGROUP "/blkio.bfq.io_serviced_recursive",
  CGROUP "/blkio.io_service_bytes_recursive",
  CGROUP "/blkio.io_serviced_recursive",
  CGROUP "/blkio.throttle.io_service_bytes",
  CGROUP "/blkio.throttle.io_service_bytes_recursive",
  CGROUP "/blkio.throttle.io_serviced",
  CGROUP "/blkio.throttle.io_serviced_recursive",
  CGROUP "/cgroup.controllers",
  CGROUP "/cgroup.events",
  CGROUP "/cgroup.procs",
  CGROUP "/cgroup.stat",
  CGROUP "/cgroup.type",
  CGROUP "/cpu.pressure",
  CGROUP "/cpu.stat",
  CGROUP "/cpuacct.stat",
  CGROUP "/cpuacct.usage",
  CGROUP "/hugetlb.2MB.current",
  CGROUP "/hugetlb.2MB.events",
  CGROUP "/hugetlb.2MB.failcnt",
  CGROUP "/hugetlb.2MB.limit_in_bytes",
  CGROUP "/hugetlb.2MB.max",
  CGROUP "/hugetlb.2MB.usage_in_bytes",
  CGROUP "/io.pressure",
  CGROUP "/io.stat",
  CGROUP "/keys",
  CGROUP "/memory.current",
  CGROUP "/memory.events",
  CGROUP "/memory.failcnt",
  CGROUP "/memory.kmem.usage_in_bytes",
  CGROUP "/memory.limit_in_bytes",
  CGROUP "/memory.max",
  CGROUP "/memory.max_usage_in_bytes",
  CGROUP "/memory.oom_control",
  CGROUP "/memory.peak",
  CGROUP "/memory.pressure",
  CGROUP "/memory.stat",
  CGROUP "/memory.swap.current",
  CGROUP "/memory.usage_in_bytes",
  CGROUP "/number",
  CGROUP "/pids.current",
  CGROUP "/pids.max",
  NULL,
};

/* A number comes out as it went in, without leading zeros. */
static void
check_number (const char *text)
{
  g_autofree char *again = NULL;
  guint64 value;

  if (!ncg_cgroup_parse_u64 (text, &value) || g_str_equal (text, "max"))
    return;
  if (text[0] == '-') {
    g_assert_cmpuint (value, ==, 0);
    return;
  }
  again = g_strdup_printf ("%" G_GUINT64_FORMAT, value);
  g_assert_cmpstr (text + MIN (strspn (text, "0"), strlen (text) - 1), ==, again);
}

static void
check_number_file (const NcgCgroup *cgroup)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = ncg_cgroup_read (cgroup, "number", &error);
  guint64 parsed = 0, read = 0;
  gboolean is_number = text != NULL && ncg_cgroup_parse_u64 (text, &parsed);

  fuzz_check_result (text != NULL, &error);
  g_assert_cmpint (ncg_cgroup_read_u64 (cgroup, "number", &read, &error), ==, is_number);
  fuzz_check_result (is_number, &error);
  g_assert_cmpuint (read, ==, parsed);
  if (text != NULL)
    check_number (text);
}

/* The first line that begins with a key is the one that counts. */
static void
check_key (const NcgCgroup *cgroup, const char *text, const char *key)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *lines = g_strconcat ("\n", text, "\n", NULL);
  g_autofree char *start = g_strconcat ("\n", key, " ", NULL);
  const char *found = strstr (lines, start);
  guint64 expected = 0, value = 0;
  gboolean has_value = FALSE;

  if (found != NULL) {
    const char *number = found + strlen (start);
    g_autofree char *line = g_strndup (number, strcspn (number, "\n"));
    has_value = ncg_cgroup_parse_u64 (line, &expected);
  }
  g_assert_cmpint (ncg_cgroup_read_key (cgroup, "keys", key, &value, &error), ==, has_value);
  fuzz_check_result (has_value, &error);
  g_assert_cmpuint (value, ==, has_value ? expected : 0);
}

static void
check_keys (const NcgCgroup *cgroup)
{
  g_autofree char *text = ncg_cgroup_read (cgroup, "keys", NULL);
  g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", 5);

  if (text == NULL)
    return;
  check_key (cgroup, text, "populated");
  for (guint i = 0; lines[i] != NULL; i++) {
    g_autofree char *key = g_strndup (lines[i], strcspn (lines[i], " \n"));
    check_key (cgroup, text, key);
  }
}

/* The numbers of the lines that are nothing else. */
static GArray *
read_pids (const NcgCgroup *cgroup)
{
  GArray *pids = g_array_new (FALSE, FALSE, sizeof (pid_t));
  g_autofree char *text = ncg_cgroup_read (cgroup, "cgroup.procs", NULL);
  g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++) {
    gboolean is_number = strspn (lines[i], G_CSET_DIGITS) == strlen (lines[i]);
    double number = is_number ? g_ascii_strtod (lines[i], NULL) : 0;
    pid_t pid = number <= G_MAXINT ? (pid_t) number : 0;

    if (pid > 0)
      g_array_append_val (pids, pid);
  }
  return pids;
}

static void
check_processes (const NcgCgroup *cgroup)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) expected = read_pids (cgroup);
  g_autoptr (GArray) pids = ncg_cgroup_list_processes (cgroup, FALSE, &error);

  fuzz_check_result (pids != NULL, &error);
  if (pids != NULL)
    g_assert_cmpmem (pids->data, pids->len * sizeof (pid_t), expected->data,
                     expected->len * sizeof (pid_t));
}

static void
check_populated (const NcgCgroup *cgroup)
{
  g_autoptr (GError) error = NULL;
  gboolean populated;

  fuzz_check_result (ncg_cgroup_is_populated (cgroup, &populated, &error), &error);
}

static void
check_pressure (GVariant *stats, const char *key)
{
  g_autoptr (GVariant) pressure = g_variant_lookup_value (stats, key, G_VARIANT_TYPE ("a{sd}"));
  GVariantIter iter;
  double value;

  if (pressure == NULL)
    return;
  g_variant_iter_init (&iter, pressure);
  while (g_variant_iter_next (&iter, "{&sd}", NULL, &value))
    g_assert_true (isfinite (value));
}

static void
check_figures (GVariant *stats)
{
  static const char *const types[] = { "t", "a{st}", "a(sa{st})", "a{sa{st}}", "a{sd}", NULL };
  guint64 usage, working_set, limit;
  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_assert_true (g_variant_is_of_type (stats, G_VARIANT_TYPE_VARDICT));
  g_assert_true (g_variant_is_normal_form (stats));
  g_variant_iter_init (&iter, stats);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
    g_assert_true (g_strv_contains (types, g_variant_get_type_string (value)));

  if (g_variant_lookup (stats, "MemoryWorkingSetBytes", "t", &working_set)) {
    g_assert_true (g_variant_lookup (stats, "MemoryUsageBytes", "t", &usage));
    g_assert_cmpuint (working_set, <=, usage);
  }
  if (g_variant_lookup (stats, "PidsLimit", "t", &limit))
    g_assert_cmpuint (limit, !=, G_MAXUINT64);
  check_pressure (stats, "CPUPressure");
  check_pressure (stats, "MemoryPressure");
  check_pressure (stats, "IOPressure");
}

#define MOUNTINFO_V1 "1 1 0:1 / / rw - cgroup c rw,blkio,cpu,cpuacct,hugetlb,memory,pids\n"
#define MOUNTINFO_V2 "1 1 0:1 / / rw - cgroup2 c rw\n"

/* A machine with all controllers on one version, whose root cgroup is our directory. */
static NcgHierarchy *
make_hierarchy (const char *mountinfo)
{
  g_autofree char *path = g_build_filename (fuzz_directory (), "proc/self/mountinfo", NULL);
  g_autofree char *controllers = g_build_filename (fuzz_directory (), "cgroup.controllers", NULL);
  NcgHierarchy *hierarchy;

  fuzz_make_directory ("proc/self");
  fuzz_make_directory ("sys/kernel/mm/hugepages/hugepages-2048kB");
  g_assert_true (g_file_set_contents (path, mountinfo, -1, NULL));
  g_assert_true (g_file_set_contents (controllers, "cpu io memory hugetlb pids\n", -1, NULL));
  hierarchy = ncg_hierarchy_detect (fuzz_directory (), NULL);
  g_assert_nonnull (hierarchy);
  return hierarchy;
}

static void
check_stats (const NcgHierarchy *hierarchy)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) stats = ncg_stats_read (hierarchy, "/" CGROUP, NCG_STATS_ALL, &error);

  fuzz_check_result (stats != NULL, &error);
  if (stats != NULL)
    check_figures (stats);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  static NcgHierarchy *v1, *v2;
  g_autoptr (NcgCgroup) cgroup = NULL;

  if (v1 == NULL) {
    v1 = make_hierarchy (MOUNTINFO_V1);
    v2 = make_hierarchy (MOUNTINFO_V2);
    fuzz_make_directory (CGROUP);
  }
  fuzz_write_files (files, data, size);
  cgroup = ncg_cgroup_open (fuzz_directory (), "/" CGROUP, NULL);
  g_assert_nonnull (cgroup);

  check_number_file (cgroup);
  check_keys (cgroup);
  check_processes (cgroup);
  check_populated (cgroup);
  check_stats (v1);
  check_stats (v2);
  return 0;
}
