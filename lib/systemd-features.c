/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Features of systemd, by introspection.
 */
#include "lib/systemd-features.h"

#include "lib/error.h"

#define SLICE_INTERFACE "org.freedesktop.systemd1.Slice"
#define SCOPE_INTERFACE "org.freedesktop.systemd1.Scope"

/* The root slice and init.scope exist on every system. */
static const char *const objects[] = {
  NCG_SYSTEMD_PATH,
  NCG_SYSTEMD_PATH "/unit/_2d_2eslice",
  NCG_SYSTEMD_PATH "/unit/init_2escope",
};

static const struct {
  const char *feature;
  const char *interface;
  const char *property; /* one of the two */
  const char *method;
} table[] = {
  { "attach-processes", NCG_SYSTEMD_MANAGER, NULL, "AttachProcessesToUnit" },
  { "freeze", NCG_SYSTEMD_MANAGER, NULL, "FreezeUnit" },
  { "unit-by-pidfd", NCG_SYSTEMD_MANAGER, NULL, "GetUnitByPIDFD" },
  { "kill-subgroup", NCG_SYSTEMD_MANAGER, NULL, "KillUnitSubgroup" },
  { "cpu-quota-period", SLICE_INTERFACE, "CPUQuotaPeriodUSec", NULL },
  { "cpuset", SLICE_INTERFACE, "AllowedCPUs", NULL },
  { "memory-min", SLICE_INTERFACE, "MemoryMin", NULL },
  { "memory-zswap", SLICE_INTERFACE, "MemoryZSwapMax", NULL },
  { "scope-oom-policy", SCOPE_INTERFACE, "OOMPolicy", NULL },
  { "cpuset-partition", SLICE_INTERFACE, "CPUSetPartition", NULL },
};

typedef struct {
  NcgSystemdFeatures *found;
  guint pending;
  GError *error;
} Probe;

static void
probe_free (Probe *probe)
{
  ncg_systemd_features_free (probe->found);
  g_clear_error (&probe->error);
  g_free (probe);
}

void
ncg_systemd_features_free (NcgSystemdFeatures *self)
{
  if (self == NULL)
    return;
  g_free (self->control_group);
  g_hash_table_unref (self->known);
  g_hash_table_unref (self->properties);
  g_free (self);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

GStrv
ncg_systemd_features_list (const NcgSystemdFeatures *self)
{
  GPtrArray *names = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, self->known);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  g_ptr_array_add (names, NULL);
  return (GStrv) g_ptr_array_free (names, FALSE);
}

gboolean
ncg_systemd_features_has (const NcgSystemdFeatures *self, const char *name)
{
  return self != NULL && g_hash_table_contains (self->known, name);
}

gboolean
ncg_systemd_features_knows_property (const NcgSystemdFeatures *self, const char *property)
{
  return self == NULL || g_hash_table_contains (self->properties, property);
}

guint
ncg_systemd_features_parse_version (const char *text)
{
  while (*text == '"' || *text == 'v')
    text++;
  return (guint) g_ascii_strtoull (text, NULL, 10);
}

static void
add_properties (NcgSystemdFeatures *self, GDBusInterfaceInfo *info)
{
  if (!g_str_equal (info->name, SLICE_INTERFACE) && !g_str_equal (info->name, SCOPE_INTERFACE))
    return;
  for (guint i = 0; info->properties != NULL && info->properties[i] != NULL; i++)
    g_hash_table_add (self->properties, g_strdup (info->properties[i]->name));
}

static void
add_from_interface (NcgSystemdFeatures *self, GDBusInterfaceInfo *info)
{
  add_properties (self, info);
  for (gsize i = 0; i < G_N_ELEMENTS (table); i++) {
    if (!g_str_equal (info->name, table[i].interface))
      continue;
    if ((table[i].property != NULL &&
         g_dbus_interface_info_lookup_property (info, table[i].property) != NULL) ||
        (table[i].method != NULL &&
         g_dbus_interface_info_lookup_method (info, table[i].method) != NULL))
      g_hash_table_add (self->known, (gpointer) table[i].feature);
  }
}

