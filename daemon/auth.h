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

/**
 * auth_identify:
 * @sender: the caller's unique name
 *
 * Asks the bus, and calls @identified when it has answered; those that wait for the same sender in
 * the order of their calls, and before anything that comes later finds it known. The answer is
 * kept, since a unique name is never given twice on a bus.
 */
void auth_identify (Auth *self,
                    GDBusConnection *connection,
                    const char *sender,
                    AuthIdentified identified,
                    gpointer user_data);

/* Whether it is known already who that is, at once. */
gboolean auth_find (const Auth *self, const char *sender, AuthCaller *ret_caller);

/* The group's name. */
const char *auth_get_group (const Auth *self);

/* How much is taken on, see dbus-access.c. */
Quota *auth_get_quota (const Auth *self);

/* Another bus, other names. */
void auth_forget (Auth *self);
