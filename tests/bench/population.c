/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pods that are present.
 */
#include "tests/bench/population.h"

#include "tests/bench/burst.h"
#include "tests/bench/calls.h"
#include "tests/bench/child.h"

/* Far below what the bus and the daemon allow one connection. */
#define WINDOW 32

struct Population {
  Connection *bus;
  guint n;
  GArray *pids; /* of pid_t: of the first pods, those in their scopes */
};

Population *
population_new (Connection *bus)
{
  Population *self = g_new0 (Population, 1);

  self->bus = bus;
  self->pids = g_array_new (FALSE, FALSE, sizeof (pid_t));
  return self;
}

void
population_free (Population *self)
{
  g_array_unref (self->pids);
  g_free (self);
}

typedef struct {
  Population *population;
  guint first;
} Range;

static void
run (Population *self,
     const char *what,
     guint first,
     guint end,
     sd_bus_message *(*new_call) (Connection *, guint, gpointer))
{
  Range range = { self, first };
  const Burst burst = { what, end - first, WINDOW, FALSE, new_call, &range };

  burst_run_all (&burst, self->bus);
}

/* (transfer full) */
static char *
get_uid (const Range *range, guint i)
{
  return g_strdup_printf ("present%u", range->first + i);
}

static sd_bus_message *
new_create (Connection *connection, guint i, gpointer user_data)
{
  g_autofree char *uid = get_uid (user_data, i);

  return calls_new_create_pod (connection, uid);
}

static sd_bus_message *
new_remove (Connection *connection, guint i, gpointer user_data)
{
  g_autofree char *uid = get_uid (user_data, i);

  return calls_new_remove_pod (connection, uid);
}

static sd_bus_message *
new_join (Connection *connection, guint i, gpointer user_data)
{
  const Range *range = user_data;
  g_autofree char *uid = get_uid (range, i);

  return calls_new_join_pod (connection, uid, "main",
                             &g_array_index (range->population->pids, pid_t, range->first + i), 1);
}

static sd_bus_message *
new_container (Connection *connection, guint i, gpointer user_data)
{
  g_autofree char *uid = get_uid (user_data, i);

  return calls_new_create_container (connection, uid, "held");
}

void
population_set (Population *self, guint n)
{
  if (n > self->n)
    run (self, "CreatePod", self->n, n, new_create);
  else if (n < self->n)
    run (self, "RemovePod", n, self->n, new_remove);
  if (n < self->pids->len) {
    child_end (&g_array_index (self->pids, pid_t, n), self->pids->len - n);
    g_array_set_size (self->pids, n);
  }
  self->n = n;
}

void
population_add_leaves (Population *self, guint n)
{
  guint had = self->pids->len;

  if (n <= had)
    return;
  g_array_set_size (self->pids, n);
  child_start (&g_array_index (self->pids, pid_t, had), n - had);
  run (self, "JoinPod", had, n, new_join);
  run (self, "CreateContainer", had, n, new_container);
}
