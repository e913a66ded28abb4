/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The status line.
 */
#include "daemon/status.h"

#include "daemon/loop.h"

#define INTERVAL_MSEC 1000
/* Below that systemd is merely busy. */
#define SILENCE_USEC (3 * G_USEC_PER_SEC)
#define MANY 10
#define MESSAGE_MAX_CHARS 120

struct Status {
  StatusOwner owner;
  gpointer user_data;
  char *line;         /* (nullable): as it was written */
  gint64 looked_usec; /* when it was put together last */
  guint timer;        /* the next look, or 0; until then nothing is written */
};

static void
append_short (GString *line, const char *message)
{
  glong length = g_utf8_strlen (message, -1);

  if (length <= MESSAGE_MAX_CHARS) {
    g_string_append (line, message);
  } else {
    g_string_append_len (line, message,
                         g_utf8_offset_to_pointer (message, MESSAGE_MAX_CHARS) - message);
    g_string_append (line, "…");
  }
}

char *
status_format (const StatusFacts *facts, gint64 now_usec)
{
  g_autoptr (GString) line = g_string_new (facts->state);

  g_string_append_printf (line, ", %u pod%s", facts->n_pods, facts->n_pods == 1 ? "" : "s");
  if (facts->n_operations >= MANY)
    g_string_append_printf (line, ", %u operations under way", facts->n_operations);
  if (facts->silent_usec >= SILENCE_USEC) {
    g_autoptr (GDateTime) since =
        g_date_time_new_from_unix_local ((now_usec - facts->silent_usec) / G_USEC_PER_SEC);
    g_autofree char *clock = g_date_time_format (since, "%H:%M:%S");

    g_string_append_printf (line, "; systemd does not answer since %s", clock);
  }
  if (facts->condition != NULL) {
    g_string_append_printf (line, "; %s: ", facts->condition);
    append_short (line, facts->message);
  }
  return g_string_free (g_steal_pointer (&line), FALSE);
}

Status *
status_new (const StatusOwner *owner, gpointer user_data)
{
  Status *self = g_new0 (Status, 1);

  self->owner = *owner;
  self->user_data = user_data;
  return self;
}

void
status_free (Status *self)
{
  if (self == NULL)
    return;
  if (self->timer != 0)
    loop_remove (self->timer);
  g_free (self->line);
  g_free (self);
}

/* Whether there is reason to look again without being touched. */
static gboolean
write_line (Status *self)
{
  StatusFacts facts = { 0 };
  g_autofree char *line = NULL;

  self->looked_usec = g_get_monotonic_time ();
  self->owner.find (&facts, self->user_data);
  line = status_format (&facts, g_get_real_time ());
  if (g_strcmp0 (line, self->line) != 0) {
    self->owner.write (line, self->user_data);
    g_free (self->line);
    self->line = g_steal_pointer (&line);
  }
  return facts.n_operations > 0 || facts.silent_usec > 0;
}

static gboolean on_timer (gpointer user_data);

static void
look (Status *self)
{
  if (write_line (self))
    self->timer = loop_add (INTERVAL_MSEC, on_timer, self);
}

static gboolean
on_timer (gpointer user_data)
{
  Status *self = user_data;

  self->timer = 0;
  look (self);
  return G_SOURCE_REMOVE;
}

void
status_touch (Status *self)
{
  gint64 quiet_msec = (g_get_monotonic_time () - self->looked_usec) / 1000;

  if (self->timer != 0)
    return;
  /* What is touched now and then, and says the same, wakes up nobody a second later. */
  if (self->looked_usec != 0 && quiet_msec < INTERVAL_MSEC)
    self->timer = loop_add ((guint) (INTERVAL_MSEC - quiet_msec), on_timer, self);
  else
    look (self);
}

void
status_forget (Status *self)
{
  g_clear_pointer (&self->line, g_free);
}
