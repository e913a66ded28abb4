/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The systemd driver: what it makes of the driver's verbs.
 */
#include "lib/driver-systemd.h"

#include "lib/cgroup-look.h"
#include "lib/error.h"
#include "lib/leaf-settle.h"
#include "lib/names.h"
#include "lib/systemd-context.h"
#include "lib/systemd-group.h"
#include "lib/systemd-leaf.h"
#include "lib/systemd-services.h"
#include "lib/systemd-settings.h"
#include "lib/tree-work.h"

#include <string.h>

#define WINDOW 64
/* What has ended in the primary hierarchy may take a moment longer in the others. */
#define LEFT_USEC G_USEC_PER_SEC

/* The controllers of v1 that systemd up to 257 makes cgroups for. */
static const char *const controllers_of_systemd[] = {
  "blkio", "cpu", "cpuacct", "devices", "memory", "pids", "name=systemd", NULL,
};

typedef struct {
  NcgDriver base;
  NcgSystemdContext context;
  NcgSystemdServices *services;
  NcgDriverListener listener;
  gpointer user_data;
} SystemdDriver;

static NcgSystemdContext *
get_context (NcgDriver *base)
{
  return &((SystemdDriver *) base)->context;
}

/* "/" is the root slice; else no component is empty, as with the other driver. */
static gboolean
check_path (const char *path, GError **error)
{
  g_autofree char *escaped = NULL;

  if (g_str_equal (path, "/") ||
      (path[0] == '/' && strstr (path, "//") == NULL && !g_str_has_suffix (path, "/")))
    return TRUE;
  escaped = ncg_error_escape (path);
  g_set_error (
      error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
      "\"%s\" cannot be a group: it takes \"/a\" or \"/a/b\", of which no component is empty",
      escaped);
  return FALSE;
}

/* The slice of a path and, in @cgroup if it is not NULL, the slices above it. */
static char *
expand (const char *path, GString *cgroup, GError **error)
{
  g_autofree char *unit = g_strdup ("-.slice");
  g_auto (GStrv) components = g_strsplit (path, "/", -1);

  if (!check_path (path, error))
    return NULL;
  for (guint i = 0; components[i] != NULL; i++) {
    char *child;

    if (components[i][0] == '\0')
      continue;
    child = ncg_names_child_slice (unit, components[i], error);
    if (child == NULL)
      return NULL;
    g_free (unit);
    unit = child;
    if (cgroup != NULL)
      g_string_append_printf (cgroup, "/%s", unit);
  }
  return g_steal_pointer (&unit);
}

static char *
systemd_group_unit (NcgDriver *base, const char *path, GError **error)
{
  return expand (path, NULL, error);
}

static char *
systemd_predict_cgroup (NcgDriver *base, const char *path)
{
  NcgSystemdContext *context = get_context (base);
  GString *cgroup =
      g_string_new (context->features != NULL ? context->features->control_group : NULL);
  g_autofree char *unit = expand (path, cgroup, NULL);

  return g_string_free (cgroup, FALSE);
}

static char *
systemd_leaf_unit (NcgDriver *base, const NcgLeaf *leaf, GError **error)
{
  return ncg_names_leaf_unit (leaf->uid, leaf->name,
                              leaf->processes != NULL ? ".scope" : ".service", error);
}

static char *
systemd_container_name (NcgDriver *base, const char *uid, const char *cgroup, char **ret_unit)
{
  g_autofree char *child = g_path_get_basename (cgroup);
  char *name = ncg_names_container_from_unit (uid, child);

  /* systemd escapes some names of cgroups with a leading "_", and no unit of ours starts so. */
  if (name != NULL)
    *ret_unit = g_strdup (child[0] == '_' ? child + 1 : child);
  return name;
}

static void
systemd_ensure_group_async (NcgDriver *base,
                            const NcgGroup *group,
                            gint64 deadline,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  GError *error = NULL;
  g_autofree char *unit = systemd_group_unit (base, group->path, &error);
  g_autofree char *cgroup = systemd_predict_cgroup (base, group->path);
  NcgPlace predicted = { .unit = unit, .cgroup = cgroup };

  if (unit == NULL)
    g_task_report_error (NULL, callback, user_data, NULL, error);
  else
    ncg_systemd_group_ensure_async (get_context (base), group, &predicted, deadline, callback,
                                    user_data);
}

