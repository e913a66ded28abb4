/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pod objects. The ObjectManager is our own, since GDBusObjectManagerServer knows no object that is
 * made before it is announced, and making one takes its time: here that is done while systemd is at
 * work.
 */
#include "daemon/dbus-pods.h"

#include "daemon/dbus-access.h"
#include "daemon/dbus-stats.h"
#include "dbus-interfaces/ncg-dbus.h"

#define POD_INTERFACE "org.example.NodeCgroups.Pod"
#define OBJECT_MANAGER "org.freedesktop.DBus.ObjectManager"

typedef struct {
  NcgDbusPod *skeleton;
  char *path;
  gboolean is_listed;    /* it is one of the managed objects */
  gboolean is_announced; /* clients have been told of it; before, nothing is of its properties */
} Object;

struct DbusPods {
  DbusCalls *calls;
  GDBusConnection *connection;
  char *path;
  guint registration;
  GHashTable *objects; /* uid → Object */
  guint n_listed;
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
  dbus_stats_get_one (user_data, invocation, ncg_dbus_pod_get_uid (skeleton), options);
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

static void
object_free (gpointer data)
{
  Object *object = data;

  g_dbus_interface_skeleton_unexport (G_DBUS_INTERFACE_SKELETON (object->skeleton));
  g_object_unref (object->skeleton);
  g_free (object->path);
  g_free (object);
}

static GVariant *
format_containers (const Pod *pod)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ssss)"));
  for (guint i = 0; i < pod->containers->len; i++) {
    const Container *container = g_ptr_array_index (pod->containers, i);
    g_variant_builder_add (&builder, "(ssss)", container->name, container->unit,
                           container->state == CONTAINER_VANISHED ? "" : container->cgroup,
                           container_state_to_string (container->state));
  }
  return g_variant_builder_end (&builder);
}

static void
fill (NcgDbusPod *skeleton, const Pod *pod)
{
  g_autoptr (GVariant) spec = spec_to_variant (&pod->spec);

  ncg_dbus_pod_set_control_group (skeleton, pod->state == POD_VANISHED ? "" : pod->cgroup);
  ncg_dbus_pod_set_state (skeleton, pod_state_to_string (pod->state));
  ncg_dbus_pod_set_spec (skeleton, spec);
  ncg_dbus_pod_set_containers (skeleton, format_containers (pod));
}

static Object *
make_object (DbusPods *self, const Pod *pod)
{
  Object *object = g_new0 (Object, 1);
  NcgDbusPod *skeleton = ncg_dbus_pod_skeleton_new ();

  object->skeleton = skeleton;
  object->path = g_strdup (pod->object_path);
  ncg_dbus_pod_set_uid (skeleton, pod->uid);
  ncg_dbus_pod_set_qos_class (skeleton, qos_to_string (pod->qos));
  ncg_dbus_pod_set_slice (skeleton, pod->slice);
  ncg_dbus_pod_set_created_usec (skeleton, pod->created_usec);
  fill (skeleton, pod);
  for (gsize i = 0; i < G_N_ELEMENTS (handlers); i++)
    g_signal_connect (skeleton, handlers[i].signal, handlers[i].handler, self->calls);
  dbus_access_export (self->calls->auth, G_DBUS_INTERFACE_SKELETON (skeleton), self->connection,
                      object->path);
  g_object_freeze_notify (G_OBJECT (skeleton));
  g_hash_table_replace (self->objects, g_strdup (pod->uid), object);
  return object;
}

static void
set_announced (Object *object)
{
  object->is_announced = TRUE;
  g_object_thaw_notify (G_OBJECT (object->skeleton));
}

static void
list (DbusPods *self, Object *object)
{
  self->n_listed += object->is_listed ? 0 : 1;
  object->is_listed = TRUE;
}

static GVariant *
format_interfaces (const Object *object)
{
  g_autoptr (GVariant) properties =
      g_dbus_interface_skeleton_get_properties (G_DBUS_INTERFACE_SKELETON (object->skeleton));
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{sa{sv}}"));
  g_variant_builder_add (&builder, "{s@a{sv}}", POD_INTERFACE, properties);
  return g_variant_builder_end (&builder);
}

static GVariant *
format_objects (const DbusPods *self)
{
  GVariantBuilder builder;
  GHashTableIter iter;
  gpointer value;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{oa{sa{sv}}}"));
  g_hash_table_iter_init (&iter, self->objects);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const Object *object = value;

    if (object->is_listed)
      g_variant_builder_add (&builder, "{o@a{sa{sv}}}", object->path, format_interfaces (object));
  }
  return g_variant_builder_end (&builder);
}

