/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pod objects.
 */
#include "daemon/dbus-pods.h"

#include "dbus-interfaces/ncg-dbus.h"

struct DbusPods {
  DbusCalls *calls;
  GDBusObjectManagerServer *objects;
  GHashTable *skeletons; /* uid → NcgDbusPod */
};

static gboolean
handle_update (NcgDbusPod *skeleton,
               GDBusMethodInvocation *invocation,
               GVariant *spec,
               gpointer user_data)
{
  dbus_call_update (user_data, invocation, ncg_dbus_pod_get_uid (skeleton), spec);
  return TRUE;
}

static gboolean
handle_remove (NcgDbusPod *skeleton,
               GDBusMethodInvocation *invocation,
               GVariant *options,
               gpointer user_data)
{
  dbus_call_remove (user_data, invocation, ncg_dbus_pod_get_uid (skeleton), options);
  return TRUE;
}

static gboolean
handle_join (NcgDbusPod *skeleton,
             GDBusMethodInvocation *invocation,
             const char *container,
             GVariant *pids,
             GVariant *options,
             gpointer user_data)
{
  dbus_call_join (user_data, invocation, ncg_dbus_pod_get_uid (skeleton), container, pids, options);
  return TRUE;
}

static gboolean
handle_join_by_pidfd (NcgDbusPod *skeleton,
                      GDBusMethodInvocation *invocation,
                      GUnixFDList *fds,
                      const char *container,
                      GVariant *pidfds,
                      GVariant *options,
                      gpointer user_data)
{
  dbus_call_join_by_pidfd (user_data, invocation, ncg_dbus_pod_get_uid (skeleton), container, fds,
                           pidfds, options);
  return TRUE;
}

static gboolean
handle_get_stats (NcgDbusPod *skeleton,
                  GDBusMethodInvocation *invocation,
                  GVariant *options,
                  gpointer user_data)
{
  dbus_call_get_stats (user_data, invocation, ncg_dbus_pod_get_uid (skeleton), options);
  return TRUE;
}

static gboolean
handle_verify (NcgDbusPod *skeleton, GDBusMethodInvocation *invocation, gpointer user_data)
{
  dbus_call_verify (user_data, invocation, ncg_dbus_pod_get_uid (skeleton));
  return TRUE;
}

static const struct {
  const char *signal;
  GCallback handler;
} handlers[] = {
  { "handle-update", G_CALLBACK (handle_update) },
  { "handle-remove", G_CALLBACK (handle_remove) },
  { "handle-join", G_CALLBACK (handle_join) },
  { "handle-join-by-pid-fd", G_CALLBACK (handle_join_by_pidfd) },
  { "handle-get-stats", G_CALLBACK (handle_get_stats) },
  { "handle-verify", G_CALLBACK (handle_verify) },
};

DbusPods *
dbus_pods_new (DbusCalls *calls, GDBusConnection *connection, const char *path)
{
  DbusPods *self = g_new0 (DbusPods, 1);
  GHashTableIter iter;
  gpointer pod;

  self->calls = calls;
  self->objects = g_dbus_object_manager_server_new (path);
  self->skeletons = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  g_hash_table_iter_init (&iter, calls->manager->pods);
  while (g_hash_table_iter_next (&iter, NULL, &pod))
    if (((Pod *) pod)->state != POD_CREATING)
      dbus_pods_add (self, pod);
  g_dbus_object_manager_server_set_connection (self->objects, connection);
  return self;
}

void
dbus_pods_free (DbusPods *self)
{
  if (self == NULL)
    return;
  g_object_unref (self->objects);
  g_hash_table_unref (self->skeletons);
  g_free (self);
}

static GVariant *
format_containers (const Pod *pod)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ssss)"));
  for (guint i = 0; i < pod->containers->len; i++) {
    const Container *container = g_ptr_array_index (pod->containers, i);
    g_variant_builder_add (&builder, "(ssss)", container->name, container->unit, container->cgroup,
                           container->is_starting ? "starting" : "running");
  }
  return g_variant_builder_end (&builder);
}

static void
fill (NcgDbusPod *skeleton, const Pod *pod)
{
  g_autoptr (GVariant) spec = spec_to_variant (&pod->spec);

  ncg_dbus_pod_set_control_group (skeleton, pod->cgroup);
  ncg_dbus_pod_set_state (skeleton, pod_state_to_string (pod->state));
  ncg_dbus_pod_set_spec (skeleton, spec);
  ncg_dbus_pod_set_containers (skeleton, format_containers (pod));
}

void
dbus_pods_add (DbusPods *self, Pod *pod)
{
  g_autoptr (GDBusObjectSkeleton) object = g_dbus_object_skeleton_new (pod->object_path);
  NcgDbusPod *skeleton = ncg_dbus_pod_skeleton_new ();

  ncg_dbus_pod_set_uid (skeleton, pod->uid);
  ncg_dbus_pod_set_qos_class (skeleton, qos_to_string (pod->qos));
  ncg_dbus_pod_set_slice (skeleton, pod->slice);
  ncg_dbus_pod_set_created_usec (skeleton, pod->created_usec);
  fill (skeleton, pod);
  for (gsize i = 0; i < G_N_ELEMENTS (handlers); i++)
    g_signal_connect (skeleton, handlers[i].signal, handlers[i].handler, self->calls);
  g_dbus_object_skeleton_add_interface (object, G_DBUS_INTERFACE_SKELETON (skeleton));
  g_dbus_object_manager_server_export (self->objects, object);
  g_hash_table_replace (self->skeletons, g_strdup (pod->uid), skeleton);
}

void
dbus_pods_change (DbusPods *self, Pod *pod)
{
  NcgDbusPod *skeleton = g_hash_table_lookup (self->skeletons, pod->uid);

  if (skeleton != NULL)
    fill (skeleton, pod);
}

gboolean
dbus_pods_remove (DbusPods *self, Pod *pod)
{
  g_dbus_object_manager_server_unexport (self->objects, pod->object_path);
  return g_hash_table_remove (self->skeletons, pod->uid);
}

guint
dbus_pods_count (const DbusPods *self)
{
  return g_hash_table_size (self->skeletons);
}
