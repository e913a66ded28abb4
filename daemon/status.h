/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one line that `systemctl status` shows: what matters now. It is written when it changes, and
 * not more often than once a second, however many pods come and go.
 */
#pragma once

#include <glib.h>

/* What the line is made of. */
typedef struct {
  const char *state; /* of the node */
  guint n_pods;
  const char *condition; /* (nullable): the first that does not hold */
  const char *message;   /* of the condition */
  guint n_operations;    /* under way; few are not worth a word */
  gint64 silent_usec;    /* for how long systemd has not answered; 0: it does */
} StatusFacts;

/* (transfer full): the line. @now_usec: of the real time, to say since when */
char *status_format (const StatusFacts *facts, gint64 now_usec);

typedef struct Status Status;

/* Who knows the facts, and who writes the line. The strings need to last until the next call. */
typedef struct {
  void (*find) (StatusFacts *ret_facts, gpointer user_data);
  void (*write) (const char *line, gpointer user_data);
} StatusOwner;

/* @owner: copied */
Status *status_new (const StatusOwner *owner, gpointer user_data);
void status_free (Status *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Status, status_free)

/* Something may have changed. While operations are under way it looks by itself once a second. */
void status_touch (Status *self);

/* Somebody else wrote another line: the next one is written whatever it is. */
void status_forget (Status *self);
