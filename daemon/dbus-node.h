/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The interface org.example.NodeCgroups.Node on a bus.
 */
#pragma once

#include "daemon/dbus-calls.h"
#include "daemon/node.h"

typedef struct DbusNode DbusNode;

/* @calls and @node outlive it. */
DbusNode *dbus_node_new (DbusCalls *calls, Node *node, GDBusConnection *connection);
void dbus_node_free (DbusNode *self);

/* See NodeListener.drifted. */
void dbus_node_emit_drift (DbusNode *self,
                           const char *object,
                           const char *setting,
                           const char *wanted,
                           const char *actual,
                           gboolean is_repaired);

/* The node changed: its properties are set anew, and changed ones are signalled. */
void dbus_node_update (DbusNode *self);
