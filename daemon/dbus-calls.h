/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a method call does, whether it came to the manager's object or to a pod's: the arguments,
 * the operation, and one reply at its end. Who may is decided before, see dbus-access.h.
 */
#pragma once

#include "daemon/auth.h"
#include "daemon/manager.h"
#include "daemon/reload.h"
#include "lib/latencies.h"

typedef struct {
  Manager *manager;
  Auth *auth;
  Reload *reload;
  NcgLatencies *latencies; /* of the changing ones, see dbus-latencies.h */
} DbusCalls;

/* Each consumes @invocation. */
void dbus_call_create (DbusCalls *calls,
                       GDBusMethodInvocation *invocation,
                       const char *uid,
                       GVariant *spec);
void dbus_call_update (DbusCalls *calls,
                       GDBusMethodInvocation *invocation,
                       const char *uid,
                       GVariant *spec);
void dbus_call_remove (DbusCalls *calls,
                       GDBusMethodInvocation *invocation,
                       const char *uid,
                       GVariant *options);
void dbus_call_join (DbusCalls *calls,
                     GDBusMethodInvocation *invocation,
                     const char *uid,
                     const char *container,
                     GVariant *pids,
                     GVariant *options);
void dbus_call_join_by_pidfd (DbusCalls *calls,
                              GDBusMethodInvocation *invocation,
                              const char *uid,
                              const char *container,
                              GUnixFDList *fds,
                              GVariant *handles,
                              GVariant *options);
void dbus_call_verify (DbusCalls *calls, GDBusMethodInvocation *invocation, const char *uid);

void dbus_call_reload (DbusCalls *calls, GDBusMethodInvocation *invocation);

/* Ends the call with the D-Bus error of @error. @error: (transfer none) */
void dbus_call_fail (GDBusMethodInvocation *invocation, const GError *error);
