/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sd-bus on the main loop: two ends of a socket, served by one loop.
 */
#include "lib/sd-bus-source.h"

#include <sys/socket.h>
#include <unistd.h>

typedef struct {
  sd_bus *client;
  sd_bus *server;
  GSource *client_source;
  GSource *server_source;
  int closed; /* the error with which the client's end was closed */
} Ends;

static void
on_closed (int error, gpointer user_data)
{
  Ends *ends = user_data;

  ends->closed = error;
}

static void
ignore_closed (int error, gpointer user_data)
{
}

static void
ends_set_up (Ends *ends, gconstpointer unused)
{
  sd_id128_t id = { .bytes = { 1 } };
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), ==, 0);
  g_assert_cmpint (sd_bus_new (&ends->client), >=, 0);
  g_assert_cmpint (sd_bus_set_fd (ends->client, fds[0], fds[0]), >=, 0);
  g_assert_cmpint (sd_bus_start (ends->client), >=, 0);
  g_assert_cmpint (sd_bus_new (&ends->server), >=, 0);
  g_assert_cmpint (sd_bus_set_fd (ends->server, fds[1], fds[1]), >=, 0);
  g_assert_cmpint (sd_bus_set_server (ends->server, 1, id), >=, 0);
  g_assert_cmpint (sd_bus_start (ends->server), >=, 0);
  ends->client_source = ncg_sd_bus_source_new (ends->client, on_closed, ends);
  ends->server_source = ncg_sd_bus_source_new (ends->server, ignore_closed, NULL);
  g_source_attach (ends->client_source, NULL);
  g_source_attach (ends->server_source, NULL);
}

static void
ends_tear_down (Ends *ends, gconstpointer unused)
{
  g_source_destroy (ends->client_source);
  g_source_unref (ends->client_source);
  g_source_destroy (ends->server_source);
  g_source_unref (ends->server_source);
  sd_bus_close_unref (ends->client);
  sd_bus_close_unref (ends->server);
}

static int
on_reply (sd_bus_message *message, void *user_data, sd_bus_error *error)
{
  int *replies = user_data;

  /* Peers answer a Ping by themselves. */
  g_assert_false (sd_bus_message_is_method_error (message, NULL));
  (*replies)++;
  return 0;
}

static void
ping (Ends *ends, int *replies)
{
  g_assert_cmpint (sd_bus_call_method_async (ends->client, NULL, NULL, "/",
                                             "org.freedesktop.DBus.Peer", "Ping", on_reply, replies,
                                             NULL),
                   >=, 0);
}

static void
test_calls (Ends *ends, gconstpointer unused)
{
  int replies = 0;

  for (int i = 0; i < 1000; i++)
    ping (ends, &replies);
  while (replies < 1000)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (replies, ==, 1000);
}

static gboolean
on_timeout (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
  return G_SOURCE_REMOVE;
}

/* Waiting must be waiting: a source that wakes the loop up at each turn costs a whole CPU. */
static void
test_idle (Ends *ends, gconstpointer unused)
{
  int replies = 0;
  gboolean is_over = FALSE;
  guint turns = 0;

  ping (ends, &replies);
  while (replies < 1)
    g_main_context_iteration (NULL, TRUE);
  g_timeout_add (200, on_timeout, &is_over);
  while (!is_over) {
    g_main_context_iteration (NULL, TRUE);
    turns++;
  }
  g_assert_cmpuint (turns, <, 20);
}

static guint n_woken; /* how often poll(2) found something */

static int
count_woken (GPollFD *fds, guint n, int timeout_msec)
{
  int found = g_poll (fds, n, timeout_msec);

  n_woken += found > 0 ? 1 : 0;
  return found;
}

