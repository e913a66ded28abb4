/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The figures of one cgroup: the fields, and the reading from v1 and v2 together. The files are in
 * stats-v1.c and stats-v2.c.
 */
#include "lib/stats.h"

#include "lib/error.h"
#include "lib/stats-source.h"

#include <string.h>
#include <unistd.h>

static const char *const keys[NCG_STATS_N_FIELDS] = {
  [NCG_STATS_TIMESTAMP] = "TimestampUSec",
  [NCG_STATS_CPU_USAGE] = "CPUUsageNSec",
  [NCG_STATS_CPU_USER] = "CPUUserNSec",
  [NCG_STATS_CPU_SYSTEM] = "CPUSystemNSec",
  [NCG_STATS_CPU_PERIODS] = "CPUPeriods",
  [NCG_STATS_CPU_THROTTLED_PERIODS] = "CPUThrottledPeriods",
  [NCG_STATS_CPU_THROTTLED] = "CPUThrottledUSec",
  [NCG_STATS_MEMORY_USAGE] = "MemoryUsageBytes",
  [NCG_STATS_MEMORY_WORKING_SET] = "MemoryWorkingSetBytes",
  [NCG_STATS_MEMORY_ANON] = "MemoryAnonBytes",
  [NCG_STATS_MEMORY_FILE] = "MemoryFileBytes",
  [NCG_STATS_MEMORY_KERNEL] = "MemoryKernelBytes",
  [NCG_STATS_MEMORY_PEAK] = "MemoryPeakBytes",
  [NCG_STATS_MEMORY_LIMIT] = "MemoryLimitBytes",
  [NCG_STATS_MEMORY_SWAP] = "MemorySwapBytes",
  [NCG_STATS_PIDS_CURRENT] = "PidsCurrent",
  [NCG_STATS_PIDS_LIMIT] = "PidsLimit",
  [NCG_STATS_DESCENDANTS] = "DescendantCount",
  [NCG_STATS_DYING_DESCENDANTS] = "DyingDescendantCount",
  [NCG_STATS_MEMORY_EVENTS] = "MemoryEvents",
  [NCG_STATS_IO] = "IO",
  [NCG_STATS_HUGEPAGES] = "Hugepages",
  [NCG_STATS_CPU_PRESSURE] = "CPUPressure",
  [NCG_STATS_MEMORY_PRESSURE] = "MemoryPressure",
  [NCG_STATS_IO_PRESSURE] = "IOPressure",
};

/* Who reads figures, and so where a cgroup has to be looked for: NULL is cgroup2. */
static const char *const hierarchies[] = {
  NULL, "name=systemd", "memory", "cpu", "cpuacct", "pids", "blkio", "hugetlb",
};
G_STATIC_ASSERT (G_N_ELEMENTS (hierarchies) <= G_N_ELEMENTS (((NcgStatsReader *) NULL)->trees));

const char *
ncg_stats_field_to_string (NcgStatsField field)
{
  return keys[field];
}

static void
set_unknown_error (const char *key, GError **error)
{
  g_autofree char *escaped = ncg_error_escape (key);
  g_autoptr (GString) known = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    g_string_append_printf (known, "%s%s", i > 0 ? ", " : "", keys[i]);
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
               "there is no figure '%s'; those there are: %s", escaped, known->str);
}

gboolean
ncg_stats_parse_fields (const char *const *names, NcgStatsFields *ret_fields, GError **error)
{
  NcgStatsFields fields = 0;

  for (; *names != NULL; names++) {
    guint field = 0;

    while (field < NCG_STATS_N_FIELDS && !g_str_equal (*names, keys[field]))
      field++;
    if (field == NCG_STATS_N_FIELDS) {
      set_unknown_error (*names, error);
      return FALSE;
    }
    fields |= NCG_STATS_BIT (field);
  }
  *ret_fields = fields;
  return TRUE;
}

void
ncg_stats_init (NcgStats *self)
{
  self->has = 0;
  self->events = g_array_new (FALSE, FALSE, sizeof (NcgStatsEvent));
  self->devices = g_array_new (FALSE, FALSE, sizeof (NcgStatsDevice));
  self->hugepages = g_array_new (FALSE, FALSE, sizeof (NcgStatsHugepages));
}

void
ncg_stats_clear (NcgStats *self)
{
  g_clear_pointer (&self->events, g_array_unref);
  g_clear_pointer (&self->devices, g_array_unref);
  g_clear_pointer (&self->hugepages, g_array_unref);
}

static const char *
get_mount (const NcgHierarchy *hierarchy, const char *controller)
{
  return controller != NULL ? g_hash_table_lookup (hierarchy->v1_mounts, controller)
                            : hierarchy->unified_mount;
}

/* The root of cgroup2 alone has memory.stat and no memory.current. */
static gboolean
has_no_usage (const NcgStatsReader *reader)
{
  return g_str_equal (reader->path, "/") && get_mount (reader->hierarchy, "memory") == NULL;
}

/* What the wanted fields are made of. */
static NcgStatsFields
add_ingredients (const NcgStatsReader *reader, NcgStatsFields fields)
{
  if (fields & NCG_STATS_BIT (NCG_STATS_MEMORY_WORKING_SET))
    fields |= NCG_STATS_BIT (NCG_STATS_MEMORY_USAGE) | NCG_STATS_BIT (NCG_STATS_INACTIVE_FILE);
  if ((fields & NCG_STATS_BIT (NCG_STATS_MEMORY_USAGE)) && has_no_usage (reader))
    fields |= NCG_STATS_BIT (NCG_STATS_MEMORY_ANON) | NCG_STATS_BIT (NCG_STATS_MEMORY_FILE);
  return fields;
}

