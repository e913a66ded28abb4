/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The systemd driver: what it makes of the driver's verbs.
 */
#include "lib/driver-systemd.h"

#include "lib/error.h"
#include "lib/names.h"
#include "lib/systemd-features.h"
#include "lib/systemd-start.h"
#include "lib/unit-properties.h"

#define WINDOW 64
#define RETRY_MSEC 10

typedef struct {
  NcgDriver base;
  NcgSystemd *systemd;
  NcgSystemdFeatures *features;
  gboolean without_pidfds; /* this systemd does not know the PIDFDs property */
  char *proc;
} SystemdDriver;

static GVariant *
resources_to_properties (const NcgResources *resources)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(sv)"));
  ncg_unit_properties_add_resources (&builder, resources);
  return g_variant_builder_end (&builder);
}

static char *
systemd_group_unit (NcgDriver *base, const char *path, GError **error)
{
  g_autofree char *unit = g_strdup ("-.slice");
  g_auto (GStrv) components = g_strsplit (path, "/", -1);

  for (guint i = 0; components[i] != NULL; i++) {
    g_autofree char *child = NULL;

    if (components[i][0] == '\0')
      continue;
    child = ncg_names_child_slice (unit, components[i], error);
    if (child == NULL)
      return NULL;
    g_free (unit);
    unit = g_steal_pointer (&child);
  }
  return g_steal_pointer (&unit);
}

static char *
systemd_predict_cgroup (NcgDriver *base, const char *path)
{
  g_autofree char *unit = g_strdup ("-.slice");
  g_auto (GStrv) components = g_strsplit (path, "/", -1);
  GString *cgroup = g_string_new (NULL);

  for (guint i = 0; components[i] != NULL; i++) {
    char *child;

    if (components[i][0] == '\0')
      continue;
    child = ncg_names_child_slice (unit, components[i], NULL);
    if (child == NULL)
      break;
    g_free (unit);
    unit = child;
    g_string_append_printf (cgroup, "/%s", unit);
  }
  return g_string_free (cgroup, FALSE);
}

static char *
systemd_leaf_unit (NcgDriver *base, const char *uid, const char *name, GError **error)
{
  return ncg_names_leaf_unit (uid, name, ".scope", error);
}

static void
on_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  NcgPlace *place = ncg_systemd_start_finish (result, &error);

  if (place != NULL)
    g_task_return_pointer (task, place, (GDestroyNotify) ncg_place_free);
  else
    g_task_return_error (task, error);
}

static void
systemd_ensure_group_async (NcgDriver *base,
                            const NcgGroup *group,
                            gint64 deadline,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  SystemdDriver *self = (SystemdDriver *) base;
  g_autofree char *unit = NULL;
  GVariantBuilder fixed;
  GError *error = NULL;
  NcgSystemdStart start;

  unit = systemd_group_unit (base, group->path, &error);
  if (unit == NULL) {
    g_task_return_error (task, error);
    return;
  }
  g_variant_builder_init (&fixed, G_VARIANT_TYPE ("a(sv)"));
  ncg_unit_properties_add (&fixed, "Description", g_variant_new_string (group->description));
  start = (NcgSystemdStart){
    .unit = unit,
    .description = group->description,
    .properties = resources_to_properties (group->resources),
    .fixed = g_variant_builder_end (&fixed),
    .adopt = group->adopt,
    .proc = self->proc,
    .without_pidfds = &self->without_pidfds,
    .started = group->started,
    .user_data = group->user_data,
  };
  ncg_systemd_start_async (self->systemd, &start, deadline, on_started, g_object_ref (task));
}

static GVariant *
leaf_fixed_properties (SystemdDriver *self, const NcgLeaf *leaf, const char *parent)
{
  GVariantBuilder fixed;

  g_variant_builder_init (&fixed, G_VARIANT_TYPE ("a(sv)"));
  ncg_unit_properties_add (&fixed, "Description", g_variant_new_string (leaf->description));
  ncg_unit_properties_add (&fixed, "Slice", g_variant_new_string (parent));
  ncg_unit_properties_add (&fixed, "CollectMode", g_variant_new_string ("inactive-or-failed"));
  /* systemd's default ends the whole scope when one of its processes is killed for memory. */
  if (ncg_systemd_features_has (self->features, "scope-oom-policy"))
    ncg_unit_properties_add (&fixed, "OOMPolicy", g_variant_new_string ("continue"));
  return g_variant_builder_end (&fixed);
}

