/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The daemon on the bus: the object with the manager's and the node's interfaces, the pods, and the
 * name, which is owned last. A bus that goes away is connected to again.
 */
#pragma once

#include "daemon/dbus-calls.h"
#include "daemon/node.h"

typedef struct DbusServer DbusServer;

/* @pods_changed: called when there is a pod more or less
 * @node_changed: called when the node's state, a condition or a property changed
 * @lost_name: called when somebody else owns the name, and this daemon has nothing to do */
typedef struct {
  void (*ready) (gpointer user_data);
  void (*pods_changed) (gpointer user_data);
  void (*node_changed) (gpointer user_data);
  void (*lost_name) (gpointer user_data);
} DbusServerListener;

/* Starts to serve; @manager, @node and @reload stay the caller's and outlive the server. */
DbusServer *dbus_server_new (Manager *manager,
                             Node *node,
                             Reload *reload,
                             const DbusServerListener *listener,
                             gpointer user_data);

/* Sends what is to be sent, leaves the bus for good, and calls @stopped with the listener's data.
 */
void dbus_server_stop (DbusServer *self, void (*stopped) (gpointer user_data));

/* One that was stopped, when the loop has ended. */
void dbus_server_free (DbusServer *self);
