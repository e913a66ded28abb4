/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starting the daemon, where it does not run.
 *
 * A call would start it as well. But the bus hears from systemd when its name is there, and not
 * when its unit has failed: who waits for a daemon that cannot start waits for 25 s, and is told
 * nothing.
 */
#pragma once

#include <gio/gio.h>

/* The daemon's name is there, or can be. Blocks. An error is what a call would have had, or that
 * the unit has failed, as soon as it has. */
gboolean wake_daemon (GDBusConnection *connection, GError **error);