static gboolean
has (const NcgStatsReader *reader, NcgStatsField field)
{
  return (reader->stats->has & NCG_STATS_BIT (field)) != 0;
}

static void
derive (NcgStatsReader *reader)
{
  const guint64 *numbers = reader->stats->numbers;
  guint64 usage;

  if (has_no_usage (reader) && has (reader, NCG_STATS_MEMORY_ANON) &&
      has (reader, NCG_STATS_MEMORY_FILE))
    ncg_stats_reader_set (reader, NCG_STATS_MEMORY_USAGE,
                          numbers[NCG_STATS_MEMORY_ANON] + numbers[NCG_STATS_MEMORY_FILE]);
  if (!has (reader, NCG_STATS_MEMORY_USAGE) || !has (reader, NCG_STATS_INACTIVE_FILE))
    return;
  usage = numbers[NCG_STATS_MEMORY_USAGE];
  ncg_stats_reader_set (reader, NCG_STATS_MEMORY_WORKING_SET,
                        usage > reader->inactive_file ? usage - reader->inactive_file : 0);
}

/* Where something was absent, that may be because the cgroup went while it was read. It is there as
 * long as the first of the hierarchies that had it has it. */
static gboolean
check_there (NcgStatsReader *reader, GError **error)
{
  g_autofree char *shown = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (hierarchies); i++) {
    const char *mount = get_mount (reader->hierarchy, hierarchies[i]);
    const NcgCgroup *cgroup = NULL;

    if (mount != NULL && !ncg_stats_reader_open (reader, mount, &cgroup, error))
      return FALSE;
    if (cgroup == NULL)
      continue;
    if (faccessat (ncg_cgroup_get_fd (cgroup), "cgroup.procs", F_OK, 0) == 0)
      return TRUE;
    break;
  }
  shown = ncg_error_escape_path (reader->path);
  g_set_error (error, NCG_ERROR, NCG_ERROR_NOT_FOUND, "there is no cgroup %s", shown);
  return FALSE;
}

static gboolean
read_cgroup (NcgStatsReader *reader, NcgStatsFields fields, GError **error)
{
  NcgStats *stats = reader->stats;

  reader->wanted = add_ingredients (reader, fields);
  if (fields & NCG_STATS_BIT (NCG_STATS_TIMESTAMP))
    ncg_stats_reader_set (reader, NCG_STATS_TIMESTAMP, (guint64) g_get_real_time ());
  if (!ncg_stats_source_read_all (reader, ncg_stats_sources_v1, TRUE, error) ||
      !ncg_stats_source_read_all (reader, ncg_stats_sources_v2, FALSE, error))
    return FALSE;
  /* Where nothing was to be read, nothing was looked for. */
  if ((reader->in_doubt || reader->n_present == 0) && !check_there (reader, error))
    return FALSE;
  derive (reader);
  stats->has &= fields;
  return TRUE;
}

gboolean
ncg_stats_fill (NcgStats *self,
                const NcgHierarchy *hierarchy,
                const char *path,
                NcgStatsFields fields,
                GError **error)
{
  NcgStatsReader reader;
  gboolean ok;

  reader.hierarchy = hierarchy;
  reader.path = path;
  reader.stats = self;
  reader.n_present = 0;
  reader.n_absent = 0;
  reader.in_doubt = FALSE;
  reader.closed = NULL;
  reader.n_trees = 0;
  ncg_file_buffer_init (&reader.buffer);
  self->has = 0;
  g_array_set_size (self->events, 0);
  g_array_set_size (self->devices, 0);
  g_array_set_size (self->hugepages, 0);

  ok = read_cgroup (&reader, fields & NCG_STATS_ALL, error);
  if (!ok)
    self->has = 0;
  for (guint i = 0; i < reader.n_trees; i++)
    g_clear_pointer (&reader.trees[i].cgroup, ncg_cgroup_close);
  ncg_file_buffer_clear (&reader.buffer);
  return ok;
}

GVariant *
ncg_stats_read (const NcgHierarchy *hierarchy,
                const char *path,
                NcgStatsFields fields,
                GError **error)
{
  g_auto (NcgStats) stats;

  ncg_stats_init (&stats);
  if (!ncg_stats_fill (&stats, hierarchy, path, fields, error))
    return NULL;
  return ncg_stats_to_variant (&stats);
}

static gboolean
add_leaves (const char *mount, const char *path, GHashTable *names, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (NcgCgroup) cgroup = ncg_cgroup_open (mount, path, &local);
  g_auto (GStrv) children = NULL;

  if (cgroup == NULL && g_error_matches (local, NCG_ERROR, NCG_ERROR_NOT_FOUND))
    return TRUE;
  if (cgroup != NULL)
    children = ncg_cgroup_list_children (cgroup, &local);
  if (children == NULL) {
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  for (guint i = 0; children[i] != NULL; i++)
    g_hash_table_add (names, g_strdup (children[i]));
  return TRUE;
}

static int
compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

GStrv
ncg_stats_list_leaves (const NcgHierarchy *hierarchy, const char *path, GError **error)
{
  g_autoptr (GHashTable) mounts = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  guint n_names;
  GStrv list;

  for (gsize i = 0; i < G_N_ELEMENTS (hierarchies); i++) {
    const char *mount = get_mount (hierarchy, hierarchies[i]);

    if (mount != NULL && g_hash_table_add (mounts, (gpointer) mount) &&
        !add_leaves (mount, path, names, error))
      return NULL;
  }
  list = (GStrv) g_hash_table_get_keys_as_array (names, &n_names);
  g_hash_table_steal_all (names);
  qsort (list, n_names, sizeof (char *), compare_strings);
  return list;
}
