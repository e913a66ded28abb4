/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Serving the bus.
 */
#include "daemon/dbus-server.h"

#include "daemon/bus-name.h"
#include "daemon/dbus-access.h"
#include "daemon/dbus-latencies.h"
#include "daemon/dbus-manager.h"
#include "daemon/dbus-node.h"
#include "daemon/dbus-pods.h"
#include "daemon/loop.h"

#define BUS_NAME "org.example.NodeCgroups"
#define RECONNECT_MSEC 500
#define NEWS_MSEC 1
#define FORGET_MSEC 1000
/* A connection that lasted so long is made again at once. */
#define GOOD_USEC G_USEC_PER_SEC

/* A pod that is there, or is not any more, as clients are to be told. */
typedef struct {
  Pod *pod;
  gboolean is_removal;
} News;

struct DbusServer {
  DbusCalls calls;
  Node *node;
  DbusServerListener listener;
  gpointer user_data;
  GCancellable *cancellable;
  GDBusConnection *connection;
  DbusManager *manager_object;
  DbusNode *node_object;
  DbusPods *pods;
  guint guard_id;
  BusName *name;
  guint reconnect_id;
  gint64 served_usec; /* since when there was the last connection */
  GQueue news;        /* of News */
  guint news_id;
  void (*stopped) (gpointer user_data);
};

static void connect_to_bus (DbusServer *self);

static gboolean
on_all_read (gpointer connection)
{
  g_object_unref (connection);
  return G_SOURCE_REMOVE;
}

/* In the thread of GDBus (bus-context.h) what is idle comes after all that it reads. */
static gboolean
on_forget (gpointer connection)
{
  loop_add_idle (on_all_read, connection);
  return G_SOURCE_REMOVE;
}

/* GDBus reads on while it cannot write. A message that it has read and not looked at when nobody
 * has the connection any more is lost to it, with its descriptors (gdbusprivate.c). */
static void
forget (GDBusConnection *connection)
{
  loop_add (FORGET_MSEC, on_forget, connection);
}

static void
disconnect (DbusServer *self)
{
  oom_kills_set_heard (self->calls.manager->oom, FALSE);
  g_clear_pointer (&self->name, bus_name_free);
  g_clear_pointer (&self->pods, dbus_pods_free);
  g_clear_pointer (&self->node_object, dbus_node_free);
  g_clear_pointer (&self->manager_object, dbus_manager_free);
  if (self->connection != NULL) {
    g_signal_handlers_disconnect_by_data (self->connection, self);
    g_dbus_connection_remove_filter (self->connection, self->guard_id);
  }
  g_clear_pointer (&self->connection, forget);
}

static gboolean
on_reconnect (gpointer user_data)
{
  DbusServer *self = user_data;

  self->reconnect_id = 0;
  connect_to_bus (self);
  return G_SOURCE_REMOVE;
}

static void
reconnect_in (DbusServer *self, guint msec)
{
  if (self->reconnect_id == 0)
    self->reconnect_id = loop_add (msec, on_reconnect, self);
}

static void
reconnect_later (DbusServer *self)
{
  reconnect_in (self, RECONNECT_MSEC);
}

static void
on_closed (GDBusConnection *connection, gboolean vanished, GError *error, gpointer user_data)
{
  DbusServer *self = user_data;
  gboolean was_good = g_get_monotonic_time () - self->served_usec > GOOD_USEC;

  g_warning ("the connection to the bus is lost (%s); connecting again",
             error != NULL ? error->message : "closed");
  disconnect (self);
  auth_forget (self->calls.auth);
  /* The bus may well be there, see docs/security.md. */
  reconnect_in (self, was_good ? 0 : RECONNECT_MSEC);
}

static void
on_name_acquired (gpointer user_data)
{
  DbusServer *self = user_data;

  oom_kills_set_heard (self->calls.manager->oom, TRUE);
  if (self->listener.ready != NULL)
    self->listener.ready (self->user_data);
}

static void
on_name_lost (gpointer user_data)
{
  DbusServer *self = user_data;

  /* Without a connection it is the bus that went away. */
  if (g_dbus_connection_is_closed (self->connection))
    return;
  g_warning ("the name " BUS_NAME " is owned by another process, or the bus policy does not allow "
             "it");
  if (self->listener.lost_name != NULL)
    self->listener.lost_name (self->user_data);
}

