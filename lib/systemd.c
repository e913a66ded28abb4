/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The connection to systemd: calls, jobs and the window.
 */
#include "lib/systemd.h"

#include "lib/bus-value.h"
#include "lib/error.h"
#include "lib/latencies.h"
#include "lib/systemd-link.h"
#include "lib/systemd-path.h"
#include "lib/systemd-signals.h"

#include <errno.h>
#include <systemd/sd-bus.h>

struct NcgSystemd {
  NcgSystemdListener listener;
  gpointer user_data;
  NcgSystemdSignals signals;
  guint window;
  GMainContext *context;
  NcgSystemdLink *link;
  GQueue waiting;        /* Call, not sent yet */
  GHashTable *in_flight; /* set of Call */
  GHashTable *jobs;      /* object path → Call, also in in_flight */
  NcgLatencies *latencies;
  NcgDriverTrace trace;
  gpointer trace_data;
};

typedef struct {
  NcgSystemd *owner;
  GTask *task;
  char *path;
  char *interface;
  char *member;
  GVariant *arguments;
  GUnixFDList *fds;
  NcgSystemdCallFlags flags;
  GSource *deadline;
  sd_bus_slot *slot;
  GVariant *reply;
  char *job;
  gint64 begun_usec; /* 0: nobody traces it */
  gint64 sent_usec;  /* 0: not yet */
} Call;

/* What is counted by itself: the calls that change something and are made often. */
static const char *const counted[] = {
  "StartTransientUnit", "SetUnitProperties", "StopUnit", "AttachProcessesToUnit", "other", NULL,
};

static void send_waiting (NcgSystemd *self);

static void
call_free (Call *call)
{
  if (call->deadline != NULL)
    g_source_destroy (call->deadline);
  g_clear_pointer (&call->deadline, g_source_unref);
  sd_bus_slot_unref (call->slot);
  g_clear_pointer (&call->reply, g_variant_unref);
  g_clear_pointer (&call->arguments, g_variant_unref);
  g_clear_object (&call->fds);
  g_clear_object (&call->task);
  g_free (call->path);
  g_free (call->interface);
  g_free (call->member);
  g_free (call->job);
  g_free (call);
}

/* Takes the call out of every table; what it held in the window goes to the next in the queue. */
static void
call_detach (Call *call)
{
  NcgSystemd *self = call->owner;

  if (!g_hash_table_remove (self->in_flight, call))
    g_queue_remove (&self->waiting, call);
  if (call->job != NULL)
    g_hash_table_remove (self->jobs, call->job);
}

/* The unit is the first argument, or the one whose object is called. */
static void
call_trace (const Call *call, const GError *error)
{
  const NcgSystemd *self = call->owner;
  gint64 now_usec, sent_usec;
  g_autofree char *unit = NULL;

  if (self->trace == NULL || call->begun_usec == 0)
    return;
  now_usec = g_get_monotonic_time ();
  sent_usec = call->sent_usec != 0 ? call->sent_usec : now_usec;
  unit = ncg_systemd_path_find_unit (call->path, call->arguments);
  self->trace (
      &(NcgDriverCall){
          .method = call->member,
          .unit = unit != NULL ? unit : "",
          .job = call->job,
          .error = error,
          .queued_usec = sent_usec - call->begun_usec,
          .total_usec = now_usec - call->begun_usec,
      },
      self->trace_data);
}

/* From when systemd was asked: what the call had to wait for before that is our own window. */
static void
call_count (const Call *call, gboolean is_failed)
{
  gint64 usec = call->sent_usec != 0 ? g_get_monotonic_time () - call->sent_usec : -1;

  ncg_latencies_add (call->owner->latencies, call->member, usec, is_failed);
}

static void
call_fail (Call *call, GError *error)
{
  NcgSystemd *self = call->owner;

  call_count (call, TRUE);
  call_trace (call, error);
  call_detach (call);
  g_task_return_error (call->task, error);
  call_free (call);
  send_waiting (self);
}

