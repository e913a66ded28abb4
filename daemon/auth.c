/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who may.
 */
#include "daemon/auth.h"

#include "lib/error.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

/* Callers that are remembered; more than that and all are asked about again. */
#define CACHE_MAX 256

struct Auth {
  Quota *quota;
  char *group;
  GHashTable *known;   /* unique name → AuthCaller */
  GHashTable *lookups; /* unique name → Lookup that is under way, owned by its call */
};

typedef struct {
  AuthIdentified identified;
  gpointer user_data;
} Waiting;

/* Calls of the same sender wait for the same lookup, so that none overtakes another. */
typedef struct {
  Auth *auth;
  char *group;
  char *sender;
  AuthCaller caller;
  GArray *waiting; /* of Waiting */
} Lookup;

Auth *
auth_new (const char *group)
{
  Auth *self = g_new0 (Auth, 1);

  self->quota = quota_new ();
  self->group = g_strdup (group);
  self->known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->lookups = g_hash_table_new (g_str_hash, g_str_equal);
  return self;
}

void
auth_free (Auth *self)
{
  if (self == NULL)
    return;
  quota_free (self->quota);
  g_free (self->group);
  g_hash_table_unref (self->known);
  g_hash_table_unref (self->lookups);
  g_free (self);
}

Quota *
auth_get_quota (const Auth *self)
{
  return self->quota;
}

void
auth_forget (Auth *self)
{
  g_hash_table_remove_all (self->known);
  g_hash_table_remove_all (self->lookups);
}

static AuthCaller *
caller_copy (const AuthCaller *caller)
{
  AuthCaller *copy = g_new (AuthCaller, 1);

  *copy = *caller;
  return copy;
}

static Lookup *
lookup_new (Auth *self, const char *sender)
{
  Lookup *lookup = g_new0 (Lookup, 1);

  lookup->auth = self;
  lookup->group = g_strdup (self->group);
  lookup->sender = g_strdup (sender);
  lookup->waiting = g_array_new (FALSE, FALSE, sizeof (Waiting));
  g_hash_table_insert (self->lookups, lookup->sender, lookup);
  return lookup;
}

static void
lookup_free (Lookup *lookup)
{
  g_free (lookup->group);
  g_free (lookup->sender);
  g_array_unref (lookup->waiting);
  g_free (lookup);
}

static gboolean
find_group (const char *name, gid_t *ret_gid)
{
  char buffer[16384];
  struct group group, *found = NULL;

  if (getgrnam_r (name, &group, buffer, sizeof buffer, &found) != 0 || found == NULL)
    return FALSE;
  *ret_gid = found->gr_gid;
  return TRUE;
}

static gboolean
is_member (uid_t uid, const char *group)
{
  char buffer[16384];
  struct passwd user, *found = NULL;
  g_autofree gid_t *groups = NULL;
  int n = 0;
  gid_t gid;

  if (!find_group (group, &gid) || getpwuid_r (uid, &user, buffer, sizeof buffer, &found) != 0 ||
      found == NULL)
    return FALSE;
  getgrouplist (found->pw_name, found->pw_gid, NULL, &n);
  groups = g_new0 (gid_t, (gsize) n);
  if (getgrouplist (found->pw_name, found->pw_gid, groups, &n) < 0)
    return FALSE;
  for (int i = 0; i < n; i++)
    if (groups[i] == gid)
      return TRUE;
  return FALSE;
}

/* Runs in a worker: the user database may be behind a network. */
static void
look_up_member (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Lookup *lookup = data;

  lookup->caller.may_change = is_member (lookup->caller.uid, lookup->group);
  g_task_return_boolean (task, TRUE);
}

/* @error: (nullable): why it is not known who that is */
static void
lookup_done (Lookup *lookup, const GError *error)
{
  Auth *self = lookup->auth;
  g_autoptr (GError) failure = NULL;
  /* On another bus the name is another's. */
  gboolean is_current = g_hash_table_lookup (self->lookups, lookup->sender) == lookup;

  if (is_current)
    g_hash_table_remove (self->lookups, lookup->sender);
  if (g_hash_table_size (self->known) >= CACHE_MAX)
    g_hash_table_remove_all (self->known);
  if (is_current && error == NULL)
    g_hash_table_insert (self->known, g_strdup (lookup->sender), caller_copy (&lookup->caller));
  if (error != NULL)
    failure = g_error_new (NCG_ERROR, NCG_ERROR_ACCESS_DENIED, "the bus does not say who %s is: %s",
                           lookup->sender, error->message);
  for (guint i = 0; i < lookup->waiting->len; i++) {
    const Waiting *waiting = &g_array_index (lookup->waiting, Waiting, i);

    waiting->identified (&lookup->caller, failure, waiting->user_data);
  }
  lookup_free (lookup);
}

static void
on_member_known (GObject *source, GAsyncResult *result, gpointer user_data)
{
  lookup_done (user_data, NULL);
}

static void
on_uid (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Lookup *lookup = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  g_autoptr (GTask) worker = NULL;
  guint32 uid;

  if (reply == NULL) {
    lookup_done (lookup, error);
    return;
  }
  g_variant_get (reply, "(u)", &uid);
  lookup->caller.uid = uid;
  lookup->caller.is_owner = uid == 0 || uid == geteuid ();
  lookup->caller.may_change = lookup->caller.is_owner;
  if (lookup->caller.is_owner) {
    lookup_done (lookup, NULL);
    return;
  }
  worker = g_task_new (NULL, NULL, on_member_known, lookup);
  g_task_set_task_data (worker, lookup, NULL);
  g_task_run_in_thread (worker, look_up_member);
}

gboolean
auth_find (const Auth *self, const char *sender, AuthCaller *ret_caller)
{
  const AuthCaller *known = g_hash_table_lookup (self->known, sender);

  if (known == NULL)
    return FALSE;
  *ret_caller = *known;
  return TRUE;
}

const char *
auth_get_group (const Auth *self)
{
  return self->group;
}

void
auth_identify (Auth *self,
               GDBusConnection *connection,
               const char *sender,
               AuthIdentified identified,
               gpointer user_data)
{
  const AuthCaller *known = g_hash_table_lookup (self->known, sender);
  const Waiting waiting = { identified, user_data };
  Lookup *lookup = g_hash_table_lookup (self->lookups, sender);

  if (known != NULL) {
    identified (known, NULL, user_data);
    return;
  }
  if (lookup != NULL) {
    g_array_append_val (lookup->waiting, waiting);
    return;
  }
  lookup = lookup_new (self, sender);
  g_array_append_val (lookup->waiting, waiting);
  g_dbus_connection_call (connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                          "org.freedesktop.DBus", "GetConnectionUnixUser",
                          g_variant_new ("(s)", sender), G_VARIANT_TYPE ("(u)"),
                          G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_uid, lookup);
}