/* Handling a message does not wake up the loop that handles it: nothing comes after the reply. */
static void
test_woken (Ends *ends, gconstpointer unused)
{
  int replies = 0;
  gboolean is_over = FALSE;

  ping (ends, &replies);
  while (replies < 1)
    g_main_context_iteration (NULL, TRUE);
  g_timeout_add (50, on_timeout, &is_over);
  n_woken = 0;
  g_main_context_set_poll_func (NULL, count_woken);
  while (!is_over)
    g_main_context_iteration (NULL, TRUE);
  g_main_context_set_poll_func (NULL, NULL);
  g_assert_cmpuint (n_woken, ==, 0);
}

static int
on_reply_with_loop (sd_bus_message *message, void *user_data, sd_bus_error *error)
{
  for (int i = 0; i < 5; i++)
    g_main_context_iteration (NULL, FALSE);
  return on_reply (message, user_data, error);
}

/* Whoever runs the loop within a message gets no other message, and loses none. */
static void
test_nested (Ends *ends, gconstpointer unused)
{
  int replies = 0;

  for (int i = 0; i < 10; i++) {
    g_assert_cmpint (sd_bus_call_method_async (ends->client, NULL, NULL, "/",
                                               "org.freedesktop.DBus.Peer", "Ping",
                                               on_reply_with_loop, &replies, NULL),
                     >=, 0);
    ping (ends, &replies);
  }
  while (replies < 20)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (ends->closed, ==, 0);
}

typedef struct {
  Ends *ends;
  int replies;
  int replies_before; /* the turn of somebody else */
} Turns;

static gboolean
on_turn (gpointer user_data)
{
  Turns *turns = user_data;

  turns->replies_before = turns->replies;
  return G_SOURCE_REMOVE;
}

static int
on_reply_with_turn (sd_bus_message *message, void *user_data, sd_bus_error *error)
{
  Turns *turns = user_data;

  turns->replies++;
  if (turns->replies == 1) {
    g_idle_add_full (G_PRIORITY_DEFAULT, on_turn, turns, NULL);
    ncg_sd_bus_source_yield (turns->ends->client_source);
  }
  return 0;
}

/* The answers are all there, and each is waited for: nobody else is, after the one turn. */
static void
test_yield (Ends *ends, gconstpointer unused)
{
  Turns turns = { .ends = ends };
  int replies = 0;

  ping (ends, &replies);
  while (replies < 1)
    g_main_context_iteration (NULL, TRUE);
  for (guint i = 0; i < 4; i++)
    g_assert_cmpint (sd_bus_call_method_async (ends->client, NULL, NULL, "/",
                                               "org.freedesktop.DBus.Peer", "Ping",
                                               on_reply_with_turn, &turns, NULL),
                     >=, 0);
  sd_bus_flush (ends->client);
  while (sd_bus_process (ends->server, NULL) > 0)
    continue;
  while (turns.replies < 4)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (turns.replies_before, ==, 1);
}

static void
test_closed (Ends *ends, gconstpointer unused)
{
  int replies = 0;

  ping (ends, &replies);
  while (replies < 1)
    g_main_context_iteration (NULL, TRUE);
  g_source_destroy (ends->server_source);
  sd_bus_close (ends->server);
  while (ends->closed == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (ends->closed, <, 0);
  g_assert_true (g_source_is_destroyed (ends->client_source));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/sd-bus-source/calls", Ends, NULL, ends_set_up, test_calls, ends_tear_down);
  g_test_add ("/sd-bus-source/idle", Ends, NULL, ends_set_up, test_idle, ends_tear_down);
  g_test_add ("/sd-bus-source/woken", Ends, NULL, ends_set_up, test_woken, ends_tear_down);
  g_test_add ("/sd-bus-source/nested", Ends, NULL, ends_set_up, test_nested, ends_tear_down);
  g_test_add ("/sd-bus-source/yield", Ends, NULL, ends_set_up, test_yield, ends_tear_down);
  g_test_add ("/sd-bus-source/closed", Ends, NULL, ends_set_up, test_closed, ends_tear_down);
  return g_test_run ();
}
