/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Method calls.
 */
#include "daemon/dbus-calls.h"

#include "daemon/dbus-call.h"
#include "daemon/dbus-events.h"
#include "daemon/dbus-latencies.h"
#include "daemon/pod-create.h"
#include "daemon/pod-join.h"
#include "daemon/pod-remove.h"
#include "daemon/pod-update.h"
#include "daemon/pod-verify.h"
#include "daemon/quota.h"
#include "lib/error.h"
#include "lib/names.h"
#include "lib/process.h"

#include <gio/gunixfdlist.h>
#include <unistd.h>

/* dbus-daemon passes no more descriptors in a message. */
#define PIDFDS_MAX 16

static void
call_free (Call *call)
{
  g_free (call->uid);
  g_free (call->container);
  g_clear_pointer (&call->list, g_variant_unref);
  g_clear_pointer (&call->options, g_variant_unref);
  g_clear_object (&call->fds);
  g_free (call);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Call, call_free)

void
dbus_call_fail (GDBusMethodInvocation *invocation, const GError *error)
{
  NcgError code = error->domain == NCG_ERROR ? (NcgError) error->code : NCG_ERROR_FAILED;
  g_autofree char *message = ncg_error_escape_message (error->message);

  dbus_events_log_failure (invocation, code, message);
  g_dbus_method_invocation_return_dbus_error (invocation, ncg_error_get_name (code), message);
}

void
call_fail (Call *call, GError *error)
{
  dbus_latencies_add (call->calls->latencies, call->invocation, call->begun_usec, TRUE);
  dbus_call_fail (call->invocation, error);
  g_error_free (error);
  call_free (call);
}

void
call_succeed (Call *call, GVariant *reply)
{
  dbus_latencies_add (call->calls->latencies, call->invocation, call->begun_usec, FALSE);
  g_dbus_method_invocation_return_value (call->invocation, reply);
  call_free (call);
}

Call *
call_new (DbusCalls *calls,
          GDBusMethodInvocation *invocation,
          CallStart start,
          const char *uid,
          GVariant *options)
{
  Call *call = g_new0 (Call, 1);

  call->calls = calls;
  call->invocation = invocation;
  call->start = start;
  call->begun_usec = g_get_monotonic_time ();
  call->uid = g_strdup (uid);
  call->options = options != NULL ? g_variant_ref (options) : NULL;
  return call;
}

/* dbus-access.c has let the call through, and knows its caller. */
void
call_begin (Call *call)
{
  const char *sender = g_dbus_method_invocation_get_sender (call->invocation);
  AuthCaller caller;
  GError *error = NULL;

  if (!auth_find (call->calls->auth, sender, &caller))
    g_set_error (&error, NCG_ERROR, NCG_ERROR_ACCESS_DENIED, "it is not known who %s is", sender);
  else if (!caller.is_owner && call->options != NULL)
    spec_check_member (call->options, &error);
  if (error == NULL && manager_check_ready (call->calls->manager, &error))
    call->start (call, &caller);
  else
    call_fail (call, error);
}

static void
on_created (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Call *call = user_data;
  GError *error = NULL;
  g_autoptr (Pod) pod = pod_create_finish (result, &error);

  if (pod != NULL)
    call_succeed (call, g_variant_new ("(oss)", pod->object_path, pod->slice, pod->cgroup));
  else
    call_fail (call, error);
}

static void
start_create (Call *call, const AuthCaller *caller)
{
  g_auto (Spec) spec = { 0 };
  GError *error = NULL;

  if (spec_parse (call->options, SPEC_OF_POD, &spec, &error))
    pod_create_async (call->calls->manager, call->uid, &spec, on_created, call);
  else
    call_fail (call, error);
}

void
dbus_call_create (DbusCalls *calls,
                  GDBusMethodInvocation *invocation,
                  const char *uid,
                  GVariant *spec)
{
  call_begin (call_new (calls, invocation, start_create, uid, spec));
}

static void
on_updated (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Call *call = user_data;
  GError *error = NULL;

  if (pod_update_finish (result, &error))
    call_succeed (call, NULL);
  else
    call_fail (call, error);
}

static void
start_update (Call *call, const AuthCaller *caller)
{
  g_auto (Spec) spec = { 0 };
  GError *error = NULL;

  if (spec_parse (call->options, SPEC_OF_POD, &spec, &error))
    pod_update_async (call->calls->manager, call->uid, &spec, on_updated, call);
  else
    call_fail (call, error);
}

void
dbus_call_update (DbusCalls *calls,
                  GDBusMethodInvocation *invocation,
                  const char *uid,
                  GVariant *spec)
{
  call_begin (call_new (calls, invocation, start_update, uid, spec));
}

