/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Quotas.
 */
#include "daemon/quota.h"

#include "lib/error.h"

#include <string.h>

typedef struct {
  Quota *quota;
  GPtrArray *tickets;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->quota = quota_new ();
  fixture->tickets = g_ptr_array_new_with_free_func (quota_leave);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_ptr_array_unref (fixture->tickets);
  quota_free (fixture->quota);
}

static gboolean
take (Fixture *fixture, QuotaKind kind, const char *connection, gsize n_bytes, GError **error)
{
  QuotaTicket *ticket = quota_take (fixture->quota, kind, connection, n_bytes, error);

  if (ticket != NULL)
    g_ptr_array_add (fixture->tickets, ticket);
  return ticket != NULL;
}

static void
take_many (Fixture *fixture, QuotaKind kind, const char *connection, guint n)
{
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < n; i++) {
    take (fixture, kind, connection, 0, &error);
    g_assert_no_error (error);
  }
}

static void
assert_refused (Fixture *fixture, QuotaKind kind, const char *connection, gsize n_bytes)
{
  g_autoptr (GError) error = NULL;
  guint n = quota_count (fixture->quota, kind);

  g_assert_false (take (fixture, kind, connection, n_bytes, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_LIMIT_EXCEEDED);
  g_test_message ("%s", error->message);
  g_assert_cmpuint (quota_count (fixture->quota, kind), ==, n);
}

static void
leave (Fixture *fixture, guint i)
{
  g_ptr_array_remove_index_fast (fixture->tickets, i);
}

/* One that is full is in nobody else's way, and a reply makes room. */
static void
test_connection (Fixture *fixture, gconstpointer data)
{
  take_many (fixture, QUOTA_CHANGES, ":1.1", QUOTA_PER_CONNECTION);
  assert_refused (fixture, QUOTA_CHANGES, ":1.1", 0);
  take_many (fixture, QUOTA_READS, ":1.1", 1);
  take_many (fixture, QUOTA_CHANGES, ":1.2", 1);
  leave (fixture, 0);
  take_many (fixture, QUOTA_CHANGES, ":1.1", 1);
  assert_refused (fixture, QUOTA_CHANGES, ":1.1", 0);
}

/* Takes for a user over many connections. Returns: how many it got, before it was refused */
static guint
take_for_user (Fixture *fixture, QuotaKind kind, uid_t uid, guint max)
{
  for (guint i = 0; i < max; i++) {
    g_autofree char *connection = g_strdup_printf (":%u.%u", (guint) uid, i);
    g_autoptr (GError) error = NULL;

    take_many (fixture, kind, connection, 1);
    if (quota_charge_user (g_ptr_array_index (fixture->tickets, fixture->tickets->len - 1), uid,
                           &error))
      continue;
    g_assert_error (error, NCG_ERROR, NCG_ERROR_LIMIT_EXCEEDED);
    g_test_message ("%s", error->message);
    leave (fixture, fixture->tickets->len - 1);
    return i;
  }
  return max;
}

/* Calls of which it is not known whose they are are in nobody's way. */
static void
test_all (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < QUOTA_ALL; i++) {
    g_autofree char *connection = g_strdup_printf (":1.%u", i % 16);

    take_many (fixture, QUOTA_READS, connection, 1);
  }
  g_assert_cmpuint (quota_count (fixture->quota, QUOTA_READS), ==, 0);
  g_assert_cmpuint (take_for_user (fixture, QUOTA_READS, 0, QUOTA_ALL + 1), ==, QUOTA_ALL);
  g_assert_cmpuint (quota_count (fixture->quota, QUOTA_READS), ==, QUOTA_ALL);
  g_assert_cmpuint (take_for_user (fixture, QUOTA_CHANGES, 0, 1), ==, 1);
  leave (fixture, QUOTA_ALL);
  g_assert_cmpuint (take_for_user (fixture, QUOTA_READS, 0, 2), ==, 1);
}

