/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who may.
 */
#include "daemon/auth.h"

#include "daemon/loop.h"
#include "lib/error.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

/* Callers that are remembered; more than that and all are asked about again. */
#define CACHE_MAX 256

struct Auth {
  Quota *quota;
  char *group;
  GHashTable *known;   /* unique name → Known */
  GHashTable *lookups; /* unique name → Lookup that is under way, owned by its call */
};

typedef struct {
  AuthCaller caller;
  AuthNeed extent; /* how much of it is known */
} Known;

typedef struct {
  AuthNeed need;
  AuthAdmit admit;
  AuthIdentified identified;
  gpointer user_data;
} Waiting;

/* Calls of the same sender wait for the same lookup, so that none overtakes another. */
typedef struct {
  Auth *auth;
  char *group;
  char *sender;
  Known known;
  gboolean has_user;   /* all of @waiting were admitted */
  GQueue waiting;      /* of Waiting */
  GAsyncResult *reply; /* (nullable): of the bus, to be looked at */
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

static Lookup *
lookup_new (Auth *self, const char *sender)
{
  Lookup *lookup = g_new0 (Lookup, 1);

  lookup->auth = self;
  lookup->group = g_strdup (self->group);
  lookup->sender = g_strdup (sender);
  g_queue_init (&lookup->waiting);
  g_hash_table_insert (self->lookups, lookup->sender, lookup);
  return lookup;
}

/* On another bus the name is another's. */
static gboolean
lookup_is_current (const Lookup *lookup)
{
  return g_hash_table_lookup (lookup->auth->lookups, lookup->sender) == lookup;
}

static void
lookup_free (Lookup *lookup)
{
  if (lookup_is_current (lookup))
    g_hash_table_remove (lookup->auth->lookups, lookup->sender);
  g_free (lookup->group);
  g_free (lookup->sender);
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

  lookup->known.caller.may_change = is_member (lookup->known.caller.uid, lookup->group);
  g_task_return_boolean (task, TRUE);
}

static void on_member_known (GObject *source, GAsyncResult *result, gpointer user_data);

static void
ask_for_membership (Lookup *lookup)
{
  g_autoptr (GTask) worker = g_task_new (NULL, NULL, on_member_known, lookup);

  g_task_set_task_data (worker, lookup, NULL);
  g_task_run_in_thread (worker, look_up_member);
}

static void
remember (Auth *self, const char *sender, const Known *known)
{
  Known *copy = g_new (Known, 1);

  *copy = *known;
  if (g_hash_table_size (self->known) >= CACHE_MAX)
    g_hash_table_remove_all (self->known);
  g_hash_table_insert (self->known, g_strdup (sender), copy);
}

/* Lets go on what waits for no more than is known by now, up to the first that does. */
static void
lookup_go_on (Lookup *lookup)
{
  const Waiting *first;

  if (lookup_is_current (lookup))
    remember (lookup->auth, lookup->sender, &lookup->known);
  while ((first = g_queue_peek_head (&lookup->waiting)) != NULL) {
    g_autofree Waiting *waiting = NULL;

    if (first->need > lookup->known.extent) {
      ask_for_membership (lookup);
      return;
    }
    waiting = g_queue_pop_head (&lookup->waiting);
    waiting->identified (&lookup->known.caller, NULL, waiting->user_data);
  }
  lookup_free (lookup);
}

static void
lookup_admit (Lookup *lookup)
{
  GQueue all = lookup->waiting;
  Waiting *waiting;

  lookup->has_user = TRUE;
  g_queue_init (&lookup->waiting);
  while ((waiting = g_queue_pop_head (&all)) != NULL) {
    if (waiting->admit (&lookup->known.caller, waiting->user_data))
      g_queue_push_tail (&lookup->waiting, waiting);
    else
      g_free (waiting);
  }
}

static void
lookup_fail (Lookup *lookup, const GError *error)
{
  g_autoptr (GError) failure =
      g_error_new (NCG_ERROR, NCG_ERROR_ACCESS_DENIED, "the bus does not say who %s is: %s",
                   lookup->sender, error->message);
  Waiting *waiting;

  while ((waiting = g_queue_pop_head (&lookup->waiting)) != NULL) {
    waiting->identified (&lookup->known.caller, failure, waiting->user_data);
    g_free (waiting);
  }
  lookup_free (lookup);
}

static void
on_member_known (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Lookup *lookup = user_data;

  lookup->known.extent = AUTH_MEMBERSHIP;
  lookup_go_on (lookup);
}

static gboolean
on_uid (gpointer user_data)
{
  Lookup *lookup = user_data;
  AuthCaller *caller = &lookup->known.caller;
  g_autoptr (GAsyncResult) result = g_steal_pointer (&lookup->reply);
  g_autoptr (GObject) source = g_async_result_get_source_object (result);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  guint32 uid;

  if (reply == NULL) {
    lookup_fail (lookup, error);
    return G_SOURCE_REMOVE;
  }
  g_variant_get (reply, "(u)", &uid);
  caller->uid = uid;
  caller->is_owner = uid == 0 || uid == geteuid ();
  caller->may_change = caller->is_owner;
  lookup->known.extent = caller->is_owner ? AUTH_MEMBERSHIP : AUTH_USER;
  lookup_admit (lookup);
  lookup_go_on (lookup);
  return G_SOURCE_REMOVE;
}

/* The connection may be locked now (loop.h). */
static void
on_uid_replied (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Lookup *lookup = user_data;

  lookup->reply = g_object_ref (result);
  loop_add_next (on_uid, lookup, NULL);
}

gboolean
auth_find (const Auth *self, const char *sender, AuthCaller *ret_caller)
{
  const Known *known = g_hash_table_lookup (self->known, sender);

  if (known == NULL)
    return FALSE;
  *ret_caller = known->caller;
  return TRUE;
}

const char *
auth_get_group (const Auth *self)
{
  return self->group;
}

static void
begin_lookup (Lookup *lookup, GDBusConnection *connection, const Known *known)
{
  if (known != NULL) {
    lookup->known = *known;
    lookup->has_user = TRUE;
    ask_for_membership (lookup);
    return;
  }
  g_dbus_connection_call (connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                          "org.freedesktop.DBus", "GetConnectionUnixUser",
                          g_variant_new ("(s)", lookup->sender), G_VARIANT_TYPE ("(u)"),
                          G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_uid_replied, lookup);
}

void
auth_identify (Auth *self,
               GDBusConnection *connection,
               const char *sender,
               AuthNeed need,
               AuthAdmit admit,
               AuthIdentified identified,
               gpointer user_data)
{
  Lookup *lookup = g_hash_table_lookup (self->lookups, sender);
  const Known *known = lookup == NULL     ? g_hash_table_lookup (self->known, sender)
                       : lookup->has_user ? &lookup->known
                                          : NULL;
  Waiting *waiting;

  if (known != NULL && !admit (&known->caller, user_data))
    return;

  if (lookup == NULL && known != NULL && need <= known->extent) {
    identified (&known->caller, NULL, user_data);
    return;
  }
  waiting = g_new0 (Waiting, 1);
  waiting->need = need;
  waiting->admit = admit;
  waiting->identified = identified;
  waiting->user_data = user_data;
  if (lookup != NULL) {
    g_queue_push_tail (&lookup->waiting, waiting);
    return;
  }
  lookup = lookup_new (self, sender);
  g_queue_push_tail (&lookup->waiting, waiting);
  begin_lookup (lookup, connection, known);
}
