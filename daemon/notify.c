/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Notifications to systemd.
 */
#include "daemon/notify.h"

#include "daemon/loop.h"

#include <inttypes.h>
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

/* Type=notify-reload of systemd 253 wants to know since when (sd_notify(3)). */
void
notify_reloading (void)
{
  sd_notifyf (FALSE, "RELOADING=1\nMONOTONIC_USEC=%" PRIi64 "\nSTATUS=reloading",
              (int64_t) g_get_monotonic_time ());
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

/* At half the time, as sd_watchdog_enabled(3) has it. Timers of whole seconds wake up together. */
void
notify_start_watchdog (void)
{
  guint64 usec;

  if (sd_watchdog_enabled (FALSE, &usec) <= 0)
    return;
  if (usec / 2 >= G_USEC_PER_SEC)
    loop_add_seconds ((guint) (usec / 2 / G_USEC_PER_SEC), on_watchdog, NULL);
  else
    loop_add ((guint) (usec / 2 / 1000), on_watchdog, NULL);
}