static void
test_user (Fixture *fixture, gconstpointer data)
{
  QuotaKind kind = (QuotaKind) GPOINTER_TO_INT (data);

  g_assert_cmpuint (take_for_user (fixture, kind, 1000, QUOTA_ALL), ==, QUOTA_PER_USER);
  g_assert_cmpuint (take_for_user (fixture, kind, 1001, 10), ==, 10);
  g_assert_cmpuint (take_for_user (fixture, kind, 0, QUOTA_PER_USER + 10), ==, QUOTA_PER_USER + 10);
  g_ptr_array_set_size (fixture->tickets, 0);
  g_assert_cmpuint (take_for_user (fixture, kind, 1000, 10), ==, 10);
}

/* All users together leave some for root. */
static void
test_users (Fixture *fixture, gconstpointer data)
{
  QuotaKind kind = (QuotaKind) GPOINTER_TO_INT (data);
  guint n = 0;

  for (uid_t uid = 1; uid <= 16; uid++)
    n += take_for_user (fixture, kind, uid, QUOTA_PER_USER);
  g_assert_cmpuint (n, ==, QUOTA_ALL_USERS);
  g_assert_cmpuint (take_for_user (fixture, kind, 0, QUOTA_ALL - QUOTA_ALL_USERS), ==,
                    QUOTA_ALL - QUOTA_ALL_USERS);
}

/* A call is charged once, also if it asks twice. */
static void
test_charged_once (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  take_many (fixture, QUOTA_CHANGES, ":1.1", 1);
  for (guint i = 0; i < 2; i++)
    g_assert_true (quota_charge_user (g_ptr_array_index (fixture->tickets, 0), 7, &error));
  leave (fixture, 0);
  g_assert_cmpuint (take_for_user (fixture, QUOTA_CHANGES, 7, QUOTA_PER_USER + 1), ==,
                    QUOTA_PER_USER);
}

/* Takes for a user, with the longest arguments that there may be. */
static gboolean
take_bytes (Fixture *fixture, QuotaKind kind, uid_t uid, GError **error)
{
  g_assert_true (take (fixture, kind, ":1.1", QUOTA_CALL_BYTES, NULL));
  if (quota_charge_user (g_ptr_array_index (fixture->tickets, fixture->tickets->len - 1), uid,
                         error))
    return TRUE;
  leave (fixture, fixture->tickets->len - 1);
  return FALSE;
}

static void
test_bytes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  assert_refused (fixture, QUOTA_CHANGES, ":1.1", QUOTA_CALL_BYTES + 1);
  for (guint i = 0; i < QUOTA_ALL_BYTES / QUOTA_CALL_BYTES; i++)
    g_assert_true (take_bytes (fixture, QUOTA_CHANGES, 0, &error));
  g_assert_false (take_bytes (fixture, QUOTA_READS, 0, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_LIMIT_EXCEEDED);
  g_test_message ("%s", error->message);
  g_clear_error (&error);
  g_assert_cmpuint (take_for_user (fixture, QUOTA_CHANGES, 0, 1), ==, 1);
  leave (fixture, 0);
  g_assert_true (take_bytes (fixture, QUOTA_CHANGES, 0, &error));
}

/* Of the ticket @i. */
static void
hold (Fixture *fixture, guint i, guint n)
{
  g_autoptr (GError) error = NULL;

  quota_charge_processes (g_ptr_array_index (fixture->tickets, i), n, &error);
  g_assert_no_error (error);
}

/* The refused holds none, and nobody else is in its way. */
static void
assert_held_too_much (Fixture *fixture, guint i, guint n, const char *whose)
{
  g_autoptr (GError) error = NULL;
  guint n_before;

  hold (fixture, i, 0);
  n_before = quota_count (fixture->quota, QUOTA_PROCESSES);
  g_assert_false (quota_charge_processes (g_ptr_array_index (fixture->tickets, i), n, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_LIMIT_EXCEEDED);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, whose));
  g_assert_nonnull (strstr (error->message, "processes in joins"));
  g_assert_cmpuint (quota_count (fixture->quota, QUOTA_PROCESSES), ==, n_before);
}

