/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A client's connection. It lives through faults as an agent would: a call whose reply was lost, or
 * that the daemon could not begin, is made again until there is an answer. All calls that are made
 * so say the same when they are repeated.
 */
#pragma once

#include <gio/gio.h>
#include <gio/gunixfdlist.h>

#define LINK_NAME "org.example.NodeCgroups"
#define LINK_PATH "/org/example/NodeCgroups"
#define LINK_ERROR "org.example.NodeCgroups.Error."

typedef struct {
  GDBusConnection *bus; /* (nullable): none yet, or lost */
  guint n_calls;
  guint n_excused; /* answers that a fault excuses */
  gint64 longest_usec;
} Link;

void link_clear (Link *self);

/**
 * link_call:
 * @path: the object
 * @member: "GetPod", or "INTERFACE.MEMBER" for another interface
 * @arguments: (transfer floating): a tuple
 * @fds: (nullable)
 * @ret_again: (optional): whether it was made more than once, and may so have been done before
 *
 * Returns: (transfer full) (nullable): the reply, or an error that no fault excuses; also if there
 *   was no answer for too long
 */
GVariant *link_call (Link *self,
                     const char *path,
                     const char *member,
                     GVariant *arguments,
                     GUnixFDList *fds,
                     gboolean *ret_again,
                     GError **error);

/* (transfer full): the name of an error as the table of excuses has it: that on the bus, or "local"
 * and a number of GIO's */
char *link_name_error (const GError *error);

/* How often each excuse was used by all clients, as a line of text. Returns: (transfer full) */
char *link_format_excuses (void);
