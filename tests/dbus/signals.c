/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A record of signals.
 */
#include "tests/dbus/signals.h"

#include <string.h>

struct Signals {
  GDBusConnection *connection;
  guint id;
  GPtrArray *list;
};

static void
on_signal (GDBusConnection *connection,
           const char *sender,
           const char *path,
           const char *interface,
           const char *member,
           GVariant *arguments,
           gpointer user_data)
{
  Signals *self = user_data;
  g_autofree char *text = g_variant_print (arguments, FALSE);
  gboolean is_standard = g_str_has_prefix (interface, "org.freedesktop.");

  g_ptr_array_add (self->list, g_strconcat (is_standard ? path : "", is_standard ? " " : "", member,
                                            " ", text, NULL));
}

Signals *
signals_new (Fixture *fixture)
{
  Signals *self = g_new0 (Signals, 1);

  self->list = g_ptr_array_new_with_free_func (g_free);
  self->connection = g_object_ref (fixture->connection);
  self->id = g_dbus_connection_signal_subscribe (self->connection, BUS_NAME, NULL, NULL, NULL, NULL,
                                                 G_DBUS_SIGNAL_FLAGS_NONE, on_signal, self, NULL);
  /* The bus has the match when it answers. */
  fixture_has_name (fixture);
  return self;
}

void
signals_free (Signals *self)
{
  g_dbus_connection_signal_unsubscribe (self->connection, self->id);
  g_object_unref (self->connection);
  g_ptr_array_unref (self->list);
  g_free (self);
}

const GPtrArray *
signals_get (const Signals *self)
{
  return self->list;
}

void
signals_forget (Signals *self)
{
  g_ptr_array_set_size (self->list, 0);
}

guint
signals_count (const Signals *self, const char *text)
{
  guint n = 0;

  for (guint i = 0; i < self->list->len; i++)
    n += strstr (g_ptr_array_index (self->list, i), text) != NULL ? 1 : 0;
  return n;
}

void
signals_wait (const Signals *self, const char *text)
{
  g_test_message ("waiting for %s", text);
  fixture_wait (signals_count (self, text) > 0);
}
