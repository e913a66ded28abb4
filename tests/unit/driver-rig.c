/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The cgroupfs driver for tests.
 */
#include "tests/unit/driver-rig.h"

#include "lib/driver-cgroupfs.h"
#include "lib/error.h"
#include "lib/verify.h"
#include "tests/unit/child.h"

#include <signal.h>

static void
on_connected (gpointer user_data)
{
  DriverRig *self = user_data;

  self->is_connected = TRUE;
}

static void
on_removed (const char *unit, gpointer user_data)
{
  DriverRig *self = user_data;

  g_ptr_array_add (self->removed, g_strdup (unit));
}

void
driver_rig_set_up (DriverRig *self, gconstpointer mode)
{
  NcgDriverListener listener = { .connected = on_connected, .unit_removed = on_removed };
  NcgDriverConfig config = { .root = "" };

  self->rig = kernel_rig_new ((KernelRigMode) GPOINTER_TO_INT (mode));
  self->primary = ncg_hierarchy_get_primary (self->rig->hierarchy);
  self->removed = g_ptr_array_new_with_free_func (g_free);
  self->group = kernel_rig_path (self->rig, "a/pod1");
  config.hierarchy = self->rig->hierarchy;
  self->driver = ncg_driver_cgroupfs_ops.create (&config, &listener, self);
}

void
driver_rig_tear_down (DriverRig *self, gconstpointer mode)
{
  ncg_driver_free (self->driver);
  g_ptr_array_unref (self->removed);
  g_free (self->group);
  kernel_rig_free (self->rig);
}

void
driver_rig_on_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  DriverRig *self = user_data;

  self->result = g_object_ref (result);
}

/* (transfer full) */
GAsyncResult *
driver_rig_wait_result (DriverRig *self)
{
  while (self->result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return g_steal_pointer (&self->result);
}

static gboolean
on_time (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

/* At most until kernel_rig_deadline(). */
void
driver_rig_wait_removed (DriverRig *self, const char *unit)
{
  guint id = g_timeout_add (10, on_time, NULL);
  gint64 end = kernel_rig_deadline ();

  while (!g_ptr_array_find_with_equal_func (self->removed, unit, g_str_equal, NULL)) {
    g_assert_cmpint (g_get_monotonic_time (), <, end);
    g_main_context_iteration (NULL, TRUE);
  }
  g_source_remove (id);
}

void
driver_rig_run_for (guint msec)
{
  guint id = g_timeout_add (10, on_time, NULL);
  gint64 end = g_get_monotonic_time () + msec * 1000;

  while (g_get_monotonic_time () < end)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (id);
}

/* @code of -1 is success. */
void
driver_rig_assert_outcome (gboolean ok, const GError *error, int code)
{
  if (error != NULL)
    g_test_message ("%s", error->message);
  g_assert_cmpint (ok, ==, code < 0);
  if (code < 0)
    g_assert_no_error (error);
  else
    g_assert_error (error, NCG_ERROR, code);
}

void
driver_rig_ensure (DriverRig *self, const NcgGroup *group, int code)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (NcgPlace) place = NULL;
  g_autoptr (GError) error = NULL;

  ncg_driver_ensure_group_async (self->driver, group, kernel_rig_deadline (), driver_rig_on_result,
                                 self);
  result = driver_rig_wait_result (self);
  place = ncg_driver_ensure_group_finish (result, &error);
  driver_rig_assert_outcome (place != NULL, error, code);
  if (place == NULL)
    return;
  g_assert_cmpstr (place->unit, ==, group->path);
  g_assert_cmpstr (place->cgroup, ==, group->path);
  kernel_rig_assert_in_all_trees (self->rig, group->path, TRUE);
}

void
driver_rig_ensure_plain (DriverRig *self, const char *path, const char *description, int code)
{
  g_auto (NcgResources) none = { 0 };
  NcgGroup group = { .path = path, .description = description, .resources = &none };

  driver_rig_ensure (self, &group, code);
}

void
driver_rig_assert_description (DriverRig *self, const char *path, const char *expected)
{
  NcgPlace place = { (char *) path, (char *) path };
  g_autoptr (GAsyncResult) result = NULL;
  g_autofree char *description = NULL;

  ncg_driver_describe_async (self->driver, &place, kernel_rig_deadline (), driver_rig_on_result,
                             self);
  result = driver_rig_wait_result (self);
  description = ncg_driver_describe_finish (result, NULL);
  g_assert_cmpstr (description, ==, expected);
}

/* What this machine has the controller for. */
void
driver_rig_add_resources (const DriverRig *self, NcgResources *resources, guint64 pids)
{
  const NcgHierarchy *hierarchy = self->rig->hierarchy;

  if (ncg_hierarchy_has_controller (hierarchy, "pids"))
    ncg_resources_set (resources, NCG_SETTING_PIDS_MAX, pids);
  if (ncg_hierarchy_has_controller (hierarchy, "memory"))
    ncg_resources_set (resources, NCG_SETTING_MEMORY_MAX, 64 * 1024 * 1024);
  if (ncg_hierarchy_has_controller (hierarchy, "cpu"))
    ncg_resources_set (resources, NCG_SETTING_CPU_WEIGHT, 50);
}

void
driver_rig_assert_resources (const DriverRig *self, const char *path, const NcgResources *resources)
{
  g_autoptr (GError) error = NULL;

  ncg_verify_cgroup (self->rig->hierarchy, path, resources, &error);
  g_assert_no_error (error);
}

void
driver_rig_set_resources (DriverRig *self,
                          const char *path,
                          const NcgResources *resources,
                          int code)
{
  NcgPlace place = { (char *) path, (char *) path };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  gboolean ok;

  ncg_driver_set_resources_async (self->driver, &place, resources, kernel_rig_deadline (),
                                  driver_rig_on_result, self);
  result = driver_rig_wait_result (self);
  ok = ncg_driver_set_resources_finish (result, &error);
  driver_rig_assert_outcome (ok, error, code);
}

NcgLeaf
driver_rig_make_leaf (const DriverRig *self, const char *name, const NcgResources *resources)
{
  return (NcgLeaf){
    .parent = self->group,
    .uid = "1",
    .name = name,
    .description = "a leaf",
    .resources = resources,
    .user = NCG_NO_USER,
  };
}

/* (transfer full): where it is */
char *
driver_rig_start_leaf (DriverRig *self, const NcgLeaf *leaf, int code)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (NcgPlace) place = NULL;
  g_autoptr (GError) error = NULL;

  ncg_driver_start_leaf_async (self->driver, leaf, kernel_rig_deadline (), driver_rig_on_result,
                               self);
  result = driver_rig_wait_result (self);
  place = ncg_driver_start_leaf_finish (result, &error);
  driver_rig_assert_outcome (place != NULL, error, code);
  return place != NULL ? g_strdup (place->cgroup) : NULL;
}

