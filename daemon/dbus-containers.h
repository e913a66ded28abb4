/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The calls that create, change and remove containers.
 */
#pragma once

#include "daemon/dbus-calls.h"

/* Each consumes @invocation. */
void dbus_containers_create (DbusCalls *calls,
                             GDBusMethodInvocation *invocation,
                             const char *uid,
                             const char *name,
                             GVariant *spec);
void dbus_containers_update (DbusCalls *calls,
                             GDBusMethodInvocation *invocation,
                             const char *uid,
                             const char *name,
                             GVariant *spec);
void dbus_containers_remove (DbusCalls *calls,
                             GDBusMethodInvocation *invocation,
                             const char *uid,
                             const char *name,
                             GVariant *options);
