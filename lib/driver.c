/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The way from the table's functions to the calls of the header.
 */
#include "lib/driver.h"

#include "lib/latencies.h"

NcgPlace *
ncg_place_new (const char *unit, const char *cgroup)
{
  NcgPlace *self = g_new0 (NcgPlace, 1);

  self->unit = g_strdup (unit);
  self->cgroup = g_strdup (cgroup);
  return self;
}

void
ncg_place_free (NcgPlace *self)
{
  if (self == NULL)
    return;
  g_free (self->unit);
  g_free (self->cgroup);
  g_free (self);
}

void
ncg_dropped_free (NcgDropped *self)
{
  if (self == NULL)
    return;
  g_free (self->setting);
  g_free (self->wanted);
  g_free (self->reason);
  g_free (self);
}

void
ncg_driver_free (NcgDriver *self)
{
  if (self != NULL)
    self->ops->destroy (self);
}

char *
ncg_driver_group_unit (NcgDriver *self, const char *path, GError **error)
{
  return self->ops->group_unit (self, path, error);
}

char *
ncg_driver_leaf_unit (NcgDriver *self, const NcgLeaf *leaf, GError **error)
{
  return self->ops->leaf_unit (self, leaf, error);
}

char *
ncg_driver_predict_cgroup (NcgDriver *self, const char *path)
{
  return self->ops->predict_cgroup (self, path);
}

char *
ncg_driver_get_container_name (NcgDriver *self,
                               const char *uid,
                               const char *cgroup,
                               char **ret_unit)
{
  return self->ops->container_name (self, uid, cgroup, ret_unit);
}

void
ncg_driver_probe_async (NcgDriver *self,
                        gint64 deadline_usec,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  self->ops->probe_async (self, deadline_usec, callback, user_data);
}

gboolean
ncg_driver_probe_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

guint
ncg_driver_get_version (NcgDriver *self)
{
  return self->ops->version (self);
}

GStrv
ncg_driver_get_features (NcgDriver *self)
{
  return self->ops->features (self);
}

const char *
ncg_driver_get_name (NcgDriver *self)
{
  return self->ops->name;
}

void
ncg_driver_ensure_group_async (NcgDriver *self,
                               const NcgGroup *group,
                               gint64 deadline_usec,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  self->ops->ensure_group_async (self, group, deadline_usec, callback, user_data);
}

NcgPlace *
ncg_driver_ensure_group_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
ncg_driver_set_resources_async (NcgDriver *self,
                                const NcgPlace *place,
                                const NcgResources *resources,
                                gint64 deadline_usec,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  self->ops->set_resources_async (self, place, resources, deadline_usec, callback, user_data);
}

gboolean
ncg_driver_set_resources_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
ncg_driver_start_leaf_async (NcgDriver *self,
                             const NcgLeaf *leaf,
                             gint64 deadline_usec,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  self->ops->start_leaf_async (self, leaf, deadline_usec, callback, user_data);
}

NcgPlace *
ncg_driver_start_leaf_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
ncg_driver_join_async (NcgDriver *self,
                       const NcgJoin *join,
                       gint64 deadline_usec,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  self->ops->join_async (self, join, deadline_usec, callback, user_data);
}

gboolean
ncg_driver_join_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
ncg_driver_freeze_async (NcgDriver *self,
                         const NcgPlace *place,
                         gboolean frozen,
                         gint64 deadline_usec,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  self->ops->freeze_async (self, place, frozen, deadline_usec, callback, user_data);
}

gboolean
ncg_driver_freeze_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
ncg_driver_kill_async (NcgDriver *self,
                       const NcgPlace *place,
                       gint64 deadline_usec,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  self->ops->kill_async (self, place, deadline_usec, callback, user_data);
}

gboolean
ncg_driver_kill_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
ncg_driver_describe_async (NcgDriver *self,
                           const NcgPlace *place,
                           gint64 deadline_usec,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  self->ops->describe_async (self, place, deadline_usec, callback, user_data);
}

char *
ncg_driver_describe_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
ncg_driver_stop_async (NcgDriver *self,
                       const NcgPlace *place,
                       gint64 deadline_usec,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  self->ops->stop_async (self, place, deadline_usec, callback, user_data);
}

gboolean
ncg_driver_stop_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
ncg_driver_keep (NcgDriver *self, const NcgKept *kept)
{
  self->ops->keep (self, kept);
}

gboolean
ncg_driver_restores (NcgDriver *self, const NcgFileSetting *setting)
{
  return self->ops->restores != NULL && self->ops->restores (self, setting);
}

GPtrArray *
ncg_driver_list_dropped (NcgDriver *self, const char *unit)
{
  return self->ops->list_dropped (self, unit);
}

void
ncg_driver_watch_services (NcgDriver *self, const char *const *units)
{
  if (self->ops->watch_services != NULL)
    self->ops->watch_services (self, units);
}

void
ncg_driver_set_trace (NcgDriver *self, NcgDriverTrace trace, gpointer user_data)
{
  if (self->ops->set_trace != NULL)
    self->ops->set_trace (self, trace, user_data);
}

gint64
ncg_driver_get_silence (NcgDriver *self)
{
  return self->ops->silence != NULL ? self->ops->silence (self) : 0;
}

GVariant *
ncg_driver_describe_latencies (NcgDriver *self)
{
  return self->ops->describe_latencies != NULL
             ? self->ops->describe_latencies (self)
             : g_variant_new_array (G_VARIANT_TYPE ("{sa{sv}}"), NULL, 0);
}

const guint64 *
ncg_driver_list_latency_bounds (gsize *ret_n)
{
  *ret_n = NCG_LATENCIES_N_BOUNDS;
  return ncg_latencies_bounds_usec;
}
