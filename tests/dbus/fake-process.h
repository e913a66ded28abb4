/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One process of the fake machine: a real child of the test, with a directory of its own in the
 * fake /proc.
 *
 * The daemon writes a number to cgroup.procs and asks /proc/PID/cgroup at once. Plain files cannot
 * do that; therefore /proc/PID/cgroup is a FIFO. Whoever reads it waits for a thread of ours, which
 * first looks what was written. Each FIFO serves one reader and is replaced before it is answered,
 * so that two answers cannot run into one.
 */
#pragma once

#include <glib.h>
#include <sys/types.h>

typedef struct FakeProcess FakeProcess;

/* Both are called with the lock held. */
typedef struct {
  /* (transfer full): the cgroup in which @pid is now */
  char *(*find_cgroup) (pid_t pid, gpointer user_data);
  void (*ended) (pid_t pid, gpointer user_data);
} FakeProcessListener;

FakeProcess *fake_process_new (const char *root,
                               pid_t pid,
                               GMainContext *context,
                               const FakeProcessListener *listener,
                               gpointer user_data);

/* Not from the fake machine's thread, and without the lock: the process's own thread needs it. */
void fake_process_free (FakeProcess *self);