static void
systemd_set_resources_async (NcgDriver *base,
                             const NcgPlace *place,
                             const NcgResources *resources,
                             gint64 deadline,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  ncg_systemd_settings_apply_async (get_context (base), place, resources, deadline, callback,
                                    user_data);
}

static void
systemd_start_leaf_async (NcgDriver *base,
                          const NcgLeaf *leaf,
                          gint64 deadline,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  GError *error = NULL;
  g_autofree char *slice = systemd_group_unit (base, leaf->parent, &error);
  g_autofree char *cgroup = systemd_predict_cgroup (base, leaf->parent);
  g_autofree char *unit = slice != NULL ? systemd_leaf_unit (base, leaf, &error) : NULL;
  NcgPlace parent = { .unit = slice, .cgroup = cgroup };

  if (unit == NULL)
    g_task_report_error (NULL, callback, user_data, NULL, error);
  else
    ncg_systemd_leaf_start_async (get_context (base), leaf, unit, &parent, deadline, callback,
                                  user_data);
}

static void
systemd_join_async (NcgDriver *base,
                    const NcgJoin *join,
                    gint64 deadline,
                    GAsyncReadyCallback callback,
                    gpointer user_data)
{
  ncg_systemd_leaf_join_async (get_context (base), join, deadline, callback, user_data);
}

/* Directly and not by FreezeUnit: from 257 on systemd does not stop what it has frozen. */
static void
systemd_freeze_async (NcgDriver *base,
                      const NcgPlace *place,
                      gboolean frozen,
                      gint64 deadline,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
  NcgSystemdContext *context = get_context (base);

  ncg_tree_work_freeze_async (context->hierarchy, place->cgroup, frozen, deadline, callback,
                              user_data);
}

static void
systemd_kill_async (NcgDriver *base,
                    const NcgPlace *place,
                    gint64 deadline,
                    GAsyncReadyCallback callback,
                    gpointer user_data)
{
  NcgSystemdContext *context = get_context (base);

  ncg_tree_work_kill_async (context->hierarchy, context->proc, place->cgroup, deadline, callback,
                            user_data);
}

static void
systemd_describe_async (NcgDriver *base,
                        const NcgPlace *place,
                        gint64 deadline,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  ncg_systemd_group_describe_async (get_context (base), place, deadline, callback, user_data);
}

static void
systemd_stop_async (NcgDriver *base,
                    const NcgPlace *place,
                    gint64 deadline,
                    GAsyncReadyCallback callback,
                    gpointer user_data)
{
  ncg_systemd_group_stop_async (get_context (base), place, deadline, callback, user_data);
}

/* Leaves may have ended while there was no daemon. */
static void
remove_left (const NcgSystemdContext *context, const char *cgroup)
{
  g_autoptr (GPtrArray) left =
      ncg_leaf_list_left (context->foreign, ncg_hierarchy_get_primary (context->hierarchy), cgroup);

  for (guint i = 0; i < left->len; i++)
    ncg_tree_work_remove_async (context->foreign, context->proc, g_ptr_array_index (left, i),
                                g_get_monotonic_time () + LEFT_USEC, NULL, NULL);
}

static void
systemd_keep (NcgDriver *base, const NcgKept *kept)
{
  NcgSystemdContext *context = get_context (base);
  g_auto (NcgResources) told = { 0 };
  GPtrArray *dropped;

  if (!kept->is_new && g_str_has_suffix (kept->place->unit, ".slice"))
    remove_left (context, kept->place->cgroup);

  ncg_resources_copy (kept->resources, &told);
  dropped = ncg_systemd_settings_drop_again (&told, kept->dropped);
  ncg_systemd_units_remember (context->units, kept->place, &told, dropped);
  ncg_own_files_keep (context->own, kept->place->unit, kept->place->cgroup, kept->resources);
  /* The daemon may have ended before it had moved all of them. */
  if (!kept->is_new)
    ncg_own_files_gather (context->own, kept->place->unit);
}

static gboolean
systemd_restores (NcgDriver *base, const NcgFileSetting *setting)
{
  return ncg_own_files_is_set_back (setting);
}

