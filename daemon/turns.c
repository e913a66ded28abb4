/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Turns.
 */
#include "daemon/turns.h"

struct Turns {
  GHashTable *queues; /* key → GQueue of Waiting; there is one while somebody has the turn */
};

typedef struct {
  TurnsCallback callback;
  GTask *task;
} Waiting;

static void
waiting_free (gpointer data)
{
  Waiting *waiting = data;

  g_object_unref (waiting->task);
  g_free (waiting);
}

static void
queue_free (gpointer data)
{
  g_queue_free_full (data, waiting_free);
}

Turns *
turns_new (void)
{
  Turns *self = g_new0 (Turns, 1);

  self->queues = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, queue_free);
  return self;
}

void
turns_free (Turns *self)
{
  g_hash_table_unref (self->queues);
  g_free (self);
}

void
turns_take (Turns *self, const char *key, TurnsCallback callback, GTask *task)
{
  GQueue *queue = g_hash_table_lookup (self->queues, key);
  Waiting *waiting;

  if (queue == NULL) {
    g_hash_table_insert (self->queues, g_strdup (key), g_queue_new ());
    callback (task);
    return;
  }
  waiting = g_new0 (Waiting, 1);
  waiting->callback = callback;
  waiting->task = g_object_ref (task);
  g_queue_push_tail (queue, waiting);
}

gboolean
turns_is_taken (const Turns *self, const char *key)
{
  return g_hash_table_contains (self->queues, key);
}

static gboolean
on_turn (gpointer user_data)
{
  Waiting *waiting = user_data;

  waiting->callback (waiting->task);
  return G_SOURCE_REMOVE;
}

void
turns_leave (Turns *self, const char *key)
{
  GQueue *queue = g_hash_table_lookup (self->queues, key);
  Waiting *next = g_queue_pop_head (queue);

  if (next == NULL)
    g_hash_table_remove (self->queues, key);
  else
    g_idle_add_full (G_PRIORITY_DEFAULT, on_turn, next, waiting_free);
}
