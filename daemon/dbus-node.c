/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The interface org.example.NodeCgroups.Node.
 */
#include "daemon/dbus-node.h"

#include "daemon/dbus-access.h"
#include "daemon/dbus-calls.h"
#include "daemon/dbus-latencies.h"
#include "daemon/dbus-manager.h"
#include "dbus-interfaces/ncg-dbus.h"

struct DbusNode {
  DbusCalls *calls;
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

static void
on_usage (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *invocation = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) usage = node_read_usage_finish (result, &error);

  if (usage != NULL)
    g_dbus_method_invocation_return_value (invocation, g_variant_new ("(@a{sa{sv}})", usage));
  else
    dbus_call_fail (invocation, error);
}

static gboolean
handle_get_usage (NcgDbusNode *skeleton, GDBusMethodInvocation *invocation, gpointer user_data)
{
  DbusNode *self = user_data;

  node_read_usage_async (self->node, on_usage, invocation);
  return TRUE;
}

static gboolean
handle_get_latencies (NcgDbusNode *skeleton, GDBusMethodInvocation *invocation, gpointer user_data)
{
  DbusNode *self = user_data;

  ncg_dbus_node_complete_get_latencies (
      skeleton, invocation, dbus_latencies_describe (self->calls->latencies, self->calls->manager));
  return TRUE;
}

static gboolean
handle_reload (NcgDbusNode *skeleton, GDBusMethodInvocation *invocation, gpointer user_data)
{
  DbusNode *self = user_data;

  dbus_call_reload (self->calls, invocation);
  return TRUE;
}

DbusNode *
dbus_node_new (DbusCalls *calls, Node *node, GDBusConnection *connection)
{
  DbusNode *self = g_new0 (DbusNode, 1);

  self->calls = calls;
  self->node = node;
  self->skeleton = ncg_dbus_node_skeleton_new ();
  dbus_node_update (self);
  g_signal_connect (self->skeleton, "handle-verify", G_CALLBACK (handle_verify), self);
  g_signal_connect (self->skeleton, "handle-reload", G_CALLBACK (handle_reload), self);
  g_signal_connect (self->skeleton, "handle-get-usage", G_CALLBACK (handle_get_usage), self);
  g_signal_connect (self->skeleton, "handle-get-latencies", G_CALLBACK (handle_get_latencies),
                    self);
  dbus_access_export (calls->auth, G_DBUS_INTERFACE_SKELETON (self->skeleton), connection,
                      DBUS_MANAGER_PATH);
  return self;
}

void
dbus_node_free (DbusNode *self)
{
  if (self == NULL)
    return;
  g_dbus_interface_skeleton_unexport (G_DBUS_INTERFACE_SKELETON (self->skeleton));
  /* A call that waits until it is known who calls holds the skeleton, see dbus-access.c. */
  g_signal_handlers_disconnect_by_data (self->skeleton, self);
  g_object_unref (self->skeleton);
  g_free (self);
}

void
dbus_node_emit_drift (DbusNode *self,
                      const char *object,
                      const char *setting,
                      const char *wanted,
                      const char *actual,
                      gboolean is_repaired)
{
  ncg_dbus_node_set_drift_count (self->skeleton, node_get_drift_count (self->node));
  ncg_dbus_node_emit_drift (self->skeleton, object, setting, wanted, actual, is_repaired);
}

void
dbus_node_update (DbusNode *self)
{
  static const struct {
    GVariant *(*get) (const Node *node);
    void (*set) (NcgDbusNode *skeleton, GVariant *value);
  } properties[] = {
    { node_get_conditions, ncg_dbus_node_set_conditions },
    { node_get_capacity, ncg_dbus_node_set_capacity },
    { node_get_system_reserved, ncg_dbus_node_set_system_reserved },
    { node_get_kube_reserved, ncg_dbus_node_set_kube_reserved },
    { node_get_eviction, ncg_dbus_node_set_eviction_hard },
    { node_get_allocatable, ncg_dbus_node_set_allocatable },
  };
  g_autoptr (GVariant) enforced = node_get_enforced (self->node);
  g_autofree const char **keys = g_variant_get_strv (enforced, NULL);

  ncg_dbus_node_set_state (self->skeleton, node_state_to_string (node_get_state (self->node)));
  ncg_dbus_node_set_enforced (self->skeleton, keys);
  for (gsize i = 0; i < G_N_ELEMENTS (properties); i++) {
    g_autoptr (GVariant) value = properties[i].get (self->node);

    properties[i].set (self->skeleton, value);
  }
}
