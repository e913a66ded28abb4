/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How long the changing calls of clients take, from when they are let through until their reply, by
 * what they ask for: whether they came to the manager's object or to a pod's makes no difference.
 */
#pragma once

#include "daemon/manager.h"
#include "lib/latencies.h"

NcgLatencies *dbus_latencies_new (void);

/* The call of @invocation, which began at @begun_usec (g_get_monotonic_time()), has ended. */
void dbus_latencies_add (NcgLatencies *self,
                         GDBusMethodInvocation *invocation,
                         gint64 begun_usec,
                         gboolean is_failed);

/* (transfer floating): an "a{sv}" with those of @manager's driver as well, see GetLatencies */
GVariant *dbus_latencies_describe (const NcgLatencies *self, const Manager *manager);
