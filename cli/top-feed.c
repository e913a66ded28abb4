/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rounds of calls: one round at a time, its calls at the same time.
 */
#include "cli/top-feed.h"

#include "cli/stats-call.h"

#define OBJECT_MANAGER "org.freedesktop.DBus.ObjectManager"
#define PROPERTIES "org.freedesktop.DBus.Properties"

/* However long the calls take, in between the daemon is left alone for so long. */
#define REST_USEC (50 * G_TIME_SPAN_MILLISECOND)

typedef enum { STATS, OBJECTS, USAGE, NODE, N_QUESTIONS } Question;

typedef struct {
  TopFeed *feed;
  Question question;
} Asked;

struct TopFeed {
  Bus *bus;
  const TopState *state;
  const TopFeedEvents *events;
  gpointer user_data;

  GCancellable *cancellable;
  guint timer;
  guint subscription;
  guint watch;
  gint64 began;      /* the last round, by the monotonic clock */
  gboolean is_soon;  /* the next round that the timer begins comes soon */
  gboolean is_again; /* it comes at once */
  gboolean is_stale; /* the daemon has signalled something */
  gboolean has_answered;
  gboolean has_failed; /* in the last round */

  /* Of the round that is under way. */
  guint n_pending;
  GVariant *replies[N_QUESTIONS];
  GError *error; /* the first one */

  TopFacts *facts;
  GVariant *before;
  GVariant *after;
  Parts parts;
};

static void begin_round (TopFeed *self);

static gboolean
on_time (gpointer user_data)
{
  TopFeed *self = user_data;

  self->timer = 0;
  self->is_soon = FALSE;
  begin_round (self);
  return G_SOURCE_REMOVE;
}

static void
set_timer (TopFeed *self)
{
  gint64 delay = (gint64) self->state->delay_usec;
  gint64 left;

  g_clear_handle_id (&self->timer, g_source_remove);
  if (self->state->is_paused || self->n_pending > 0)
    return;
  if (self->is_soon)
    delay = MIN (delay, PARTS_INTERVAL_USEC);
  left = MAX (self->began + delay - g_get_monotonic_time (), REST_USEC);
  self->timer = g_timeout_add ((guint) (left / G_TIME_SPAN_MILLISECOND), on_time, self);
}

static void
replace (GVariant **place, GVariant **with)
{
  g_clear_pointer (place, g_variant_unref);
  *place = g_steal_pointer (with);
}

static void
take_replies (TopFeed *self)
{
  replace (&self->before, &self->after);
  replace (&self->after, &self->replies[STATS]);
  replace (&self->parts.before, &self->parts.after);
  replace (&self->parts.after, &self->replies[USAGE]);
  if (self->replies[NODE] != NULL)
    replace (&self->parts.node, &self->replies[NODE]);
  if (self->replies[OBJECTS] == NULL)
    return;
  g_clear_pointer (&self->facts, top_facts_free);
  self->facts = top_facts_new (self->replies[OBJECTS]);
}

static void
end_round (TopFeed *self)
{
  g_autoptr (GError) error = g_steal_pointer (&self->error);
  const gboolean is_first = self->after == NULL;

  self->has_failed = error != NULL;
  /* Who does not answer may be another one the next time. */
  self->is_stale |= self->has_failed;
  self->is_soon |= is_first;
  if (!self->has_failed) {
    self->has_answered = TRUE;
    take_replies (self);
  }
  for (gsize i = 0; i < N_QUESTIONS; i++)
    g_clear_pointer (&self->replies[i], g_variant_unref);
  if (g_cancellable_is_cancelled (self->cancellable))
    return;
  if (self->has_failed)
    self->events->failed (error, self->user_data);
  else
    self->events->came (is_first, self->user_data);
  set_timer (self);
  if (self->is_again)
    begin_round (self);
}

static void
on_reply (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Asked *asked = user_data;
  TopFeed *self = asked->feed;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  if (reply != NULL)
    self->replies[asked->question] = g_variant_get_child_value (reply, 0);
  else if (self->error == NULL)
    self->error = g_steal_pointer (&error);
  if (--self->n_pending == 0)
    end_round (self);
}

