/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/bus-name.h"

#include "daemon/loop.h"

#define BUS "org.freedesktop.DBus"
#define BUS_PATH "/org/freedesktop/DBus"

/* D-Bus Specification, org.freedesktop.DBus.RequestName */
#define DO_NOT_QUEUE 4u
#define PRIMARY_OWNER 1u
#define ALREADY_OWNER 4u

#define LEAVE_MSEC 2000

struct BusName {
  GDBusConnection *connection;
  char *name;
  const BusNameListener *listener;
  gpointer user_data;
  GCancellable *cancellable;
  GAsyncResult *answer; /* (nullable): to be looked at */
  guint answer_id;
  guint lost_id; /* the subscription */
  void (*left) (gpointer user_data);
};

static gboolean
on_answer (gpointer user_data)
{
  BusName *self = user_data;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (self->connection, self->answer, NULL);
  guint32 code = 0;

  self->answer_id = 0;
  if (reply != NULL)
    g_variant_get (reply, "(u)", &code);
  if (code == PRIMARY_OWNER || code == ALREADY_OWNER)
    self->listener->acquired (self->user_data);
  else
    self->listener->lost (self->user_data);
  return G_SOURCE_REMOVE;
}

static void
on_replied (GObject *source, GAsyncResult *result, gpointer user_data)
{
  BusName *self = user_data;

  if (g_cancellable_is_cancelled (g_task_get_cancellable (G_TASK (result))))
    return;
  self->answer = g_object_ref (result);
  self->answer_id = loop_add_next (on_answer, self, NULL);
}

static void
on_lost (GDBusConnection *connection,
         const char *sender,
         const char *path,
         const char *interface,
         const char *signal,
         GVariant *parameters,
         gpointer user_data)
{
  BusName *self = user_data;

  self->listener->lost (self->user_data);
}

BusName *
bus_name_own (GDBusConnection *connection,
              const char *name,
              const BusNameListener *listener,
              gpointer user_data)
{
  BusName *self = g_new0 (BusName, 1);

  self->connection = g_object_ref (connection);
  self->name = g_strdup (name);
  self->listener = listener;
  self->user_data = user_data;
  self->cancellable = g_cancellable_new ();
  self->lost_id =
      g_dbus_connection_signal_subscribe (connection, BUS, BUS, "NameLost", BUS_PATH, name,
                                          G_DBUS_SIGNAL_FLAGS_NONE, on_lost, self, NULL);
  g_dbus_connection_call (connection, BUS, BUS_PATH, BUS, "RequestName",
                          g_variant_new ("(su)", name, DO_NOT_QUEUE), G_VARIANT_TYPE ("(u)"),
                          G_DBUS_CALL_FLAGS_NONE, -1, self->cancellable, on_replied, self);
  return self;
}

static void
stop_listening (BusName *self)
{
  g_cancellable_cancel (self->cancellable);
  if (self->lost_id != 0)
    g_dbus_connection_signal_unsubscribe (self->connection, self->lost_id);
  self->lost_id = 0;
  g_clear_handle_id (&self->answer_id, loop_remove);
  g_clear_object (&self->answer);
}

static gboolean
on_left (gpointer user_data)
{
  BusName *self = user_data;

  self->answer_id = 0;
  self->left (self->user_data);
  return G_SOURCE_REMOVE;
}

/* Whatever the answer is. */
static void
on_released (GObject *source, GAsyncResult *result, gpointer user_data)
{
  BusName *self = user_data;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);

  self->answer_id = loop_add_next (on_left, self, NULL);
}

void
bus_name_leave (BusName *self, void (*left) (gpointer user_data))
{
  stop_listening (self);
  self->left = left;
  g_dbus_connection_call (self->connection, BUS, BUS_PATH, BUS, "ReleaseName",
                          g_variant_new ("(s)", self->name), G_VARIANT_TYPE ("(u)"),
                          G_DBUS_CALL_FLAGS_NONE, LEAVE_MSEC, NULL, on_released, self);
}

void
bus_name_free (BusName *self)
{
  if (self == NULL)
    return;
  stop_listening (self);
  g_object_unref (self->cancellable);
  g_object_unref (self->connection);
  g_free (self->name);
  g_free (self);
}
