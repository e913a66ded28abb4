/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The systemd driver.
 *
 * A call whose reply was lost may have been carried out. Therefore every creation can be sent
 * again: a unit with our description is ours, is given the properties once more, and is taken.
 */
#include "lib/driver-systemd.h"

#include "lib/error.h"
#include "lib/names.h"
#include "lib/process.h"
#include "lib/systemd-features.h"
#include "lib/unit-properties.h"

#define PROPERTIES_INTERFACE "org.freedesktop.DBus.Properties"
#define UNIT_INTERFACE "org.freedesktop.systemd1.Unit"
#define WINDOW 64
/* A unit that has ended stays loaded until systemd collects it; its name is free only then. The
 * same pause lets a lost systemd come back. */
#define RETRY_MSEC 10

typedef struct {
  NcgDriver base;
  NcgSystemd *systemd;
  NcgSystemdFeatures *features;
  gboolean without_pidfds; /* this systemd does not know the PIDFDs property */
} SystemdDriver;

/* One group or leaf on its way to being there. */
typedef struct {
  SystemdDriver *driver;
  char *unit;
  char *description;
  GVariant *properties; /* a(sv): the resources, which may be set again */
  GVariant *fixed;      /* a(sv): what only StartTransientUnit takes */
  GPtrArray *processes; /* of a leaf */
  gboolean adopt;
  gint64 deadline;
} Start;

static void start_transient (GTask *task);
static void fetch_control_group (GTask *task);

/* Goes on with @step after a pause. The deadline is in every call, so that this ends. */
static void
retry_later (GTask *task, GSourceFunc step)
{
  g_autoptr (GSource) source = g_timeout_source_new (RETRY_MSEC);

  g_source_set_callback (source, step, g_object_ref (task), g_object_unref);
  g_source_attach (source, g_task_get_context (task));
}

static gboolean
on_retry_start (gpointer user_data)
{
  start_transient (user_data);
  return G_SOURCE_REMOVE;
}

static gboolean
on_retry_fetch (gpointer user_data)
{
  fetch_control_group (user_data);
  return G_SOURCE_REMOVE;
}

static void
start_free (Start *start)
{
  g_free (start->unit);
  g_free (start->description);
  g_variant_unref (start->properties);
  g_variant_unref (start->fixed);
  g_clear_pointer (&start->processes, g_ptr_array_unref);
  g_free (start);
}

static gboolean
is_leaf (const Start *start)
{
  return start->processes != NULL;
}

static void
call_unit (
    GTask *task, const char *method, GVariant *arguments, gboolean job, GAsyncReadyCallback done)
{
  Start *start = g_task_get_task_data (task);

  ncg_systemd_call_async (start->driver->systemd, NULL, NULL, method, arguments, NULL,
                          job ? NCG_SYSTEMD_CALL_WAIT_FOR_JOB : NCG_SYSTEMD_CALL_NONE,
                          start->deadline, done, g_object_ref (task));
}

static void
get_property (GTask *task, const char *interface, const char *name, GAsyncReadyCallback done)
{
  Start *start = g_task_get_task_data (task);
  g_autofree char *path = ncg_systemd_unit_path (start->unit);

  ncg_systemd_call_async (
      start->driver->systemd, path, PROPERTIES_INTERFACE, name != NULL ? "Get" : "GetAll",
      name != NULL ? g_variant_new ("(ss)", interface, name) : g_variant_new ("(s)", interface),
      NULL, NCG_SYSTEMD_CALL_NONE, start->deadline, done, g_object_ref (task));
}

static void
on_control_group (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Start *start = g_task_get_task_data (task);
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = ncg_systemd_call_finish (result, &error);

  if (reply == NULL && g_error_matches (error, NCG_ERROR, NCG_ERROR_DISCONNECTED)) {
    retry_later (task, on_retry_fetch);
    return;
  }
  if (reply == NULL) {
    g_task_return_error (task, g_steal_pointer (&error));
    return;
  }
  g_variant_get (reply, "(v)", &value);
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_STRING) ||
      g_variant_get_string (value, NULL)[0] != '/') {
    /* A scope whose processes all ended has none any more. */
    g_task_return_new_error (task, NCG_ERROR,
                             is_leaf (start) ? NCG_ERROR_NO_SUCH_PROCESS : NCG_ERROR_SYSTEMD_FAILED,
                             "systemd started %s, but it has no cgroup any more", start->unit);
    return;
  }
  g_task_return_pointer (task, ncg_place_new (start->unit, g_variant_get_string (value, NULL)),
                         (GDestroyNotify) ncg_place_free);
}

static void
fetch_control_group (GTask *task)
{
  Start *start = g_task_get_task_data (task);

  get_property (
      task, is_leaf (start) ? "org.freedesktop.systemd1.Scope" : "org.freedesktop.systemd1.Slice",
      "ControlGroup", on_control_group);
}

/* Only what got lost is sent again. */
static gboolean
retry_if_lost (GTask *task, const GError *error)
{
  if (!g_error_matches (error, NCG_ERROR, NCG_ERROR_DISCONNECTED))
    return FALSE;
  retry_later (task, on_retry_start);
  return TRUE;
}