static void
serve (DbusServer *self, GDBusConnection *connection)
{
  static const BusNameListener name_listener = { on_name_acquired, on_name_lost };

  self->connection = connection;
  self->served_usec = g_get_monotonic_time ();
  g_dbus_connection_set_exit_on_close (connection, FALSE);
  g_signal_connect (connection, "closed", G_CALLBACK (on_closed), self);
  self->guard_id = dbus_access_guard (connection);
  self->manager_object = dbus_manager_new (&self->calls, connection);
  self->node_object = dbus_node_new (&self->calls, self->node, connection);
  self->pods = dbus_pods_new (&self->calls, connection, DBUS_MANAGER_PATH);
  dbus_manager_set_pod_count (self->manager_object, dbus_pods_count (self->pods));
  self->name = bus_name_own (connection, BUS_NAME, &name_listener, self);
  /* Before anybody listened. */
  if (g_dbus_connection_is_closed (connection))
    on_closed (connection, TRUE, NULL, self);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  DbusServer *self;
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection = g_dbus_connection_new_for_address_finish (result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  self = user_data;
  if (connection != NULL) {
    serve (self, connection);
    return;
  }
  g_warning ("could not connect to the bus: %s; trying again", error->message);
  reconnect_later (self);
}

/* A connection of our own, since the shared one cannot be replaced when the bus restarts. */
static void
connect_to_bus (DbusServer *self)
{
  const Config *config = self->calls.manager->config;
  g_autoptr (GError) error = NULL;
  g_autofree char *address =
      config->bus_address != NULL
          ? g_strdup (config->bus_address)
          : g_dbus_address_get_for_bus_sync (
                config->is_user ? G_BUS_TYPE_SESSION : G_BUS_TYPE_SYSTEM, NULL, &error);

  if (address == NULL) {
    g_warning ("there is no system bus: %s; trying again", error->message);
    reconnect_later (self);
    return;
  }
  g_dbus_connection_new_for_address (address,
                                     G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                         G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                     NULL, self->cancellable, on_connected, self);
}

static void
pods_changed (DbusServer *self)
{
  if (self->listener.pods_changed != NULL)
    self->listener.pods_changed (self->user_data);
}

static void
on_pod_prepared (Pod *pod, gpointer user_data)
{
  DbusServer *self = user_data;

  if (self->pods != NULL)
    dbus_pods_prepare (self->pods, pod);
}

static void
tell_added (DbusServer *self, const Pod *pod)
{
  dbus_pods_announce (self->pods, pod);
  dbus_manager_emit_pod_added (self->manager_object, pod);
}

static void
tell_removed (DbusServer *self, const Pod *pod)
{
  dbus_pods_emit_removed (self->pods, pod);
  dbus_manager_emit_pod_removed (self->manager_object, pod);
}

static void
tell_all (DbusServer *self)
{
  News *news;

  while ((news = g_queue_pop_head (&self->news)) != NULL) {
    if (self->pods != NULL) {
      (news->is_removal ? tell_removed : tell_added) (self, news->pod);
      pods_changed (self);
    }
    pod_unref (news->pod);
    g_free (news);
  }
}

static gboolean
on_news_due (gpointer user_data)
{
  DbusServer *self = user_data;

  self->news_id = 0;
  tell_all (self);
  return G_SOURCE_REMOVE;
}

/* The signals come after the reply, which somebody waits for; whoever asks is told the truth
 * before. And not at once: the bus, which delivers the reply, may have to wait for this CPU. */
static void
tell_soon (DbusServer *self, Pod *pod, gboolean is_removal)
{
  News *news = g_new0 (News, 1);

  dbus_manager_set_pod_count (self->manager_object, dbus_pods_count (self->pods));
  news->pod = pod_ref (pod);
  news->is_removal = is_removal;
  g_queue_push_tail (&self->news, news);
  if (self->news_id == 0)
    self->news_id = loop_add (NEWS_MSEC, on_news_due, self);
}

/* Of a pod whose object goes now it could not be told any more. */
static gboolean
is_still_to_be_told (const DbusServer *self, const Pod *pod)
{
  for (const GList *l = self->news.head; l != NULL; l = l->next)
    if (((const News *) l->data)->pod == pod)
      return TRUE;
  return FALSE;
}

static void
on_pod_added (Pod *pod, gpointer user_data)
{
  DbusServer *self = user_data;

  if (self->pods == NULL)
    return;
  dbus_pods_add (self->pods, pod);
  tell_soon (self, pod, FALSE);
}

static void
on_pod_changed (Pod *pod, gpointer user_data)
{
  DbusServer *self = user_data;

  if (self->pods != NULL)
    dbus_pods_change (self->pods, pod);
}

static void
on_pod_removed (Pod *pod, gpointer user_data)
{
  DbusServer *self = user_data;

  if (is_still_to_be_told (self, pod))
    tell_all (self);
  if (self->pods != NULL && dbus_pods_remove (self->pods, pod))
    tell_soon (self, pod, TRUE);
}

static void
on_oom_killed (const Pod *pod, const char *container, guint64 kills, gpointer user_data)
{
  DbusServer *self = user_data;

  tell_all (self);
  if (self->manager_object != NULL)
    dbus_manager_emit_oom_killed (self->manager_object, pod, container, kills);
}

static void
on_node_changed (gpointer user_data)
{
  DbusServer *self = user_data;

  if (self->node_object != NULL)
    dbus_node_update (self->node_object);
  if (self->manager_object != NULL)
    dbus_manager_update_driver (self->manager_object);
  if (self->listener.node_changed != NULL)
    self->listener.node_changed (self->user_data);
}

static void
on_node_drifted (const char *object,
                 const char *setting,
                 const char *wanted,
                 const char *actual,
                 gboolean is_repaired,
                 gpointer user_data)
{
  DbusServer *self = user_data;

  if (self->node_object != NULL)
    dbus_node_emit_drift (self->node_object, object, setting, wanted, actual, is_repaired);
}

DbusServer *
dbus_server_new (Manager *manager,
                 Node *node,
                 Reload *reload,
                 const DbusServerListener *listener,
                 gpointer user_data)
{
  DbusServer *self = g_new0 (DbusServer, 1);
  const ManagerListener callbacks = {
    .pod_prepared = on_pod_prepared,
    .pod_added = on_pod_added,
    .pod_changed = on_pod_changed,
    .pod_removed = on_pod_removed,
    .oom_killed = on_oom_killed,
  };

  const NodeListener node_callbacks = { on_node_changed, on_node_drifted };

  self->calls.manager = manager;
  self->calls.reload = reload;
  self->calls.auth = auth_new (manager->config->group);
  self->calls.latencies = dbus_latencies_new ();
  self->node = node;
  self->listener = *listener;
  self->user_data = user_data;
  self->cancellable = g_cancellable_new ();
  g_queue_init (&self->news);
  manager_set_listener (manager, &callbacks, self);
  node_set_listener (node, &node_callbacks, self);
  connect_to_bus (self);
  return self;
}

static void
on_stop_closed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  DbusServer *self = user_data;

  g_dbus_connection_close_finish (G_DBUS_CONNECTION (source), result, NULL);
  self->stopped (self->user_data);
}

static void
on_left (gpointer user_data)
{
  DbusServer *self = user_data;

  g_dbus_connection_close (self->connection, NULL, on_stop_closed, self);
}

void
dbus_server_stop (DbusServer *self, void (*stopped) (gpointer user_data))
{
  const ManagerListener nobody = { NULL };

  self->stopped = stopped;
  oom_kills_set_heard (self->calls.manager->oom, FALSE);
  manager_set_listener (self->calls.manager, &nobody, NULL);
  node_set_listener (self->node, NULL, NULL);
  g_cancellable_cancel (self->cancellable);
  tell_all (self);
  if (self->connection == NULL) {
    stopped (self->user_data);
    return;
  }
  g_signal_handlers_disconnect_by_data (self->connection, self);
  bus_name_leave (self->name, on_left);
}

void
dbus_server_free (DbusServer *self)
{
  if (self == NULL)
    return;
  if (self->news_id != 0)
    loop_remove (self->news_id);
  if (self->reconnect_id != 0)
    loop_remove (self->reconnect_id);
  disconnect (self);
  g_object_unref (self->cancellable);
  auth_free (self->calls.auth);
  ncg_latencies_free (self->calls.latencies);
  g_free (self);
}
