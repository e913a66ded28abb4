/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The fake systemd's methods and jobs.
 */
#include "tests/dbus/fake-manager.h"

#include "tests/dbus/fake-message.h"
#include "tests/dbus/fake-properties.h"
#include "tests/dbus/fake-services.h"
#include "tests/dbus/fake-thread.h"

#include <string.h>

#define MANAGER_PATH "/org/freedesktop/systemd1"
#define UNIT_PREFIX MANAGER_PATH "/unit"
#define MANAGER "org.freedesktop.systemd1.Manager"
#define ERROR_UNIT_EXISTS "org.freedesktop.systemd1.UnitExists"
#define ERROR_NO_SUCH_UNIT "org.freedesktop.systemd1.NoSuchUnit"
#define MANAGER_SOCKET "/run/systemd/private"

typedef struct {
  FakeManager *owner;
  guint id;
  guint epoch;
  char *path;
  char *unit;
  char *result; /* (nullable): instead of what it should do */
  gboolean is_stop;
} Job;

static void
call_free (gpointer data)
{
  FakeCall *call = data;

  sd_bus_message_unref (call->message);
  g_variant_unref (call->arguments);
  g_free (call->method);
  g_free (call->unit);
  g_free (call);
}

static void
job_free (gpointer data)
{
  Job *job = data;

  g_free (job->path);
  g_free (job->unit);
  g_free (job->result);
  g_free (job);
}

static FakeFaultKind
kind_of (const FakeCall *call)
{
  return call->fault != NULL ? call->fault->kind : FAKE_FAULT_NONE;
}

/* Does @function later, unless the fake ends first. */
static void
put_off (FakeManager *self, guint msec, GSourceFunc function, gpointer data, GDestroyNotify destroy)
{
  GSource *source = g_timeout_source_new (msec);

  g_source_set_callback (source, function, data, destroy);
  g_source_attach (source, fake_kernel_get_context (self->kernel));
  g_ptr_array_add (self->pending, source);
}

static void
lose_connections (FakeManager *self)
{
  self->epoch++;
  self->in_flight = 0;
  fake_bus_lose_connections (self->bus);
}

static void
count_in (FakeManager *self)
{
  self->in_flight++;
  self->max_in_flight = MAX (self->max_in_flight, self->in_flight);
}

static void
count_out (FakeManager *self, guint epoch)
{
  if (epoch == self->epoch)
    self->in_flight--;
}

/* The end of a call that makes no job. */
static void
reply (FakeCall *call, const char *types, ...)
{
  FakeManager *self = call->owner;
  va_list arguments;

  if (kind_of (call) == FAKE_FAULT_LOSE_AFTER) {
    lose_connections (self);
    return;
  }
  va_start (arguments, types);
  sd_bus_reply_method_returnv (call->message, types, arguments);
  va_end (arguments);
  count_out (self, call->epoch);
}

static void
fail (FakeCall *call, const char *name, const char *message)
{
  sd_bus_reply_method_errorf (call->message, name, "%s", message);
  count_out (call->owner, call->epoch);
}

static gboolean
do_job (FakeManager *self, const Job *job)
{
  FakeUnit *unit = fake_units_find (self->units, job->unit);

  if (job->result != NULL || unit == NULL)
    return FALSE;
  if (!job->is_stop)
    return fake_units_start (self->units, unit);
  fake_units_stop (self->units, unit);
  return TRUE;
}

static gboolean
on_job_end (gpointer user_data)
{
  const Job *job = user_data;
  FakeManager *self = job->owner;
  gboolean is_done = do_job (self, job);
  const char *result = job->result != NULL ? job->result : is_done ? "done" : "failed";

  count_out (self, job->epoch);
  fake_bus_emit (self->bus, MANAGER_PATH, MANAGER, "JobRemoved", "uoss", job->id, job->path,
                 job->unit, result);
  return G_SOURCE_REMOVE;
}

/* Replies with the job; its end is the end of the call. */
static void
begin_job (FakeCall *call, const char *unit, gboolean is_stop)
{
  FakeManager *self = call->owner;
  Job *job = g_new0 (Job, 1);
  FakeFaultKind kind = kind_of (call);

  job->owner = self;
  job->id = ++self->n_jobs;
  job->path = g_strdup_printf (MANAGER_PATH "/job/%u", job->id);
  job->unit = g_strdup (unit);
  job->is_stop = is_stop;
  job->epoch = call->epoch;
  job->result = kind == FAKE_FAULT_JOB_RESULT ? g_strdup (call->fault->text) : NULL;
  if (kind != FAKE_FAULT_LOSE_AFTER)
    sd_bus_reply_method_return (call->message, "o", job->path);
  if (kind == FAKE_FAULT_LOSE_AFTER || kind == FAKE_FAULT_LOSE_THE_JOB)
    lose_connections (self);
  if (kind == FAKE_FAULT_JOB_NEVER)
    job_free (job);
  else
    put_off (self, kind == FAKE_FAULT_JOB_DELAY ? call->fault->msec : 0, on_job_end, job, job_free);
}

