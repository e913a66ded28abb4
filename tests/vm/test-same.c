/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The same settings, given to crun, to runc and to the daemon, are the same values in the kernel.
 * Where they are not, a row of the table of differences says so, and docs/runtimes.md says why; a
 * difference that is in no row fails, and so does a row that has become untrue.
 */
#include "tests/vm/client.h"
#include "tests/vm/container.h"
#include "tests/vm/daemon.h"
#include "tests/vm/machine.h"
#include "tests/vm/workload.h"

#include <string.h>
#include <sys/stat.h>

#define SLICE "machine-burstable-podp.slice"
#define CGROUP "/machine.slice/machine-burstable.slice/" SLICE

/* What a runtime is given as linux.resources, and a container of ours as its spec. */
typedef struct {
  const char *name;
  const char *resources;
  const char *spec;
} Case;

static const Case cases[] = {
  { "nothing", "{}", "{}" },
  { "usual",
    "{ 'cpu': { 'shares': 512, 'quota': 50000, 'period': 100000, 'cpus': '0', 'mems': '0' },"
    "  'memory': { 'limit': 67108864, 'reservation': 33554432, 'swap': 100663296 },"
    "  'pids': { 'limit': 100 } }",
    "{'CPURequest': <'500m'>, 'CPULimit': <'500m'>, 'CPUSet': <'0'>, 'MemoryNodes': <'0'>, "
    "'MemoryLimit': <'64Mi'>, 'MemoryLow': <'32Mi'>, 'MemorySwapLimit': <'32Mi'>, "
    "'PidsLimit': <uint64 100>}" },
  { "odd",
    "{ 'cpu': { 'shares': 125, 'quota': 6150, 'period': 50000, 'cpus': '0-1', 'mems': '' },"
    "  'memory': { 'limit': 50000001, 'reservation': 10000001, 'swap': 50000001 },"
    "  'pids': { 'limit': 101 } }",
    "{'CPURequest': <'123m'>, 'CPULimit': <'123m'>, 'CPUPeriodUSec': <uint64 50000>, "
    "'CPUSet': <'0-1'>, 'MemoryLimit': <uint64 50000001>, 'MemoryLow': <uint64 10000001>, "
    "'MemorySwapLimit': <uint64 0>, 'PidsLimit': <uint64 101>}" },
  { "unlimited",
    "{ 'cpu': { 'shares': 262144, 'quota': -1, 'period': 100000 },"
    "  'memory': { 'limit': -1, 'swap': -1 }, 'pids': { 'limit': -1 } }",
    "{'CPURequest': <'256'>, 'CPULimit': <'max'>, 'MemoryLimit': <'max'>, "
    "'MemorySwapLimit': <'max'>, 'PidsLimit': <'max'>}" },
  { "whole",
    "{ 'cpu': { 'shares': 1024, 'quota': 100000, 'period': 100000 },"
    "  'memory': { 'limit': 67108864 } }",
    "{'CPURequest': <'1'>, 'CPULimit': <'1'>, 'MemoryLimit': <'64Mi'>}" },
  { "devices",
    "{ 'hugepageLimits': [ { 'pageSize': '2MB', 'limit': 4194304 } ],"
    "  'blockIO': { 'throttleReadBpsDevice': [ { 'major': 1, 'minor': 0, 'rate': 1048576 } ],"
    "    'throttleWriteIOPSDevice': [ { 'major': 1, 'minor': 0, 'rate': 70 } ] },"
    "  'unified': { 'memory.high': '33554432', 'memory.oom.group': '1' } }",
    "{'HugepageLimits': <{'2Mi': <'4Mi'>}>, "
    "'IOLimits': <[('/dev/ram0', {'ReadBandwidthMax': uint64 1048576, 'WriteIOPSMax': 70})]>, "
    "'Unified': <{'memory.high': '33554432'}>, 'OOMGroup': <true>}" },
  { "least", "{ 'cpu': { 'shares': 2 } }", "{'CPUWeight': <uint64 1>}" },
};

/*
 * A difference that is known: what it is about is a heading of docs/runtimes.md. @ours, @theirs:
 * the values, or NULL for any. The others are patterns with *; @releases has those of Debian in
 * which it is so.
 */
typedef struct {
  const char *heading;
  const char *releases;
  const char *test;
  const char *column;
  const char *file;
  const char *ours;
  const char *theirs;
} Difference;

#define SCOPE_SUFFIX " scope"
#define SCOPE "crun-systemd" SCOPE_SUFFIX