static void
systemd_start_leaf_async (NcgDriver *base,
                          const NcgLeaf *leaf,
                          gint64 deadline,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  SystemdDriver *self = (SystemdDriver *) base;
  g_autofree char *parent = NULL;
  g_autofree char *unit = NULL;
  GError *error = NULL;
  NcgSystemdStart start;

  parent = systemd_group_unit (base, leaf->parent, &error);
  unit = parent != NULL ? systemd_leaf_unit (base, leaf->uid, leaf->name, &error) : NULL;
  if (unit == NULL) {
    g_task_return_error (task, error);
    return;
  }
  start = (NcgSystemdStart){
    .unit = unit,
    .description = leaf->description,
    .properties = resources_to_properties (leaf->resources),
    .fixed = leaf_fixed_properties (self, leaf, parent),
    .processes = leaf->processes,
    .proc = self->proc,
    .without_pidfds = &self->without_pidfds,
  };
  ncg_systemd_start_async (self->systemd, &start, deadline, on_started, g_object_ref (task));
}

/* SetUnitProperties may be repeated when its reply was lost: it says the whole set. */
typedef struct {
  SystemdDriver *driver;
  char *unit;
  GVariant *properties;
  gint64 deadline;
  gboolean is_thawed;
} Change;

static void send_change (GTask *task);

static gboolean
on_retry (gpointer user_data)
{
  send_change (user_data);
  return G_SOURCE_REMOVE;
}

/* The deadline is in the call, so that this ends. */
static void
retry_later (GTask *task)
{
  g_autoptr (GSource) source = g_timeout_source_new (RETRY_MSEC);

  g_source_set_callback (source, on_retry, g_object_ref (task), g_object_unref);
  g_source_attach (source, g_task_get_context (task));
}

static void
change_free (Change *change)
{
  g_free (change->unit);
  g_clear_pointer (&change->properties, g_variant_unref);
  g_free (change);
}

static GTask *
change_new (NcgDriver *base,
            const char *unit,
            gint64 deadline,
            GAsyncReadyCallback callback,
            gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  Change *change = g_new0 (Change, 1);

  change->driver = (SystemdDriver *) base;
  change->unit = g_strdup (unit);
  change->deadline = deadline;
  g_task_set_task_data (task, change, (GDestroyNotify) change_free);
  return task;
}

static void
on_thawed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GVariant) reply = ncg_systemd_call_finish (result, NULL);

  send_change (task);
}

/* From 257 on systemd does not stop what it has frozen, and its job says no more than that. */
static gboolean
thaw_and_retry (GTask *task)
{
  Change *change = g_task_get_task_data (task);

  if (change->is_thawed || !ncg_systemd_features_has (change->driver->features, "freeze"))
    return FALSE;
  change->is_thawed = TRUE;
  ncg_systemd_call_async (change->driver->systemd, NULL, NULL, "ThawUnit",
                          g_variant_new ("(s)", change->unit), NULL, NCG_SYSTEMD_CALL_NONE,
                          change->deadline, on_thawed, g_object_ref (task));
  return TRUE;
}

static void
on_changed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Change *change = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = ncg_systemd_call_finish (result, &error);
  gboolean is_stop = change->properties == NULL;

  if (reply != NULL || (is_stop && g_error_matches (error, NCG_ERROR, NCG_ERROR_NO_SUCH_UNIT)))
    g_task_return_boolean (task, TRUE);
  else if (g_error_matches (error, NCG_ERROR, NCG_ERROR_DISCONNECTED))
    retry_later (task);
  else if (!is_stop || !thaw_and_retry (task))
    g_task_return_error (task, g_steal_pointer (&error));
}

static void
send_change (GTask *task)
{
  Change *change = g_task_get_task_data (task);
  gboolean is_stop = change->properties == NULL;

  ncg_systemd_call_async (
      change->driver->systemd, NULL, NULL, is_stop ? "StopUnit" : "SetUnitProperties",
      is_stop ? g_variant_new ("(ss)", change->unit, "replace")
              : g_variant_new ("(sb@a(sv))", change->unit, TRUE, change->properties),
      NULL, is_stop ? NCG_SYSTEMD_CALL_WAIT_FOR_JOB : NCG_SYSTEMD_CALL_NONE, change->deadline,
      on_changed, g_object_ref (task));
}

static void
systemd_set_resources_async (NcgDriver *base,
                             const char *unit,
                             const NcgResources *resources,
                             gint64 deadline,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_autoptr (GTask) task = change_new (base, unit, deadline, callback, user_data);
  Change *change = g_task_get_task_data (task);

  change->properties = g_variant_ref_sink (resources_to_properties (resources));
  send_change (task);
}

