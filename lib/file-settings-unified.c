/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files of cgroup v2 that no setting stands for, line by line.
 */
#include "lib/file-settings.h"

#include <string.h>

/* Those that v1 has too. */
static const struct {
  const char *file;
  const char *v1_file;
} v1_names[] = {
  { "cpu.max.burst", "cpu.cfs_burst_us" },
  { "cpu.uclamp.max", "cpu.uclamp.max" },
  { "cpu.uclamp.min", "cpu.uclamp.min" },
  { "misc.max", "misc.max" },
  { "rdma.max", "rdma.max" },
};

/* Files with a line for each device or resource, beside those where it is "MAJ:MIN". */
static const char *const keyed_files[] = { "dmem.low", "dmem.max", "dmem.min",
                                           "misc.max", "rdma.max", NULL };

/* What it means that there is no line of the key. */
static const struct {
  const char *file;
  const char *absent;
} absents[] = {
  { "io.bfq.weight", "default" },
  { "io.latency", "0" },
  { "io.weight", "default" },
};

/* Those that newer versions of systemd know, and set to their defaults in all units that do not say
 * otherwise. cpuset.cpus.partition, and the lines for a device of io.latency and io.weight, have
 * properties, too; but what a unit does not say of these stays as it is, and for the device systemd
 * takes the disk behind it. */
static const struct {
  const char *file;
  const char *property;
} properties[] = {
  { "memory.zswap.max", "MemoryZSwapMax" },
  { "memory.zswap.writeback", "MemoryZSwapWriteback" },
};

static const char *
find_property (const NcgHierarchy *hierarchy, const char *file)
{
  for (gsize i = 0; i < G_N_ELEMENTS (properties); i++)
    if (hierarchy->mode == NCG_HIERARCHY_UNIFIED && g_str_equal (properties[i].file, file))
      return properties[i].property;
  return NULL;
}

static const char *
find_v1_name (const char *file)
{
  for (gsize i = 0; i < G_N_ELEMENTS (v1_names); i++)
    if (g_str_equal (v1_names[i].file, file))
      return v1_names[i].v1_file;
  if (g_str_has_prefix (file, "hugetlb.") && g_str_has_suffix (file, ".rsvd.max"))
    return "";
  return NULL;
}

static const char *
find_absent (const char *file)
{
  for (gsize i = 0; i < G_N_ELEMENTS (absents); i++)
    if (g_str_equal (absents[i].file, file))
      return absents[i].absent;
  return NULL;
}

static const NcgTree *
find_unified_tree (const NcgHierarchy *hierarchy)
{
  for (guint i = 0; i < hierarchy->trees->len; i++) {
    const NcgTree *tree = g_ptr_array_index (hierarchy->trees, i);

    if (!tree->is_v1)
      return tree;
  }
  return NULL;
}

static const NcgTree *
find_tree (const NcgHierarchy *hierarchy, const char *controller)
{
  if (controller[0] == '\0')
    return find_unified_tree (hierarchy);
  return ncg_hierarchy_find_tree (hierarchy, controller);
}

/* (transfer full): the file's name on v1; NULL if it has none */
static char *
get_v1_name (const char *file)
{
  const char *name = find_v1_name (file);
  gsize without_max = strlen (file) - strlen ("max");

  if (name != NULL && name[0] == '\0')
    return g_strdup_printf ("%.*slimit_in_bytes", (int) without_max, file);
  return g_strdup (name);
}

static gboolean
is_device (const char *word)
{
  gsize major = strspn (word, "0123456789");
  gsize minor = word[major] == ':' ? strspn (word + major + 1, "0123456789") : 0;

  return major > 0 && minor > 0 && word[major + 1 + minor] == '\0';
}

/* v1 has a number for what v2 has a word for, and prints yet another. */
static void
say_no_limit (NcgFileSetting *setting)
{
  if (setting->tree == NULL || !setting->tree->is_v1 || !g_str_equal (setting->value, "max") ||
      !g_str_equal (setting->controller, "hugetlb"))
    return;
  g_free (setting->value);
  setting->value = g_strdup ("-1");
}

static NcgFileSetting *
add_line (GPtrArray *settings,
          const NcgTree *tree,
          const char *controller,
          const char *file,
          const char *line)
{
  const char *blank = strchr (line, ' ');
  g_autofree char *key = blank != NULL ? g_strndup (line, (gsize) (blank - line)) : NULL;
  gboolean is_keyed = key != NULL && (is_device (key) || g_strv_contains (keyed_files, file));
  const char *value = is_keyed ? blank + 1 : line;
  NcgFileSetting *setting = ncg_file_setting_new (tree, controller, file, value);

  if (is_keyed) {
    setting->key = g_steal_pointer (&key);
    setting->form = strchr (value, '=') != NULL ? NCG_FILE_FIELDS : NCG_FILE_KEYED;
    setting->absent = g_str_has_suffix (value, "max") ? "max" : find_absent (file);
  } else if (g_str_equal (controller, "cpuset")) {
    setting->form = NCG_FILE_SET;
  }
  setting->is_optional = g_str_equal (value, "max") || g_str_equal (value, "default");
  say_no_limit (setting);
  g_ptr_array_add (settings, setting);
  return setting;
}

void
ncg_file_settings_add_unified (GPtrArray *settings,
                               const NcgUnifiedFile *file,
                               const NcgHierarchy *hierarchy)
{
  g_autofree char *prefix = g_strndup (file->file, strcspn (file->file, "."));
  const char *controller = g_str_equal (prefix, "cgroup") ? "" : prefix;
  const NcgTree *tree = find_tree (hierarchy, controller);
  g_autofree char *v1_name = tree != NULL && tree->is_v1 ? get_v1_name (file->file) : NULL;
  g_auto (GStrv) lines = g_strsplit (file->value, "\n", -1);

  if (tree != NULL && tree->is_v1 && v1_name == NULL)
    tree = NULL;
  /* The empty text is a line, too. */
  if (lines[0] == NULL)
    add_line (settings, tree, controller, file->file, "");
  for (guint i = 0; lines[i] != NULL; i++) {
    NcgFileSetting *setting =
        add_line (settings, tree, controller, v1_name != NULL ? v1_name : file->file, lines[i]);

    setting->property = tree != NULL ? find_property (hierarchy, file->file) : NULL;
  }
}
