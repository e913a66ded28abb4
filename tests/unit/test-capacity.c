/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The capacity of a directory that imitates a machine, whose files change.
 */
#include "daemon/capacity.h"

#include "tests/unit/temp-dir.h"

typedef struct {
  char *root;
  Capacity *capacity;
  guint n_changes;
} Fixture;

static void
on_changed (gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->n_changes++;
}

static void
set_online (Fixture *fixture, const char *cpus)
{
  temp_dir_write (fixture->root, "sys/devices/system/cpu/online", cpus);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->root = temp_dir_new ();
  set_online (fixture, "0-3\n");
  fixture->capacity = capacity_new (fixture->root, on_changed, fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  capacity_free (fixture->capacity);
  temp_dir_free (fixture->root);
}

static guint64
get (Fixture *fixture, const char *key)
{
  guint64 value = 0;

  g_variant_lookup (capacity_get (fixture->capacity), key, "t", &value);
  return value;
}

static void
test_refresh (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpuint (get (fixture, "cpu"), ==, 4000);
  capacity_refresh (fixture->capacity);
  g_assert_cmpuint (fixture->n_changes, ==, 0);
  set_online (fixture, "0-1\n");
  g_assert_cmpuint (get (fixture, "cpu"), ==, 4000);
  capacity_refresh (fixture->capacity);
  g_assert_cmpuint (fixture->n_changes, ==, 1);
  g_assert_cmpuint (get (fixture, "cpu"), ==, 2000);
  capacity_refresh (fixture->capacity);
  g_assert_cmpuint (fixture->n_changes, ==, 1);
  /* A key that comes, and one that goes. */
  temp_dir_write (fixture->root, "proc/meminfo", "MemTotal: 4 kB\n");
  capacity_refresh (fixture->capacity);
  g_assert_cmpuint (fixture->n_changes, ==, 2);
  g_assert_cmpuint (get (fixture, "memory"), ==, 4096);
  set_online (fixture, "\n");
  capacity_refresh (fixture->capacity);
  g_assert_cmpuint (fixture->n_changes, ==, 3);
  g_assert_cmpuint (get (fixture, "cpu"), ==, 0);
}

static gboolean
on_timeout (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
  return G_SOURCE_REMOVE;
}

static void
wait_msec (guint msec)
{
  gboolean is_over = FALSE;

  g_timeout_add (msec, on_timeout, &is_over);
  while (!is_over)
    g_main_context_iteration (NULL, TRUE);
}

/* The states in between are not seen. */
static void
test_coalesced (Fixture *fixture, gconstpointer data)
{
  set_online (fixture, "0-2\n");
  capacity_notice (fixture->capacity);
  set_online (fixture, "0-1\n");
  capacity_notice (fixture->capacity);
  set_online (fixture, "0\n");
  capacity_notice (fixture->capacity);
  g_assert_cmpuint (fixture->n_changes, ==, 0);
  g_assert_cmpuint (get (fixture, "cpu"), ==, 4000);
  while (fixture->n_changes == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (get (fixture, "cpu"), ==, 1000);
  wait_msec (3 * CAPACITY_PAUSE_MSEC);
  g_assert_cmpuint (fixture->n_changes, ==, 1);
  /* A later burst is one of its own, and may change nothing. */
  set_online (fixture, "0-5\n");
  capacity_notice (fixture->capacity);
  set_online (fixture, "0\n");
  wait_msec (3 * CAPACITY_PAUSE_MSEC);
  g_assert_cmpuint (fixture->n_changes, ==, 1);
  set_online (fixture, "0-5\n");
  capacity_notice (fixture->capacity);
  while (fixture->n_changes == 1)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (get (fixture, "cpu"), ==, 6000);
}

/* What is about to be read is given up. */
static void
test_freed (Fixture *fixture, gconstpointer data)
{
  set_online (fixture, "0\n");
  capacity_notice (fixture->capacity);
  capacity_free (g_steal_pointer (&fixture->capacity));
  wait_msec (2 * CAPACITY_PAUSE_MSEC);
  g_assert_cmpuint (fixture->n_changes, ==, 0);
}

/* The machine that runs the test, with or without its events. */
static void
test_this_machine (void)
{
  Fixture fixture = { NULL };

  fixture.capacity = capacity_new ("", on_changed, &fixture);
  g_assert_cmpuint (get (&fixture, "cpu"), >, 0);
  g_assert_cmpuint (get (&fixture, "memory"), >, 0);
  g_assert_cmpuint (get (&fixture, "pid"), >, 0);
  g_assert_cmpuint (get (&fixture, "ephemeral-storage"), >, 0);
  capacity_free (fixture.capacity);
}

#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/capacity/refresh", test_refresh);
  ADD ("/capacity/coalesced", test_coalesced);
  ADD ("/capacity/freed", test_freed);
  g_test_add_func ("/capacity/this-machine", test_this_machine);
  return g_test_run ();
}
