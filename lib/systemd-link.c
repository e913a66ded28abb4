/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The link to systemd.
 *
 * Over the private socket there is no bus daemon: no names, no Subscribe, and every signal of every
 * unit arrives. Over the bus, systemd has to be asked for its signals, and its end is the end of
 * its name.
 */
#include "lib/systemd-link.h"

#include "lib/bus-value.h"
#include "lib/sd-bus-source.h"

#include <errno.h>
#include <unistd.h>

#define RECONNECT_FIRST_MSEC 20
#define RECONNECT_MAX_MSEC 1000
/* The private socket is away for a moment while systemd executes itself anew, or is there and
 * refuses: only after this many failed attempts is the bus taken instead. */
#define PRIVATE_ATTEMPTS 6

struct NcgSystemdLink {
  const NcgSystemdSignals *signals;
  char *private_socket;
  char *bus_address;
  GMainContext *context;
  NcgSystemdLinkFunc up;
  NcgSystemdLinkFunc down;
  gpointer user_data;
  sd_bus *bus;
  GSource *source;
  GSource *reconnect;
  guint reconnect_msec;
  guint failed_attempts;
  gboolean had_private;
  gboolean on_bus;
  sd_bus_slot *greeting; /* under way */
  gboolean is_greeted;   /* systemd has answered on this connection */
};

static void schedule (NcgSystemdLink *self);

static void
destroy_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
drop (NcgSystemdLink *self)
{
  destroy_source (&self->source);
  self->greeting = sd_bus_slot_unref (self->greeting);
  self->is_greeted = FALSE;
  self->bus = sd_bus_close_unref (self->bus);
}

static void
on_closed (int error, gpointer user_data)
{
  NcgSystemdLink *self = user_data;

  drop (self);
  schedule (self);
  self->down (self->user_data);
}

/* Who comes next under that name does not know us. */
static int
on_owner_changed (sd_bus_message *message, void *user_data, sd_bus_error *unused)
{
  const char *name, *former;

  if (sd_bus_message_read (message, "ss", &name, &former) >= 0 && former[0] != '\0')
    on_closed (-ECONNRESET, user_data);
  return 0;
}

static int
match_owner (NcgSystemdLink *self)
{
  return sd_bus_add_match_async (
      self->bus, NULL,
      "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
      "interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='" NCG_SYSTEMD_NAME "'",
      on_owner_changed, NULL, self);
}

static int
start_bus (NcgSystemdLink *self, const char *address, gboolean on_bus)
{
  int r = sd_bus_new (&self->bus);

  self->on_bus = on_bus;
  if (r >= 0)
    r = sd_bus_set_address (self->bus, address);
  if (r >= 0)
    r = sd_bus_set_bus_client (self->bus, on_bus);
  if (r >= 0)
    r = sd_bus_negotiate_fds (self->bus, 1);
  if (r >= 0)
    r = sd_bus_start (self->bus);
  if (r >= 0 && on_bus)
    r = match_owner (self);
  return r < 0 ? r : ncg_systemd_signals_match (self->bus, on_bus, self->signals);
}

static int
try_private (NcgSystemdLink *self)
{
  g_autofree char *escaped = NULL;
  g_autofree char *address = NULL;

  if (self->private_socket == NULL || access (self->private_socket, F_OK) < 0)
    return -ENOENT;
  escaped = g_dbus_address_escape_value (self->private_socket);
  address = g_strdup_printf ("unix:path=%s", escaped);
  return start_bus (self, address, FALSE);
}

static int
try_connect (NcgSystemdLink *self)
{
  int r = try_private (self);

  if (r >= 0 || r == -ECONNREFUSED)
    self->had_private = TRUE;
  if (r >= 0)
    return r;
  drop (self);
  if (self->bus_address == NULL)
    return r;
  if (self->had_private && self->failed_attempts < PRIVATE_ATTEMPTS)
    return r;
  return start_bus (self, self->bus_address, TRUE);
}

