/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The way to the daemon: the system bus, that of the user's session, or that of another host, over
 * ssh. There is no other one, and what is asked for goes through the published interfaces.
 *
 * All functions block.
 */
#pragma once

#include "cli/options.h"
#include "dbus-interfaces/ncg-dbus.h"

#include <gio/gio.h>

#define BUS_NAME "org.example.NodeCgroups"
#define BUS_OBJECT "/org/example/NodeCgroups"
#define BUS_MANAGER "org.example.NodeCgroups"
#define BUS_NODE "org.example.NodeCgroups.Node"
#define BUS_POD "org.example.NodeCgroups.Pod"

/* The daemon answers within 25 s; beyond this there is none to answer. */
#define BUS_CALL_MSEC 30000

typedef struct Bus Bus;

/* Connects. Errors are %EXIT_STATUS_ERROR with %EXIT_STATUS_UNREACHABLE, or of the bus. */
Bus *bus_open (const Options *options, GError **error);
void bus_close (Bus *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Bus, bus_close)

GDBusConnection *bus_get_connection (Bus *self);

/* Starts a daemon that does not run, once; to be called before calls on the connection that need
 * it. An error tells why it cannot be started. */
gboolean bus_wake (Bus *self, GError **error);

/* (transfer none) (nullable): proxies without cached properties, for their methods, of a daemon
 * that is awake. */
NcgDbusManager *bus_get_manager (Bus *self, GError **error);
NcgDbusNode *bus_get_node (Bus *self, GError **error);

/* (transfer full): all properties of an interface of an object, an "a{sv}" */
GVariant *bus_get_all (Bus *self, const char *path, const char *interface, GError **error);

/* (transfer full): the object of a pod */
char *bus_get_pod (Bus *self, const char *uid, GError **error);
