/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The figures of the running kernel: of the cgroup that we are in, and of one that comes and goes
 * while it is read. The latter exists only where we may make a cgroup; see test_rig().
 */
#include "lib/stats.h"

#include "lib/error.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static NcgHierarchy *hierarchy;

/* Where the test may make cgroups; NULL where there is no such place. */
static char *work_directory;
static char *work_path;

/* (transfer full) (nullable): where we are, in the v1 hierarchy of @controller if there is one,
 * else on cgroup2 */
static char *
find_own_path (const char *controller)
{
  gboolean is_v1 = g_hash_table_contains (hierarchy->v1_mounts, controller);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  g_assert_true (g_file_get_contents ("/proc/self/cgroup", &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    g_auto (GStrv) parts = g_strsplit (lines[i], ":", 3);
    g_auto (GStrv) names = g_strv_length (parts) == 3 ? g_strsplit (parts[1], ",", -1) : NULL;

    if (names == NULL)
      continue;
    if (is_v1 ? g_strv_contains ((const char *const *) names, controller)
              : names[0] == NULL || names[0][0] == '\0')
      return g_strdup (parts[2]);
  }
  return NULL;
}

static const char *
get_mount (const char *controller)
{
  const char *v1_mount = g_hash_table_lookup (hierarchy->v1_mounts, controller);

  return v1_mount != NULL ? v1_mount : hierarchy->unified_mount;
}

static guint64
read_own (const char *controller, NcgStatsField field, gboolean *ret_has)
{
  g_autofree char *path = find_own_path (controller);
  g_auto (NcgStats) stats;
  g_autoptr (GError) error = NULL;

  ncg_stats_init (&stats);
  g_assert_nonnull (path);
  g_test_message ("%s: %s", controller, path);
  g_assert_true (ncg_stats_fill (&stats, hierarchy, path, NCG_STATS_ALL, &error));
  g_assert_no_error (error);
  *ret_has = (stats.has & NCG_STATS_BIT (field)) != 0;
  return stats.numbers[field];
}

static void
test_own_cpu (void)
{
  gboolean has = FALSE;
  guint64 usage = read_own ("cpuacct", NCG_STATS_CPU_USAGE, &has);

  g_assert_true (has);
  g_assert_cmpuint (usage, >, 0);
}

/* There is none if nobody turned the controller on for us. */
static void
test_own_memory (void)
{
  g_autofree char *path = find_own_path ("memory");
  g_autofree char *file =
      g_strconcat (get_mount ("memory"), path, "/",
                   g_hash_table_contains (hierarchy->v1_mounts, "memory") ? "memory.usage_in_bytes"
                                                                          : "memory.current",
                   NULL);
  gboolean has = FALSE;
  guint64 usage = read_own ("memory", NCG_STATS_MEMORY_USAGE, &has);
  guint64 working_set;

  if (!has && g_file_test (file, G_FILE_TEST_EXISTS))
    g_assert_not_reached ();
  if (!has)
    return;
  g_assert_cmpuint (usage, >, 0);
  working_set = read_own ("memory", NCG_STATS_MEMORY_WORKING_SET, &has);
  g_assert_true (has);
  g_assert_cmpuint (working_set, >, 0);
}

static gboolean
find_rig (void)
{
  g_autofree char *own = find_own_path ("memory");
  const char *mount = get_mount ("memory");

  if (own == NULL || mount == NULL)
    return FALSE;
  work_path =
      g_strdup_printf ("%s/ncg-stats-%d", g_str_equal (own, "/") ? "" : own, (int) getpid ());
  work_directory = g_strconcat (mount, work_path, NULL);
  return mkdir (work_directory, 0755) == 0 && rmdir (work_directory) == 0;
}

/* The other must not be left out where it could run. */
static void
test_rig (gconstpointer data)
{
  g_autofree char *own = find_own_path ("memory");
  g_autofree char *directory = g_strconcat (get_mount ("memory"), own, NULL);

  g_assert_cmpint (GPOINTER_TO_INT (data), ==, access (directory, W_OK) == 0);
}

static gpointer
come_and_go (gpointer data)
{
  int *is_over = data;

  while (!g_atomic_int_get (is_over)) {
    g_assert_cmpint (mkdir (work_directory, 0755), ==, 0);
    g_usleep (50);
    g_assert_cmpint (rmdir (work_directory), ==, 0);
  }
  return NULL;
}

/* There are figures, or no such cgroup, and nothing else. */
static void
test_come_and_go (void)
{
  int is_over = 0;
  GThread *thread = g_thread_new ("come-and-go", come_and_go, &is_over);
  guint n_read = 0, n_gone = 0;

  for (guint i = 0; i < 200000 && (n_read < 200 || n_gone < 200); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GVariant) stats = ncg_stats_read (hierarchy, work_path, NCG_STATS_ALL, &error);

    if (stats == NULL)
      g_assert_error (error, NCG_ERROR, NCG_ERROR_NOT_FOUND);
    n_read += stats != NULL;
    n_gone += stats == NULL;
  }
  g_atomic_int_set (&is_over, 1);
  g_thread_join (thread);
  g_test_message ("read %u times, gone %u times", n_read, n_gone);
  g_assert_cmpuint (n_read, >, 0);
  g_assert_cmpuint (n_gone, >, 0);
}

static void
test_leaves (void)
{
  g_autofree char *parent = g_path_get_dirname (work_path);
  g_autofree char *name = g_path_get_basename (work_path);
  g_auto (GStrv) leaves = NULL;

  g_assert_cmpint (mkdir (work_directory, 0755), ==, 0);
  leaves = ncg_stats_list_leaves (hierarchy, parent, NULL);
  g_assert_cmpint (rmdir (work_directory), ==, 0);
  g_assert_true (g_strv_contains ((const char *const *) leaves, name));
}

int
main (int argc, char **argv)
{
  gboolean has_rig = FALSE;
  int result;

  g_test_init (&argc, &argv, NULL);
  hierarchy = ncg_hierarchy_detect ("", NULL);
  if (hierarchy != NULL) {
    has_rig = find_rig ();
    g_test_add_func ("/stats-kernel/own-cpu", test_own_cpu);
    g_test_add_func ("/stats-kernel/own-memory", test_own_memory);
    g_test_add_data_func ("/stats-kernel/rig", GINT_TO_POINTER (has_rig), test_rig);
  }
  if (has_rig) {
    g_test_add_func ("/stats-kernel/come-and-go", test_come_and_go);
    g_test_add_func ("/stats-kernel/leaves", test_leaves);
  }
  result = g_test_run ();
  g_clear_pointer (&hierarchy, ncg_hierarchy_free);
  g_free (work_directory);
  g_free (work_path);
  return result;
}
