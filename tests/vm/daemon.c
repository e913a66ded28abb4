/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The daemon as a unit of systemd, or as a process of its own.
 */
#include "tests/vm/daemon.h"

#include "tests/vm/client.h"
#include "tests/vm/machine.h"

#include <signal.h>

/* In a session of its own, because a test program that takes too long is killed with its group. */
#define START_ALONE                                                                                \
  "setsid nodecgroupsd --cgroup-driver=cgroupfs %s </dev/null >>/run/log/machine 2>&1 &"

/* Fails as long as something is left of the pods of a program that failed. */
#define CLEAR_ALONE                                                                                \
  "findmnt -lno TARGET -t cgroup,cgroup2 | { while IFS= read -r mount; do "                        \
  "test -d \"$mount/machine\" || continue; "                                                       \
  "find \"$mount/machine\" -name cgroup.procs -exec cat {} + | xargs -r kill -KILL; "              \
  "find \"$mount/machine\" -depth -mindepth 1 -type d -exec rmdir {} + || failed=yes; "            \
  "done; test -z \"$failed\"; }"

#define CONFIG_FILE "/etc/nodecgroups/config.yaml"
#define CONFIG_HEAD "apiVersion: nodecgroups.example.org/v1\nkind: NodeCgroupsConfiguration\n"

static const char *alone_options = "";

void
daemon_set_options (const char *options)
{
  alone_options = options;
}

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
  if (machine_has_systemd ()) {
    g_free (machine_run ("systemctl start " DAEMON_UNIT));
  } else if (daemon_get_pid () == 0) {
    g_free (machine_run (START_ALONE, alone_options));
    machine_wait_until (daemon_get_pid () > 0);
  }
}

void
daemon_prepare (void)
{
  daemon_stop ();
  g_free (machine_run ("rm -rf " MACHINE_POD_FILES " " CONFIG_FILE));
  if (machine_has_systemd ())
    g_free (machine_run ("systemctl stop 'machine-*pod*.slice' || "
                         "{ systemctl thaw 'machine-*pod*.slice'; "
                         "systemctl stop 'machine-*pod*.slice'; }"));
  else
    machine_wait_until (machine_try (CLEAR_ALONE));
  daemon_start ();
}

void
daemon_configure (const char *text)
{
  g_autofree char *file = text != NULL ? g_strconcat (CONFIG_HEAD, text, NULL) : NULL;
  g_autoptr (GError) error = NULL;

  daemon_stop ();
  g_free (machine_run ("mkdir -p /etc/nodecgroups && rm -f " CONFIG_FILE));
  if (file != NULL)
    g_file_set_contents (CONFIG_FILE, file, -1, &error);
  g_assert_no_error (error);
  daemon_start ();
}

static gboolean
is_gone (pid_t pid)
{
  return kill (pid, 0) != 0;
}

void
daemon_stop (void)
{
  pid_t pid;

  if (machine_has_systemd ()) {
    g_free (machine_run ("systemctl stop " DAEMON_UNIT));
    return;
  }
  pid = daemon_get_pid ();
  if (pid == 0)
    return;
  g_assert_cmpint (kill (pid, SIGTERM), ==, 0);
  machine_wait_until (is_gone (pid));
}

void
daemon_restart (void)
{
  if (machine_has_systemd ()) {
    g_free (machine_run ("systemctl restart " DAEMON_UNIT));
  } else {
    daemon_stop ();
    daemon_start ();
  }
}

void
daemon_revive (void)
{
  if (machine_has_systemd ())
    machine_wait_until (machine_try ("systemctl start " DAEMON_UNIT) && daemon_get_pid () > 0);
  else
    daemon_start ();
}

void
daemon_crash (void)
{
  pid_t pid = daemon_get_pid ();

  g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
  machine_wait_until (daemon_get_pid () != pid);
  daemon_revive ();
}
