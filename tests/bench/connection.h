/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A connection of a client, over which calls are made and timed. What fails ends the benchmark.
 */
#pragma once

#include "lib/bus-value.h"

typedef struct Connection Connection;

/* Whom a call is for. */
typedef enum {
  PEER_DAEMON, /* org.example.NodeCgroups */
  PEER_NODE,   /* its interface of the node */
  PEER_POD,    /* its interface of a pod, which is an object of its own */
  PEER_SYSTEMD,
  PEER_BUS, /* the bus itself */
} Peer;

/* A job of systemd is over. */
typedef void (*ConnectionJobRemoved) (const char *job, gpointer user_data);

/* To the system bus; or to systemd directly, over the socket that is root's. */
Connection *connection_open_system (void);
Connection *connection_open_private (void);
void connection_free (Connection *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Connection, connection_free)

sd_bus *connection_get_bus (const Connection *self);

/* (transfer full): a call with the arguments in the tuple @arguments, which is consumed if floating
 */
sd_bus_message *
connection_new_call (Connection *self, Peer peer, const char *member, GVariant *arguments);

/* Sends @call, which is consumed, and waits for the reply. Returns: (transfer full): a tuple */
GVariant *connection_call (Connection *self, sd_bus_message *call);

/* The same, and returns how long it took, in microseconds. */
gint64 connection_time_call (Connection *self, sd_bus_message *call);

/* The same with a call whose reply is a job of systemd, until that is over. */
gint64 connection_time_job (Connection *self, sd_bus_message *call);

/* (transfer full): a property that is a text. @object: (nullable): whose, if it is not the peer's
 * own
 */
char *connection_get_text (Connection *self, Peer peer, const char *object, const char *property);

/* Who has the name of @peer on the bus, as a process. */
pid_t connection_find_process (Connection *self, Peer peer);

/* Has @callback called for each job that is over, while the connection is processed by others;
 * until it is called with NULL. */
void connection_watch_jobs (Connection *self, ConnectionJobRemoved callback, gpointer user_data);
