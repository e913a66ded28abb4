/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The interface org.example.NodeCgroups on a bus.
 */
#pragma once

#include "daemon/dbus-calls.h"

#define DBUS_MANAGER_PATH "/org/example/NodeCgroups"

typedef struct DbusManager DbusManager;

DbusManager *dbus_manager_new (DbusCalls *calls, GDBusConnection *connection);
void dbus_manager_free (DbusManager *self);

void dbus_manager_set_pod_count (DbusManager *self, guint count);
void dbus_manager_emit_pod_added (DbusManager *self, const Pod *pod);
void dbus_manager_emit_pod_removed (DbusManager *self, const Pod *pod);

/* The signal OomKilled. */
void dbus_manager_emit_oom_killed (DbusManager *self,
                                   const Pod *pod,
                                   const char *container,
                                   guint64 kills);

/* What the driver found out may have changed. */
void dbus_manager_update_driver (DbusManager *self);
