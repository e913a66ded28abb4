/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsd in the machine: as a service of systemd, or without systemd as a program that the
 * test starts, with the driver for it. Whatever fails here ends the test program.
 */
#pragma once

#include <sys/types.h>

#define DAEMON_UNIT "nodecgroupsd.service"

/* Without systemd: further ones for the daemon, "--a=b --c", from its next start on. Static. */
void daemon_set_options (const char *options);

/* For the begin of a program: the daemon is up, and nothing is left of a program that failed. */
void daemon_prepare (void);

/* These return when it is done: the daemon is up when it owns its name. */
void daemon_start (void);
void daemon_stop (void);
void daemon_restart (void);

/* Starts it with the fields in @text as /etc/nodecgroups/config.yaml; NULL: without that file. */
void daemon_configure (const char *text);

/* Starts what was killed. As long as systemd has not noticed there is nothing to start for it, and
 * a start that was under way fails. */
void daemon_revive (void);

/* SIGKILL, and up again: by itself or helped, whichever is first. */
void daemon_crash (void);

/* Its process; 0 while nobody owns its name. */
pid_t daemon_get_pid (void);
