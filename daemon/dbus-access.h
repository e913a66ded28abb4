/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who may call what, and how much at once: one table, and one hook through which every method call
 * passes. What anybody may counts as reading, all else as changing (see quota.h).
 *
 * A call whose member has no row is refused before anything looks at it, whoever it is from. The
 * first call of a connection waits until the bus has said whose it is, since users have shares of
 * what is taken on; the first that changes something also until it is known whether that user may.
 * Calls of one sender stay in order. The bus policy (data/dbus-1) says the same once more, and a
 * test compares the two with each other and with the XML.
 */
#pragma once

#include "daemon/auth.h"

typedef enum {
  DBUS_ACCESS_ANYBODY,
  DBUS_ACCESS_GROUP,  /* root, the daemon's own user, and the members of the group */
  DBUS_ACCESS_NOBODY, /* known, and refused as such */
} DbusAccess;

typedef struct {
  const char *interface;
  const char *member;
  DbusAccess who;
} DbusAccessRow;

/* All rows: @ret_n of them. */
const DbusAccessRow *dbus_access_list (gsize *ret_n);

/* The row of a member; %NULL if it has none. @interface, @member: (nullable) */
const DbusAccessRow *dbus_access_find (const char *interface, const char *member);

/* From here on @connection lets through only what has a row. To be called before anything is
 * exported there. Returns: for g_dbus_connection_remove_filter() */
guint dbus_access_guard (GDBusConnection *connection);

/* Exports an object's interface, with its calls authorized. What goes wrong is logged.
 * @auth: is asked for as long as @skeleton is exported */
void dbus_access_export (Auth *auth,
                         GDBusInterfaceSkeleton *skeleton,
                         GDBusConnection *connection,
                         const char *path);
