/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Connections and proxies.
 */
#include "cli/bus.h"

#include "cli/exit-status.h"
#include "cli/ssh.h"
#include "cli/wake.h"

#include <signal.h>

#define PROXY_FLAGS                                                                                \
  (G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES | G_DBUS_PROXY_FLAGS_DO_NOT_CONNECT_SIGNALS |         \
   G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START_AT_CONSTRUCTION)

struct Bus {
  GDBusConnection *connection;
  gboolean is_awake;       /* the daemon was there once */
  NcgDbusManager *manager; /* (nullable): not asked for yet */
  NcgDbusNode *node;       /* (nullable): the same */
};

static GDBusConnection *
connect_here (gboolean is_user, GError **error)
{
  GBusType type = is_user ? G_BUS_TYPE_SESSION : G_BUS_TYPE_SYSTEM;
  g_autoptr (GError) reason = NULL;
  GDBusConnection *connection = g_bus_get_sync (type, NULL, &reason);

  if (connection == NULL)
    g_set_error (error, EXIT_STATUS_ERROR, EXIT_STATUS_UNREACHABLE,
                 "there is no way to the bus of the %s: %s", is_user ? "session" : "system",
                 reason->message);
  return connection;
}

Bus *
bus_open (const Options *options, GError **error)
{
  GDBusConnection *connection = options->host != NULL ? ssh_connect (options->host, error)
                                                      : connect_here (options->is_user, error);
  Bus *self;

  if (connection == NULL)
    return NULL;
  /* An end of the bus is an error like others. */
  g_dbus_connection_set_exit_on_close (connection, FALSE);
  /* GLib's sockets ignore it. Who reads no more, as head(1), ends us as it ends any tool. */
  signal (SIGPIPE, SIG_DFL);
  self = g_new0 (Bus, 1);
  self->connection = connection;
  return self;
}

void
bus_close (Bus *self)
{
  g_clear_object (&self->manager);
  g_clear_object (&self->node);
  g_dbus_connection_close_sync (self->connection, NULL, NULL);
  g_object_unref (self->connection);
  g_free (self);
}

GDBusConnection *
bus_get_connection (Bus *self)
{
  return self->connection;
}

gboolean
bus_wake (Bus *self, GError **error)
{
  self->is_awake = self->is_awake || wake_daemon (self->connection, error);
  return self->is_awake;
}

NcgDbusManager *
bus_get_manager (Bus *self, GError **error)
{
  if (self->manager == NULL && bus_wake (self, error))
    self->manager = ncg_dbus_manager_proxy_new_sync (self->connection, PROXY_FLAGS, BUS_NAME,
                                                     BUS_OBJECT, NULL, error);
  return self->manager;
}

NcgDbusNode *
bus_get_node (Bus *self, GError **error)
{
  if (self->node == NULL && bus_wake (self, error))
    self->node = ncg_dbus_node_proxy_new_sync (self->connection, PROXY_FLAGS, BUS_NAME, BUS_OBJECT,
                                               NULL, error);
  return self->node;
}

GVariant *
bus_get_all (Bus *self, const char *path, const char *interface, GError **error)
{
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (
      self->connection, BUS_NAME, path, "org.freedesktop.DBus.Properties", "GetAll",
      g_variant_new ("(s)", interface), G_VARIANT_TYPE ("(a{sv})"), G_DBUS_CALL_FLAGS_NONE,
      BUS_CALL_MSEC, NULL, error);

  return reply != NULL ? g_variant_get_child_value (reply, 0) : NULL;
}

char *
bus_get_pod (Bus *self, const char *uid, GError **error)
{
  NcgDbusManager *manager = bus_get_manager (self, error);
  char *path = NULL;

  if (manager == NULL || !ncg_dbus_manager_call_get_pod_sync (manager, uid, G_DBUS_CALL_FLAGS_NONE,
                                                              BUS_CALL_MSEC, &path, NULL, error))
    return NULL;
  return path;
}
