/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the daemon tells systemd of itself: sd_notify(3), sd_watchdog_enabled(3). All of it does
 * nothing where the daemon was not started by systemd.
 */
#pragma once

#include <glib.h>

void notify_ready (const char *status);
void notify_status (const char *status);

/* A reload begins; it ends with notify_ready(). */
void notify_reloading (void);
void notify_stopping (void);

/* Feeds the watchdog from the main loop, so that a loop that hangs is noticed. */
void notify_start_watchdog (void);
