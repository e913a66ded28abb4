/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The processes of the fake machine: real children of the test, of which a directory of plain files
 * says in which cgroup they are. What the daemon writes to cgroup.procs and cgroup.kill has its
 * effect, and what it then reads from /proc/PID/cgroup is so.
 */
#pragma once

#include <glib.h>
#include <sys/types.h>

typedef struct FakeProcesses FakeProcesses;

/* A cgroup has lost its last process. Called with the lock held. */
typedef void (*FakeProcessesEmptied) (const char *cgroup, gpointer user_data);

/* @root: the fake machine's root directory; @context: of the fake machine's thread */
FakeProcesses *fake_processes_new (const char *root, GMainContext *context);
void fake_processes_free (FakeProcesses *self);
void
fake_processes_set_emptied (FakeProcesses *self, FakeProcessesEmptied emptied, gpointer user_data);

/* For the cgroups: one is there now, or goes, and its files with it. */
void fake_processes_add_cgroup (FakeProcesses *self, const char *cgroup);
void fake_processes_drop_cgroup (FakeProcesses *self, const char *cgroup);

/* All others take the lock themselves. */

/* A new child of the test, which sleeps until it is killed, at the latest when the test ends. */
pid_t fake_processes_start (FakeProcesses *self, const char *cgroup);

/* @pid: a process that exists */
void fake_processes_add (FakeProcesses *self, pid_t pid, const char *cgroup);

/* Removes what /proc has of it. */
void fake_processes_drop (FakeProcesses *self, pid_t pid);

/* From now on the daemon may write no cgroup.procs, as if it were not root's. */
void fake_processes_bar (FakeProcesses *self);

/* Returns: %FALSE if there is no such process, or it has ended */
gboolean fake_processes_move (FakeProcesses *self, pid_t pid, const char *cgroup);

/* (transfer full) (nullable): where a process is */
char *fake_processes_get_cgroup (FakeProcesses *self, pid_t pid);

/* How many processes are in @cgroup and below. */
guint fake_processes_count (FakeProcesses *self, const char *cgroup);

/* SIGKILL has no effect any more that the daemon could see, as in uninterruptible sleep, until the
 * process is dropped. */
void fake_processes_make_immortal (FakeProcesses *self, pid_t pid);

/* SIGKILL for all in @cgroup and below; they count as ended at once, and nobody is told. */
void fake_processes_end (FakeProcesses *self, const char *cgroup);
