/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The interface org.example.NodeCgroups.
 */
#include "daemon/dbus-manager.h"

#include "daemon/build-config.h"
#include "daemon/dbus-access.h"
#include "daemon/dbus-containers.h"
#include "daemon/dbus-stats.h"
#include "daemon/loop.h"
#include "daemon/manager-processes.h"
#include "dbus-interfaces/ncg-dbus.h"
#include "lib/error.h"

#define COUNT_MSEC 20

struct DbusManager {
  DbusCalls *calls;
  NcgDbusManager *skeleton;
  guint count_id; /* while clients are not told yet of changed properties, else 0 */
};

static gboolean
handle_create_pod (NcgDbusManager *skeleton,
                   GDBusMethodInvocation *invocation,
                   const char *uid,
                   GVariant *spec,
                   gpointer user_data)
{
  dbus_call_create (user_data, invocation, uid, spec);
  return TRUE;
}

static gboolean
handle_update_pod (NcgDbusManager *skeleton,
                   GDBusMethodInvocation *invocation,
                   const char *uid,
                   GVariant *spec,
                   gpointer user_data)
{
  dbus_call_update (user_data, invocation, uid, spec);
  return TRUE;
}

static gboolean
handle_remove_pod (NcgDbusManager *skeleton,
                   GDBusMethodInvocation *invocation,
                   const char *uid,
                   GVariant *options,
                   gpointer user_data)
{
  dbus_call_remove (user_data, invocation, uid, options);
  return TRUE;
}

static gboolean
handle_create_container (NcgDbusManager *skeleton,
                         GDBusMethodInvocation *invocation,
                         const char *uid,
                         const char *name,
                         GVariant *spec,
                         gpointer user_data)
{
  dbus_containers_create (user_data, invocation, uid, name, spec);
  return TRUE;
}

static gboolean
handle_update_container (NcgDbusManager *skeleton,
                         GDBusMethodInvocation *invocation,
                         const char *uid,
                         const char *name,
                         GVariant *spec,
                         gpointer user_data)
{
  dbus_containers_update (user_data, invocation, uid, name, spec);
  return TRUE;
}

static gboolean
handle_remove_container (NcgDbusManager *skeleton,
                         GDBusMethodInvocation *invocation,
                         const char *uid,
                         const char *name,
                         GVariant *options,
                         gpointer user_data)
{
  dbus_containers_remove (user_data, invocation, uid, name, options);
  return TRUE;
}

static gboolean
handle_join_pod (NcgDbusManager *skeleton,
                 GDBusMethodInvocation *invocation,
                 const char *uid,
                 const char *container,
                 GVariant *pids,
                 GVariant *options,
                 gpointer user_data)
{
  dbus_call_join (user_data, invocation, uid, container, pids, options);
  return TRUE;
}

static gboolean
handle_join_pod_by_pidfd (NcgDbusManager *skeleton,
                          GDBusMethodInvocation *invocation,
                          GUnixFDList *fds,
                          const char *uid,
                          const char *container,
                          GVariant *pidfds,
                          GVariant *options,
                          gpointer user_data)
{
  dbus_call_join_by_pidfd (user_data, invocation, uid, container, fds, pidfds, options);
  return TRUE;
}

static gboolean
handle_get_pod (NcgDbusManager *skeleton,
                GDBusMethodInvocation *invocation,
                const char *uid,
                gpointer user_data)
{
  DbusCalls *calls = user_data;
  g_autoptr (GError) error = NULL;
  const Pod *pod = manager_find_pod (calls->manager, uid, &error);

  if (pod != NULL)
    ncg_dbus_manager_complete_get_pod (skeleton, invocation, pod->object_path);
  else
    dbus_call_fail (invocation, error);
  return TRUE;
}

static gboolean
handle_get_pod_by_pid (NcgDbusManager *skeleton,
                       GDBusMethodInvocation *invocation,
                       guint pid,
                       gpointer user_data)
{
  DbusCalls *calls = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *container = NULL;
  const Pod *pod = manager_find_process (calls->manager, pid, &container, &error);

  if (pod != NULL)
    ncg_dbus_manager_complete_get_pod_by_pid (skeleton, invocation, pod->object_path, container);
  else
    dbus_call_fail (invocation, error);
  return TRUE;
}

static int
compare_pods (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(const Pod *const *) a)->uid, (*(const Pod *const *) b)->uid);
}

static gboolean
handle_list_pods (NcgDbusManager *skeleton, GDBusMethodInvocation *invocation, gpointer user_data)
{
  DbusCalls *calls = user_data;
  g_autoptr (GPtrArray) pods = g_ptr_array_new ();
  GVariantBuilder list;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, calls->manager->pods);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (((const Pod *) value)->state != POD_CREATING)
      g_ptr_array_add (pods, value);
  g_ptr_array_sort (pods, compare_pods);
  g_variant_builder_init (&list, G_VARIANT_TYPE ("a(ssoss)"));
  for (guint i = 0; i < pods->len; i++) {
    const Pod *pod = g_ptr_array_index (pods, i);
    g_variant_builder_add (&list, "(ssoss)", pod->uid, qos_to_string (pod->qos), pod->object_path,
                           pod->slice, pod_state_to_string (pod->state));
  }
  ncg_dbus_manager_complete_list_pods (skeleton, invocation, g_variant_builder_end (&list));
  return TRUE;
}

