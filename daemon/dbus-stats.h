/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The calls for figures: GetPodStats, GetStats and a pod's own GetStats. They are open to all local
 * users.
 */
#pragma once

#include "daemon/dbus-calls.h"

/* Each consumes @invocation. */
void dbus_stats_get_one (DbusCalls *calls,
                         GDBusMethodInvocation *invocation,
                         const char *uid,
                         GVariant *options);
void dbus_stats_get_many (DbusCalls *calls,
                          GDBusMethodInvocation *invocation,
                          const char *const *uids,
                          GVariant *options);
