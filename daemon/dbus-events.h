/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls that fail for a reason that somebody may want to look into: who asked, for what, and how
 * long it took.
 */
#pragma once

#include "lib/error.h"

#include <gio/gio.h>

/* Who made the call, and that it begins now. */
void dbus_events_note_caller (GDBusMethodInvocation *invocation, uid_t uid);

/* Logs an event if the call is refused (AccessDenied), over a limit (LimitExceeded) or late
 * (Timeout); before the reply. */
void
dbus_events_log_failure (GDBusMethodInvocation *invocation, NcgError code, const char *message);
