/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Quotas.
 */
#include "daemon/quota.h"

#include "lib/error.h"

#define TICKET_KEY "ncg-quota-ticket"

struct Quota {
  int n_references; /* its owner's, and one for each ticket */
  guint n_all[N_QUOTA_KINDS];
  guint n_users[N_QUOTA_KINDS];             /* of all users but root */
  GHashTable *by_connection[N_QUOTA_KINDS]; /* unique name → how many */
  GHashTable *by_user[N_QUOTA_KINDS];       /* uid → how many */
  gsize n_bytes;
  gsize n_user_bytes; /* of all users but root */
};

struct QuotaTicket {
  Quota *owner;
  QuotaKind kind;
  char *connection;
  gsize n_bytes;
  gboolean is_counted; /* in what all have */
  gboolean is_charged; /* to a user */
  uid_t uid;
  guint n_processes;
  guint n_of_user; /* of these, the user is charged with; 0 for root */
};

static const char *const kinds[] = {
  [QUOTA_CHANGES] = "calls that change something",
  [QUOTA_READS] = "calls for figures",
  [QUOTA_PROCESSES] = "processes in joins",
};
G_STATIC_ASSERT (G_N_ELEMENTS (kinds) == N_QUOTA_KINDS);

Quota *
quota_new (void)
{
  Quota *self = g_new0 (Quota, 1);

  self->n_references = 1;
  for (int i = 0; i < N_QUOTA_KINDS; i++) {
    self->by_connection[i] = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    self->by_user[i] = g_hash_table_new (NULL, NULL);
  }
  return self;
}

static void
unref (Quota *self)
{
  if (--self->n_references > 0)
    return;
  for (int i = 0; i < N_QUOTA_KINDS; i++) {
    g_hash_table_unref (self->by_connection[i]);
    g_hash_table_unref (self->by_user[i]);
  }
  g_free (self);
}

void
quota_free (Quota *self)
{
  if (self != NULL)
    unref (self);
}

static guint
get (GHashTable *table, gconstpointer key)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (table, key));
}

/* @key: (transfer full) where the table owns its keys */
static void
put (GHashTable *table, gpointer key, guint n)
{
  g_hash_table_replace (table, key, GUINT_TO_POINTER (n));
}

/* Whether @n_more fit in beside @n. */
static gboolean
check (guint n, guint n_more, guint max, QuotaKind kind, const char *whose, GError **error)
{
  if (n + n_more <= max)
    return TRUE;
  g_set_error (error, NCG_ERROR, NCG_ERROR_LIMIT_EXCEEDED,
               "%s has %u %s under way, and no more than %u are taken on; wait for replies, and "
               "call again",
               whose, n, kinds[kind], max);
  return FALSE;
}

/* @n_taken: what is under way, of @max; @whose: its calls */
static gboolean
check_bytes (gsize n_taken, gsize n_bytes, gsize max, const char *whose, GError **error)
{
  if (n_bytes > QUOTA_CALL_BYTES)
    g_set_error (error, NCG_ERROR, NCG_ERROR_LIMIT_EXCEEDED,
                 "the arguments of the call take up %" G_GSIZE_FORMAT
                 " bytes, and no more than %d are taken; leave out what is not needed",
                 n_bytes, QUOTA_CALL_BYTES);
  else if (n_bytes > max - n_taken)
    g_set_error (error, NCG_ERROR, NCG_ERROR_LIMIT_EXCEEDED,
                 "the arguments of %s that are under way take up %" G_GSIZE_FORMAT
                 " bytes, and no more than %" G_GSIZE_FORMAT " are taken on; call again later",
                 whose, n_taken, max);
  else
    return TRUE;
  return FALSE;
}