/* The one option that a call knows, of the type of @ret_value's format; everything else in @options
 * is refused. */
static gboolean
parse_option (GVariant *options,
              const char *name,
              const GVariantType *type,
              GVariant **ret_value,
              GError **error)
{
  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_variant_iter_init (&iter, options);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value)) {
    g_autoptr (GVariant) owned = value;

    if (!g_str_equal (key, name)) {
      g_autofree char *escaped = ncg_error_escape (key);

      g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
                   "there is no option '%s' here; there is %s (%.*s)", escaped, name,
                   (int) g_variant_type_get_string_length (type),
                   g_variant_type_peek_string (type));
      return FALSE;
    }
    if (!g_variant_is_of_type (value, type)) {
      g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
                   "the option %s has the type '%s'; it takes '%.*s'", name,
                   g_variant_get_type_string (value), (int) g_variant_type_get_string_length (type),
                   g_variant_type_peek_string (type));
      return FALSE;
    }
    g_clear_pointer (ret_value, g_variant_unref);
    *ret_value = g_steal_pointer (&owned);
  }
  return TRUE;
}

static void
on_removed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Call *call = user_data;
  GError *error = NULL;

  if (pod_remove_finish (result, &error))
    call_succeed (call, NULL);
  else
    call_fail (call, error);
}

gboolean
call_parse_grace (Call *call, guint64 *ret_grace_usec, GError **error)
{
  g_autoptr (GVariant) value = NULL;
  guint64 grace = 0;

  if (!parse_option (call->options, "GracePeriodUSec", G_VARIANT_TYPE_UINT64, &value, error))
    return FALSE;
  if (value != NULL)
    grace = g_variant_get_uint64 (value);
  if (grace > POD_REMOVE_GRACE_MAX_USEC) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
                 "GracePeriodUSec is %" G_GUINT64_FORMAT "; at most %" G_GUINT64_FORMAT
                 " (an hour) are allowed",
                 grace, POD_REMOVE_GRACE_MAX_USEC);
    return FALSE;
  }
  *ret_grace_usec = grace;
  return TRUE;
}

static void
start_remove (Call *call, const AuthCaller *caller)
{
  guint64 grace_usec;
  GError *error = NULL;

  if (call_parse_grace (call, &grace_usec, &error))
    pod_remove_async (call->calls->manager, call->uid, grace_usec, on_removed, call);
  else
    call_fail (call, error);
}

void
dbus_call_remove (DbusCalls *calls,
                  GDBusMethodInvocation *invocation,
                  const char *uid,
                  GVariant *options)
{
  call_begin (call_new (calls, invocation, start_remove, uid, options));
}

static void
on_joined (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Call *call = user_data;
  GError *error = NULL;
  g_autoptr (NcgPlace) place = pod_join_finish (result, &error);

  if (place != NULL)
    call_succeed (call, g_variant_new ("(ss)", place->unit, place->cgroup));
  else
    call_fail (call, error);
}

static gboolean
check_process (Call *call, const NcgProcess *process, const AuthCaller *caller, GError **error)
{
  if (process->pid == getpid ()) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
                 "process %d is nodecgroupsd itself, which stays out of pods", (int) process->pid);
    return FALSE;
  }
  return caller->is_owner ||
         pod_join_check_owner (process, call->calls->manager->proc, caller->uid, error);
}

/* @number: a pid or a handle */
static NcgProcess *
open_process (Call *call, guint32 number, GError **error)
{
  const char *proc = call->calls->manager->proc;
  gint32 handle = (gint32) number;
  NcgProcess *process;
  int fd;

  if (call->fds == NULL) {
    if (number <= G_MAXINT)
      return ncg_process_open (proc, (pid_t) number, error);
    g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT, "%u is not the number of a process",
                 number);
    return NULL;
  }
  if (handle < 0 || handle >= g_unix_fd_list_get_length (call->fds)) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
                 "the message has no descriptor %d, of %d that came with it", handle,
                 g_unix_fd_list_get_length (call->fds));
    return NULL;
  }
  fd = g_unix_fd_list_get (call->fds, handle, error);
  if (fd < 0)
    return NULL;
  process = ncg_process_open_pidfd (proc, fd, error);
  close (fd);
  return process;
}

/* (transfer full) (element-type guint32): the pids or handles, each once */
static GArray *
list_numbers (const Call *call)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  GArray *numbers = g_array_new (FALSE, FALSE, sizeof (guint32));

  for (gsize i = 0; i < g_variant_n_children (call->list); i++) {
    guint32 number;

    /* An "h" is as long. */
    g_variant_get_child (call->list, i, call->fds == NULL ? "u" : "h", &number);
    if (g_hash_table_add (seen, GUINT_TO_POINTER (number)))
      g_array_append_val (numbers, number);
  }
  return numbers;
}

