/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Notifications to systemd.
 */
#include "daemon/notify.h"

#include <systemd/sd-daemon.h>

void
notify_ready (const char *status)
{
  sd_notifyf (FALSE, "READY=1\nSTATUS=%s", status);
}

void
notify_status (const char *status)
{
  sd_notifyf (FALSE, "STATUS=%s", status);
}

void
notify_stopping (void)
{
  sd_notify (FALSE, "STOPPING=1\nSTATUS=stopping; pods and their limits stay");
}

static gboolean
on_watchdog (gpointer user_data)
{
  sd_notify (FALSE, "WATCHDOG=1");
  return G_SOURCE_CONTINUE;
}

void
notify_start_watchdog (void)
{
  guint64 usec;

  if (sd_watchdog_enabled (FALSE, &usec) > 0)
    g_timeout_add ((guint) (usec / 2 / 1000), on_watchdog, NULL);
}