QuotaTicket *
quota_take (Quota *self, QuotaKind kind, const char *connection, gsize n_bytes, GError **error)
{
  GHashTable *table = self->by_connection[kind];
  guint n = get (table, connection);
  g_autofree char *whose = g_strconcat ("the connection ", connection, NULL);
  QuotaTicket *ticket;

  if (!check (n, 1, QUOTA_PER_CONNECTION, kind, whose, error) ||
      !check_bytes (0, n_bytes, QUOTA_ALL_BYTES, "the call", error))
    return NULL;
  put (table, g_strdup (connection), n + 1);
  self->n_references++;
  ticket = g_new0 (QuotaTicket, 1);
  ticket->owner = self;
  ticket->kind = kind;
  ticket->connection = g_strdup (connection);
  ticket->n_bytes = n_bytes;
  return ticket;
}

static gboolean
count (QuotaTicket *ticket, GError **error)
{
  Quota *self = ticket->owner;

  if (!check (self->n_all[ticket->kind], 1, QUOTA_ALL, ticket->kind, "the daemon", error) ||
      !check_bytes (self->n_bytes, ticket->n_bytes, QUOTA_ALL_BYTES, "the calls", error))
    return FALSE;
  self->n_all[ticket->kind]++;
  self->n_bytes += ticket->n_bytes;
  ticket->is_counted = TRUE;
  return TRUE;
}

static void
discount (QuotaTicket *ticket)
{
  if (!ticket->is_counted)
    return;
  ticket->owner->n_all[ticket->kind]--;
  ticket->owner->n_bytes -= ticket->n_bytes;
}

gboolean
quota_charge_user (QuotaTicket *ticket, uid_t uid, GError **error)
{
  Quota *self = ticket->owner;
  GHashTable *table = self->by_user[ticket->kind];
  guint n = get (table, GUINT_TO_POINTER (uid));
  g_autofree char *whose = g_strdup_printf ("user %u", (guint) uid);

  if (ticket->is_counted)
    return TRUE;
  if (uid == 0)
    return count (ticket, error);
  if (!check (n, 1, QUOTA_PER_USER, ticket->kind, whose, error) ||
      !check (self->n_users[ticket->kind], 1, QUOTA_ALL_USERS, ticket->kind,
              "the daemon, for all users but root,", error) ||
      !check_bytes (self->n_user_bytes, ticket->n_bytes, QUOTA_USERS_BYTES,
                    "the calls of all users but root", error) ||
      !count (ticket, error))
    return FALSE;
  put (table, GUINT_TO_POINTER (uid), n + 1);
  self->n_users[ticket->kind]++;
  self->n_user_bytes += ticket->n_bytes;
  ticket->uid = uid;
  ticket->is_charged = TRUE;
  return TRUE;
}

static void
discharge_user (QuotaTicket *ticket)
{
  Quota *self = ticket->owner;
  GHashTable *table = self->by_user[ticket->kind];
  guint n = get (table, GUINT_TO_POINTER (ticket->uid));

  if (!ticket->is_charged)
    return;
  self->n_users[ticket->kind]--;
  self->n_user_bytes -= ticket->n_bytes;
  if (n > 1)
    put (table, GUINT_TO_POINTER (ticket->uid), n - 1);
  else
    g_hash_table_remove (table, GUINT_TO_POINTER (ticket->uid));
}

/* Of the connection and the user; the numbers are what they hold from now on. */
static void
set_processes (QuotaTicket *ticket, guint n_of_connection, guint n_of_user)
{
  GHashTable *connections = ticket->owner->by_connection[QUOTA_PROCESSES];
  GHashTable *users = ticket->owner->by_user[QUOTA_PROCESSES];

  if (n_of_connection > 0)
    put (connections, g_strdup (ticket->connection), n_of_connection);
  else
    g_hash_table_remove (connections, ticket->connection);
  if (n_of_user > 0)
    put (users, GUINT_TO_POINTER (ticket->uid), n_of_user);
  else
    g_hash_table_remove (users, GUINT_TO_POINTER (ticket->uid));
}

static void
discharge_processes (QuotaTicket *ticket)
{
  Quota *self = ticket->owner;
  guint n = get (self->by_connection[QUOTA_PROCESSES], ticket->connection);
  guint n_of_user = get (self->by_user[QUOTA_PROCESSES], GUINT_TO_POINTER (ticket->uid));

  if (ticket->n_processes == 0)
    return;
  set_processes (ticket, n - ticket->n_processes, n_of_user - ticket->n_of_user);
  self->n_all[QUOTA_PROCESSES] -= ticket->n_processes;
  self->n_users[QUOTA_PROCESSES] -= ticket->n_of_user;
  ticket->n_processes = ticket->n_of_user = 0;
}

