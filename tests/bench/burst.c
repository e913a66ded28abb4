/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Many calls at once.
 */
#include "tests/bench/burst.h"

#include "tests/bench/fail.h"

#include <systemd/sd-event.h>

#define TIMEOUT_USEC (120 * G_USEC_PER_SEC)

typedef struct Link Link;

typedef struct {
  const Burst *what;
  GPtrArray *calls; /* of sd_bus_message */
  Link *links;
  guint n_links;
  guint n_done;
  guint n_errors;
} Run;

/* One connection. Of the calls it has each n_links-th. */
struct Link {
  Run *run;
  Connection *connection;
  guint next;
  guint n_under_way;
  GHashTable *jobs; /* replied and not over, or over and not replied */
};

static void send_more (Link *link);

static void
done (Link *link)
{
  link->run->n_done++;
  link->n_under_way--;
  send_more (link);
}

/* The reply with the job and the end of it may come either way round. */
static void
meet (Link *link, const char *job)
{
  if (g_hash_table_remove (link->jobs, job))
    done (link);
  else
    g_hash_table_add (link->jobs, g_strdup (job));
}

static void
on_job_removed (const char *job, gpointer user_data)
{
  meet (user_data, job);
}

static int
on_reply (sd_bus_message *reply, void *user_data, sd_bus_error *unused)
{
  Link *link = user_data;
  Run *run = link->run;
  const sd_bus_error *error = sd_bus_message_get_error (reply);
  const char *job;

  if (error != NULL) {
    if (run->n_errors++ == 0)
      g_printerr ("bench: %s: %s: %s\n", run->what->what, error->name, error->message);
    done (link);
  } else if (!run->what->is_job) {
    done (link);
  } else {
    fail_if_negative (sd_bus_message_read (reply, "o", &job), run->what->what);
    meet (link, job);
  }
  return 0;
}

static void
send_more (Link *link)
{
  Run *run = link->run;

  while (link->n_under_way < run->what->window && link->next < run->calls->len) {
    sd_bus_message *call = g_ptr_array_index (run->calls, link->next);

    fail_if_negative (sd_bus_call_async (connection_get_bus (link->connection), NULL, call,
                                         on_reply, link, TIMEOUT_USEC),
                      run->what->what);
    link->next += run->n_links;
    link->n_under_way++;
  }
}

static void
open_link (Run *run, guint i, Connection *connection, sd_event *event)
{
  Link *link = &run->links[i];

  link->run = run;
  link->connection = connection;
  link->next = i;
  link->jobs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  connection_watch_jobs (connection, on_job_removed, link);
  fail_if_negative (sd_bus_attach_event (connection_get_bus (connection), event, 0), "sd-event");
}

static void
close_link (Link *link)
{
  connection_watch_jobs (link->connection, NULL, NULL);
  sd_bus_detach_event (connection_get_bus (link->connection));
  g_hash_table_unref (link->jobs);
}

static void
free_call (gpointer call)
{
  sd_bus_message_unref (call);
}

static GPtrArray *
make_calls (const Burst *self, Connection *const *connections, guint n_connections)
{
  GPtrArray *calls = g_ptr_array_new_with_free_func (free_call);

  for (guint i = 0; i < self->n; i++)
    g_ptr_array_add (calls, self->new_call (connections[i % n_connections], i, self->user_data));
  return calls;
}

gint64
burst_run (const Burst *self,
           Connection *const *connections,
           guint n_connections,
           guint *ret_errors)
{
  g_autoptr (GPtrArray) calls = make_calls (self, connections, n_connections);
  g_autofree Link *links = g_new0 (Link, n_connections);
  Run run = { self, calls, links, n_connections, 0, 0 };
  sd_event *event = NULL;
  gint64 start, usec;

  fail_if_negative (sd_event_new (&event), "sd-event");
  for (guint i = 0; i < n_connections; i++)
    open_link (&run, i, connections[i], event);
  start = g_get_monotonic_time ();
  for (guint i = 0; i < n_connections; i++)
    send_more (&links[i]);
  while (run.n_done < self->n)
    fail_if_negative (sd_event_run (event, G_MAXUINT64), "sd-event");
  usec = g_get_monotonic_time () - start;
  for (guint i = 0; i < n_connections; i++)
    close_link (&links[i]);
  sd_event_unref (event);
  *ret_errors = run.n_errors;
  return usec;
}

void
burst_run_all (const Burst *self, Connection *connection)
{
  guint n_errors;

  burst_run (self, &connection, 1, &n_errors);
  if (n_errors > 0)
    fail ("%s: %u of %u calls failed", self->what, n_errors, self->n);
}
