/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Turns.
 */
#include "daemon/turns.h"

#include "daemon/loop.h"
#include "lib/error.h"

struct Turns {
  GHashTable *queues; /* key → GQueue of Waiting; there is one while somebody has the turn */
  void (*changed) (gpointer user_data);
  gpointer user_data;
};

typedef struct {
  GQueue *queue; /* in which it is */
  char *key;
  TurnsCallback callback;
  GTask *task;
  guint deadline; /* the source, or 0 */
} Waiting;

static void
waiting_free (gpointer data)
{
  Waiting *waiting = data;

  if (waiting->deadline != 0)
    loop_remove (waiting->deadline);
  g_free (waiting->key);
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
turns_set_changed (Turns *self, void (*changed) (gpointer user_data), gpointer user_data)
{
  self->changed = changed;
  self->user_data = user_data;
}

guint
turns_count (const Turns *self)
{
  return g_hash_table_size (self->queues);
}

static void
tell (const Turns *self)
{
  if (self->changed != NULL)
    self->changed (self->user_data);
}

/* Returns: (nullable): what waits for its turn; NULL if it had it at once */
static Waiting *
take (Turns *self, const char *key, TurnsCallback callback, GTask *task)
{
  GQueue *queue = g_hash_table_lookup (self->queues, key);
  Waiting *waiting;

  if (queue == NULL) {
    g_hash_table_insert (self->queues, g_strdup (key), g_queue_new ());
    tell (self);
    callback (task);
    return NULL;
  }
  waiting = g_new0 (Waiting, 1);
  waiting->queue = queue;
  waiting->key = g_strdup (key);
  waiting->callback = callback;
  waiting->task = g_object_ref (task);
  g_queue_push_tail (queue, waiting);
  return waiting;
}

void
turns_take (Turns *self, const char *key, TurnsCallback callback, GTask *task)
{
  take (self, key, callback, task);
}

static gboolean
on_deadline (gpointer user_data)
{
  Waiting *waiting = user_data;

  waiting->deadline = 0;
  g_queue_remove (waiting->queue, waiting);
  g_task_return_new_error (waiting->task, NCG_ERROR, NCG_ERROR_TIMEOUT,
                           "earlier operations on %s have not ended in time, and this one was not "
                           "begun; call again when they have",
                           waiting->key);
  waiting_free (waiting);
  return G_SOURCE_REMOVE;
}

void
turns_take_until (
    Turns *self, const char *key, TurnsCallback callback, GTask *task, gint64 deadline_usec)
{
  gint64 left_usec = deadline_usec - g_get_monotonic_time ();
  Waiting *waiting;

  if (left_usec <= 0) {
    g_task_return_new_error (task, NCG_ERROR, NCG_ERROR_TIMEOUT,
                             "what has to be known for it was not found out in time, and nothing "
                             "was begun; call again");
    return;
  }
  waiting = take (self, key, callback, task);
  if (waiting != NULL)
    waiting->deadline =
        loop_add ((guint) CLAMP (left_usec / 1000, 0, G_MAXINT), on_deadline, waiting);
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

  if (next == NULL) {
    g_hash_table_remove (self->queues, key);
    tell (self);
    return;
  }
  if (next->deadline != 0)
    loop_remove (next->deadline);
  next->deadline = 0;
  loop_add_next (on_turn, next, waiting_free);
}