static void
handle_start_transient_unit (FakeCall *call)
{
  FakeManager *self = call->owner;
  FakeUnit *unit = fake_units_find (self->units, call->unit);
  g_autoptr (GVariant) properties = g_variant_get_child_value (call->arguments, 2);
  g_autofree char *message = NULL;
  const char *error = ERROR_UNIT_EXISTS;

  /* In the order of systemd: of a unit that is there it does not look at the properties. */
  if (unit != NULL && !unit->is_implicit)
    message = g_strdup_printf ("Unit %s was already loaded or has a fragment file.", call->unit);
  else
    error = fake_properties_check (call->unit, TRUE, properties, self->unknown, &message);
  if (error != NULL) {
    fail (call, error, message);
    return;
  }
  unit = fake_units_add (self->units, call->unit);
  unit->is_implicit = FALSE;
  fake_unit_set (unit, properties);
  begin_job (call, call->unit, FALSE);
}

static void
handle_set_unit_properties (FakeCall *call)
{
  FakeManager *self = call->owner;
  FakeUnit *unit = fake_units_find (self->units, call->unit);
  g_autoptr (GVariant) properties = g_variant_get_child_value (call->arguments, 2);
  g_autofree char *message = NULL;
  const char *error =
      fake_properties_check (call->unit, FALSE, properties, self->unknown, &message);

  /* A slice needs no file on disk to be loaded, and then does not run. */
  if (error == NULL && unit == NULL && !g_str_has_suffix (call->unit, ".slice")) {
    error = ERROR_NO_SUCH_UNIT;
    message = g_strdup_printf ("Unit %s not found.", call->unit);
  }
  if (error != NULL) {
    fail (call, error, message);
    return;
  }
  if (unit != NULL) {
    fake_unit_set (unit, properties);
    fake_units_apply (self->units, unit);
  }
  reply (call, "");
}

static void
fail_not_loaded (FakeCall *call)
{
  g_autofree char *message = g_strdup_printf ("Unit %s not loaded.", call->unit);

  fail (call, ERROR_NO_SUCH_UNIT, message);
}

static void
handle_stop_unit (FakeCall *call)
{
  if (fake_units_find (call->owner->units, call->unit) != NULL)
    begin_job (call, call->unit, TRUE);
  else
    fail_not_loaded (call);
}

static void
handle_start_unit (FakeCall *call)
{
  if (fake_units_find (call->owner->units, call->unit) != NULL)
    begin_job (call, call->unit, FALSE);
  else
    fail_not_loaded (call);
}

static void
handle_attach_processes (FakeCall *call)
{
  FakeManager *self = call->owner;
  const FakeUnit *unit = fake_units_find (self->units, call->unit);
  g_autoptr (GVariant) pids = NULL;
  const char *below, *error, *message;

  if (unit == NULL) {
    fail_not_loaded (call);
    return;
  }
  g_variant_get (call->arguments, "(&s&s@au)", NULL, &below, &pids);
  error = fake_units_attach (self->units, unit, below, pids, &message);
  if (error != NULL)
    fail (call, error, message);
  else
    reply (call, "");
}

/* For what knows of a unit and changes nothing that matters here. */
static void
handle_known_unit (FakeCall *call)
{
  if (fake_units_find (call->owner->units, call->unit) != NULL)
    reply (call, "");
  else
    fail_not_loaded (call);
}

static void
handle_get (FakeCall *call)
{
  const FakeUnit *unit =
      call->unit != NULL ? fake_units_find (call->owner->units, call->unit) : NULL;
  const char *interface, *name;

  g_variant_get (call->arguments, "(&s&s)", &interface, &name);
  if (g_str_equal (name, "Version"))
    reply (call, "v", "s", call->owner->version);
  else if (g_str_equal (name, "ControlGroup"))
    reply (call, "v", "s", unit != NULL ? unit->cgroup : "");
  else if (g_str_equal (name, "ActiveState"))
    reply (call, "v", "s", unit != NULL && unit->is_active ? "active" : "inactive");
  else if (g_str_equal (name, "Description"))
    reply (call, "v", "s", unit != NULL ? unit->description : call->unit);
  else
    fail (call, "org.freedesktop.DBus.Error.UnknownProperty", name);
}

