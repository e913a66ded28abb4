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

void dbus_pods_add (DbusPods *self, Pod *pod);
void dbus_pods_change (DbusPods *self, Pod *pod);

/* Returns: whether the pod was there */
gboolean dbus_pods_remove (DbusPods *self, Pod *pod);
guint dbus_pods_count (const DbusPods *self);