static void
systemd_stop_async (NcgDriver *base,
                    const char *unit,
                    gint64 deadline,
                    GAsyncReadyCallback callback,
                    gpointer user_data)
{
  g_autoptr (GTask) task = change_new (base, unit, deadline, callback, user_data);

  send_change (task);
}

static void
on_description (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_autoptr (GVariant) reply = ncg_systemd_call_finish (result, &error);
  g_autoptr (GVariant) value = NULL;

  if (reply == NULL) {
    g_task_return_error (task, error);
    return;
  }
  g_variant_get (reply, "(v)", &value);
  g_task_return_pointer (task,
                         g_variant_is_of_type (value, G_VARIANT_TYPE_STRING)
                             ? g_variant_dup_string (value, NULL)
                             : g_strdup (""),
                         g_free);
}

static void
systemd_describe_async (NcgDriver *base,
                        const char *unit,
                        gint64 deadline,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  SystemdDriver *self = (SystemdDriver *) base;
  g_autofree char *path = ncg_systemd_unit_path (unit);

  ncg_systemd_call_async (self->systemd, path, "org.freedesktop.DBus.Properties", "Get",
                          g_variant_new ("(ss)", "org.freedesktop.systemd1.Unit", "Description"),
                          NULL, NCG_SYSTEMD_CALL_NONE, deadline, on_description,
                          g_task_new (NULL, NULL, callback, user_data));
}

static void
on_probed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SystemdDriver *self = g_task_get_task_data (task);
  GError *error = NULL;
  NcgSystemdFeatures *features = ncg_systemd_features_probe_finish (result, &error);

  if (features == NULL) {
    g_task_return_error (task, error);
    return;
  }
  g_clear_pointer (&self->features, ncg_systemd_features_free);
  self->features = features;
  self->without_pidfds = FALSE;
  g_task_return_boolean (task, TRUE);
}

static void
systemd_probe_async (NcgDriver *base,
                     gint64 deadline,
                     GAsyncReadyCallback callback,
                     gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  SystemdDriver *self = (SystemdDriver *) base;

  g_task_set_task_data (task, self, NULL);
  ncg_systemd_features_probe_async (self->systemd, deadline, on_probed, task);
}

static guint
systemd_version (NcgDriver *base)
{
  SystemdDriver *self = (SystemdDriver *) base;

  return self->features != NULL ? self->features->version : 0;
}

static char **
systemd_features (NcgDriver *base)
{
  SystemdDriver *self = (SystemdDriver *) base;

  return self->features != NULL ? ncg_systemd_features_list (self->features) : g_new0 (char *, 1);
}

static NcgDriver *
systemd_create (const NcgDriverConfig *config,
                const NcgDriverListener *listener,
                gpointer user_data)
{
  SystemdDriver *self = g_new0 (SystemdDriver, 1);
  g_autofree char *socket = g_strconcat (config->root, "/run/systemd/private", NULL);
  NcgSystemdConfig connection = {
    .private_socket = socket,
    .bus_address = config->bus_address,
    .window = WINDOW,
  };
  NcgSystemdListener callbacks = {
    .connected = listener->connected,
    .disconnected = listener->disconnected,
    .reloaded = listener->reloaded,
    .unit_removed = listener->unit_removed,
  };

  self->base.ops = &ncg_driver_systemd_ops;
  self->proc = g_strconcat (config->root, "/proc", NULL);
  self->systemd = ncg_systemd_new (&connection, &callbacks, user_data);
  return &self->base;
}

static void
systemd_destroy (NcgDriver *base)
{
  SystemdDriver *self = (SystemdDriver *) base;

  ncg_systemd_free (self->systemd);
  g_clear_pointer (&self->features, ncg_systemd_features_free);
  g_free (self->proc);
  g_free (self);
}

const NcgDriverOps ncg_driver_systemd_ops = {
  .name = "systemd",
  .create = systemd_create,
  .destroy = systemd_destroy,
  .group_unit = systemd_group_unit,
  .leaf_unit = systemd_leaf_unit,
  .predict_cgroup = systemd_predict_cgroup,
  .probe_async = systemd_probe_async,
  .ensure_group_async = systemd_ensure_group_async,
  .set_resources_async = systemd_set_resources_async,
  .start_leaf_async = systemd_start_leaf_async,
  .describe_async = systemd_describe_async,
  .stop_async = systemd_stop_async,
  .version = systemd_version,
  .features = systemd_features,
};
