/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who may: asked of the bus, never of the caller. The bus policy says the same once more.
 */
#pragma once

#include "daemon/quota.h"

#include <gio/gio.h>
#include <sys/types.h>

typedef struct Auth Auth;

/* @group: the Unix group whose members may change things; it need not exist */
Auth *auth_new (const char *group);
void auth_free (Auth *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Auth, auth_free)

typedef struct {
  uid_t uid;
  gboolean is_owner;   /* root, or the user that the daemon runs as: may do everything */
  gboolean may_change; /* that, or a member of the group: may join processes of its own user only */
} AuthCaller;

/* @error: (nullable): why it is not known who that is; else it is @caller */
typedef void (*AuthIdentified) (const AuthCaller *caller, const GError *error, gpointer user_data);

/* It is known whose the call is: whether it goes on, which else has had its reply. */
typedef gboolean (*AuthAdmit) (const AuthCaller *caller, gpointer user_data);

/* What has to be known of a caller before its call goes on. */
typedef enum {
  AUTH_USER,       /* whose it is: @uid and @is_owner */
  AUTH_MEMBERSHIP, /* and @may_change, for which the user database is asked */
} AuthNeed;

/**
 * auth_identify:
 * @sender: the caller's unique name
 *
 * Asks the bus, and calls @admit when that has answered, and @identified when as much is known as
 * @need says: at once if it is known already. Calls of one sender go on in the order in which they
 * came, whatever they need. The answer is kept, since a unique name is never given twice on a bus.
 */
void auth_identify (Auth *self,
                    GDBusConnection *connection,
                    const char *sender,
                    AuthNeed need,
                    AuthAdmit admit,
                    AuthIdentified identified,
                    gpointer user_data);

/* Whether it is known already who that is. @may_change is FALSE until it was needed. */
gboolean auth_find (const Auth *self, const char *sender, AuthCaller *ret_caller);

/* The group's name. */
const char *auth_get_group (const Auth *self);

/* How much is taken on, see dbus-access.c. */
Quota *auth_get_quota (const Auth *self);

/* Another bus, other names. */
void auth_forget (Auth *self);
