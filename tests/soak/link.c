/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Connections.
 */
#include "tests/soak/link.h"

#include "tests/soak/faults.h"

#include <string.h>

/* What libraries of the bus wait by default: no call of the soak takes longer, faults or not, but
 * where everything is slow. */
#define REPLY_MSEC 25000
#define PAUSE_USEC 50000

/* An agent would go on for ever; here it is a failure. */
#define PATIENCE_USEC (300 * G_USEC_PER_SEC)

typedef struct {
  const char *name;
  guint faults;
  gboolean is_of_slow; /* only where everything takes many times longer */
  int count;           /* atomic */
} Excuse;

#define BUS_ERROR "org.freedesktop.DBus.Error."
#define AWAY (FAULT_KILL | FAULT_RESTART | FAULT_BUS)

/* Which errors a client has to live with, and the faults that bring them. Everything else is a
 * failure, and so are these without such a fault. */
static Excuse excuses[] = {
  /* Whoever had the call is gone; it may have been done. */
  { BUS_ERROR "NoReply", AWAY, FALSE, 0 },
  { BUS_ERROR "Disconnected", FAULT_BUS, FALSE, 0 },
  { "local closed", FAULT_BUS, FALSE, 0 },
  /* The bus is not there. */
  { "local connect", FAULT_BUS, FALSE, 0 },
  /* Systemd does nothing for almost as long as the daemon waits. */
  { LINK_ERROR "Timeout", FAULT_STOP, FALSE, 0 },
  /* The daemon is not up within the 25 s that the bus waits when it starts it: systemd did nothing
   * meanwhile, or everything is slow. */
  { BUS_ERROR "TimedOut", FAULT_STOP, FALSE, 0 },
  { BUS_ERROR "TimedOut", AWAY, TRUE, 0 },
  /* Systemd does not come back, or to an end, within the times that the daemon gives it. */
  { LINK_ERROR "NotReady", FAULT_REEXEC, TRUE, 0 },
  { LINK_ERROR "Timeout", FAULTS_ALL, TRUE, 0 },
};

void
link_clear (Link *self)
{
  if (self->bus != NULL)
    g_dbus_connection_close_sync (self->bus, NULL, NULL);
  g_clear_object (&self->bus);
}

static GDBusConnection *
connect_to_bus (GError **error)
{
  g_autofree char *address = g_dbus_address_get_for_bus_sync (G_BUS_TYPE_SYSTEM, NULL, NULL);
  g_autoptr (GError) local = NULL;
  GDBusConnection *bus =
      g_dbus_connection_new_for_address_sync (address,
                                              G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                  G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                              NULL, NULL, &local);

  if (bus == NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED, "cannot connect: %s",
                 local->message);
  return bus;
}

char *
link_name_error (const GError *error)
{
  char *name = g_dbus_error_get_remote_error (error);

  if (name != NULL)
    return name;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
    return g_strdup ("local connect");
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED) ||
      g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED))
    return g_strdup ("local closed");
  return g_strdup_printf ("local %s %d", g_quark_to_string (error->domain), error->code);
}

static gboolean
is_excused (const GError *error, gint64 since_usec)
{
  g_autofree char *name = link_name_error (error);

  for (gsize i = 0; i < G_N_ELEMENTS (excuses); i++)
    if (g_str_equal (excuses[i].name, name) && (!excuses[i].is_of_slow || faults_are_slow ()) &&
        faults_were (excuses[i].faults, since_usec)) {
      g_atomic_int_inc (&excuses[i].count);
      return TRUE;
    }
  return FALSE;
}

static GVariant *
send_call (Link *self,
           const char *path,
           const char *member,
           GVariant *arguments,
           GUnixFDList *fds,
           GError **error)
{
  const char *dot = strrchr (member, '.');
  g_autofree char *interface =
      dot != NULL ? g_strndup (member, (gsize) (dot - member)) : g_strdup (LINK_NAME);

  if (self->bus != NULL && g_dbus_connection_is_closed (self->bus))
    g_clear_object (&self->bus);
  if (self->bus == NULL)
    self->bus = connect_to_bus (error);
  if (self->bus == NULL)
    return NULL;
  return g_dbus_connection_call_with_unix_fd_list_sync (
      self->bus, LINK_NAME, path, interface, dot != NULL ? dot + 1 : member, arguments, NULL,
      G_DBUS_CALL_FLAGS_NONE, REPLY_MSEC * (faults_are_slow () ? 4 : 1), fds, NULL, NULL, error);
}

GVariant *
link_call (Link *self,
           const char *path,
           const char *member,
           GVariant *arguments,
           GUnixFDList *fds,
           gboolean *ret_again,
           GError **error)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (arguments);
  gint64 begin = g_get_monotonic_time ();
  gboolean again = FALSE;
  GVariant *reply;

  for (;;) {
    gint64 since = g_get_monotonic_time ();
    GError *local = NULL;

    reply = send_call (self, path, member, owned, fds, &local);
    self->n_calls++;
    self->longest_usec = MAX (self->longest_usec, g_get_monotonic_time () - since);
    if (ret_again != NULL)
      *ret_again = again;
    if (reply != NULL)
      return reply;
    if (!is_excused (local, since) || g_get_monotonic_time () - begin > PATIENCE_USEC) {
      g_propagate_error (error, local);
      return NULL;
    }
    g_error_free (local);
    self->n_excused++;
    again = TRUE;
    g_usleep (PAUSE_USEC);
  }
}

char *
link_format_excuses (void)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (excuses); i++)
    if (g_atomic_int_get (&excuses[i].count) > 0)
      g_string_append_printf (text, "%s%s %d", text->len > 0 ? ", " : "", excuses[i].name,
                              g_atomic_int_get (&excuses[i].count));
  return g_string_free (g_steal_pointer (&text), FALSE);
}
