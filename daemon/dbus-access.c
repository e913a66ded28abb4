/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of who may, and the hook.
 */
#include "daemon/dbus-access.h"

#include "lib/error.h"

#define PODS "org.example.NodeCgroups"
#define NODE PODS ".Node"
#define POD PODS ".Pod"
#define STANDARD "org.freedesktop.DBus."

static const DbusAccessRow table[] = {
  { PODS, "CreatePod", DBUS_ACCESS_GROUP },
  { PODS, "UpdatePod", DBUS_ACCESS_GROUP },
  { PODS, "RemovePod", DBUS_ACCESS_GROUP },
  { PODS, "CreateContainer", DBUS_ACCESS_GROUP },
  { PODS, "UpdateContainer", DBUS_ACCESS_GROUP },
  { PODS, "RemoveContainer", DBUS_ACCESS_GROUP },
  { PODS, "JoinPod", DBUS_ACCESS_GROUP },
  { PODS, "JoinPodByPidFd", DBUS_ACCESS_GROUP },
  { PODS, "GetPod", DBUS_ACCESS_ANYBODY },
  { PODS, "GetPodByPid", DBUS_ACCESS_ANYBODY },
  { PODS, "ListPods", DBUS_ACCESS_ANYBODY },
  { PODS, "GetPodStats", DBUS_ACCESS_ANYBODY },
  { PODS, "GetStats", DBUS_ACCESS_ANYBODY },
  { PODS, "VerifyPod", DBUS_ACCESS_ANYBODY },

  { NODE, "Verify", DBUS_ACCESS_ANYBODY },
  { NODE, "GetUsage", DBUS_ACCESS_ANYBODY },
  { NODE, "Reload", DBUS_ACCESS_GROUP },

  { POD, "Update", DBUS_ACCESS_GROUP },
  { POD, "Remove", DBUS_ACCESS_GROUP },
  { POD, "Join", DBUS_ACCESS_GROUP },
  { POD, "JoinByPidFd", DBUS_ACCESS_GROUP },
  { POD, "GetStats", DBUS_ACCESS_ANYBODY },
  { POD, "Verify", DBUS_ACCESS_ANYBODY },

  { STANDARD "Introspectable", "Introspect", DBUS_ACCESS_ANYBODY },
  { STANDARD "ObjectManager", "GetManagedObjects", DBUS_ACCESS_ANYBODY },
  { STANDARD "Peer", "GetMachineId", DBUS_ACCESS_ANYBODY },
  { STANDARD "Peer", "Ping", DBUS_ACCESS_ANYBODY },
  { STANDARD "Properties", "Get", DBUS_ACCESS_ANYBODY },
  { STANDARD "Properties", "GetAll", DBUS_ACCESS_ANYBODY },
  { STANDARD "Properties", "Set", DBUS_ACCESS_NOBODY },
};

const DbusAccessRow *
dbus_access_list (gsize *ret_n)
{
  *ret_n = G_N_ELEMENTS (table);
  return table;
}

const DbusAccessRow *
dbus_access_find (const char *interface, const char *member)
{
  for (gsize i = 0; i < G_N_ELEMENTS (table); i++)
    if (g_strcmp0 (table[i].member, member) == 0 && g_strcmp0 (table[i].interface, interface) == 0)
      return &table[i];
  return NULL;
}

/* (transfer full): the answer to what nobody may */
static GDBusMessage *
refuse_message (GDBusMessage *message, const DbusAccessRow *row)
{
  const char *interface = g_dbus_message_get_interface (message);
  g_autofree char *member = ncg_error_escape (g_dbus_message_get_member (message));

  if (row != NULL)
    return g_dbus_message_new_method_error (message, ncg_error_get_name (NCG_ERROR_ACCESS_DENIED),
                                            "%s.%s is for nobody: no property can be set",
                                            interface, member);
  if (interface == NULL)
    return g_dbus_message_new_method_error (message, "org.freedesktop.DBus.Error.UnknownMethod",
                                            "%s is called without an interface; name it", member);
  return g_dbus_message_new_method_error (message, "org.freedesktop.DBus.Error.UnknownMethod",
                                          "%.255s has no method %s that could be called", interface,
                                          member);
}