/* The message would hold them until the reply, beside our own. */
static void
close_descriptors (Call *call)
{
  gint n;
  g_autofree int *fds = g_unix_fd_list_steal_fds (call->fds, &n);

  for (gint i = 0; i < n; i++)
    close (fds[i]);
}

static GPtrArray *
open_processes (Call *call, const AuthCaller *caller, GError **error)
{
  g_autoptr (GArray) numbers = NULL;
  g_autoptr (GPtrArray) processes =
      g_ptr_array_new_with_free_func ((GDestroyNotify) ncg_process_close);
  gsize n = g_variant_n_children (call->list);
  gsize max = call->fds != NULL ? PIDFDS_MAX : POD_JOIN_MAX;

  if (n == 0 || n > max) {
    g_set_error (error, NCG_ERROR, n == 0 ? NCG_ERROR_INVALID_ARGUMENT : NCG_ERROR_LIMIT_EXCEEDED,
                 "%" G_GSIZE_FORMAT " processes were given; a call takes 1 to %" G_GSIZE_FORMAT, n,
                 max);
    return NULL;
  }
  numbers = list_numbers (call);
  if (!quota_hold_processes (call->invocation, numbers->len, error))
    return NULL;
  for (guint i = 0; i < numbers->len; i++) {
    NcgProcess *process = open_process (call, g_array_index (numbers, guint32, i), error);

    if (process == NULL)
      return NULL;
    g_ptr_array_add (processes, process);
    if (!check_process (call, process, caller, error))
      return NULL;
  }
  if (call->fds != NULL)
    close_descriptors (call);
  return g_steal_pointer (&processes);
}

/* Where nothing is under way for the pod, no descriptor is opened if there is no such pod. Else one
 * may be being created: that is seen in turn. */
static gboolean
check_pod (const Call *call, GError **error)
{
  Manager *manager = call->calls->manager;

  return ncg_names_check_uid (call->uid, error) &&
         (turns_is_taken (manager->turns, call->uid) ||
          manager_find_own_pod (manager, call->uid, error) != NULL);
}

static void
start_join (Call *call, const AuthCaller *caller)
{
  g_auto (JoinOptions) options = { 0 };
  g_autoptr (GPtrArray) processes = NULL;
  GError *error = NULL;

  if (join_options_parse (call->options, &options, &error) &&
      ncg_names_check_container (call->container, &error) && check_pod (call, &error))
    processes = open_processes (call, caller, &error);
  if (processes != NULL)
    pod_join_async (call->calls->manager, call->uid, call->container, processes, &options,
                    caller->is_owner ? NCG_NO_USER : caller->uid, on_joined, call);
  else
    call_fail (call, error);
}

void
dbus_call_join (DbusCalls *calls,
                GDBusMethodInvocation *invocation,
                const char *uid,
                const char *container,
                GVariant *pids,
                GVariant *options)
{
  Call *call = call_new (calls, invocation, start_join, uid, options);

  call->container = g_strdup (container);
  call->list = g_variant_ref (pids);
  call_begin (call);
}

void
dbus_call_join_by_pidfd (DbusCalls *calls,
                         GDBusMethodInvocation *invocation,
                         const char *uid,
                         const char *container,
                         GUnixFDList *fds,
                         GVariant *handles,
                         GVariant *options)
{
  Call *call = call_new (calls, invocation, start_join, uid, options);

  call->container = g_strdup (container);
  call->list = g_variant_ref (handles);
  call->fds = fds != NULL ? g_object_ref (fds) : g_unix_fd_list_new ();
  call_begin (call);
}

static void
on_verified (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *invocation = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) rows = pod_verify_finish (result, &error);

  if (rows != NULL)
    g_dbus_method_invocation_return_value (invocation, g_variant_new ("(@a(ssssb))", rows));
  else
    dbus_call_fail (invocation, error);
}

void
dbus_call_verify (DbusCalls *calls, GDBusMethodInvocation *invocation, const char *uid)
{
  pod_verify_async (calls->manager, uid, on_verified, invocation);
}

static void
on_reloaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Call *call = user_data;
  GError *error = NULL;

  if (reload_run_finish (result, &error))
    call_succeed (call, NULL);
  else
    call_fail (call, error);
}

static void
start_reload (Call *call, const AuthCaller *caller)
{
  reload_run_async (call->calls->reload, on_reloaded, call);
}

void
dbus_call_reload (DbusCalls *calls, GDBusMethodInvocation *invocation)
{
  call_begin (call_new (calls, invocation, start_reload, NULL, NULL));
}
