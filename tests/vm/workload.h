/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A process that does what a test tells it, in place of a container's: it takes memory, forks, uses
 * CPU time or refuses to end. It ends with the test at the latest. The other side, with the list of
 * commands, is workload-program.c.
 */
#pragma once

#include <glib.h>
#include <sys/types.h>

typedef struct {
  pid_t pid;
  int commands;
  GIOChannel *answers;
} Workload;

Workload *workload_start (void);

/* Kills and reaps it, if that is not done yet. */
void workload_free (Workload *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Workload, workload_free)

/* (transfer full): the answer to a command; the test fails if there is none */
char *workload_ask (Workload *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Sends a command and waits for nothing. */
void workload_tell (Workload *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* (transfer full): the CPUs that the kernel lets it use, "0-1" */
char *workload_get_cpus (const Workload *self);

/* Whether it runs. */
gboolean workload_is_alive (const Workload *self);

/* Ends it; with workload_kill() it stays a zombie until it is freed. */
void workload_kill (const Workload *self);

/* Waits until it has ended, and asserts by which signal; 0: by itself. */
void workload_wait_ended (Workload *self, int signal);
