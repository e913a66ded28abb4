/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A time to look again.
 */
#include "daemon/alarm.h"

#include "daemon/loop.h"

static gboolean
on_time (gpointer user_data)
{
  Alarm *self = user_data;

  self->source = 0;
  self->ring (self->user_data);
  return G_SOURCE_REMOVE;
}

void
alarm_set (Alarm *self, gint64 time_usec, void (*ring) (gpointer user_data), gpointer user_data)
{
  gint64 wait_usec = MAX (time_usec - g_get_monotonic_time (), 0);

  alarm_clear (self);
  self->ring = ring;
  self->user_data = user_data;
  self->source = loop_add ((guint) (wait_usec / 1000 + 1), on_time, self);
}

void
alarm_clear (Alarm *self)
{
  g_clear_handle_id (&self->source, loop_remove);
}

gboolean
alarm_is_set (const Alarm *self)
{
  return self->source != 0;
}
