/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The interface org.example.NodeCgroups.Node.
 */
#include "daemon/dbus-node.h"

#include "daemon/dbus-manager.h"
#include "dbus-interfaces/ncg-dbus.h"

struct DbusNode {
  Node *node;
  NcgDbusNode *skeleton;
};

static gboolean
handle_verify (NcgDbusNode *skeleton, GDBusMethodInvocation *invocation, gpointer user_data)
{
  DbusNode *self = user_data;
  g_autoptr (GVariant) rows = node_verify (self->node);

  ncg_dbus_node_complete_verify (skeleton, invocation, rows);
  return TRUE;
}

DbusNode *
dbus_node_new (Node *node, GDBusConnection *connection)
{
  DbusNode *self = g_new0 (DbusNode, 1);
  g_autoptr (GError) error = NULL;

  self->node = node;
  self->skeleton = ncg_dbus_node_skeleton_new ();
  dbus_node_update (self);
  g_signal_connect (self->skeleton, "handle-verify", G_CALLBACK (handle_verify), self);
  if (!g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (self->skeleton), connection,
                                         DBUS_MANAGER_PATH, &error))
    g_warning ("could not export %s: %s", DBUS_MANAGER_PATH, error->message);
  return self;
}

void
dbus_node_free (DbusNode *self)
{
  if (self == NULL)
    return;
  g_dbus_interface_skeleton_unexport (G_DBUS_INTERFACE_SKELETON (self->skeleton));
  g_object_unref (self->skeleton);
  g_free (self);
}

void
dbus_node_update (DbusNode *self)
{
  g_autoptr (GVariant) conditions = node_get_conditions (self->node);
  g_autoptr (GVariant) capacity = node_get_capacity (self->node);

  ncg_dbus_node_set_state (self->skeleton, node_state_to_string (node_get_state (self->node)));
  ncg_dbus_node_set_conditions (self->skeleton, conditions);
  ncg_dbus_node_set_capacity (self->skeleton, capacity);
}
