/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The thread and the lock of the fake machine.
 */
#include "tests/dbus/fake-thread.h"

struct FakeThread {
  GMainContext *context;
  GMainLoop *loop;
  GThread *thread;
};

/* A poll function has no user data. */
static GRecMutex machine_lock;
static GMainContext *machine_context;

void
fake_lock (void)
{
  g_rec_mutex_lock (&machine_lock);
}

void
fake_unlock (void)
{
  if (machine_context != NULL)
    g_main_context_wakeup (machine_context);
  g_rec_mutex_unlock (&machine_lock);
}

FakeLocker
fake_locker_new (void)
{
  fake_lock ();
  return (FakeLocker){ 0 };
}

void
fake_locker_clear (FakeLocker *self)
{
  fake_unlock ();
}

static int
sleep_unlocked (GPollFD *fds, guint n_fds, int timeout_msec)
{
  int n;

  g_rec_mutex_unlock (&machine_lock);
  n = g_poll (fds, n_fds, timeout_msec);
  g_rec_mutex_lock (&machine_lock);
  return n;
}

static gpointer
run (gpointer data)
{
  FakeThread *self = data;

  g_rec_mutex_lock (&machine_lock);
  g_main_context_push_thread_default (self->context);
  g_main_loop_run (self->loop);
  g_main_context_pop_thread_default (self->context);
  g_rec_mutex_unlock (&machine_lock);
  return NULL;
}

FakeThread *
fake_thread_new (void)
{
  FakeThread *self = g_new0 (FakeThread, 1);

  g_assert_null (machine_context);
  self->context = g_main_context_new ();
  g_main_context_set_poll_func (self->context, sleep_unlocked);
  self->loop = g_main_loop_new (self->context, FALSE);
  machine_context = self->context;
  self->thread = g_thread_new ("fake-machine", run, self);
  return self;
}

static gboolean
on_quit (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_REMOVE;
}

void
fake_thread_free (FakeThread *self)
{
  g_autoptr (GSource) quit = g_idle_source_new ();

  /* From inside: the loop may not have begun to run. */
  g_source_set_callback (quit, on_quit, self->loop, NULL);
  g_source_attach (quit, self->context);
  g_thread_join (self->thread);
  machine_context = NULL;
  g_main_loop_unref (self->loop);
  g_main_context_unref (self->context);
  g_free (self);
}

GMainContext *
fake_thread_get_context (FakeThread *self)
{
  return self->context;
}