static gboolean
check_processes (const QuotaTicket *ticket, guint n, guint n_of_user, GError **error)
{
  const Quota *self = ticket->owner;
  g_autofree char *connection = g_strconcat ("the connection ", ticket->connection, NULL);
  g_autofree char *user = g_strdup_printf ("user %u", (guint) ticket->uid);
  guint n_connection = get (self->by_connection[QUOTA_PROCESSES], ticket->connection);
  guint n_user = get (self->by_user[QUOTA_PROCESSES], GUINT_TO_POINTER (ticket->uid));

  return check (n_connection, n, QUOTA_PROCESSES_PER_CONNECTION, QUOTA_PROCESSES, connection,
                error) &&
         check (self->n_all[QUOTA_PROCESSES], n, QUOTA_PROCESSES_ALL, QUOTA_PROCESSES, "the daemon",
                error) &&
         check (n_user, n_of_user, QUOTA_PROCESSES_PER_USER, QUOTA_PROCESSES, user, error) &&
         check (self->n_users[QUOTA_PROCESSES], n_of_user, QUOTA_PROCESSES_ALL_USERS,
                QUOTA_PROCESSES, "the daemon, for all users but root,", error);
}

gboolean
quota_charge_processes (QuotaTicket *ticket, guint n, GError **error)
{
  Quota *self = ticket->owner;
  guint n_of_user = ticket->is_charged ? n : 0;

  discharge_processes (ticket);
  if (!check_processes (ticket, n, n_of_user, error))
    return FALSE;
  set_processes (ticket, get (self->by_connection[QUOTA_PROCESSES], ticket->connection) + n,
                 get (self->by_user[QUOTA_PROCESSES], GUINT_TO_POINTER (ticket->uid)) + n_of_user);
  self->n_all[QUOTA_PROCESSES] += n;
  self->n_users[QUOTA_PROCESSES] += n_of_user;
  ticket->n_processes = n;
  ticket->n_of_user = n_of_user;
  return TRUE;
}

void
quota_leave (gpointer data)
{
  QuotaTicket *ticket = data;
  Quota *self = ticket->owner;
  GHashTable *table = self->by_connection[ticket->kind];
  guint n = get (table, ticket->connection);

  discharge_processes (ticket);
  discharge_user (ticket);
  discount (ticket);
  if (n > 1)
    put (table, g_strdup (ticket->connection), n - 1);
  else
    g_hash_table_remove (table, ticket->connection);
  g_free (ticket->connection);
  g_free (ticket);
  unref (self);
}

gboolean
quota_admit (Quota *self, QuotaKind kind, GDBusMethodInvocation *invocation, GError **error)
{
  GDBusMessage *message = g_dbus_method_invocation_get_message (invocation);
  GVariant *arguments = g_dbus_method_invocation_get_parameters (invocation);
  QuotaTicket *ticket = quota_take (self, kind, g_dbus_method_invocation_get_sender (invocation),
                                    arguments != NULL ? g_variant_get_size (arguments) : 0, error);

  if (ticket == NULL)
    return FALSE;
  g_object_set_data_full (G_OBJECT (invocation), TICKET_KEY, ticket, quota_leave);
  return quota_charge_processes (ticket, g_dbus_message_get_num_unix_fds (message), error);
}

gboolean
quota_identify (GDBusMethodInvocation *invocation, uid_t uid, GError **error)
{
  return quota_charge_user (g_object_get_data (G_OBJECT (invocation), TICKET_KEY), uid, error);
}

gboolean
quota_hold_processes (GDBusMethodInvocation *invocation, guint n, GError **error)
{
  return quota_charge_processes (g_object_get_data (G_OBJECT (invocation), TICKET_KEY), n, error);
}

guint
quota_count (const Quota *self, QuotaKind kind)
{
  return self->n_all[kind];
}
