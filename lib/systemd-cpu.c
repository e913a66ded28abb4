/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CPU files for systemd.
 */
#include "lib/systemd-cpu.h"

#include "lib/apply.h"
#include "lib/cgroup.h"
#include "lib/verify.h"

/* (transfer container): those that systemd writes, too; none on v2 */
static GPtrArray *
list_files (const NcgHierarchy *hierarchy, const NcgResources *resources)
{
  GPtrArray *settings = ncg_file_settings_list (resources, hierarchy);
  const NcgTree *tree = ncg_hierarchy_find_tree (hierarchy, "cpu");

  for (guint i = settings->len; i > 0; i--) {
    const NcgFileSetting *setting = g_ptr_array_index (settings, i - 1);

    if (tree == NULL || !tree->is_v1 || setting->tree != tree || setting->property == NULL)
      g_ptr_array_remove_index (settings, i - 1);
  }
  return settings;
}

static const NcgFileSetting *
find_file (const GPtrArray *settings, const char *file)
{
  for (guint i = 0; i < settings->len; i++)
    if (g_str_equal (((const NcgFileSetting *) settings->pdata[i])->file, file))
      return settings->pdata[i];
  return NULL;
}

/* There is a quota now, in another period. */
static gboolean
changes_period (const NcgCgroup *cgroup, const GPtrArray *settings)
{
  const NcgFileSetting *period = find_file (settings, "cpu.cfs_period_us");
  g_autofree char *quota = ncg_cgroup_read (cgroup, "cpu.cfs_quota_us", NULL);

  return period != NULL && period->actual != NULL && !period->ok && g_strcmp0 (quota, "-1") != 0;
}

static gboolean
leaves_idle (const NcgCgroup *cgroup, const GPtrArray *settings)
{
  g_autofree char *idle = ncg_cgroup_read (cgroup, "cpu.idle", NULL);

  return find_file (settings, "cpu.shares") != NULL && g_strcmp0 (idle, "1") == 0;
}

gboolean
ncg_systemd_cpu_is_needed (const NcgHierarchy *hierarchy,
                           const char *path,
                           const NcgResources *resources)
{
  const NcgTree *tree = ncg_hierarchy_find_tree (hierarchy, "cpu");
  g_autoptr (GPtrArray) settings = NULL;
  g_autoptr (NcgCgroup) cgroup = NULL;

  if (tree == NULL || !tree->is_v1)
    return FALSE;
  settings = list_files (hierarchy, resources);
  if (settings->len == 0)
    return FALSE;
  cgroup = ncg_cgroup_open (tree->mount, path, NULL);
  if (cgroup == NULL)
    return FALSE;
  ncg_verify_read_settings (path, settings);
  return changes_period (cgroup, settings) || leaves_idle (cgroup, settings);
}

typedef struct {
  char *path;
  GPtrArray *settings;
} Write;

static void
write_free (gpointer data)
{
  Write *self = data;

  g_free (self->path);
  g_ptr_array_unref (self->settings);
  g_free (self);
}

static void
write_in_worker (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Write *self = data;
  GError *error = NULL;

  if (ncg_apply_write (self->path, self->settings, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

void
ncg_systemd_cpu_write_async (const NcgHierarchy *hierarchy,
                             const char *path,
                             const NcgResources *resources,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Write *self = g_new0 (Write, 1);

  self->path = g_strdup (path);
  self->settings = list_files (hierarchy, resources);
  g_task_set_task_data (task, self, write_free);
  g_task_run_in_thread (task, write_in_worker);
}

gboolean
ncg_systemd_cpu_write_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