static void
ask (TopFeed *self,
     Question question,
     const char *interface,
     const char *method,
     GVariant *arguments,
     const char *type)
{
  Asked *asked = g_new0 (Asked, 1);

  asked->feed = self;
  asked->question = question;
  self->n_pending++;
  g_dbus_connection_call (bus_get_connection (self->bus), BUS_NAME, BUS_OBJECT, interface, method,
                          arguments, G_VARIANT_TYPE (type),
                          self->has_answered ? G_DBUS_CALL_FLAGS_NO_AUTO_START
                                             : G_DBUS_CALL_FLAGS_NONE,
                          BUS_CALL_MSEC, self->cancellable, on_reply, asked);
}

static void
begin_round (TopFeed *self)
{
  static const char *const fields[] = {
    "TimestampUSec",
    "CPUUsageNSec",
    "MemoryWorkingSetBytes",
    "MemoryLimitBytes",
    "PidsCurrent",
    "PidsLimit",
    "IO",
    NULL,
  };

  self->is_again = self->n_pending > 0;
  if (self->is_again)
    return;
  g_clear_handle_id (&self->timer, g_source_remove);
  self->began = g_get_monotonic_time ();
  ask (self, STATS, BUS_MANAGER, STATS_CALL,
       stats_call_arguments (NULL, self->state->has_containers, fields), "(a{sa{sv}})");
  if (self->state->has_parts)
    ask (self, USAGE, BUS_NODE, "GetUsage", NULL, "(a{sa{sv}})");
  if (self->state->has_parts && (self->is_stale || self->parts.node == NULL))
    ask (self, NODE, PROPERTIES, "GetAll", g_variant_new ("(s)", BUS_NODE), "(a{sv})");
  if (self->is_stale)
    ask (self, OBJECTS, OBJECT_MANAGER, "GetManagedObjects", NULL, "(a{oa{sa{sv}}})");
  self->is_stale = FALSE;
}

static void
on_signal (GDBusConnection *connection,
           const char *sender,
           const char *path,
           const char *interface,
           const char *member,
           GVariant *arguments,
           gpointer user_data)
{
  TopFeed *self = user_data;

  self->is_stale = TRUE;
}

/* That it comes back is seen at once, and so is that it goes. */
static void
on_appeared (GDBusConnection *connection, const char *name, const char *owner, gpointer user_data)
{
  TopFeed *self = user_data;

  if (self->has_failed && !self->state->is_paused)
    begin_round (self);
}

static void
on_vanished (GDBusConnection *connection, const char *name, gpointer user_data)
{
  TopFeed *self = user_data;

  if (self->has_answered && !self->has_failed && !self->state->is_paused && self->n_pending == 0)
    begin_round (self);
}

TopFeed *
top_feed_new (Bus *bus, const TopState *state, const TopFeedEvents *events, gpointer user_data)
{
  GDBusConnection *connection = bus_get_connection (bus);
  TopFeed *self = g_new0 (TopFeed, 1);

  self->bus = bus;
  self->state = state;
  self->events = events;
  self->user_data = user_data;
  self->cancellable = g_cancellable_new ();
  self->is_stale = TRUE;
  self->subscription =
      g_dbus_connection_signal_subscribe (connection, BUS_NAME, NULL, NULL, NULL, NULL,
                                          G_DBUS_SIGNAL_FLAGS_NONE, on_signal, self, NULL);
  self->watch = g_bus_watch_name_on_connection (connection, BUS_NAME, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                                on_appeared, on_vanished, self, NULL);
  begin_round (self);
  return self;
}

void
top_feed_free (TopFeed *self)
{
  g_clear_handle_id (&self->timer, g_source_remove);
  g_bus_unwatch_name (self->watch);
  g_dbus_connection_signal_unsubscribe (bus_get_connection (self->bus), self->subscription);
  g_cancellable_cancel (self->cancellable);
  while (self->n_pending > 0)
    g_main_context_iteration (NULL, TRUE);
  g_object_unref (self->cancellable);
  g_clear_pointer (&self->facts, top_facts_free);
  g_clear_pointer (&self->before, g_variant_unref);
  g_clear_pointer (&self->after, g_variant_unref);
  parts_clear (&self->parts);
  g_free (self);
}

void
top_feed_hurry (TopFeed *self)
{
  if (self->state->is_paused)
    return;
  self->is_soon = TRUE;
  begin_round (self);
}

void
top_feed_schedule (TopFeed *self)
{
  set_timer (self);
}

GPtrArray *
top_feed_list_rows (const TopFeed *self)
{
  return top_rows_new (self->facts, self->before, self->after);
}

GArray *
top_feed_list_parts (const TopFeed *self)
{
  return self->parts.after != NULL && self->parts.node != NULL ? parts_list (&self->parts) : NULL;
}
