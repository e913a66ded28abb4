/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Many calls at once.
 */
#include "tests/dbus/calls.h"

#include <gio/gunixfdlist.h>

#define CALL_MSEC 60000

struct Calls {
  Fixture *fixture;
  GPtrArray *clients;
  GPtrArray *calls; /* Call */
  guint n_ended;
};

typedef struct {
  Calls *owner;
  GVariant *reply;
  GError *error;
} Call;

static void
call_free (gpointer data)
{
  Call *call = data;

  g_clear_pointer (&call->reply, g_variant_unref);
  g_clear_error (&call->error);
  g_free (call);
}

Calls *
calls_new (Fixture *fixture)
{
  Calls *self = g_new0 (Calls, 1);

  self->fixture = fixture;
  self->clients = g_ptr_array_new_with_free_func (g_object_unref);
  self->calls = g_ptr_array_new_with_free_func (call_free);
  g_ptr_array_add (self->clients, g_object_ref (fixture->connection));
  return self;
}

void
calls_free (Calls *self)
{
  calls_wait (self);
  for (guint i = 1; i < self->clients->len; i++)
    g_dbus_connection_close_sync (g_ptr_array_index (self->clients, i), NULL, NULL);
  g_ptr_array_unref (self->clients);
  g_ptr_array_unref (self->calls);
  g_free (self);
}

void
calls_use_new_client (Calls *self)
{
  g_ptr_array_add (self->clients, fixture_connect (self->fixture));
}

static void
on_reply (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Call *call = user_data;

  call->reply = g_dbus_connection_call_with_unix_fd_list_finish (G_DBUS_CONNECTION (source), NULL,
                                                                 result, &call->error);
  call->owner->n_ended++;
  if (call->error != NULL)
    g_test_message ("%s", call->error->message);
}

void
calls_begin_on (Calls *self,
                const char *path,
                const char *interface,
                const char *method,
                GVariant *arguments,
                GUnixFDList *fds)
{
  Call *call = g_new0 (Call, 1);

  call->owner = self;
  g_ptr_array_add (self->calls, call);
  g_dbus_connection_call_with_unix_fd_list (
      g_ptr_array_index (self->clients, self->clients->len - 1), BUS_NAME, path, interface, method,
      arguments, NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, CALL_MSEC, fds, NULL, on_reply, call);
}

void
calls_begin (Calls *self, const char *method, GVariant *arguments)
{
  calls_begin_on (self, MANAGER_PATH, MANAGER_INTERFACE, method, arguments, NULL);
}

void
calls_add (Calls *self, const char *method, const char *uid, const char *dictionary)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) parsed =
      g_variant_parse (G_VARIANT_TYPE_VARDICT, dictionary, NULL, NULL, &error);

  g_assert_no_error (error);
  calls_begin (self, method, g_variant_new ("(s@a{sv})", uid, parsed));
}

guint
calls_count_pending (const Calls *self)
{
  return self->calls->len - self->n_ended;
}

void
calls_wait (Calls *self)
{
  while (calls_count_pending (self) > 0)
    g_main_context_iteration (NULL, TRUE);
}

guint
calls_count_successes (const Calls *self)
{
  guint n = 0;

  for (guint i = 0; i < self->calls->len; i++)
    n += calls_get_reply (self, i) != NULL ? 1 : 0;
  return n;
}

GVariant *
calls_get_reply (const Calls *self, guint i)
{
  const Call *call = g_ptr_array_index (self->calls, i);

  return call->reply;
}

GError *
calls_get_error (const Calls *self, guint i)
{
  const Call *call = g_ptr_array_index (self->calls, i);

  return call->error != NULL ? g_error_copy (call->error) : NULL;
}
