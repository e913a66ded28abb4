/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What happens to the daemon, the bus and systemd meanwhile, in an order that follows from the
 * seed; and what of it excuses a client's call that failed.
 */
#pragma once

#include <glib.h>

typedef enum {
  FAULT_KILL = 1 << 0,     /* kill -9 of the daemon, now and then again while it recovers */
  FAULT_RESTART = 1 << 1,  /* the daemon is stopped and started */
  FAULT_BUS = 1 << 2,      /* the bus daemon is restarted, or killed */
  FAULT_RELOAD = 1 << 3,   /* systemctl daemon-reload */
  FAULT_REEXEC = 1 << 4,   /* systemctl daemon-reexec */
  FAULT_RECONFIG = 1 << 5, /* the daemon reads its configuration again */
  FAULT_STOP = 1 << 6,     /* systemd does nothing for 10 s */
} FaultKind;

/* Those that leave the daemon's process as it is, and are over soon. */
#define FAULTS_GENTLE (FAULT_BUS | FAULT_RELOAD | FAULT_REEXEC | FAULT_RECONFIG)

#define FAULTS_ALL (FAULTS_GENTLE | FAULT_KILL | FAULT_RESTART | FAULT_STOP)

/* @slowness: 1, or how many times longer everything takes on this machine */
void faults_init (guint32 seed, guint slowness);

gboolean faults_are_slow (void);

/* Makes faults of these kinds until @end_usec (g_get_monotonic_time()), or until something failed.
 * It returns when the daemon serves again. */
void faults_run (guint kinds, gint64 end_usec);

/* Whether one of these kinds was under way at @since_usec or later. The traces of a fault last: it
 * counts for some seconds more. */
gboolean faults_were (guint kinds, gint64 since_usec);

/* How often each kind was, as a line of text. Returns: (transfer full) */
char *faults_format (void);

/* How often the daemon was killed. */
guint faults_count_kills (void);