/* Whoever asked may be killed by now: a reply that nobody waits for is no error, here as in
 * reply(). */
static void
reply_dictionary (FakeCall *call, GVariantDict *entries)
{
  g_autoptr (GVariant) all = g_variant_ref_sink (g_variant_dict_end (entries));
  sd_bus_message *message = NULL;

  g_assert_cmpint (sd_bus_message_new_method_return (call->message, &message), >=, 0);
  fake_message_append (message, all);
  sd_bus_send (NULL, message, NULL);
  sd_bus_message_unref (message);
  count_out (call->owner, call->epoch);
}

/* "" is all interfaces. A unit that is not there has the defaults; a service without a file is
 * loaded, and dropped. */
static void
handle_get_all (FakeCall *call)
{
  FakeManager *self = call->owner;
  const FakeUnit *unit = call->unit != NULL ? fake_units_find (self->units, call->unit) : NULL;
  gboolean of_unit, of_type;
  const char *interface;
  GVariantDict all;

  if (kind_of (call) == FAKE_FAULT_LOSE_AFTER) {
    lose_connections (self);
    return;
  }
  g_variant_get (call->arguments, "(&s)", &interface);
  of_unit = unit == NULL || interface[0] == '\0' || g_str_has_suffix (interface, ".Unit");
  of_type = unit != NULL && !g_str_has_suffix (interface, ".Unit");
  if (unit == NULL && call->unit != NULL && g_str_has_suffix (call->unit, ".service"))
    fake_services_load_for_nothing (self, call->unit);
  g_variant_dict_init (&all, NULL);
  if (of_type)
    fake_properties_get_all (unit->name, FALSE, unit->properties, self->unknown, &all);
  if (of_unit && unit != NULL)
    fake_properties_get_all (unit->name, TRUE, unit->properties, self->unknown, &all);
  if (of_unit)
    fake_unit_get_all (unit, call->unit, &all);
  reply_dictionary (call, &all);
}

static void
handle_get_unit (FakeCall *call)
{
  const FakeUnit *unit = fake_units_find (call->owner->units, call->unit);
  g_autofree char *path = NULL;

  if (unit == NULL) {
    fail_not_loaded (call);
    return;
  }
  /* An alias has the object of its unit. */
  g_assert_cmpint (sd_bus_path_encode (UNIT_PREFIX, unit->name, &path), >=, 0);
  reply (call, "o", path);
}

static char *
introspect_manager (void)
{
  static const char *const methods[] = {
    "AttachProcessesToUnit", "FreezeUnit", "SetUnitProperties", "StartTransientUnit", "StopUnit",
  };
  g_autoptr (GString) xml = g_string_new ("<interface name=\"" MANAGER "\">");

  for (gsize i = 0; i < G_N_ELEMENTS (methods); i++)
    g_string_append_printf (xml, "<method name=\"%s\"/>", methods[i]);
  g_string_append (xml, "</interface>");
  return g_string_free (g_steal_pointer (&xml), FALSE);
}

static void
handle_introspect (FakeCall *call)
{
  gboolean of_scope = call->unit != NULL && g_str_has_suffix (call->unit, ".scope");
  const char *name = of_scope ? "org.freedesktop.systemd1.Scope" : "org.freedesktop.systemd1.Slice";
  g_autofree char *interface =
      call->unit == NULL ? introspect_manager ()
                         : fake_properties_introspect (name, of_scope, call->owner->unknown);
  g_autofree char *xml = g_strconcat ("<node>", interface, "</node>", NULL);

  reply (call, "s", xml);
}

static const struct {
  const char *method;
  void (*handle) (FakeCall *call);
} handlers[] = {
  { "AttachProcessesToUnit", handle_attach_processes },
  { "Get", handle_get },
  { "GetAll", handle_get_all },
  { "GetUnit", handle_get_unit },
  { "Introspect", handle_introspect },
  { "ResetFailedUnit", handle_known_unit },
  { "SetUnitProperties", handle_set_unit_properties },
  { "StartTransientUnit", handle_start_transient_unit },
  { "StartUnit", handle_start_unit },
  { "StopUnit", handle_stop_unit },
  { "ThawUnit", handle_known_unit },
};

static gboolean
run (gpointer user_data)
{
  FakeCall *call = user_data;

  for (gsize i = 0; i < G_N_ELEMENTS (handlers); i++)
    if (g_str_equal (handlers[i].method, call->method)) {
      handlers[i].handle (call);
      return G_SOURCE_REMOVE;
    }
  fail (call, "org.freedesktop.DBus.Error.UnknownMethod", call->method);
  return G_SOURCE_REMOVE;
}