static const Difference differences[] = {
  { "weight", "bullseye bookworm trixie", "usual", "*", "cpu.weight", "50", "20" },
  { "weight", "bullseye bookworm trixie", "odd", "*", "cpu.weight", "12", "5" },
  { "weight", "bullseye bookworm trixie", "whole", "*", "cpu.weight", "100", "39" },
  { "weight", "forky", "usual", "*", "cpu.weight", "50", "59" },
  { "weight", "forky", "odd", "*", "cpu.weight", "12", "20" },
  { "quota", "bullseye bookworm trixie", "odd", "*", "cpu.max", "6500 50000", "6150 50000" },
  { "quota", "forky", "odd", "crun-*", "cpu.max", "6500 50000", "6150 50000" },
  { "quota", "forky", "odd", "runc-cgroupfs", "cpu.max", "6500 50000", "6150 50000" },
  { "processes", "*", "*", "*-systemd*", "pids.max", "max", NULL },
  { "scope", "bullseye bookworm", "*", SCOPE, "pids.max", NULL, NULL },
  { "scope", "bullseye bookworm", "*", SCOPE, "cpu.max", NULL, "max 100000" },
  { "scope", "bullseye bookworm", "*", SCOPE, "cpuset.cpus", NULL, "" },
  { "scope", "bullseye bookworm", "*", SCOPE, "cpuset.mems", NULL, "" },
  { "scope", "bullseye bookworm", "*", SCOPE, "memory.max", NULL, "max" },
  { "scope", "bullseye bookworm", "devices", SCOPE, "memory.high", NULL, "max" },
  { "scope", "*", "devices", SCOPE, "memory.oom.group", NULL, "0" },
  { "scope", "*", "devices", SCOPE, "io.max", NULL, "" },
  { "scope", "*", "devices", SCOPE, "hugetlb.2MB.max", NULL, "max" },
  { "reservations", "*", "devices", "crun-*", "hugetlb.2MB.rsvd.max", NULL, "max" },
  { "reservations", "bullseye bookworm", "devices", "runc-*", "hugetlb.2MB.rsvd.max", NULL, "max" },
  { "scope", "bullseye bookworm", "*", SCOPE, "memory.low", NULL, "0" },
  { "scope", "bullseye bookworm", "*", SCOPE, "memory.swap.max", NULL, "max" },
  { "scope", "bullseye", "*", SCOPE, "cpu.weight", NULL, "100" },
  { "scope", "trixie forky", "usual", SCOPE, "memory.swap.max", "33554432", "100663296" },
  { "scope", "trixie forky", "odd", SCOPE, "memory.swap.max", "0", "49999872" },
  { "scope", "trixie", "unlimited", SCOPE, "cpu.max", "max 100000", "1000 100000" },
};

static gboolean has_occurred[G_N_ELEMENTS (differences)][CONTAINER_RUNTIMES];

/* A file is missing where its controller is off; then it is as if it had this value. */
static const struct {
  const char *file;
  const char *value;
} defaults[] = {
  { "cpuset.cpus", "" },
  { "cpuset.cpus.exclusive", "" },
  { "cpuset.cpus.partition", "member" },
  { "cpuset.mems", "" },
  { "dmem.*", "" },
  { "hugetlb.*.max", "max" },
  { "io.weight", "default 100" },
  { "io.max", "" },
  { "misc.max", "" },
  { "rdma.max", "" },
};

static const char *release;

/* What reads as a figure, or another file as well, or only does something when it is written. */
static gboolean
is_setting (const char *path, const char *file)
{
  struct stat status;

  return !g_str_has_prefix (file, "cgroup.") && !g_str_has_suffix (file, ".pressure") &&
         !g_str_has_suffix (file, ".peak") && !g_str_equal (file, "memory.reclaim") &&
         !g_str_equal (file, "cpu.weight.nice") && stat (path, &status) == 0 &&
         S_ISREG (status.st_mode) && (status.st_mode & S_IWUSR) != 0;
}