/* Over the private socket any answer will do. */
static gboolean
is_refused (const NcgSystemdLink *self, sd_bus_message *answer)
{
  return self->on_bus && sd_bus_message_is_method_error (answer, NULL) > 0 &&
         sd_bus_message_is_method_error (answer, NCG_SYSTEMD_NAME ".AlreadySubscribed") <= 0;
}

static int
on_greeted (sd_bus_message *message, void *user_data, sd_bus_error *unused)
{
  NcgSystemdLink *self = user_data;

  /* It may have gone meanwhile, and whoever comes next was asked for nothing. */
  if (is_refused (self, message)) {
    on_closed (-sd_bus_message_get_errno (message), self);
    return 1;
  }
  self->greeting = sd_bus_slot_unref (self->greeting);
  self->is_greeted = TRUE;
  self->failed_attempts = 0;
  self->reconnect_msec = RECONNECT_FIRST_MSEC;
  self->up (self->user_data);
  return 1;
}

/* systemd sends its signals over connections that it is ready for alone, and it is later than we
 * are: it may have accepted nothing yet. Once it answers it is, and nothing is missed from then
 * on. It waits as long as it takes; the calls have deadlines of their own. */
static int
greet (NcgSystemdLink *self)
{
  g_autoptr (sd_bus_message) message = NULL;
  int r = sd_bus_message_new_method_call (self->bus, &message, NCG_SYSTEMD_NAME, NCG_SYSTEMD_PATH,
                                          self->on_bus ? NCG_SYSTEMD_MANAGER
                                                       : "org.freedesktop.DBus.Peer",
                                          self->on_bus ? "Subscribe" : "Ping");

  return r < 0 ? r
               : sd_bus_call_async (self->bus, &self->greeting, message, on_greeted, self,
                                    G_MAXUINT64);
}

static gboolean
on_reconnect (gpointer user_data)
{
  NcgSystemdLink *self = user_data;

  destroy_source (&self->reconnect);
  if (try_connect (self) < 0 || greet (self) < 0) {
    self->failed_attempts++;
    drop (self);
    schedule (self);
    return G_SOURCE_REMOVE;
  }
  self->source = ncg_sd_bus_source_new (self->bus, on_closed, self);
  g_source_attach (self->source, self->context);
  return G_SOURCE_REMOVE;
}

static void
schedule (NcgSystemdLink *self)
{
  if (self->reconnect != NULL)
    return;
  self->reconnect = g_timeout_source_new (self->reconnect_msec);
  self->reconnect_msec = MIN (MAX (self->reconnect_msec, 1) * 2, RECONNECT_MAX_MSEC);
  g_source_set_callback (self->reconnect, on_reconnect, self, NULL);
  g_source_attach (self->reconnect, self->context);
}

NcgSystemdLink *
ncg_systemd_link_new (const NcgSystemdConfig *config,
                      const NcgSystemdSignals *signals,
                      GMainContext *context,
                      NcgSystemdLinkFunc up,
                      NcgSystemdLinkFunc down,
                      gpointer user_data)
{
  NcgSystemdLink *self = g_new0 (NcgSystemdLink, 1);

  self->signals = signals;
  self->private_socket = g_strdup (config->private_socket);
  self->bus_address = g_strdup (config->bus_address);
  self->context = g_main_context_ref (context);
  self->up = up;
  self->down = down;
  self->user_data = user_data;
  schedule (self);
  return self;
}

void
ncg_systemd_link_free (NcgSystemdLink *self)
{
  drop (self);
  destroy_source (&self->reconnect);
  g_main_context_unref (self->context);
  g_free (self->private_socket);
  g_free (self->bus_address);
  g_free (self);
}

sd_bus *
ncg_systemd_link_get_bus (const NcgSystemdLink *self)
{
  return self != NULL && self->is_greeted ? self->bus : NULL;
}

void
ncg_systemd_link_yield (NcgSystemdLink *self)
{
  if (self->source != NULL)
    ncg_sd_bus_source_yield (self->source);
}
