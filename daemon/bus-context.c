/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A filter of messages is called in the thread of GDBus, which has its context as the default one
 * of the thread (g_dbus_connection_add_filter(), gdbusprivate.c). So a connection to ourselves is
 * given a message to send, and the filter looks.
 */
#include "daemon/bus-context.h"

#include <gio/gio.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_USEC G_USEC_PER_SEC

/* Of the filter and of whoever waits for it; the filter may be called late. */
typedef struct {
  GMutex lock;
  GCond changed;
  gboolean is_called;
  GMainContext *context; /* (nullable) */
} Look;

static void
look_clear (gpointer data)
{
  Look *look = data;

  g_mutex_clear (&look->lock);
  g_cond_clear (&look->changed);
  g_clear_pointer (&look->context, g_main_context_unref);
}

static void
look_unref (gpointer data)
{
  g_atomic_rc_box_release_full (data, look_clear);
}

static GDBusMessage *
on_message (GDBusConnection *connection, GDBusMessage *message, gboolean incoming, gpointer data)
{
  Look *look = data;
  GMainContext *context = g_main_context_get_thread_default ();

  g_mutex_lock (&look->lock);
  if (!look->is_called && context != NULL && g_main_context_is_owner (context))
    look->context = g_main_context_ref (context);
  look->is_called = TRUE;
  g_cond_signal (&look->changed);
  g_mutex_unlock (&look->lock);
  g_object_unref (message);
  return NULL;
}

/* (transfer full) (nullable): one without a bus
 * @fd: taken */
static GDBusConnection *
connect_to_nobody (int fd)
{
  g_autoptr (GSocket) socket = g_socket_new_from_fd (fd, NULL);
  g_autoptr (GSocketConnection) stream = NULL;

  if (socket == NULL) {
    close (fd);
    return NULL;
  }
  stream = g_socket_connection_factory_create_connection (socket);
  return g_dbus_connection_new_sync (G_IO_STREAM (stream), NULL, G_DBUS_CONNECTION_FLAGS_NONE, NULL,
                                     NULL, NULL);
}

static GMainContext *
wait_for_call (Look *look)
{
  gint64 end = g_get_monotonic_time () + PATIENCE_USEC;
  GMainContext *context;

  g_mutex_lock (&look->lock);
  while (!look->is_called && g_cond_wait_until (&look->changed, &look->lock, end))
    continue;
  context = g_steal_pointer (&look->context);
  look->is_called = TRUE;
  g_mutex_unlock (&look->lock);
  return context;
}

static GMainContext *
look_from (GDBusConnection *connection)
{
  g_autoptr (GDBusMessage) message = g_dbus_message_new_signal ("/a", "a.b", "C");
  Look *look = g_atomic_rc_box_new0 (Look);
  GMainContext *context;

  g_mutex_init (&look->lock);
  g_cond_init (&look->changed);
  g_dbus_connection_add_filter (connection, on_message, g_atomic_rc_box_acquire (look), look_unref);
  g_dbus_connection_send_message (connection, message, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, NULL);
  context = wait_for_call (look);
  look_unref (look);
  return context;
}

GMainContext *
bus_context_find (void)
{
  g_autoptr (GDBusConnection) connection = NULL;
  GMainContext *context = NULL;
  int fds[2];

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
    return NULL;
  connection = connect_to_nobody (fds[0]);
  if (connection != NULL)
    context = look_from (connection);
  close (fds[1]);
  return context;
}