static void
on_properties_set (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = ncg_systemd_call_finish (result, &error);

  if (reply != NULL)
    fetch_control_group (task);
  else if (!retry_if_lost (task, error))
    g_task_return_error (task, g_steal_pointer (&error));
}

static void
set_properties (GTask *task)
{
  Start *start = g_task_get_task_data (task);

  call_unit (task, "SetUnitProperties",
             g_variant_new ("(sb@a(sv))", start->unit, TRUE, start->properties), FALSE,
             on_properties_set);
}

static void
on_existing_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = ncg_systemd_call_finish (result, &error);

  if (reply != NULL)
    set_properties (task);
  else if (!retry_if_lost (task, error))
    g_task_return_error (task, g_steal_pointer (&error));
}

static void
wait_for_collection (GTask *task)
{
  Start *start = g_task_get_task_data (task);

  if (g_get_monotonic_time () >= start->deadline) {
    g_task_return_new_error (task, NCG_ERROR, NCG_ERROR_TIMEOUT,
                             "systemd still has an ended unit %s loaded; see 'systemctl status %s'",
                             start->unit, start->unit);
    return;
  }
  ncg_systemd_call_async (start->driver->systemd, NULL, NULL, "ResetFailedUnit",
                          g_variant_new ("(s)", start->unit), NULL, NCG_SYSTEMD_CALL_NONE,
                          start->deadline, NULL, NULL);
  retry_later (task, on_retry_start);
}

static void
decide_on_existing (GTask *task, const char *state, const char *description)
{
  Start *start = g_task_get_task_data (task);
  gboolean is_active = g_str_equal (state, "active");
  gboolean is_ours = start->adopt || g_str_equal (description, start->description);

  if (is_active && is_ours && !is_leaf (start))
    set_properties (task);
  else if (is_active && is_ours)
    fetch_control_group (task);
  else if (is_active)
    g_task_return_new_error (task, NCG_ERROR, NCG_ERROR_UNIT_EXISTS,
                             "there is a unit %s that was not made here ('%s')", start->unit,
                             description);
  else if (start->adopt)
    call_unit (task, "StartUnit", g_variant_new ("(ss)", start->unit, "replace"), TRUE,
               on_existing_started);
  else
    wait_for_collection (task);
}

static void
on_existing (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = ncg_systemd_call_finish (result, &error);
  g_autoptr (GVariant) all = NULL;
  const char *state = "";
  const char *description = "";

  if (reply == NULL) {
    if (!retry_if_lost (task, error))
      g_task_return_error (task, g_steal_pointer (&error));
    return;
  }
  g_variant_get (reply, "(@a{sv})", &all);
  g_variant_lookup (all, "ActiveState", "&s", &state);
  g_variant_lookup (all, "Description", "&s", &description);
  decide_on_existing (task, state, description);
}

static void
on_transient_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Start *start = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = ncg_systemd_call_finish (result, &error);

  if (reply != NULL) {
    fetch_control_group (task);
  } else if (g_error_matches (error, NCG_ERROR, NCG_ERROR_UNIT_EXISTS)) {
    get_property (task, UNIT_INTERFACE, NULL, on_existing);
  } else if (g_error_matches (error, NCG_ERROR, NCG_ERROR_UNKNOWN_PROPERTY) && is_leaf (start) &&
             !start->driver->without_pidfds) {
    start->driver->without_pidfds = TRUE;
    start_transient (task);
  } else if (!retry_if_lost (task, error)) {
    g_task_return_error (task, g_steal_pointer (&error));
  }
}

/* Descriptors where systemd takes them, so that the number of a process that ended meanwhile cannot
 * put a stranger into the scope; else numbers. */
static GUnixFDList *
add_processes (GVariantBuilder *properties, const GPtrArray *processes, gboolean as_pidfds)
{
  g_autoptr (GUnixFDList) fds = as_pidfds ? g_unix_fd_list_new () : NULL;
  GVariantBuilder list;

  g_variant_builder_init (&list, as_pidfds ? G_VARIANT_TYPE ("ah") : G_VARIANT_TYPE ("au"));
  for (guint i = 0; i < processes->len; i++) {
    const NcgProcess *process = g_ptr_array_index (processes, i);

    if (!as_pidfds)
      g_variant_builder_add (&list, "u", (guint32) process->pid);
    else if (g_unix_fd_list_append (fds, process->fd, NULL) >= 0)
      g_variant_builder_add (&list, "h", (gint32) i);
  }
  ncg_unit_properties_add (properties, as_pidfds ? "PIDFDs" : "PIDs",
                           g_variant_builder_end (&list));
  return g_steal_pointer (&fds);
}

static void
add_all (GVariantBuilder *builder, GVariant *properties)
{
  GVariantIter iter;
  GVariant *child;

  g_variant_iter_init (&iter, properties);
  while ((child = g_variant_iter_next_value (&iter)) != NULL) {
    g_variant_builder_add_value (builder, child);
    g_variant_unref (child);
  }
}

