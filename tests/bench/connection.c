/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A connection of a client.
 */
#include "tests/bench/connection.h"

#include "tests/bench/fail.h"

/* More than the daemon allows itself. */
#define TIMEOUT_USEC (120 * G_USEC_PER_SEC)
#define PRIVATE_ADDRESS "unix:path=/run/systemd/private"

struct Connection {
  sd_bus *bus;
  GHashTable *ended; /* the jobs that were over before it was known that they are waited for */
  ConnectionJobRemoved job_removed; /* (nullable) */
  gpointer user_data;
};

static const struct {
  const char *name;
  const char *object;
  const char *interface;
} peers[] = {
  [PEER_DAEMON] = { "org.example.NodeCgroups", "/org/example/NodeCgroups",
                    "org.example.NodeCgroups" },
  [PEER_NODE] = { "org.example.NodeCgroups", "/org/example/NodeCgroups",
                  "org.example.NodeCgroups.Node" },
  [PEER_POD] = { "org.example.NodeCgroups", NULL, "org.example.NodeCgroups.Pod" },
  [PEER_SYSTEMD] = { "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
                     "org.freedesktop.systemd1.Manager" },
  [PEER_BUS] = { "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus" },
};

static int
on_job_removed (sd_bus_message *message, void *user_data, sd_bus_error *error)
{
  Connection *self = user_data;
  const char *job, *unit, *result;
  guint32 id;

  fail_if_negative (sd_bus_message_read (message, "uoss", &id, &job, &unit, &result), "JobRemoved");
  if (!g_str_equal (result, "done"))
    fail ("the job of %s ended as %s", unit, result);
  if (self->job_removed != NULL)
    self->job_removed (job, self->user_data);
  else
    g_hash_table_add (self->ended, g_strdup (job));
  return 0;
}

/* Over the private socket systemd has no name that a match could ask for. */
static Connection *
new_connection (sd_bus *bus, const char *sender)
{
  Connection *self = g_new0 (Connection, 1);

  self->bus = bus;
  self->ended = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  fail_if_negative (sd_bus_match_signal (bus, NULL, sender, peers[PEER_SYSTEMD].object,
                                         peers[PEER_SYSTEMD].interface, "JobRemoved",
                                         on_job_removed, self),
                    "a match of JobRemoved");
  return self;
}

Connection *
connection_open_system (void)
{
  sd_bus *bus = NULL;

  fail_if_negative (sd_bus_open_system (&bus), "the system bus");
  return new_connection (bus, peers[PEER_SYSTEMD].name);
}

Connection *
connection_open_private (void)
{
  sd_bus *bus = NULL;

  fail_if_negative (sd_bus_new (&bus), "a connection");
  fail_if_negative (sd_bus_set_address (bus, PRIVATE_ADDRESS), PRIVATE_ADDRESS);
  fail_if_negative (sd_bus_start (bus), PRIVATE_ADDRESS);
  return new_connection (bus, NULL);
}

void
connection_free (Connection *self)
{
  sd_bus_flush_close_unref (self->bus);
  g_hash_table_unref (self->ended);
  g_free (self);
}

sd_bus *
connection_get_bus (const Connection *self)
{
  return self->bus;
}

sd_bus_message *
connection_new_call (Connection *self, Peer peer, const char *member, GVariant *arguments)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (arguments);
  sd_bus_message *call = NULL;

  fail_if_negative (sd_bus_message_new_method_call (self->bus, &call, peers[peer].name,
                                                    peers[peer].object, peers[peer].interface,
                                                    member),
                    member);
  for (gsize i = 0; i < g_variant_n_children (owned); i++) {
    g_autoptr (GVariant) argument = g_variant_get_child_value (owned, i);

    fail_if_negative (ncg_bus_value_append (call, argument, NULL, 0), member);
  }
  return call;
}

static sd_bus_message *
call_and_wait (Connection *self, sd_bus_message *call)
{
  sd_bus_error error = SD_BUS_ERROR_NULL;
  sd_bus_message *reply = NULL;

  if (sd_bus_call (self->bus, call, TIMEOUT_USEC, &error, &reply) < 0)
    fail ("%s: %s", sd_bus_message_get_member (call), error.message);
  return reply;
}

GVariant *
connection_call (Connection *self, sd_bus_message *call)
{
  g_autoptr (sd_bus_message) owned = call;
  g_autoptr (sd_bus_message) reply = call_and_wait (self, call);
  GVariant *values = NULL;

  fail_if_negative (ncg_bus_value_read_all (reply, &values), sd_bus_message_get_member (call));
  return values;
}

gint64
connection_time_call (Connection *self, sd_bus_message *call)
{
  g_autoptr (sd_bus_message) owned = call;
  g_autoptr (sd_bus_message) reply = NULL;
  gint64 start = g_get_monotonic_time ();

  reply = call_and_wait (self, call);
  return g_get_monotonic_time () - start;
}

static void
wait_for_job (Connection *self, const char *job)
{
  while (!g_hash_table_remove (self->ended, job)) {
    int r = sd_bus_process (self->bus, NULL);

    fail_if_negative (r, "processing the bus");
    if (r == 0)
      fail_if_negative (sd_bus_wait (self->bus, G_MAXUINT64), "waiting for the bus");
  }
}

gint64
connection_time_job (Connection *self, sd_bus_message *call)
{
  g_autoptr (sd_bus_message) owned = call;
  g_autoptr (sd_bus_message) reply = NULL;
  const char *job;
  gint64 start;

  g_hash_table_remove_all (self->ended);
  start = g_get_monotonic_time ();
  reply = call_and_wait (self, call);
  fail_if_negative (sd_bus_message_read (reply, "o", &job), sd_bus_message_get_member (call));
  wait_for_job (self, job);
  return g_get_monotonic_time () - start;
}

char *
connection_get_text (Connection *self, Peer peer, const char *object, const char *property)
{
  sd_bus_error error = SD_BUS_ERROR_NULL;
  g_autoptr (sd_bus_message) reply = NULL;
  const char *text;

  if (sd_bus_get_property (self->bus, peers[peer].name,
                           object != NULL ? object : peers[peer].object, peers[peer].interface,
                           property, &error, &reply, "s") < 0)
    fail ("%s: %s", property, error.message);
  fail_if_negative (sd_bus_message_read (reply, "s", &text), property);
  return g_strdup (text);
}

pid_t
connection_find_process (Connection *self, Peer peer)
{
  g_autoptr (GVariant) reply =
      connection_call (self, connection_new_call (self, PEER_BUS, "GetConnectionUnixProcessID",
                                                  g_variant_new ("(s)", peers[peer].name)));
  guint32 pid;

  g_variant_get (reply, "(u)", &pid);
  return (pid_t) pid;
}

void
connection_watch_jobs (Connection *self, ConnectionJobRemoved callback, gpointer user_data)
{
  self->job_removed = callback;
  self->user_data = user_data;
}
