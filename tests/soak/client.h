/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A client: a thread that makes random calls about pods of its own, one after the other, and
 * compares each answer with its model. What it does follows from the seed and its number alone: a
 * call without an answer is made again until there is one, so that the next one starts from what
 * it would have started from without the fault.
 */
#pragma once

#include "tests/soak/link.h"
#include "tests/soak/model.h"

typedef struct {
  guint number;
  GRand *rand;
  Link link;
  GPtrArray *pods; /* of SoakPod */
  GQueue log;      /* char *: what it did last */
  guint n_done;
  GThread *thread;
} Client;

/* @rand is for this client alone. */
Client *client_new (guint number, guint n_pods, guint32 seed);
void client_free (gpointer self);

/* Starts the thread; it creates what is missing first if @fills, and goes on until
 * client_stop_all() or until something failed. */
void client_start (Client *self, gboolean fills);
void client_stop_all (void);

/* Waits until it has ended; it has the answers to all its calls then. */
void client_join (Client *self);

/* Removes all its pods. */
void client_remove_all (Client *self);

/**
 * client_call:
 * @wanted: (nullable): the error that it should fail with, as "NoSuchPod" or a whole name
 * @also: (nullable): one that is as good if the call was made more than once
 * @arguments: (transfer floating)
 * @fds: (nullable)
 *
 * A call of a pod's or the manager's method. Anything but what is wanted is a failure of the soak.
 *
 * Returns: (transfer full) (nullable): the reply; NULL after an error, wanted or not
 */
GVariant *client_call (Client *self,
                       const char *path,
                       const char *member,
                       GVariant *arguments,
                       GUnixFDList *fds,
                       const char *wanted,
                       const char *also);

/* As report_fail(), with the client and what it did last. */
void client_fail (Client *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* For its log. */
void client_note (Client *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* A random operation, see operations.c. */
void operations_run_one (Client *self);
void operations_create (Client *self, SoakPod *pod);
void operations_remove (Client *self, SoakPod *pod);

/* A random operation on a container of a pod that is there, see containers.c. */
void containers_run_one (Client *self, SoakPod *pod);

/* Sees the processes of a removed container end as they should. @was_excused: it was removed in
 * more than one go */
void containers_reap (Client *self,
                      const SoakPod *pod,
                      const SoakContainer *container,
                      guint64 grace_usec,
                      gboolean was_excused);

/* For a removal: no grace, enough of it, or little where processes ignore SIGTERM; and the a{sv}
 * that says so, (transfer floating). */
guint64 containers_choose_grace (Client *self, gboolean has_stubborn);
GVariant *containers_format_grace (guint64 grace_usec);

/* Random questions about a pod that is there, and calls that have to be refused; see queries.c and
 * refusals.c. */
void queries_run_one (Client *self, SoakPod *pod);
void queries_check_list (Client *self);
void refusals_run_one (Client *self, SoakPod *pod);