static void
start_transient (GTask *task)
{
  Start *start = g_task_get_task_data (task);
  SystemdDriver *self = start->driver;
  g_autoptr (GUnixFDList) fds = NULL;
  GVariantBuilder properties;

  g_variant_builder_init (&properties, G_VARIANT_TYPE ("a(sv)"));
  add_all (&properties, start->fixed);
  add_all (&properties, start->properties);
  if (is_leaf (start))
    fds = add_processes (&properties, start->processes, !self->without_pidfds);
  ncg_systemd_call_async (
      self->systemd, NULL, NULL, "StartTransientUnit",
      g_variant_new ("(ssa(sv)@a(sa(sv)))", start->unit, "replace", &properties,
                     g_variant_new_array (G_VARIANT_TYPE ("(sa(sv))"), NULL, 0)),
      fds, NCG_SYSTEMD_CALL_WAIT_FOR_JOB, start->deadline, on_transient_started,
      g_object_ref (task));
}

static GVariant *
resources_to_properties (const NcgResources *resources)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(sv)"));
  ncg_unit_properties_add_resources (&builder, resources);
  return g_variant_ref_sink (g_variant_builder_end (&builder));
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
systemd_leaf_unit (NcgDriver *base, const char *uid, const char *name, GError **error)
{
  return ncg_names_leaf_unit (uid, name, ".scope", error);
}

static void
systemd_ensure_group_async (NcgDriver *base,
                            const NcgGroup *group,
                            gint64 deadline,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  g_autofree char *unit = NULL;
  GVariantBuilder fixed;
  GError *error = NULL;
  Start *start;

  unit = systemd_group_unit (base, group->path, &error);
  if (unit == NULL) {
    g_task_return_error (task, error);
    return;
  }
  start = g_new0 (Start, 1);
  start->driver = (SystemdDriver *) base;
  start->unit = g_steal_pointer (&unit);
  start->description = g_strdup (group->description);
  start->adopt = group->adopt;
  start->deadline = deadline;
  start->properties = resources_to_properties (group->resources);
  g_variant_builder_init (&fixed, G_VARIANT_TYPE ("a(sv)"));
  ncg_unit_properties_add (&fixed, "Description", g_variant_new_string (group->description));
  start->fixed = g_variant_ref_sink (g_variant_builder_end (&fixed));
  g_task_set_task_data (task, start, (GDestroyNotify) start_free);
  start_transient (task);
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
  return g_variant_ref_sink (g_variant_builder_end (&fixed));
}

static void
systemd_start_leaf_async (NcgDriver *base,
                          const NcgLeaf *leaf,
                          gint64 deadline,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  g_autofree char *parent = NULL;
  g_autofree char *unit = NULL;
  GError *error = NULL;
  Start *start;

  parent = systemd_group_unit (base, leaf->parent, &error);
  unit = parent != NULL ? systemd_leaf_unit (base, leaf->uid, leaf->name, &error) : NULL;
  if (unit == NULL) {
    g_task_return_error (task, error);
    return;
  }
  start = g_new0 (Start, 1);
  start->driver = (SystemdDriver *) base;
  start->unit = g_steal_pointer (&unit);
  start->description = g_strdup (leaf->description);
  start->deadline = deadline;
  start->processes = g_ptr_array_ref ((GPtrArray *) leaf->processes);
  start->properties = resources_to_properties (leaf->resources);
  start->fixed = leaf_fixed_properties (start->driver, leaf, parent);
  g_task_set_task_data (task, start, (GDestroyNotify) start_free);
  start_transient (task);
}

/* SetUnitProperties may be repeated when its reply was lost: it says the whole set. */
typedef struct {
  SystemdDriver *driver;
  char *unit;
  GVariant *properties;
  gint64 deadline;
} Change;

static void send_change (GTask *task);

static gboolean
on_retry_change (gpointer user_data)
{
  send_change (user_data);
  return G_SOURCE_REMOVE;
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
    retry_later (task, on_retry_change);
  else
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

  change->properties = resources_to_properties (resources);
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
  self->systemd = ncg_systemd_new (&connection, &callbacks, user_data);
  return &self->base;
}

static void
systemd_destroy (NcgDriver *base)
{
  SystemdDriver *self = (SystemdDriver *) base;

  ncg_systemd_free (self->systemd);
  g_clear_pointer (&self->features, ncg_systemd_features_free);
  g_free (self);
}

const NcgDriverOps ncg_driver_systemd_ops = {
  .name = "systemd",
  .create = systemd_create,
  .destroy = systemd_destroy,
  .group_unit = systemd_group_unit,
  .leaf_unit = systemd_leaf_unit,
  .probe_async = systemd_probe_async,
  .ensure_group_async = systemd_ensure_group_async,
  .set_resources_async = systemd_set_resources_async,
  .start_leaf_async = systemd_start_leaf_async,
  .stop_async = systemd_stop_async,
  .version = systemd_version,
  .features = systemd_features,
};
