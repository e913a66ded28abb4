/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of who may, and the hook, which counts as well.
 */
#include "daemon/dbus-access.h"

#include "daemon/dbus-events.h"
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
  { NODE, "GetLatencies", DBUS_ACCESS_ANYBODY },
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

/* Runs in the thread of GDBus, before anything else sees the message. */
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

/* Of each class of skeletons. */
typedef struct {
  const GDBusInterfaceVTable *original;
  GDBusInterfaceVTable vtable; /* the same, with the hook */
} Guarded;

static GQuark
get_quark (void)
{
  return g_quark_from_static_string ("nodecgroupsd-access");
}

/* A call that waits until it is known who calls. */
typedef struct {
  Auth *auth;
  const DbusAccessRow *row;
  GDBusInterfaceSkeleton *skeleton;
  GDBusMethodInvocation *invocation; /* consumed by its reply */
} Waiting;

static void
refuse (GDBusMethodInvocation *invocation, NcgError code, const char *message)
{
  dbus_events_log_failure (invocation, code, message);
  g_dbus_method_invocation_return_dbus_error (invocation, ncg_error_get_name (code), message);
}

/* Answers the call itself if it is one too many of its connection. */
static gboolean
admit (Auth *auth, GDBusMethodInvocation *invocation, const DbusAccessRow *row)
{
  QuotaKind kind = row->who == DBUS_ACCESS_ANYBODY ? QUOTA_READS : QUOTA_CHANGES;
  g_autoptr (GError) error = NULL;
  AuthCaller caller;

  if (auth_find (auth, g_dbus_method_invocation_get_sender (invocation), &caller))
    dbus_events_note_caller (invocation, caller.uid);
  if (quota_admit (auth_get_quota (auth), kind, invocation, &error))
    return TRUE;
  refuse (invocation, (NcgError) error->code, error->message);
  return FALSE;
}

static void
waiting_free (Waiting *waiting)
{
  g_object_unref (waiting->skeleton);
  g_free (waiting);
}

/* The same if it is one too many of its user, or of all. */
static gboolean
admit_user (const AuthCaller *caller, gpointer user_data)
{
  Waiting *waiting = user_data;
  g_autoptr (GError) error = NULL;

  dbus_events_note_caller (waiting->invocation, caller->uid);
  if (quota_identify (waiting->invocation, caller->uid, &error))
    return TRUE;
  refuse (waiting->invocation, (NcgError) error->code, error->message);
  waiting_free (waiting);
  return FALSE;
}

/* The same if it may not be. */
static gboolean
decide (const Waiting *waiting, const AuthCaller *caller)
{
  g_autofree char *message = NULL;

  if (waiting->row->who == DBUS_ACCESS_ANYBODY || caller->may_change)
    return TRUE;
  message =
      g_strdup_printf ("%s is for root and the members of the group '%s'; user %u is neither",
                       waiting->row->member, auth_get_group (waiting->auth), (guint) caller->uid);
  refuse (waiting->invocation, NCG_ERROR_ACCESS_DENIED, message);
  return FALSE;
}

static Guarded *
get_guarded (GDBusInterfaceSkeleton *skeleton)
{
  return g_type_get_qdata (G_OBJECT_TYPE (skeleton), get_quark ());
}

/* What GDBus does without the hook. */
static void
dispatch (GDBusInterfaceSkeleton *skeleton, GDBusMethodInvocation *invocation)
{
  get_guarded (skeleton)->original->method_call (
      g_dbus_method_invocation_get_connection (invocation),
      g_dbus_method_invocation_get_sender (invocation),
      g_dbus_method_invocation_get_object_path (invocation),
      g_dbus_method_invocation_get_interface_name (invocation),
      g_dbus_method_invocation_get_method_name (invocation),
      g_dbus_method_invocation_get_parameters (invocation), invocation, skeleton);
}

static void
on_identified (const AuthCaller *caller, const GError *error, gpointer user_data)
{
  Waiting *waiting = user_data;

  if (error != NULL)
    refuse (waiting->invocation,
            waiting->row->who == DBUS_ACCESS_ANYBODY ? NCG_ERROR_FAILED : NCG_ERROR_ACCESS_DENIED,
            error->message);
  else if (decide (waiting, caller))
    dispatch (waiting->skeleton, waiting->invocation);
  waiting_free (waiting);
}

/* The hook, in place of the skeleton's own function for method calls. */
static void
on_method_call (GDBusConnection *connection,
                const char *sender,
                const char *path,
                const char *interface,
                const char *method,
                GVariant *parameters,
                GDBusMethodInvocation *invocation,
                gpointer user_data)
{
  GDBusInterfaceSkeleton *skeleton = user_data;
  Auth *auth = g_object_get_qdata (G_OBJECT (skeleton), get_quark ());
  const DbusAccessRow *row = dbus_access_find (interface, method);
  Waiting *waiting;

  if (row == NULL || row->who == DBUS_ACCESS_NOBODY) {
    refuse (invocation, NCG_ERROR_ACCESS_DENIED, "this is for nobody");
    return;
  }
  if (!admit (auth, invocation, row))
    return;
  waiting = g_new0 (Waiting, 1);
  waiting->auth = auth;
  waiting->row = row;
  waiting->skeleton = g_object_ref (skeleton);
  waiting->invocation = invocation;
  auth_identify (auth, connection, sender,
                 row->who == DBUS_ACCESS_ANYBODY ? AUTH_USER : AUTH_MEMBERSHIP, admit_user,
                 on_identified, waiting);
}

static GDBusInterfaceVTable *
get_guarded_vtable (GDBusInterfaceSkeleton *skeleton)
{
  return &get_guarded (skeleton)->vtable;
}

/* Not by the signal g-authorize-method: GDBus emits that in a thread of its own for each call, so
 * that they overtake each other. */
static void
guard_class (GDBusInterfaceSkeleton *skeleton)
{
  GDBusInterfaceSkeletonClass *class = G_DBUS_INTERFACE_SKELETON_GET_CLASS (skeleton);
  Guarded *guarded;

  if (class->get_vtable == get_guarded_vtable)
    return;
  guarded = g_new0 (Guarded, 1); /* lives as long as the type */
  guarded->original = class->get_vtable (skeleton);
  guarded->vtable = *guarded->original;
  guarded->vtable.method_call = on_method_call;
  g_type_set_qdata (G_OBJECT_TYPE (skeleton), get_quark (), guarded);
  class->get_vtable = get_guarded_vtable;
}

void
dbus_access_export (Auth *auth,
                    GDBusInterfaceSkeleton *skeleton,
                    GDBusConnection *connection,
                    const char *path)
{
  g_autoptr (GError) error = NULL;

  guard_class (skeleton);
  g_object_set_qdata (G_OBJECT (skeleton), get_quark (), auth);
  if (!g_dbus_interface_skeleton_export (skeleton, connection, path, &error))
    g_warning ("could not export %s: %s", path, error->message);
}
