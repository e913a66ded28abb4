/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Serving connections.
 */
#include "tests/dbus/fake-bus.h"

#include "lib/sd-bus-source.h"

#include <glib-unix.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct FakeBus {
  char *socket;
  GMainContext *context;
  FakeBusCalled called;
  gpointer user_data;
  int fd;
  GSource *source;
  GPtrArray *connections;
};

typedef struct {
  FakeBus *owner;
  sd_bus *bus;
  GSource *source;
} Connection;

static void
connection_free (gpointer data)
{
  Connection *connection = data;

  g_source_destroy (connection->source);
  g_source_unref (connection->source);
  /* Not one that has to be waited for. */
  if (sd_bus_is_ready (connection->bus) > 0)
    sd_bus_flush (connection->bus);
  sd_bus_close_unref (connection->bus);
  g_free (connection);
}

static void
on_closed (int error, gpointer user_data)
{
  Connection *connection = user_data;

  g_ptr_array_remove_fast (connection->owner->connections, connection);
}

static int
on_message (sd_bus_message *message, void *user_data, sd_bus_error *error)
{
  Connection *connection = user_data;

  if (sd_bus_message_is_method_call (message, NULL, NULL) <= 0)
    return 0;
  connection->owner->called (message, connection->owner->user_data);
  return 1;
}

static void
serve (FakeBus *self, int fd)
{
  Connection *connection = g_new0 (Connection, 1);
  sd_id128_t id = SD_ID128_MAKE (10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 1a, 1b, 1c, 1d, 1e, 1f);
  sd_bus *bus;

  connection->owner = self;
  g_assert_cmpint (sd_bus_new (&bus), >=, 0);
  g_assert_cmpint (sd_bus_set_fd (bus, fd, fd), >=, 0);
  g_assert_cmpint (sd_bus_set_server (bus, 1, id), >=, 0);
  g_assert_cmpint (sd_bus_set_anonymous (bus, 1), >=, 0);
  g_assert_cmpint (sd_bus_negotiate_fds (bus, 1), >=, 0);
  g_assert_cmpint (sd_bus_set_sender (bus, "org.freedesktop.systemd1"), >=, 0);
  g_assert_cmpint (sd_bus_start (bus), >=, 0);
  g_assert_cmpint (sd_bus_add_filter (bus, NULL, on_message, connection), >=, 0);
  connection->bus = bus;
  connection->source = ncg_sd_bus_source_new (bus, on_closed, connection);
  g_source_attach (connection->source, self->context);
  g_ptr_array_add (self->connections, connection);
}

static gboolean
on_connection (int fd, GIOCondition condition, gpointer user_data)
{
  int accepted = accept4 (fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

  if (accepted >= 0)
    serve (user_data, accepted);
  return G_SOURCE_CONTINUE;
}

void
fake_bus_listen (FakeBus *self)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };

  g_assert_null (self->source);
  g_assert_cmpuint (strlen (self->socket), <, sizeof address.sun_path);
  strcpy (address.sun_path, self->socket);
  self->fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  g_assert_cmpint (self->fd, >=, 0);
  g_assert_cmpint (bind (self->fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  g_assert_cmpint (listen (self->fd, 16), ==, 0);
  self->source = g_unix_fd_source_new (self->fd, G_IO_IN);
  g_source_set_callback (self->source, G_SOURCE_FUNC (on_connection), self, NULL);
  g_source_attach (self->source, self->context);
}

void
fake_bus_lose_connections (FakeBus *self)
{
  g_ptr_array_set_size (self->connections, 0);
}

void
fake_bus_stop_listening (FakeBus *self)
{
  if (self->source == NULL)
    return;
  g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
  close (self->fd);
  g_assert_cmpint (g_unlink (self->socket), ==, 0);
  fake_bus_lose_connections (self);
}

void
fake_bus_emit (FakeBus *self,
               const char *path,
               const char *interface,
               const char *member,
               const char *types,
               ...)
{
  for (guint i = 0; i < self->connections->len; i++) {
    const Connection *connection = g_ptr_array_index (self->connections, i);
    va_list arguments;

    /* One that is about to close does not matter. */
    va_start (arguments, types);
    sd_bus_emit_signalv (connection->bus, path, interface, member, types, arguments);
    va_end (arguments);
  }
}

FakeBus *
fake_bus_new (const char *socket, GMainContext *context, FakeBusCalled called, gpointer user_data)
{
  FakeBus *self = g_new0 (FakeBus, 1);

  self->socket = g_strdup (socket);
  self->context = context;
  self->called = called;
  self->user_data = user_data;
  self->connections = g_ptr_array_new_with_free_func (connection_free);
  fake_bus_listen (self);
  return self;
}

void
fake_bus_free (FakeBus *self)
{
  fake_bus_stop_listening (self);
  g_ptr_array_unref (self->connections);
  g_free (self->socket);
  g_free (self);
}