/* (transfer full) (nullable): of the object, or the first argument */
static char *
find_unit (sd_bus_message *message, GVariant *arguments)
{
  g_autoptr (GVariant) first = NULL;
  g_autofree char *unit = NULL;

  if (sd_bus_path_decode (sd_bus_message_get_path (message), UNIT_PREFIX, &unit) > 0)
    return g_steal_pointer (&unit);
  if (!g_str_equal (sd_bus_message_get_interface (message), MANAGER) ||
      g_variant_n_children (arguments) == 0)
    return NULL;
  first = g_variant_get_child_value (arguments, 0);
  return g_variant_dup_string (first, NULL);
}

static FakeCall *
call_new (FakeManager *self, sd_bus_message *message)
{
  FakeCall *call = g_new0 (FakeCall, 1);

  call->owner = self;
  call->message = sd_bus_message_ref (message);
  call->method = g_strdup (sd_bus_message_get_member (message));
  call->arguments = fake_message_read (message);
  call->unit = find_unit (message, call->arguments);
  call->fault = fake_faults_take (self->faults, call->method, call->unit);
  call->epoch = self->epoch;
  g_ptr_array_add (self->calls, call);
  return call;
}

static void
on_called (sd_bus_message *message, gpointer user_data)
{
  FakeManager *self = user_data;
  FakeCall *call = call_new (self, message);

  count_in (self);
  fake_units_catch_up (self->units);
  switch (kind_of (call)) {
  case FAKE_FAULT_ERROR:
    fail (call, call->fault->text, "as the test wants it");
    break;
  case FAKE_FAULT_DELAY:
    put_off (self, call->fault->msec, run, call, NULL);
    break;
  case FAKE_FAULT_NO_REPLY:
    break;
  case FAKE_FAULT_PRETEND:
    sd_bus_reply_method_return (call->message, "");
    count_out (self, call->epoch);
    break;
  case FAKE_FAULT_LOSE_BEFORE:
    lose_connections (self);
    break;
  default:
    run (call);
  }
}

typedef struct {
  FakeManager *owner;
  char *unit;
} Removal;

static void
removal_free (gpointer data)
{
  Removal *removal = data;

  g_free (removal->unit);
  g_free (removal);
}

static gboolean
on_tell_removal (gpointer user_data)
{
  const Removal *removal = user_data;
  g_autofree char *path = NULL;

  g_assert_cmpint (sd_bus_path_encode (UNIT_PREFIX, removal->unit, &path), >=, 0);
  fake_bus_emit (removal->owner->bus, MANAGER_PATH, MANAGER, "UnitRemoved", "so", removal->unit,
                 path);
  return G_SOURCE_REMOVE;
}

/* systemd tells of the job first, and then of the unit. */
static void
on_unit_removed (const char *name, gpointer user_data)
{
  FakeManager *self = user_data;
  Removal *removal = g_new0 (Removal, 1);

  removal->owner = self;
  removal->unit = g_strdup (name);
  put_off (self, 1, on_tell_removal, removal, removal_free);
}

FakeManager *
fake_manager_new (FakeKernel *kernel)
{
  g_autofree char *socket = g_strconcat (fake_kernel_get_root (kernel), MANAGER_SOCKET, NULL);
  FakeManager *self = g_new0 (FakeManager, 1);

  self->kernel = kernel;
  self->faults = fake_faults_new ();
  self->version = "252.39-1~deb12u1";
  self->unknown = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->calls = g_ptr_array_new_with_free_func (call_free);
  self->pending = g_ptr_array_new_with_free_func ((GDestroyNotify) g_source_unref);
  self->units = fake_units_new (kernel, on_unit_removed, self);
  self->bus = fake_bus_new (socket, fake_kernel_get_context (kernel), on_called, self);
  return self;
}

void
fake_manager_free (FakeManager *self)
{
  fake_bus_free (self->bus);
  fake_units_free (self->units);
  for (guint i = 0; i < self->pending->len; i++)
    g_source_destroy (g_ptr_array_index (self->pending, i));
  g_ptr_array_unref (self->pending);
  g_ptr_array_unref (self->calls);
  g_hash_table_unref (self->unknown);
  fake_faults_free (self->faults);
  g_free (self);
}

void
fake_manager_emit_reloading (FakeManager *self, gboolean is_reloading)
{
  fake_bus_emit (self->bus, MANAGER_PATH, MANAGER, "Reloading", "b", is_reloading);
}

void
fake_manager_stop_listening (FakeManager *self)
{
  lose_connections (self);
  fake_bus_stop_listening (self->bus);
}
