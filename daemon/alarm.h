/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One time at which to look again: the end of a pause, of a quiet time.
 */
#pragma once

#include <glib.h>

/* All zero: not set. It must stay where it is while it is set. */
typedef struct {
  guint source;
  void (*ring) (gpointer user_data);
  gpointer user_data;
} Alarm;

/* @ring is called once, at @time_usec of g_get_monotonic_time() or soon after, on the main context.
 * What was set before is forgotten. */
void
alarm_set (Alarm *self, gint64 time_usec, void (*ring) (gpointer user_data), gpointer user_data);
void alarm_clear (Alarm *self);
gboolean alarm_is_set (const Alarm *self);