static void
call_succeed (Call *call)
{
  NcgSystemd *self = call->owner;

  call_count (call, FALSE);
  call_trace (call, NULL);
  call_detach (call);
  g_task_return_pointer (call->task, g_steal_pointer (&call->reply),
                         (GDestroyNotify) g_variant_unref);
  call_free (call);
  send_waiting (self);
}

/* What the caller knows the call by: "StartTransientUnit of 'a.slice'". */
static char *
call_describe (const Call *call)
{
  g_autoptr (GVariant) first = NULL;

  if (call->arguments != NULL && g_variant_n_children (call->arguments) > 0)
    first = g_variant_get_child_value (call->arguments, 0);
  if (first != NULL && g_variant_is_of_type (first, G_VARIANT_TYPE_STRING))
    return g_strdup_printf ("%s of '%s'", call->member, g_variant_get_string (first, NULL));
  return g_strdup (call->member);
}

static gboolean
on_call_deadline (gpointer user_data)
{
  Call *call = user_data;
  g_autofree char *what = call_describe (call);
  const char *stage = call->job != NULL    ? "its job has not ended"
                      : call->slot != NULL ? "there is no reply"
                                           : "it could not be sent";

  call_fail (call, g_error_new (NCG_ERROR, NCG_ERROR_TIMEOUT,
                                "systemd did not finish %s in time: %s", what, stage));
  return G_SOURCE_REMOVE;
}

static const struct {
  const char *name;
  NcgError code;
} error_codes[] = {
  { "org.freedesktop.systemd1.UnitExists", NCG_ERROR_UNIT_EXISTS },
  { "org.freedesktop.systemd1.NoSuchUnit", NCG_ERROR_NO_SUCH_UNIT },
  { "org.freedesktop.DBus.Error.UnknownObject", NCG_ERROR_NO_SUCH_UNIT },
  { "org.freedesktop.DBus.Error.PropertyReadOnly", NCG_ERROR_UNKNOWN_PROPERTY },
  { "org.freedesktop.DBus.Error.UnixProcessIdUnknown", NCG_ERROR_NO_SUCH_PROCESS },
  { "System.Error.ESRCH", NCG_ERROR_NO_SUCH_PROCESS },
  { "org.freedesktop.DBus.Error.NoReply", NCG_ERROR_DISCONNECTED },
  { "org.freedesktop.DBus.Error.Disconnected", NCG_ERROR_DISCONNECTED },
  { "org.freedesktop.DBus.Error.ServiceUnknown", NCG_ERROR_DISCONNECTED },
  { "org.freedesktop.DBus.Error.NameHasNoOwner", NCG_ERROR_DISCONNECTED },
};

static GError *
error_from_reply (const Call *call, const sd_bus_error *reply)
{
  g_autofree char *what = call_describe (call);
  NcgError code = NCG_ERROR_SYSTEMD_FAILED;

  for (gsize i = 0; i < G_N_ELEMENTS (error_codes); i++)
    if (g_str_equal (error_codes[i].name, reply->name))
      code = error_codes[i].code;
  return g_error_new (NCG_ERROR, code, "systemd refused %s: %s (%s)", what,
                      reply->message != NULL ? reply->message : "no reason given", reply->name);
}

static GError *
error_from_errno (const Call *call, int r)
{
  g_autofree char *what = call_describe (call);
  gboolean lost = r == -ENOTCONN || r == -ECONNRESET || r == -EPIPE;

  return g_error_new (NCG_ERROR, lost ? NCG_ERROR_DISCONNECTED : NCG_ERROR_SYSTEMD_FAILED,
                      "could not ask systemd for %s: %s", what, g_strerror (-r));
}

