/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How much is taken on at once: calls that change something, and calls whose figures a worker
 * reads, and the processes that joins hold until they are done, each up to a number for one caller
 * and a number for all. What is beyond that is refused at once, so that neither memory nor
 * descriptors nor the time until a reply are without a bound.
 *
 * A caller is a connection of the bus, and besides a user, unless that is root: who opens many
 * connections has no more than who has one, and all users but root together leave some for root.
 */
#pragma once

#include <gio/gio.h>
#include <sys/types.h>

typedef enum {
  QUOTA_CHANGES,   /* pods, containers, joins, the configuration */
  QUOTA_READS,     /* figures */
  QUOTA_PROCESSES, /* no calls: what calls hold */
  N_QUOTA_KINDS,
} QuotaKind;

/* What one connection may have under way or waiting; a user other than root; all of these users;
 * and everybody. 500 pods may be asked for at once, by one client or by many. */
#define QUOTA_PER_CONNECTION 1024
#define QUOTA_PER_USER 1024
#define QUOTA_ALL_USERS 2048
#define QUOTA_ALL 4096

/* The same for processes. Each is a descriptor, and one more while systemd is asked: all of them
 * have to fit into the service's LimitNOFILE= (65536), beside what else is open. */
#define QUOTA_PROCESSES_PER_CONNECTION 4096
#define QUOTA_PROCESSES_PER_USER 4096
#define QUOTA_PROCESSES_ALL_USERS 8192
#define QUOTA_PROCESSES_ALL 16384

/* What the arguments of one call, of all users but root, and of all that are taken on, may come
 * to. */
#define QUOTA_CALL_BYTES (256 * 1024)
#define QUOTA_USERS_BYTES (32 * 1024 * 1024)
#define QUOTA_ALL_BYTES (64 * 1024 * 1024)

typedef struct Quota Quota;

/* A call that is within what its connection may have. It is taken on when it is within all else. */
typedef struct QuotaTicket QuotaTicket;

Quota *quota_new (void);

/* Tickets may outlive it. */
void quota_free (Quota *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Quota, quota_free)

/**
 * quota_take:
 * @connection: the unique name of the caller
 * @n_bytes: what the call's arguments take up
 *
 * Returns: (transfer full): the ticket, or %NCG_ERROR_LIMIT_EXCEEDED that says which limit it is,
 *   and what to do
 */
QuotaTicket *
quota_take (Quota *self, QuotaKind kind, const char *connection, gsize n_bytes, GError **error);

/**
 * quota_charge_user:
 *
 * The call is this user's, as the bus says. Only from here on does it count in what all have, so
 * that nobody is in root's way by calls of which it is not known yet whose they are. Root's are not
 * counted by user.
 *
 * Returns: %TRUE, or %NCG_ERROR_LIMIT_EXCEEDED
 */
gboolean quota_charge_user (QuotaTicket *ticket, uid_t uid, GError **error);

/**
 * quota_charge_processes:
 * @n: how many; in place of what the call had before
 *
 * Returns: %TRUE, or %NCG_ERROR_LIMIT_EXCEEDED, and then the call holds none
 */
gboolean quota_charge_processes (QuotaTicket *ticket, guint n, GError **error);

/* The call has had its reply. For g_object_set_data_full(), too. */
void quota_leave (gpointer ticket);

/**
 * quota_admit:
 *
 * Takes a ticket for a call, which is given back when @invocation ends. Descriptors that came with
 * it count as processes.
 *
 * Returns: %TRUE, or %NCG_ERROR_LIMIT_EXCEEDED
 */
gboolean
quota_admit (Quota *self, QuotaKind kind, GDBusMethodInvocation *invocation, GError **error);

/* quota_charge_user() for what quota_admit() has let in. */
gboolean quota_identify (GDBusMethodInvocation *invocation, uid_t uid, GError **error);

/* quota_charge_processes() for what quota_admit() has let in. */
gboolean quota_hold_processes (GDBusMethodInvocation *invocation, guint n, GError **error);

/* How many calls are taken on, or processes held. */
guint quota_count (const Quota *self, QuotaKind kind);
