/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What other processes cost, as the kernel says.
 */
#pragma once

#include <glib.h>
#include <sys/types.h>

typedef struct {
  double rss_mib;
  double pss_mib;
  double private_mib;
} ProcessMemory;

void process_read_memory (pid_t pid, ProcessMemory *ret_memory);

/* The time on a CPU of all its threads, also of those that ended. */
gint64 process_get_cpu_nsec (pid_t pid);

/* How often one of its threads came onto a CPU: switches of both kinds. */
guint64 process_count_switches (pid_t pid);

/* Waits until PID 1 has nothing to do any more, that is what is left over from calls before. */
void process_wait_for_idle_systemd (void);