static GPtrArray *
systemd_list_dropped (NcgDriver *base, const char *unit)
{
  return ncg_systemd_units_list_dropped (get_context (base)->units, unit);
}

static void
on_probed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  NcgSystemdContext *context = g_task_get_task_data (task);
  GError *error = NULL;
  NcgSystemdFeatures *features = ncg_systemd_features_probe_finish (result, &error);

  if (features == NULL) {
    g_task_return_error (task, error);
    return;
  }
  ncg_own_files_set_features (context->own, features);
  g_clear_pointer (&context->features, ncg_systemd_features_free);
  context->features = features;
  context->without_pidfds = FALSE;
  g_task_return_boolean (task, TRUE);
}

static void
systemd_probe_async (NcgDriver *base,
                     gint64 deadline,
                     GAsyncReadyCallback callback,
                     gpointer user_data)
{
  NcgSystemdContext *context = get_context (base);
  GTask *task = g_task_new (NULL, NULL, callback, user_data);

  g_task_set_task_data (task, context, NULL);
  ncg_systemd_features_probe_async (context->systemd, deadline, on_probed, task);
}

static guint
systemd_version (NcgDriver *base)
{
  NcgSystemdContext *context = get_context (base);

  return context->features != NULL ? context->features->version : 0;
}

static char **
systemd_features (NcgDriver *base)
{
  NcgSystemdContext *context = get_context (base);

  return context->features != NULL ? ncg_systemd_features_list (context->features)
                                   : g_new0 (char *, 1);
}

static void
systemd_watch_services (NcgDriver *base, const char *const *units)
{
  ncg_systemd_services_watch (((SystemdDriver *) base)->services, units);
}

/* Of a leaf that ended by itself something may be left in hierarchies that systemd does not know.
 * While systemd loads its units anew, or executes itself, it tells of all of them. */
static void
forget_if_gone (NcgSystemdContext *context, const char *unit)
{
  const NcgSystemdUnit *known = ncg_systemd_units_find (context->units, unit);

  if (known == NULL ||
      !ncg_cgroup_is_gone (ncg_hierarchy_get_primary (context->hierarchy), known->cgroup))
    return;
  if (context->foreign->len > 0 && ncg_leaf_is_foreign (context->foreign, known->cgroup))
    ncg_tree_work_remove_async (context->foreign, context->proc, known->cgroup,
                                g_get_monotonic_time () + LEFT_USEC, NULL, NULL);
  ncg_own_files_forget (context->own, unit);
  ncg_systemd_units_forget (context->units, unit);
}

/* While there was no connection nobody told. */
static void
forget_all_gone (NcgSystemdContext *context)
{
  g_auto (GStrv) units = ncg_systemd_units_list (context->units);

  for (guint i = 0; units[i] != NULL; i++)
    forget_if_gone (context, units[i]);
}

static void
on_connected (gpointer user_data)
{
  SystemdDriver *self = user_data;

  forget_all_gone (&self->context);
  /* Of one that executes itself the end of the connection is all that is heard. */
  ncg_own_files_restore_all (self->context.own);
  ncg_systemd_services_ask_all (self->services);
  if (self->listener.connected != NULL)
    self->listener.connected (self->user_data);
}

static void
on_disconnected (gpointer user_data)
{
  SystemdDriver *self = user_data;

  if (self->listener.disconnected != NULL)
    self->listener.disconnected (self->user_data);
}

static void
on_reloaded (gpointer user_data)
{
  SystemdDriver *self = user_data;

  forget_all_gone (&self->context);
  ncg_own_files_restore_all (self->context.own);
  ncg_systemd_services_ask_all (self->services);
  if (self->listener.reloaded != NULL)
    self->listener.reloaded (self->user_data);
}

static void
on_unit_removed (const char *unit, gpointer user_data)
{
  SystemdDriver *self = user_data;

  forget_if_gone (&self->context, unit);
  if (self->listener.unit_removed != NULL)
    self->listener.unit_removed (unit, self->user_data);
}

static void
on_unit_touched (const char *path, gpointer user_data)
{
  SystemdDriver *self = user_data;

  ncg_systemd_services_touch (self->services, path);
}

static void
on_service_changed (const NcgService *service, gpointer user_data)
{
  SystemdDriver *self = user_data;

  if (self->listener.service_changed != NULL)
    self->listener.service_changed (service, self->user_data);
}

