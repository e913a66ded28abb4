/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The daemon as a unit of systemd.
 */
#include "tests/vm/daemon.h"

#include "tests/vm/client.h"
#include "tests/vm/machine.h"

#include <signal.h>

pid_t
daemon_get_pid (void)
{
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (
      client_get_bus (), "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
      "GetConnectionUnixProcessID", g_variant_new ("(s)", CLIENT_NAME), NULL,
      G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
  guint32 pid = 0;

  if (reply != NULL)
    g_variant_get (reply, "(u)", &pid);
  return (pid_t) pid;
}

void
daemon_start (void)
{
  g_free (machine_run ("systemctl start " DAEMON_UNIT));
}

void
daemon_prepare (void)
{
  g_free (machine_run ("systemctl stop " DAEMON_UNIT " && rm -rf " MACHINE_POD_FILES " && "
                       "{ systemctl stop 'machine-*pod*.slice' || "
                       "{ systemctl thaw 'machine-*pod*.slice'; "
                       "systemctl stop 'machine-*pod*.slice'; }; }"));
  daemon_start ();
}

void
daemon_stop (void)
{
  g_free (machine_run ("systemctl stop " DAEMON_UNIT));
}

void
daemon_restart (void)
{
  g_free (machine_run ("systemctl restart " DAEMON_UNIT));
}

void
daemon_revive (void)
{
  machine_wait_until (machine_try ("systemctl start " DAEMON_UNIT) && daemon_get_pid () > 0);
}

void
daemon_crash (void)
{
  pid_t pid = daemon_get_pid ();

  g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
  machine_wait_until (daemon_get_pid () != pid);
  daemon_revive ();
}