static gboolean
handle_get_pod_stats (NcgDbusManager *skeleton,
                      GDBusMethodInvocation *invocation,
                      const char *uid,
                      GVariant *options,
                      gpointer user_data)
{
  dbus_stats_get_one (user_data, invocation, uid, options);
  return TRUE;
}

static gboolean
handle_get_stats (NcgDbusManager *skeleton,
                  GDBusMethodInvocation *invocation,
                  const char *const *uids,
                  GVariant *options,
                  gpointer user_data)
{
  dbus_stats_get_many (user_data, invocation, uids, options);
  return TRUE;
}

static gboolean
handle_verify_pod (NcgDbusManager *skeleton,
                   GDBusMethodInvocation *invocation,
                   const char *uid,
                   gpointer user_data)
{
  dbus_call_verify (user_data, invocation, uid);
  return TRUE;
}

static const struct {
  const char *signal;
  GCallback handler;
} handlers[] = {
  { "handle-create-pod", G_CALLBACK (handle_create_pod) },
  { "handle-update-pod", G_CALLBACK (handle_update_pod) },
  { "handle-remove-pod", G_CALLBACK (handle_remove_pod) },
  { "handle-create-container", G_CALLBACK (handle_create_container) },
  { "handle-update-container", G_CALLBACK (handle_update_container) },
  { "handle-remove-container", G_CALLBACK (handle_remove_container) },
  { "handle-join-pod", G_CALLBACK (handle_join_pod) },
  { "handle-join-pod-by-pid-fd", G_CALLBACK (handle_join_pod_by_pidfd) },
  { "handle-get-pod", G_CALLBACK (handle_get_pod) },
  { "handle-get-pod-by-pid", G_CALLBACK (handle_get_pod_by_pid) },
  { "handle-list-pods", G_CALLBACK (handle_list_pods) },
  { "handle-get-pod-stats", G_CALLBACK (handle_get_pod_stats) },
  { "handle-get-stats", G_CALLBACK (handle_get_stats) },
  { "handle-verify-pod", G_CALLBACK (handle_verify_pod) },
};

DbusManager *
dbus_manager_new (DbusCalls *calls, GDBusConnection *connection)
{
  DbusManager *self = g_new0 (DbusManager, 1);
  const Manager *manager = calls->manager;

  self->calls = calls;
  self->skeleton = ncg_dbus_manager_skeleton_new ();
  ncg_dbus_manager_set_version (self->skeleton, NCG_VERSION);
  ncg_dbus_manager_set_driver (self->skeleton, manager->driver->ops->name);
  ncg_dbus_manager_set_hierarchy (self->skeleton,
                                  ncg_hierarchy_mode_to_string (manager->hierarchy->mode));
  ncg_dbus_manager_set_controllers (self->skeleton,
                                    (const char *const *) manager->hierarchy->controllers);
  ncg_dbus_manager_set_cgroup_root (self->skeleton, manager->config->cgroup_root);
  dbus_manager_update_driver (self);
  for (gsize i = 0; i < G_N_ELEMENTS (handlers); i++)
    g_signal_connect (self->skeleton, handlers[i].signal, handlers[i].handler, calls);
  dbus_access_export (calls->auth, G_DBUS_INTERFACE_SKELETON (self->skeleton), connection,
                      DBUS_MANAGER_PATH);
  return self;
}

void
dbus_manager_free (DbusManager *self)
{
  if (self == NULL)
    return;
  if (self->count_id != 0)
    loop_remove (self->count_id);
  g_dbus_interface_skeleton_unexport (G_DBUS_INTERFACE_SKELETON (self->skeleton));
  g_object_unref (self->skeleton);
  g_free (self);
}

static gboolean
on_count_over (gpointer user_data)
{
  DbusManager *self = user_data;

  self->count_id = 0;
  g_object_thaw_notify (G_OBJECT (self->skeleton));
  return G_SOURCE_REMOVE;
}

/* Where many pods come and go one signal tells of several: each has one of its own anyway. */
void
dbus_manager_set_pod_count (DbusManager *self, guint count)
{
  if (self->count_id == 0 && count != ncg_dbus_manager_get_pod_count (self->skeleton)) {
    g_object_freeze_notify (G_OBJECT (self->skeleton));
    self->count_id = loop_add (COUNT_MSEC, on_count_over, self);
  }
  ncg_dbus_manager_set_pod_count (self->skeleton, count);
}

void
dbus_manager_emit_pod_added (DbusManager *self, const Pod *pod)
{
  ncg_dbus_manager_emit_pod_added (self->skeleton, pod->uid, pod->object_path);
}

void
dbus_manager_emit_pod_removed (DbusManager *self, const Pod *pod)
{
  ncg_dbus_manager_emit_pod_removed (self->skeleton, pod->uid, pod->object_path);
}

void
dbus_manager_emit_oom_killed (DbusManager *self,
                              const Pod *pod,
                              const char *container,
                              guint64 kills)
{
  ncg_dbus_manager_emit_oom_killed (self->skeleton, pod->uid, container, kills);
}

void
dbus_manager_update_driver (DbusManager *self)
{
  NcgDriver *driver = self->calls->manager->driver;
  g_auto (GStrv) features = ncg_driver_get_features (driver);

  ncg_dbus_manager_set_systemd_version (self->skeleton, ncg_driver_get_version (driver));
  ncg_dbus_manager_set_features (self->skeleton, (const char *const *) features);
}
