/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pods as objects on a bus, under an ObjectManager.
 */
#pragma once

#include "daemon/dbus-calls.h"

typedef struct DbusPods DbusPods;

/* Exports the pods that there are and, as it is told, those that come. */
DbusPods *dbus_pods_new (DbusCalls *calls, GDBusConnection *connection, const char *path);
void dbus_pods_free (DbusPods *self);

/* Makes the object of a pod that is being created. It can be called, but nobody is told of it. */
void dbus_pods_prepare (DbusPods *self, const Pod *pod);

/* The pod is there: its object has its properties, and is one of the managed ones. */
void dbus_pods_add (DbusPods *self, const Pod *pod);

/* Tells everybody: InterfacesAdded. */
void dbus_pods_announce (DbusPods *self, const Pod *pod);
void dbus_pods_change (DbusPods *self, const Pod *pod);

/* Its object is there no more. Returns: whether it was one of the managed ones, so that everybody
 * is to be told: InterfacesRemoved */
gboolean dbus_pods_remove (DbusPods *self, const Pod *pod);
void dbus_pods_emit_removed (DbusPods *self, const Pod *pod);

/* Of the managed ones. */
guint dbus_pods_count (const DbusPods *self);
