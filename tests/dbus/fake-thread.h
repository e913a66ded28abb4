/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one thread of the fake machine, and the one lock of all its parts. The thread holds the lock
 * except while it sleeps, so that what runs in it needs no care; whoever comes from elsewhere takes
 * the lock first.
 */
#pragma once

#include <glib.h>

typedef struct FakeThread FakeThread;

/* There can be one at a time. */
FakeThread *fake_thread_new (void);
void fake_thread_free (FakeThread *self);
GMainContext *fake_thread_get_context (FakeThread *self);

/* Recursive. */
void fake_lock (void);

/* Wakes the thread, since there may be something to be sent. */
void fake_unlock (void);

typedef struct {
  int unused;
} FakeLocker;

/* g_auto (FakeLocker) locker = fake_locker_new (); */
FakeLocker fake_locker_new (void);
void fake_locker_clear (FakeLocker *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (FakeLocker, fake_locker_clear)