/* Runs in the connection's own thread, before anything else sees the message. */
static GDBusMessage *
guard (GDBusConnection *connection, GDBusMessage *message, gboolean incoming, gpointer user_data)
{
  g_autoptr (GDBusMessage) owned = message;
  g_autoptr (GDBusMessage) reply = NULL;
  const DbusAccessRow *row;

  if (!incoming || g_dbus_message_get_message_type (message) != G_DBUS_MESSAGE_TYPE_METHOD_CALL)
    return g_steal_pointer (&owned);
  row = dbus_access_find (g_dbus_message_get_interface (message),
                          g_dbus_message_get_member (message));
  if (row != NULL && row->who != DBUS_ACCESS_NOBODY)
    return g_steal_pointer (&owned);
  if ((g_dbus_message_get_flags (message) & G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED) == 0) {
    reply = refuse_message (message, row);
    g_dbus_connection_send_message (connection, reply, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, NULL);
  }
  return NULL;
}

guint
dbus_access_guard (GDBusConnection *connection)
{
  return g_dbus_connection_add_filter (connection, guard, NULL, NULL);
}

/* A call that waits until it is known who calls. */
typedef struct {
  Auth *auth;
  GDBusInterfaceSkeleton *skeleton;
  GDBusMethodInvocation *invocation; /* consumed by its reply */
} Waiting;

static void
refuse (GDBusMethodInvocation *invocation, const char *message)
{
  g_dbus_method_invocation_return_dbus_error (
      invocation, ncg_error_get_name (NCG_ERROR_ACCESS_DENIED), message);
}

/* Answers the call itself if it may not be. */
static gboolean
decide (Auth *auth, GDBusMethodInvocation *invocation, const AuthCaller *caller)
{
  g_autofree char *message = NULL;

  if (caller->may_change)
    return TRUE;
  message = g_strdup_printf ("%s is for root and the members of the group '%s'; user %u is neither",
                             g_dbus_method_invocation_get_method_name (invocation),
                             auth_get_group (auth), (guint) caller->uid);
  refuse (invocation, message);
  return FALSE;
}

/* What GDBus does after the hook. */
static void
dispatch (const Waiting *waiting)
{
  GDBusMethodInvocation *invocation = waiting->invocation;

  g_dbus_interface_skeleton_get_vtable (waiting->skeleton)
      ->method_call (g_dbus_method_invocation_get_connection (invocation),
                     g_dbus_method_invocation_get_sender (invocation),
                     g_dbus_method_invocation_get_object_path (invocation),
                     g_dbus_method_invocation_get_interface_name (invocation),
                     g_dbus_method_invocation_get_method_name (invocation),
                     g_dbus_method_invocation_get_parameters (invocation), invocation,
                     waiting->skeleton);
}

static void
on_identified (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Waiting *waiting = user_data;
  g_autoptr (GError) error = NULL;
  AuthCaller caller;

  if (!auth_identify_finish (result, &caller, &error))
    refuse (waiting->invocation, error->message);
  else if (decide (waiting->auth, waiting->invocation, &caller))
    dispatch (waiting);
  g_object_unref (waiting->skeleton);
  g_free (waiting);
}

/* The hook. It must answer at once, so what has to wait is dispatched by ourselves. */
static gboolean
on_authorize (GDBusInterfaceSkeleton *skeleton,
              GDBusMethodInvocation *invocation,
              gpointer user_data)
{
  Auth *auth = user_data;
  const char *sender = g_dbus_method_invocation_get_sender (invocation);
  const DbusAccessRow *row =
      dbus_access_find (g_dbus_method_invocation_get_interface_name (invocation),
                        g_dbus_method_invocation_get_method_name (invocation));
  Waiting *waiting;
  AuthCaller caller;

  if (row != NULL && row->who == DBUS_ACCESS_ANYBODY)
    return TRUE;
  if (row == NULL || row->who == DBUS_ACCESS_NOBODY) {
    refuse (invocation, "this is for nobody");
    return FALSE;
  }
  if (auth_find (auth, sender, &caller))
    return decide (auth, invocation, &caller);
  waiting = g_new0 (Waiting, 1);
  waiting->auth = auth;
  waiting->skeleton = g_object_ref (skeleton);
  waiting->invocation = invocation;
  auth_identify_async (auth, g_dbus_method_invocation_get_connection (invocation), sender,
                       on_identified, waiting);
  return FALSE;
}

void
dbus_access_export (Auth *auth,
                    GDBusInterfaceSkeleton *skeleton,
                    GDBusConnection *connection,
                    const char *path)
{
  g_autoptr (GError) error = NULL;

  g_signal_connect (skeleton, "g-authorize-method", G_CALLBACK (on_authorize), auth);
  if (!g_dbus_interface_skeleton_export (skeleton, connection, path, &error))
    g_warning ("could not export %s: %s", path, error->message);
}
