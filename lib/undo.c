/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What was before.
 */
#include "lib/undo.h"

#include "lib/cgroup.h"
#include "lib/file-settings.h"
#include "lib/verify.h"

#include <string.h>

/* What the kernel says of a partition that it could not make goes on after that. */
#define REMARK " invalid"

/* (transfer full) (nullable): the line that sets the file to what it says now */
static char *
format_line (const NcgFileSetting *setting)
{
  const char *actual = setting->actual;
  const char *remark;

  if (actual == NULL || strchr (actual, '\n') != NULL)
    return NULL;
  if (setting->key != NULL)
    return actual[0] != '\0' ? g_strconcat (setting->key, " ", actual, NULL) : NULL;
  remark = strstr (actual, REMARK);
  return remark != NULL ? g_strndup (actual, (gsize) (remark - actual)) : g_strdup (actual);
}

void
ncg_undo_add_current (NcgResources *self,
                      const NcgResources *other,
                      const NcgHierarchy *hierarchy,
                      const char *path)
{
  for (guint i = 0; other->unified != NULL && i < other->unified->len; i++) {
    const NcgUnifiedFile *file = g_ptr_array_index (other->unified, i);
    g_autoptr (GPtrArray) settings =
        g_ptr_array_new_with_free_func ((GDestroyNotify) ncg_file_setting_free);

    ncg_file_settings_add_unified (settings, file, hierarchy);
    ncg_verify_read_settings (path, settings);
    for (guint j = 0; j < settings->len; j++) {
      const NcgFileSetting *setting = g_ptr_array_index (settings, j);
      g_autofree char *line = format_line (setting);

      if (line != NULL)
        ncg_resources_add_unified_line (self, file->file, setting->key, line);
    }
  }
}

static gboolean
fill (const NcgCgroup *parent, const char *file, NcgCpuset **set, GError **error)
{
  g_autofree char *list = ncg_cgroup_read (parent, file, error);

  *set = list != NULL ? ncg_cpuset_parse (list, error) : NULL;
  return *set != NULL;
}

gboolean
ncg_undo_add_sets (NcgResources *self,
                   const NcgResources *other,
                   const NcgHierarchy *hierarchy,
                   const char *path,
                   GError **error)
{
  gboolean needs_cpus = self->cpus == NULL && other->cpus != NULL;
  gboolean needs_nodes = self->memory_nodes == NULL && other->memory_nodes != NULL;
  const NcgTree *tree = ncg_hierarchy_find_tree (hierarchy, "cpuset");
  g_autofree char *parent_path = g_path_get_dirname (path);
  g_autoptr (NcgCgroup) parent = NULL;

  if (tree == NULL || (!needs_cpus && !needs_nodes))
    return TRUE;
  parent = ncg_cgroup_open (tree->mount, parent_path, error);
  return parent != NULL &&
         (!needs_cpus ||
          fill (parent, tree->is_v1 ? "cpuset.effective_cpus" : "cpuset.cpus.effective",
                &self->cpus, error)) &&
         (!needs_nodes ||
          fill (parent, tree->is_v1 ? "cpuset.effective_mems" : "cpuset.mems.effective",
                &self->memory_nodes, error));
}
