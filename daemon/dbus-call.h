/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A changing call, from its authorization to its reply: what dbus-calls.c has for all of them.
 */
#pragma once

#include "daemon/dbus-calls.h"

#include <gio/gunixfdlist.h>

typedef struct Call Call;
typedef void (*CallStart) (Call *call, const AuthCaller *caller);

struct Call {
  DbusCalls *calls;
  GDBusMethodInvocation *invocation;
  CallStart start;
  char *uid;
  char *container;
  GVariant *list;    /* pids or handles */
  GVariant *options; /* or spec */
  GUnixFDList *fds;
  gint64 begun_usec;
};

/* (transfer full): @start is called once it is known that the caller may. Strings and @options are
 * copied. */
Call *call_new (DbusCalls *calls,
                GDBusMethodInvocation *invocation,
                CallStart start,
                const char *uid,
                GVariant *options);
void call_begin (Call *call);

/* The end of the call; it is freed. @error: (transfer full). @reply: (transfer floating) */
void call_fail (Call *call, GError *error);
void call_succeed (Call *call, GVariant *reply);

/* Of a removal: the one option that there is. */
gboolean call_parse_grace (Call *call, guint64 *ret_grace_usec, GError **error);
