/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The number of a user, who is given by name or number.
 */
#pragma once

#include <gio/gio.h>

#include <sys/types.h>

/* @name: (nullable). Whether @ret_user is known without asking anybody: a number, or %NCG_NO_USER
 * for no name. */
gboolean user_lookup_parse (const char *name, uid_t *ret_user);

/* Whether @owner may delegate to @user: to itself only, and one that is %NCG_NO_USER to everybody.
 * For nobody to be delegated to @user is %NCG_NO_USER. Else %NCG_ERROR_ACCESS_DENIED. */
gboolean user_lookup_check (uid_t user, uid_t owner, GError **error);

/* Asks the user database, in a thread that nothing else waits for: it may be behind a network.
 * %NCG_ERROR_INVALID_ARGUMENT if there is no such user, %NCG_ERROR_TIMEOUT if there was no answer
 * until @deadline_usec, in g_get_monotonic_time()'s clock. */
void user_lookup_async (const char *name,
                        gint64 deadline_usec,
                        GAsyncReadyCallback callback,
                        gpointer user_data);
gboolean user_lookup_finish (GAsyncResult *result, uid_t *ret_user, GError **error);