static GPtrArray *
find_foreign (const NcgHierarchy *hierarchy)
{
  GPtrArray *foreign = g_ptr_array_new ();

  for (guint i = 0; i < hierarchy->trees->len; i++) {
    NcgTree *tree = g_ptr_array_index (hierarchy->trees, i);

    if (tree->is_v1 && !g_strv_contains (controllers_of_systemd, tree->controllers[0]))
      g_ptr_array_add (foreign, tree);
  }
  return foreign;
}

static NcgDriver *
systemd_create (const NcgDriverConfig *config,
                const NcgDriverListener *listener,
                gpointer user_data)
{
  static const NcgSystemdListener callbacks = {
    .connected = on_connected,
    .disconnected = on_disconnected,
    .reloaded = on_reloaded,
    .unit_removed = on_unit_removed,
    .unit_touched = on_unit_touched,
  };
  SystemdDriver *self = g_new0 (SystemdDriver, 1);
  NcgSystemdContext *context = &self->context;
  g_autofree char *socket = config->user_socket != NULL
                                ? g_strdup (config->user_socket)
                                : g_strconcat (config->root, "/run/systemd/private", NULL);
  NcgSystemdConfig connection = {
    .private_socket = socket,
    .bus_address = config->bus_address,
    .window = WINDOW,
  };

  self->base.ops = &ncg_driver_systemd_ops;
  self->listener = *listener;
  self->user_data = user_data;
  context->root = g_strdup (config->root);
  context->proc = g_strconcat (config->root, "/proc", NULL);
  context->hierarchy = config->hierarchy;
  context->may_drop = config->may_drop;
  context->dropping = listener->dropping;
  context->user_data = user_data;
  context->is_user = config->user_socket != NULL;
  context->foreign = find_foreign (config->hierarchy);
  context->own =
      ncg_own_files_new (config->hierarchy, context->foreign, context->proc, config->owner_watches);
  context->units = ncg_systemd_units_new ();
  context->systemd = ncg_systemd_new (&connection, &callbacks, self);
  self->services = ncg_systemd_services_new (context->systemd, on_service_changed, self);
  return &self->base;
}

static void
systemd_destroy (NcgDriver *base)
{
  NcgSystemdContext *context = get_context (base);

  ncg_systemd_services_free (((SystemdDriver *) base)->services);
  ncg_systemd_free (context->systemd);
  ncg_own_files_free (context->own);
  ncg_systemd_units_free (context->units);
  g_clear_pointer (&context->features, ncg_systemd_features_free);
  g_ptr_array_unref (context->foreign);
  g_free (context->root);
  g_free (context->proc);
  g_free (base);
}

static void
systemd_set_trace (NcgDriver *base, NcgDriverTrace trace, gpointer user_data)
{
  ncg_systemd_set_trace (get_context (base)->systemd, trace, user_data);
}

static gint64
systemd_silence (NcgDriver *base)
{
  return ncg_systemd_get_silence (get_context (base)->systemd);
}

static GVariant *
systemd_describe_latencies (NcgDriver *base)
{
  return ncg_systemd_describe_latencies (get_context (base)->systemd);
}

const NcgDriverOps ncg_driver_systemd_ops = {
  .name = "systemd",
  .create = systemd_create,
  .destroy = systemd_destroy,
  .group_unit = systemd_group_unit,
  .leaf_unit = systemd_leaf_unit,
  .predict_cgroup = systemd_predict_cgroup,
  .container_name = systemd_container_name,
  .probe_async = systemd_probe_async,
  .ensure_group_async = systemd_ensure_group_async,
  .set_resources_async = systemd_set_resources_async,
  .start_leaf_async = systemd_start_leaf_async,
  .join_async = systemd_join_async,
  .freeze_async = systemd_freeze_async,
  .kill_async = systemd_kill_async,
  .describe_async = systemd_describe_async,
  .stop_async = systemd_stop_async,
  .keep = systemd_keep,
  .list_dropped = systemd_list_dropped,
  .restores = systemd_restores,
  .watch_services = systemd_watch_services,
  .set_trace = systemd_set_trace,
  .silence = systemd_silence,
  .describe_latencies = systemd_describe_latencies,
  .version = systemd_version,
  .features = systemd_features,
};
