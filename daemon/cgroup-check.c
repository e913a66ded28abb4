/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Comparing a cgroup with what it should have.
 */
#include "daemon/cgroup-check.h"

#include "lib/cgroup.h"

CgroupCheck *
cgroup_check_new (const NcgHierarchy *hierarchy, const char *cgroup, const NcgResources *wanted)
{
  CgroupCheck *self = g_new0 (CgroupCheck, 1);

  self->hierarchy = hierarchy;
  self->cgroup = g_strdup (cgroup);
  ncg_resources_copy (wanted, &self->wanted);
  return self;
}

void
cgroup_check_free (CgroupCheck *self)
{
  g_free (self->cgroup);
  ncg_resources_clear (&self->wanted);
  g_clear_pointer (&self->settings, g_ptr_array_unref);
  g_free (self);
}

static gboolean
is_missing (const CgroupCheck *self)
{
  const NcgTree *tree = ncg_hierarchy_get_primary (self->hierarchy);
  g_autoptr (NcgCgroup) cgroup = ncg_cgroup_open (tree->mount, self->cgroup, NULL);

  return cgroup == NULL;
}

static void
read_one (CgroupCheck *self)
{
  g_clear_pointer (&self->settings, g_ptr_array_unref);
  self->is_missing = is_missing (self);
  if (!self->is_missing)
    self->settings = ncg_verify_read (self->hierarchy, self->cgroup, &self->wanted);
}

static void
drop_right (CgroupCheck *self)
{
  for (guint i = self->settings != NULL ? self->settings->len : 0; i > 0; i--)
    if (((const NcgFileSetting *) g_ptr_array_index (self->settings, i - 1))->ok)
      g_ptr_array_remove_index (self->settings, i - 1);
  if (self->settings != NULL && self->settings->len == 0)
    g_clear_pointer (&self->settings, g_ptr_array_unref);
}

static void
read_all_in_worker (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GPtrArray *checks = data;

  for (guint i = 0; i < checks->len; i++) {
    read_one (g_ptr_array_index (checks, i));
    drop_right (g_ptr_array_index (checks, i));
  }
  g_task_return_boolean (task, TRUE);
}

static void
read_in_worker (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  read_one (data);
  g_task_return_boolean (task, TRUE);
}

void
cgroup_check_read_all_async (GPtrArray *checks,
                             NcgWorker *worker,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_task_data (task, g_ptr_array_ref (checks), (GDestroyNotify) g_ptr_array_unref);
  ncg_worker_run (worker, task, read_all_in_worker);
}

void
cgroup_check_read_async (CgroupCheck *self,
                         NcgWorker *worker,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_task_data (task, self, NULL);
  ncg_worker_run (worker, task, read_in_worker);
}

gboolean
cgroup_check_read_finish (GAsyncResult *result)
{
  return g_task_propagate_boolean (G_TASK (result), NULL);
}

GPtrArray *
cgroup_check_take_differing (CgroupCheck *self)
{
  GPtrArray *list = self->settings != NULL ? g_steal_pointer (&self->settings) : g_ptr_array_new ();

  for (guint i = list->len; i > 0; i--)
    if (((const NcgFileSetting *) g_ptr_array_index (list, i - 1))->ok)
      g_ptr_array_remove_index (list, i - 1);
  return list;
}

gboolean
cgroup_check_is_right (const CgroupCheck *self, const NcgFileSetting *setting)
{
  g_autofree char *name = ncg_file_setting_get_name (setting);

  for (guint i = 0; self->settings != NULL && i < self->settings->len; i++) {
    const NcgFileSetting *now = g_ptr_array_index (self->settings, i);
    g_autofree char *other = ncg_file_setting_get_name (now);

    if (now->tree == setting->tree && g_str_equal (other, name))
      return now->ok;
  }
  return FALSE;
}
