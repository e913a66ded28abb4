/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls at the same time, over the one connection.
 */
#include "cli/batch.h"

/* Enough to keep the daemon at work, and far below what it takes on (LimitExceeded). */
#define AT_ONCE 64

typedef struct {
  Batch *batch;
  const char *interface;
  const char *method;
  GVariant *arguments;
  GVariant *reply;
  GError *error;
} BatchCall;

struct Batch {
  Bus *bus;
  GPtrArray *calls; /* (element-type BatchCall) */
  guint n_begun;
  guint n_ended;
  int timeout_msec;
};

static void
batch_call_free (gpointer data)
{
  BatchCall *call = data;

  g_variant_unref (call->arguments);
  g_clear_pointer (&call->reply, g_variant_unref);
  g_clear_error (&call->error);
  g_free (call);
}

Batch *
batch_new (Bus *bus)
{
  Batch *self = g_new0 (Batch, 1);

  self->bus = bus;
  self->calls = g_ptr_array_new_with_free_func (batch_call_free);
  return self;
}

void
batch_free (Batch *self)
{
  g_ptr_array_unref (self->calls);
  g_free (self);
}

void
batch_add (Batch *self, const char *interface, const char *method, GVariant *arguments)
{
  BatchCall *call = g_new0 (BatchCall, 1);

  call->batch = self;
  call->interface = interface;
  call->method = method;
  call->arguments = g_variant_ref_sink (arguments);
  g_ptr_array_add (self->calls, call);
}

static void begin_next (Batch *self);

static void
on_reply (GObject *source, GAsyncResult *result, gpointer user_data)
{
  BatchCall *call = user_data;

  call->reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &call->error);
  call->batch->n_ended++;
  begin_next (call->batch);
}

static void
begin_next (Batch *self)
{
  while (self->n_begun < self->calls->len && self->n_begun - self->n_ended < AT_ONCE) {
    BatchCall *call = g_ptr_array_index (self->calls, self->n_begun++);

    g_dbus_connection_call (bus_get_connection (self->bus), BUS_NAME, BUS_OBJECT, call->interface,
                            call->method, call->arguments, NULL, G_DBUS_CALL_FLAGS_NONE,
                            self->timeout_msec, NULL, on_reply, call);
  }
}

void
batch_run (Batch *self, int timeout_msec)
{
  self->timeout_msec = timeout_msec;
  begin_next (self);
  while (self->n_ended < self->calls->len)
    g_main_context_iteration (NULL, TRUE);
}

guint
batch_count (const Batch *self)
{
  return self->calls->len;
}

GVariant *
batch_get_reply (const Batch *self, guint i, GError **error)
{
  const BatchCall *call = g_ptr_array_index (self->calls, i);

  if (call->reply == NULL)
    g_propagate_error (error, g_error_copy (call->error));
  return call->reply;
}
