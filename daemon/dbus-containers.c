/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls about containers.
 */
#include "daemon/dbus-containers.h"

#include "daemon/container-create.h"
#include "daemon/container-remove.h"
#include "daemon/container-update.h"
#include "daemon/dbus-call.h"

static void
on_created (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Call *call = user_data;
  GError *error = NULL;
  g_autoptr (NcgPlace) place = container_create_finish (result, &error);

  if (place != NULL)
    call_succeed (call, g_variant_new ("(ss)", place->unit, place->cgroup));
  else
    call_fail (call, error);
}

static void
start_create (Call *call, const AuthCaller *caller)
{
  g_auto (JoinOptions) options = { 0 };
  GError *error = NULL;

  if (join_options_parse_container (call->options, &options, &error))
    container_create_async (call->calls->manager, call->uid, call->container, &options,
                            caller->is_owner ? NCG_NO_USER : caller->uid, on_created, call);
  else
    call_fail (call, error);
}

static void
on_updated (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Call *call = user_data;
  GError *error = NULL;

  if (container_update_finish (result, &error))
    call_succeed (call, NULL);
  else
    call_fail (call, error);
}

static void
start_update (Call *call, const AuthCaller *caller)
{
  g_auto (Spec) spec = { 0 };
  GError *error = NULL;

  if (spec_parse (call->options, SPEC_OF_CONTAINER, &spec, &error))
    container_update_async (call->calls->manager, call->uid, call->container, &spec, on_updated,
                            call);
  else
    call_fail (call, error);
}

static void
on_removed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Call *call = user_data;
  GError *error = NULL;

  if (container_remove_finish (result, &error))
    call_succeed (call, NULL);
  else
    call_fail (call, error);
}

static void
start_remove (Call *call, const AuthCaller *caller)
{
  guint64 grace_usec;
  GError *error = NULL;

  if (call_parse_grace (call, &grace_usec, &error))
    container_remove_async (call->calls->manager, call->uid, call->container, grace_usec,
                            on_removed, call);
  else
    call_fail (call, error);
}

static void
run (DbusCalls *calls,
     GDBusMethodInvocation *invocation,
     CallStart start,
     const char *uid,
     const char *name,
     GVariant *dictionary)
{
  Call *call = call_new (calls, invocation, start, uid, dictionary);

  call->container = g_strdup (name);
  call_begin (call);
}

void
dbus_containers_create (DbusCalls *calls,
                        GDBusMethodInvocation *invocation,
                        const char *uid,
                        const char *name,
                        GVariant *spec)
{
  run (calls, invocation, start_create, uid, name, spec);
}

void
dbus_containers_update (DbusCalls *calls,
                        GDBusMethodInvocation *invocation,
                        const char *uid,
                        const char *name,
                        GVariant *spec)
{
  run (calls, invocation, start_update, uid, name, spec);
}

void
dbus_containers_remove (DbusCalls *calls,
                        GDBusMethodInvocation *invocation,
                        const char *uid,
                        const char *name,
                        GVariant *options)
{
  run (calls, invocation, start_remove, uid, name, options);
}