void
driver_rig_join (DriverRig *self, const char *path, const char *subgroup, int code)
{
  NcgPlace place = { (char *) path, (char *) path };
  NcgJoin what = { &place, self->rig->processes, subgroup, NCG_NO_USER };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  gboolean ok;

  ncg_driver_join_async (self->driver, &what, kernel_rig_deadline (), driver_rig_on_result, self);
  result = driver_rig_wait_result (self);
  ok = ncg_driver_join_finish (result, &error);
  driver_rig_assert_outcome (ok, error, code);
}

/* All processes of the rig, in all hierarchies. */
void
driver_rig_assert_at (const DriverRig *self, const char *path)
{
  const GPtrArray *trees = self->rig->hierarchy->trees;

  for (guint i = 0; i < trees->len; i++) {
    for (guint j = 0; j < self->rig->processes->len; j++) {
      g_autofree char *at = kernel_rig_read_cgroup (g_ptr_array_index (self->rig->processes, j),
                                                    g_ptr_array_index (trees, i));
      g_assert_cmpstr (at, ==, path);
    }
  }
}

void
driver_rig_kill_process (const DriverRig *self, guint i)
{
  const NcgProcess *process = g_ptr_array_index (self->rig->processes, i);

  g_assert_cmpint (kill (process->pid, SIGKILL), ==, 0);
  child_wait_killed (process->pid, SIGKILL);
}

void
driver_rig_stop (DriverRig *self, const char *path)
{
  NcgPlace place = { (char *) path, (char *) path };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  ncg_driver_stop_async (self->driver, &place, kernel_rig_deadline (), driver_rig_on_result, self);
  result = driver_rig_wait_result (self);
  ncg_driver_stop_finish (result, &error);
  g_assert_no_error (error);
  kernel_rig_assert_in_all_trees (self->rig, path, FALSE);
}