static void
test_processes (Fixture *fixture, gconstpointer data)
{
  take_many (fixture, QUOTA_CHANGES, ":1.1", 2);
  take_many (fixture, QUOTA_CHANGES, ":1.2", 1);
  hold (fixture, 0, QUOTA_PROCESSES_PER_CONNECTION - 10);
  hold (fixture, 1, 10);
  hold (fixture, 2, 11);
  g_assert_cmpuint (quota_count (fixture->quota, QUOTA_PROCESSES), ==,
                    QUOTA_PROCESSES_PER_CONNECTION + 11);
  assert_held_too_much (fixture, 1, 11, "the connection :1.1");
  /* In place of those before. */
  hold (fixture, 0, 1000);
  hold (fixture, 1, 1024);
  g_ptr_array_set_size (fixture->tickets, 0);
  g_assert_cmpuint (quota_count (fixture->quota, QUOTA_PROCESSES), ==, 0);
  take_many (fixture, QUOTA_CHANGES, ":1.1", 1);
  hold (fixture, 0, QUOTA_PROCESSES_PER_CONNECTION);
}

static void
test_processes_of_user (Fixture *fixture, gconstpointer data)
{
  const guint n = QUOTA_PROCESSES_PER_USER / 2;

  g_assert_cmpuint (take_for_user (fixture, QUOTA_CHANGES, 1000, 3), ==, 3);
  g_assert_cmpuint (take_for_user (fixture, QUOTA_CHANGES, 1001, 3), ==, 3);
  g_assert_cmpuint (take_for_user (fixture, QUOTA_CHANGES, 1002, 1), ==, 1);
  g_assert_cmpuint (take_for_user (fixture, QUOTA_CHANGES, 0, 2), ==, 2);
  hold (fixture, 0, n);
  hold (fixture, 1, n);
  assert_held_too_much (fixture, 2, 1, "user 1000");
  hold (fixture, 3, n);
  hold (fixture, 4, n);
  assert_held_too_much (fixture, 6, 1, "all users but root");
  hold (fixture, 7, QUOTA_PROCESSES_PER_CONNECTION);
  hold (fixture, 8, QUOTA_PROCESSES_PER_CONNECTION);
  assert_held_too_much (fixture, 2, 1, "the daemon");
  hold (fixture, 7, 0);
  hold (fixture, 0, n - 1);
  hold (fixture, 6, 1);
}

/* Long arguments of users leave some for root as well. */
static void
test_bytes_of_users (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  guint n = 0;

  while (take_bytes (fixture, QUOTA_READS, 1000, &error))
    n++;
  g_assert_error (error, NCG_ERROR, NCG_ERROR_LIMIT_EXCEEDED);
  g_test_message ("%s", error->message);
  g_clear_error (&error);
  g_assert_cmpuint (n, ==, QUOTA_USERS_BYTES / QUOTA_CALL_BYTES);
  g_assert_true (take_bytes (fixture, QUOTA_CHANGES, 0, &error));
  leave (fixture, 0);
  g_assert_true (take_bytes (fixture, QUOTA_READS, 1001, &error));
}

/* The server goes before the last reply does. */
static void
test_outlived (void)
{
  g_autoptr (GError) error = NULL;
  Quota *quota = quota_new ();
  QuotaTicket *ticket = quota_take (quota, QUOTA_CHANGES, ":1.1", 1, &error);

  quota_free (quota);
  g_assert_true (quota_charge_user (ticket, 5, &error));
  g_assert_true (quota_charge_processes (ticket, 5, &error));
  quota_leave (ticket);
}

static void
add (const char *path, void (*function) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, set_up, function, tear_down);
}

static void
add_of_kind (const char *path, QuotaKind kind, void (*function) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, GINT_TO_POINTER (kind), set_up, function, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("/quota/connection", test_connection);
  add ("/quota/all", test_all);
  add_of_kind ("/quota/user/changes", QUOTA_CHANGES, test_user);
  add_of_kind ("/quota/user/reads", QUOTA_READS, test_user);
  add_of_kind ("/quota/users/changes", QUOTA_CHANGES, test_users);
  add_of_kind ("/quota/users/reads", QUOTA_READS, test_users);
  add ("/quota/charged-once", test_charged_once);
  add ("/quota/bytes", test_bytes);
  add ("/quota/processes", test_processes);
  add ("/quota/processes-of-user", test_processes_of_user);
  add ("/quota/bytes-of-users", test_bytes_of_users);
  g_test_add_func ("/quota/outlived", test_outlived);
  return g_test_run ();
}