static int
on_reply (sd_bus_message *message, void *user_data, sd_bus_error *unused)
{
  Call *call = user_data;
  const char *job;
  int r;

  call->slot = sd_bus_slot_unref (call->slot);
  if (sd_bus_message_is_method_error (message, NULL)) {
    call_fail (call, error_from_reply (call, sd_bus_message_get_error (message)));
    return 1;
  }
  r = ncg_bus_value_read_all (message, &call->reply);
  if (r < 0) {
    call_fail (call, error_from_errno (call, r));
    return 1;
  }
  if ((call->flags & NCG_SYSTEMD_CALL_WAIT_FOR_JOB) == 0) {
    call_succeed (call);
    return 1;
  }
  if (!g_variant_is_of_type (call->reply, G_VARIANT_TYPE ("(o)"))) {
    call_fail (call, error_from_errno (call, -EBADMSG));
    return 1;
  }
  g_variant_get (call->reply, "(&o)", &job);
  call->job = g_strdup (job);
  g_hash_table_insert (call->owner->jobs, call->job, call);
  return 1;
}

static void
on_job_removed (const char *job, const char *unit, const char *result, gpointer owner)
{
  NcgSystemd *self = owner;
  Call *call = g_hash_table_lookup (self->jobs, job);
  g_autofree char *what = NULL;

  if (call == NULL)
    return;
  /* Who waits for this gets his answer before the signals that come after it are looked at; with
   * more calls under way one of those may be what another waits for. */
  if (g_hash_table_size (self->in_flight) == 1)
    ncg_systemd_link_yield (self->link);
  if (g_str_equal (result, "done")) {
    call_succeed (call);
    return;
  }
  what = call_describe (call);
  call_fail (call, g_error_new (NCG_ERROR, NCG_ERROR_SYSTEMD_FAILED,
                                "systemd ended the job for %s as '%s'; see 'systemctl status %s'",
                                what, result, unit));
}

static int
send_call (sd_bus *bus, Call *call)
{
  g_autoptr (sd_bus_message) message = NULL;
  const int *fds = NULL;
  int n_fds = 0;
  int r = sd_bus_message_new_method_call (bus, &message, NCG_SYSTEMD_NAME, call->path,
                                          call->interface, call->member);

  if (call->fds != NULL)
    fds = g_unix_fd_list_peek_fds (call->fds, &n_fds);
  for (gsize i = 0; r >= 0 && call->arguments != NULL && i < g_variant_n_children (call->arguments);
       i++) {
    g_autoptr (GVariant) argument = g_variant_get_child_value (call->arguments, i);
    r = ncg_bus_value_append (message, argument, fds, (gsize) n_fds);
  }
  if (r < 0)
    return r;
  /* The deadline is ours, since it covers the queue and the job as well. */
  return sd_bus_call_async (bus, &call->slot, message, on_reply, call, G_MAXUINT64);
}

static void
send_waiting (NcgSystemd *self)
{
  while (ncg_systemd_link_get_bus (self->link) != NULL &&
         g_hash_table_size (self->in_flight) < self->window) {
    Call *call = g_queue_pop_head (&self->waiting);
    int r;

    if (call == NULL)
      return;
    g_hash_table_add (self->in_flight, call);
    call->sent_usec = g_get_monotonic_time ();
    r = send_call (ncg_systemd_link_get_bus (self->link), call);
    if (r < 0)
      call_fail (call, error_from_errno (call, r));
  }
}

/* Nobody knows whether systemd has acted on what was under way. */
static void
fail_in_flight (NcgSystemd *self)
{
  g_autoptr (GList) calls = g_hash_table_get_keys (self->in_flight);

  for (GList *link = calls; link != NULL; link = link->next)
    call_fail (link->data, error_from_errno (link->data, -ENOTCONN));
}

static void
on_link_up (gpointer user_data)
{
  NcgSystemd *self = user_data;

  if (self->listener.connected != NULL)
    self->listener.connected (self->user_data);
  send_waiting (self);
}

static void
on_link_down (gpointer user_data)
{
  NcgSystemd *self = user_data;

  fail_in_flight (self);
  if (self->listener.disconnected != NULL)
    self->listener.disconnected (self->user_data);
}