static void
handle_object_manager (GDBusConnection *connection,
                       const char *sender,
                       const char *path,
                       const char *interface,
                       const char *method,
                       GVariant *arguments,
                       GDBusMethodInvocation *invocation,
                       gpointer user_data)
{
  /* GetManagedObjects is all that there is. */
  g_dbus_method_invocation_return_value (
      invocation, g_variant_new ("(@a{oa{sa{sv}}})", format_objects (user_data)));
}

static const char object_manager_xml[] =
    "<node><interface name='" OBJECT_MANAGER "'>"
    "<method name='GetManagedObjects'>"
    "<arg type='a{oa{sa{sv}}}' name='object_paths_interfaces_and_properties' direction='out'/>"
    "</method>"
    "<signal name='InterfacesAdded'>"
    "<arg type='o' name='object_path'/><arg type='a{sa{sv}}' name='interfaces_and_properties'/>"
    "</signal>"
    "<signal name='InterfacesRemoved'>"
    "<arg type='o' name='object_path'/><arg type='as' name='interfaces'/>"
    "</signal>"
    "</interface></node>";

static void
register_object_manager (DbusPods *self)
{
  static const GDBusInterfaceVTable vtable = { .method_call = handle_object_manager };
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusNodeInfo) node = g_dbus_node_info_new_for_xml (object_manager_xml, &error);

  if (node != NULL)
    self->registration = g_dbus_connection_register_object (
        self->connection, self->path, node->interfaces[0], &vtable, self, NULL, &error);
  if (self->registration == 0)
    g_warning ("could not export the ObjectManager: %s", error->message);
}

DbusPods *
dbus_pods_new (DbusCalls *calls, GDBusConnection *connection, const char *path)
{
  DbusPods *self = g_new0 (DbusPods, 1);
  GHashTableIter iter;
  gpointer pod;

  self->calls = calls;
  self->connection = g_object_ref (connection);
  self->path = g_strdup (path);
  self->objects = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, object_free);
  register_object_manager (self);
  g_hash_table_iter_init (&iter, calls->manager->pods);
  while (g_hash_table_iter_next (&iter, NULL, &pod))
    if (((Pod *) pod)->state != POD_CREATING) {
      Object *object = make_object (self, pod);

      list (self, object);
      set_announced (object);
    }
  return self;
}

void
dbus_pods_free (DbusPods *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->objects);
  if (self->registration != 0)
    g_dbus_connection_unregister_object (self->connection, self->registration);
  g_object_unref (self->connection);
  g_free (self->path);
  g_free (self);
}

void
dbus_pods_prepare (DbusPods *self, const Pod *pod)
{
  make_object (self, pod);
}

void
dbus_pods_add (DbusPods *self, const Pod *pod)
{
  Object *object = g_hash_table_lookup (self->objects, pod->uid);

  if (object == NULL) {
    list (self, make_object (self, pod));
    return;
  }
  list (self, object);
  /* The rest has not changed since it was prepared. */
  ncg_dbus_pod_set_control_group (object->skeleton, pod->cgroup);
  ncg_dbus_pod_set_state (object->skeleton, pod_state_to_string (pod->state));
}

void
dbus_pods_announce (DbusPods *self, const Pod *pod)
{
  Object *object = g_hash_table_lookup (self->objects, pod->uid);

  if (object == NULL || object->is_announced)
    return;
  g_dbus_connection_emit_signal (
      self->connection, NULL, self->path, OBJECT_MANAGER, "InterfacesAdded",
      g_variant_new ("(o@a{sa{sv}})", object->path, format_interfaces (object)), NULL);
  set_announced (object);
}

void
dbus_pods_change (DbusPods *self, const Pod *pod)
{
  Object *object = g_hash_table_lookup (self->objects, pod->uid);

  if (object != NULL)
    fill (object->skeleton, pod);
}

gboolean
dbus_pods_remove (DbusPods *self, const Pod *pod)
{
  const Object *object = g_hash_table_lookup (self->objects, pod->uid);
  gboolean was_listed = object != NULL && object->is_listed;

  self->n_listed -= was_listed ? 1 : 0;
  g_hash_table_remove (self->objects, pod->uid);
  return was_listed;
}

void
dbus_pods_emit_removed (DbusPods *self, const Pod *pod)
{
  const char *const interfaces[] = { POD_INTERFACE, NULL };

  g_dbus_connection_emit_signal (self->connection, NULL, self->path, OBJECT_MANAGER,
                                 "InterfacesRemoved",
                                 g_variant_new ("(o^as)", pod->object_path, interfaces), NULL);
}

guint
dbus_pods_count (const DbusPods *self)
{
  return self->n_listed;
}
