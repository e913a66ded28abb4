/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An sd-bus connection as a GSource.
 */
#include "lib/sd-bus-source.h"

#include <errno.h>
#include <poll.h>

/* Messages that are handled before other sources have a turn again. */
#define MAX_MESSAGES_PER_DISPATCH 64

typedef struct {
  GSource source;
  sd_bus *bus;
  gpointer tag;
  int events; /* that the context polls for */
  gboolean is_busy;
  gboolean is_yielding; /* the next turn is that of others */
  NcgSdBusSourceClosed closed;
  gpointer user_data;
} SdBusSource;

static gboolean
source_prepare (GSource *source, int *timeout_msec)
{
  SdBusSource *self = (SdBusSource *) source;
  guint64 wanted_usec = G_MAXUINT64;
  int events = sd_bus_get_events (self->bus);

  *timeout_msec = -1;
  if (events < 0 || self->is_yielding)
    return TRUE;
  /* Each change wakes the context up, so that one that changes nothing would spin. */
  if (events != self->events)
    g_source_modify_unix_fd (source, self->tag, (GIOCondition) events);
  self->events = events;
  if (sd_bus_get_timeout (self->bus, &wanted_usec) < 0)
    return TRUE;
  if (wanted_usec == G_MAXUINT64)
    return FALSE;
  if (wanted_usec <= (guint64) g_source_get_time (source))
    return TRUE;
  *timeout_msec =
      (int) MIN ((wanted_usec - (guint64) g_source_get_time (source) + 999) / 1000, G_MAXINT);
  return FALSE;
}

static gboolean
source_check (GSource *source)
{
  SdBusSource *self = (SdBusSource *) source;
  guint64 wanted_usec = G_MAXUINT64;

  if (g_source_query_unix_fd (source, self->tag) != 0)
    return TRUE;
  return sd_bus_get_timeout (self->bus, &wanted_usec) >= 0 &&
         wanted_usec <= (guint64) g_source_get_time (source);
}

/* sd-bus does not process messages within one. */
static gboolean
source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  SdBusSource *self = (SdBusSource *) source;
  int r = 1;

  if (self->is_busy)
    return G_SOURCE_CONTINUE;
  if (self->is_yielding) {
    self->is_yielding = FALSE;
    return G_SOURCE_CONTINUE;
  }
  self->is_busy = TRUE;
  for (int i = 0; i < MAX_MESSAGES_PER_DISPATCH && r > 0 && !self->is_yielding; i++) {
    r = sd_bus_process (self->bus, NULL);
    if (g_source_is_destroyed (source))
      return G_SOURCE_REMOVE;
  }
  self->is_busy = FALSE;
  if (r >= 0 && sd_bus_is_open (self->bus) > 0)
    return G_SOURCE_CONTINUE;
  self->closed (r < 0 ? r : -ENOTCONN, self->user_data);
  return G_SOURCE_REMOVE;
}

static void
source_finalize (GSource *source)
{
  SdBusSource *self = (SdBusSource *) source;

  sd_bus_unref (self->bus);
}

GSource *
ncg_sd_bus_source_new (sd_bus *bus, NcgSdBusSourceClosed closed, gpointer user_data)
{
  static GSourceFuncs funcs = {
    .prepare = source_prepare,
    .check = source_check,
    .dispatch = source_dispatch,
    .finalize = source_finalize,
  };
  GSource *source = g_source_new (&funcs, sizeof (SdBusSource));
  SdBusSource *self = (SdBusSource *) source;

  self->bus = sd_bus_ref (bus);
  self->closed = closed;
  self->user_data = user_data;
  self->events = G_IO_IN;
  self->tag = g_source_add_unix_fd (source, sd_bus_get_fd (bus), G_IO_IN);
  /* Else GLib takes the descriptor out of its poll(2) for as long as a message is handled, and
   * wakes its own loop up each time for that: four system calls for each signal of systemd. */
  g_source_set_can_recurse (source, TRUE);
  return source;
}

void
ncg_sd_bus_source_yield (GSource *source)
{
  SdBusSource *self = (SdBusSource *) source;

  self->is_yielding = self->is_busy;
}