NcgSystemd *
ncg_systemd_new (const NcgSystemdConfig *config,
                 const NcgSystemdListener *listener,
                 gpointer user_data)
{
  NcgSystemd *self = g_new0 (NcgSystemd, 1);

  if (listener != NULL)
    self->listener = *listener;
  self->user_data = user_data;
  self->signals = (NcgSystemdSignals){ &self->listener, user_data, on_job_removed, self };
  self->window = MAX (config->window, 1);
  self->context = g_main_context_ref_thread_default ();
  g_queue_init (&self->waiting);
  self->in_flight = g_hash_table_new (NULL, NULL);
  self->jobs = g_hash_table_new (g_str_hash, g_str_equal);
  self->latencies = ncg_latencies_new (counted);
  self->link =
      ncg_systemd_link_new (config, &self->signals, self->context, on_link_up, on_link_down, self);
  return self;
}

void
ncg_systemd_free (NcgSystemd *self)
{
  Call *call;

  if (self == NULL)
    return;
  self->listener = (NcgSystemdListener){ NULL };
  g_clear_pointer (&self->link, ncg_systemd_link_free);
  fail_in_flight (self);
  while ((call = g_queue_peek_head (&self->waiting)) != NULL)
    call_fail (call, error_from_errno (call, -ENOTCONN));
  g_hash_table_unref (self->in_flight);
  g_hash_table_unref (self->jobs);
  ncg_latencies_free (self->latencies);
  g_main_context_unref (self->context);
  g_free (self);
}

gboolean
ncg_systemd_is_connected (const NcgSystemd *self)
{
  return ncg_systemd_link_get_bus (self->link) != NULL;
}

void
ncg_systemd_set_trace (NcgSystemd *self, NcgDriverTrace trace, gpointer user_data)
{
  self->trace = trace;
  self->trace_data = user_data;
}

gint64
ncg_systemd_get_silence (const NcgSystemd *self)
{
  gint64 now_usec = g_get_monotonic_time ();
  gint64 oldest_usec = now_usec;
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, self->in_flight);
  while (g_hash_table_iter_next (&iter, &key, NULL)) {
    const Call *call = key;

    if (call->slot != NULL)
      oldest_usec = MIN (oldest_usec, call->sent_usec);
  }
  return now_usec - oldest_usec;
}

GVariant *
ncg_systemd_describe_latencies (const NcgSystemd *self)
{
  return ncg_latencies_describe (self->latencies);
}

void
ncg_systemd_call_async (NcgSystemd *self,
                        const char *path,
                        const char *interface,
                        const char *member,
                        GVariant *arguments,
                        GUnixFDList *fds,
                        NcgSystemdCallFlags flags,
                        gint64 deadline_usec,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  Call *call = g_new0 (Call, 1);
  gint64 left_usec = deadline_usec - g_get_monotonic_time ();

  call->owner = self;
  call->task = g_task_new (NULL, NULL, callback, user_data);
  g_task_set_source_tag (call->task, ncg_systemd_call_async);
  call->path = g_strdup (path != NULL ? path : NCG_SYSTEMD_PATH);
  call->interface = g_strdup (interface != NULL ? interface : NCG_SYSTEMD_MANAGER);
  call->member = g_strdup (member);
  call->arguments = arguments != NULL ? g_variant_ref_sink (arguments) : NULL;
  call->fds = fds != NULL ? g_object_ref (fds) : NULL;
  call->flags = flags;
  call->begun_usec = self->trace != NULL ? g_get_monotonic_time () : 0;
  call->deadline = g_timeout_source_new ((guint) CLAMP (left_usec / 1000, 0, G_MAXINT));
  g_source_set_callback (call->deadline, on_call_deadline, call, NULL);
  g_source_attach (call->deadline, self->context);
  g_queue_push_tail (&self->waiting, call);
  send_waiting (self);
}

GVariant *
ncg_systemd_call_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
