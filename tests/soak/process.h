/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes that do nothing, in place of containers'. They are children of the soak, so that their
 * numbers are not used again before it has seen them end.
 */
#pragma once

#include <glib.h>
#include <sys/types.h>

typedef struct {
  pid_t pid;
  gboolean is_stubborn; /* it ignores SIGTERM */
} SoakProcess;

SoakProcess *soak_process_start (gboolean is_stubborn);

/* Kills and reaps it, if that is not done. */
void soak_process_free (gpointer self);

gboolean soak_process_is_alive (const SoakProcess *self);

/* Kills and reaps it. */
void soak_process_end (SoakProcess *self);

/* Reaps one that somebody else has killed: waits a little for it. Returns: by which signal it
 * ended; 0 if it has not */
int soak_process_reap (SoakProcess *self);

/* (transfer full): /proc/PID/cgroup, or "" */
char *soak_process_read_cgroups (const SoakProcess *self);