/* (transfer full): the settings of a cgroup, file → value */
static GHashTable *
read_settings (const char *cgroup)
{
  GHashTable *settings = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autofree char *directory =
      g_build_filename (machine_get_hierarchy ()->unified_mount, cgroup, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (directory, 0, &error);
  const char *file;

  g_assert_no_error (error);
  while ((file = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (directory, file, NULL);

    if (is_setting (path, file))
      g_hash_table_insert (settings, g_strdup (file), machine_read (cgroup, file));
  }
  return settings;
}

static const char *
get_setting (GHashTable *settings, const char *file)
{
  const char *value = g_hash_table_lookup (settings, file);

  for (gsize i = 0; value == NULL && i < G_N_ELEMENTS (defaults); i++)
    if (g_pattern_match_simple (defaults[i].file, file))
      value = defaults[i].value;
  return value != NULL ? value : "(missing)";
}

static gboolean
is_of_release (const Difference *difference)
{
  g_auto (GStrv) names = g_strsplit (difference->releases, " ", -1);

  return g_str_equal (difference->releases, "*") ||
         g_strv_contains ((const char *const *) names, release);
}

static gboolean
is_known (const char *test,
          guint runtime,
          const char *column,
          const char *file,
          const char *ours,
          const char *theirs)
{
  for (gsize i = 0; i < G_N_ELEMENTS (differences); i++) {
    const Difference *row = &differences[i];

    if (is_of_release (row) && g_pattern_match_simple (row->test, test) &&
        g_pattern_match_simple (row->column, column) && g_str_equal (row->file, file) &&
        (row->ours == NULL || g_str_equal (row->ours, ours)) &&
        (row->theirs == NULL || g_str_equal (row->theirs, theirs))) {
      has_occurred[i][runtime] = TRUE;
      return TRUE;
    }
  }
  return FALSE;
}

/* Returns: how many differences of @cgroup are not known, each of which is told */
static guint
compare (const char *test, guint runtime, const char *column, GHashTable *ours, const char *cgroup)
{
  g_autoptr (GHashTable) theirs = read_settings (cgroup);
  g_autoptr (GList) files =
      g_list_concat (g_hash_table_get_keys (ours), g_hash_table_get_keys (theirs));
  guint unknown = 0;

  files = g_list_sort (files, (GCompareFunc) strcmp);
  for (GList *file = files; file != NULL; file = file->next) {
    const char *our = get_setting (ours, file->data);
    const char *their = get_setting (theirs, file->data);
    gboolean is_repeated = file->prev != NULL && g_str_equal (file->data, file->prev->data);

    if (is_repeated || g_str_equal (our, their) ||
        is_known (test, runtime, column, file->data, our, their))
      continue;
    g_test_message ("%s, %s: %s is '%s' with us and '%s' there", test, column,
                    (const char *) file->data, our, their);
    unknown++;
  }
  return unknown;
}

static GHashTable *
read_ours (const char *spec)
{
  g_autoptr (Workload) workload = workload_start ();
  g_autofree char *leaf = client_join_pod ("p", "ours", workload->pid, spec);

  return read_settings (leaf);
}

/* crun puts the processes below the scope that systemd made; both count. */
static guint
compare_runtime (const Case *test, guint runtime, GHashTable *ours)
{
  const char *column = container_runtimes[runtime].name;
  g_autofree char *scope = g_strconcat (column, SCOPE_SUFFIX, NULL);
  g_autoptr (Container) container =
      container_run (&container_runtimes[runtime], "c", SLICE, CGROUP, test->resources);
  g_autofree char *leaf = machine_find_process (container->pid);
  guint unknown = compare (test->name, runtime, column, ours, leaf);

  if (!g_str_equal (leaf, container->cgroup))
    unknown += compare (test->name, runtime, scope, ours, container->cgroup);
  return unknown;
}

static void
test_case (gconstpointer data)
{
  const Case *test = data;
  g_autofree char *cgroup = client_create_pod ("p", "{'CPURequest': <'1'>}");
  g_autoptr (GHashTable) ours = NULL;
  guint unknown = 0;

  g_assert_cmpstr (cgroup, ==, CGROUP);
  ours = read_ours (test->spec);
  for (guint i = 0; i < CONTAINER_RUNTIMES; i++)
    unknown += compare_runtime (test, i, ours);
  client_remove_pod ("p");
  if (unknown > 0)
    g_test_fail ();
}

static gboolean
concerns (const Difference *row, guint runtime)
{
  const char *name = container_runtimes[runtime].name;
  g_autofree char *scope = g_strconcat (name, SCOPE_SUFFIX, NULL);

  return is_of_release (row) && (g_pattern_match_simple (row->column, name) ||
                                 g_pattern_match_simple (row->column, scope));
}

/* After all cases: what is known is still so, with each runtime that it is known of. */
static void
test_known (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (differences); i++) {
    const Difference *row = &differences[i];

    for (guint runtime = 0; runtime < CONTAINER_RUNTIMES; runtime++) {
      if (!concerns (row, runtime) || has_occurred[i][runtime])
        continue;
      g_test_message ("%s: no difference any more in %s of %s, %s", row->heading, row->file,
                      container_runtimes[runtime].name, row->test);
      g_test_fail ();
    }
  }
}

int
main (int argc, char **argv)
{
  int status;
  g_autofree char *codename = machine_run (". /etc/os-release && echo $VERSION_CODENAME");

  release = codename;
  machine_init (argc, argv);
  daemon_prepare ();
  g_free (machine_run ("test -b /dev/ram0 || modprobe brd rd_nr=1 rd_size=16384"));
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strdup_printf ("/same/%s", cases[i].name);

    g_test_add_data_func (path, &cases[i], test_case);
  }
  g_test_add_func ("/same/known", test_known);
  status = g_test_run ();
  /* Others want a disk of another size. */
  machine_try ("rmmod brd");
  return status;
}