static void
probe_step_done (GTask *task, GError *error)
{
  Probe *probe = g_task_get_task_data (task);

  if (error != NULL && probe->error == NULL)
    probe->error = error;
  else
    g_clear_error (&error);
  if (--probe->pending > 0)
    return;
  if (probe->error != NULL)
    g_task_return_error (task, g_steal_pointer (&probe->error));
  else
    g_task_return_pointer (task, g_steal_pointer (&probe->found),
                           (GDestroyNotify) ncg_systemd_features_free);
}

static void
on_introspected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Probe *probe = g_task_get_task_data (task);
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GDBusNodeInfo) node = NULL;
  GError *error = NULL;
  const char *xml;

  reply = ncg_systemd_call_finish (result, &error);
  if (reply != NULL) {
    g_variant_get (reply, "(&s)", &xml);
    node = g_dbus_node_info_new_for_xml (xml, &error);
  }
  for (guint i = 0; node != NULL && node->interfaces != NULL && node->interfaces[i] != NULL; i++)
    add_from_interface (probe->found, node->interfaces[i]);
  probe_step_done (task, error);
}

static void
take_version (NcgSystemdFeatures *self, const char *version)
{
  self->version = ncg_systemd_features_parse_version (version);
}

static void
take_control_group (NcgSystemdFeatures *self, const char *control_group)
{
  g_free (self->control_group);
  self->control_group = g_strdup (g_str_equal (control_group, "/") ? "" : control_group);
}

/* A property of the manager. */
static void
on_property (GTask *task,
             GAsyncResult *result,
             void (*take) (NcgSystemdFeatures *self, const char *text))
{
  Probe *probe = g_task_get_task_data (task);
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) value = NULL;
  GError *error = NULL;

  reply = ncg_systemd_call_finish (result, &error);
  if (reply != NULL) {
    g_variant_get (reply, "(v)", &value);
    if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
      take (probe->found, g_variant_get_string (value, NULL));
  }
  probe_step_done (task, error);
}

static void
on_version (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;

  on_property (task, result, take_version);
}

static void
on_control_group (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;

  on_property (task, result, take_control_group);
}

static void
get_property (NcgSystemd *systemd,
              const char *name,
              gint64 deadline_usec,
              GAsyncReadyCallback callback,
              GTask *task)
{
  ncg_systemd_call_async (systemd, NULL, "org.freedesktop.DBus.Properties", "Get",
                          g_variant_new ("(ss)", NCG_SYSTEMD_MANAGER, name), NULL,
                          NCG_SYSTEMD_CALL_NONE, deadline_usec, callback, g_object_ref (task));
}

void
ncg_systemd_features_probe_async (NcgSystemd *systemd,
                                  gint64 deadline_usec,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Probe *probe = g_new0 (Probe, 1);

  probe->found = g_new0 (NcgSystemdFeatures, 1);
  probe->found->control_group = g_strdup ("");
  probe->found->known = g_hash_table_new (g_str_hash, g_str_equal);
  probe->found->properties = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  probe->pending = 2 + G_N_ELEMENTS (objects);
  g_task_set_task_data (task, probe, (GDestroyNotify) probe_free);

  get_property (systemd, "Version", deadline_usec, on_version, task);
  get_property (systemd, "ControlGroup", deadline_usec, on_control_group, task);
  for (gsize i = 0; i < G_N_ELEMENTS (objects); i++)
    ncg_systemd_call_async (systemd, objects[i], "org.freedesktop.DBus.Introspectable",
                            "Introspect", NULL, NULL, NCG_SYSTEMD_CALL_NONE, deadline_usec,
                            on_introspected, g_object_ref (task));
}

NcgSystemdFeatures *
ncg_systemd_features_probe_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
