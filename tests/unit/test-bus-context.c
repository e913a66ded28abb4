/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The thread of GDBus is found, and runs what is added to its context.
 */
#include "daemon/bus-context.h"

#include <gio/gio.h>

typedef struct {
  GMainContext *context;
  GThread *thread; /* that the function was called in */
} Fixture;

static gboolean
on_called (gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_true (g_main_context_is_owner (fixture->context));
  g_assert_true (g_main_context_get_thread_default () == fixture->context);
  g_atomic_pointer_set (&fixture->thread, g_thread_self ());
  g_main_context_wakeup (NULL);
  return G_SOURCE_REMOVE;
}

static gboolean
on_late (gpointer user_data)
{
  g_error ("nothing was called");
  return G_SOURCE_REMOVE;
}

/* Attached, not invoked: no other thread may take it. */
static void
call_in (Fixture *fixture, GSource *source)
{
  guint late = g_timeout_add_seconds (10, on_late, NULL);

  fixture->thread = NULL;
  g_source_set_callback (source, on_called, fixture, NULL);
  g_source_attach (source, fixture->context);
  g_source_unref (source);
  while (g_atomic_pointer_get (&fixture->thread) == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (late);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->context = bus_context_find ();
  g_assert_nonnull (fixture->context);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_main_context_unref (fixture->context);
}

static void
test_thread (Fixture *fixture, gconstpointer data)
{
  GThread *first;

  call_in (fixture, g_idle_source_new ());
  first = fixture->thread;
  g_assert_true (first != g_thread_self ());
  call_in (fixture, g_timeout_source_new (1));
  g_assert_true (fixture->thread == first);
}

/* It is the one of all connections, also of those that come later. */
static void
test_same (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 10; i++) {
    g_autoptr (GMainContext) again = bus_context_find ();

    g_assert_true (again == fixture->context);
  }
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/bus-context/thread", test_thread);
  ADD ("/bus-context/same", test_same);
  return g_test_run ();
}
