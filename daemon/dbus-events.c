/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Events of calls.
 */
#include "daemon/dbus-events.h"

#include "daemon/dbus-manager.h"
#include "daemon/events.h"
#include "lib/names.h"

#include <systemd/sd-bus.h>

#define CALLER "nodecgroups-caller"
#define POD_INTERFACE "org.example.NodeCgroups.Pod"

typedef struct {
  guint64 uid;
  gint64 begun_usec;
} Caller;

void
dbus_events_note_caller (GDBusMethodInvocation *invocation, uid_t uid)
{
  Caller *caller = g_new0 (Caller, 1);

  caller->uid = uid;
  caller->begun_usec = g_get_monotonic_time ();
  g_object_set_data_full (G_OBJECT (invocation), CALLER, caller, g_free);
}

/* (transfer full) (nullable): the pod that is called, or is the first argument; what cannot be one
 * is not repeated. */
static char *
find_pod (GDBusMethodInvocation *invocation)
{
  GVariant *arguments = g_dbus_method_invocation_get_parameters (invocation);
  g_autoptr (GVariant) first = NULL;
  g_autofree char *uid = NULL;
  char *decoded = NULL;

  if (sd_bus_path_decode (g_dbus_method_invocation_get_object_path (invocation),
                          DBUS_MANAGER_PATH "/pod", &decoded) > 0) {
    uid = g_strdup (decoded);
    free (decoded);
    return g_steal_pointer (&uid);
  }
  if (g_variant_n_children (arguments) > 0)
    first = g_variant_get_child_value (arguments, 0);
  if (first == NULL || !g_variant_is_of_type (first, G_VARIANT_TYPE_STRING))
    return NULL;
  uid = g_variant_dup_string (first, NULL);
  return ncg_names_check_uid (uid, NULL) ? g_steal_pointer (&uid) : NULL;
}

static gboolean
find_kind (NcgError code, EventKind *ret_kind)
{
  switch (code) {
  case NCG_ERROR_ACCESS_DENIED:
    *ret_kind = EVENT_CALL_DENIED;
    return TRUE;
  case NCG_ERROR_LIMIT_EXCEEDED:
    *ret_kind = EVENT_CALL_OVER_LIMIT;
    return TRUE;
  case NCG_ERROR_TIMEOUT:
    *ret_kind = EVENT_CALL_TIMED_OUT;
    return TRUE;
  default:
    return FALSE;
  }
}

void
dbus_events_log_failure (GDBusMethodInvocation *invocation, NcgError code, const char *message)
{
  const Caller *caller = g_object_get_data (G_OBJECT (invocation), CALLER);
  const char *interface = g_dbus_method_invocation_get_interface_name (invocation);
  const char *method = g_dbus_method_invocation_get_method_name (invocation);
  gboolean is_pod = g_str_equal (interface, POD_INTERFACE);
  g_autofree char *operation = g_strconcat (is_pod ? "Pod." : "", method, NULL);
  g_autofree char *uid = NULL;
  EventFields fields = { .operation = operation };
  guint64 usec;
  EventKind kind;

  if (!find_kind (code, &kind))
    return;
  uid = find_pod (invocation);
  fields.pod_uid = uid;
  if (caller != NULL) {
    usec = (guint64) (g_get_monotonic_time () - caller->begun_usec);
    fields.caller_uid = &caller->uid;
    fields.duration_usec = &usec;
  }
  event_log (kind, &fields, "%s failed: %s", operation, message);
}
