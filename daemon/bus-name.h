/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A name on the bus. Not g_bus_own_name(): that takes action within the call of the reply, in which
 * the connection may be locked (loop.h).
 */
#pragma once

#include <gio/gio.h>

typedef struct BusName BusName;

/* @acquired: we are the only owner
 * @lost: another process is, or the bus does not allow it, or does not answer */
typedef struct {
  void (*acquired) (gpointer user_data);
  void (*lost) (gpointer user_data);
} BusNameListener;

/* Asks for @name, once, and never waits in the queue. @listener has to be constant. */
BusName *bus_name_own (GDBusConnection *connection,
                       const char *name,
                       const BusNameListener *listener,
                       gpointer user_data);

/* Tells nothing more, gives the name back, and calls @left with the listener's data: when the bus
 * has answered, and with that has read all that was sent before; after two seconds in any case. */
void bus_name_leave (BusName *self, void (*left) (gpointer user_data));

/* Nothing is called any more. A name that was not given back stays until the connection is closed.
 */
void bus_name_free (BusName *self);
