/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One table from errors to what is to be done about them.
 */
#include "cli/failure.h"

#include "lib/error.h"

#include <gio/gio.h>
#include <stdio.h>
#include <string.h>

#define OURS "org.example.NodeCgroups.Error."
#define BUS "org.freedesktop.DBus.Error."
#define SYSTEMD "org.freedesktop.systemd1."

#define JOURNAL "journalctl -u nodecgroupsd -n 20"
#define START "systemctl start nodecgroupsd; if that fails, " JOURNAL " says why"
#define INSTALL                                                                                    \
  "systemctl start nodecgroupsd; if there is no such unit, install the package nodecgroups there"
#define UNMASK "systemctl unmask nodecgroupsd, which somebody has masked; and then to start it"
#define NO_DAEMON "nodecgroupsd does not run and cannot be started"
#define AGAIN "again in a moment; systemctl status nodecgroupsd says what is going on"
#define UPGRADE                                                                                    \
  "systemctl restart nodecgroupsd, if nodecgroups was updated and the daemon is an older one"

typedef struct {
  const char *verb; /* (nullable): for this one only */
  const char *name; /* of the error; with a * at the end, any that begins so */
  ExitStatus status;
  const char *says; /* (nullable): before the message */
  const char *hint; /* (nullable): "VERB" stands for the verb */
} Row;

/* The first that fits counts. */
static const Row rows[] = {
  { "reload", OURS "InvalidArgument", EXIT_STATUS_FAILED, NULL,
    "nodecgroupsd --check-config, after the files were mended" },
  { NULL, OURS "InvalidArgument", EXIT_STATUS_USAGE, NULL,
    "nodecgroupsctl VERB --help, which has what may be given" },
  { "create", OURS "NoSuchPod", EXIT_STATUS_NOT_FOUND, NULL,
    "nodecgroupsctl create UID, for a container needs a pod" },
  { NULL, OURS "NoSuchPod", EXIT_STATUS_NOT_FOUND, NULL, "nodecgroupsctl pods, which lists them" },
  { NULL, OURS "NoSuchContainer", EXIT_STATUS_NOT_FOUND, NULL,
    "nodecgroupsctl pod UID, which lists its containers" },
  { NULL, OURS "NoSuchProcess", EXIT_STATUS_NOT_FOUND, NULL, "ps, whether it still runs" },
  { NULL, OURS "PodExists", EXIT_STATUS_FAILED, NULL,
    "nodecgroupsctl pod UID, which shows what is there, or nodecgroupsctl update to change it" },
  { NULL, OURS "ContainerExists", EXIT_STATUS_FAILED, NULL,
    "nodecgroupsctl pod UID, which shows what is there, or nodecgroupsctl update to change it" },
  { NULL, OURS "NotSupported", EXIT_STATUS_FAILED, NULL,
    "without that setting; this machine does not have what it needs" },
  { NULL, OURS "NotReady", EXIT_STATUS_TRY_AGAIN, NULL, AGAIN },
  { "join", OURS "Busy", EXIT_STATUS_TRY_AGAIN, NULL,
    "nodecgroupsctl join with Subgroup=NAME, a cgroup inside the container for the processes" },
  { "run", OURS "Busy", EXIT_STATUS_TRY_AGAIN, NULL,
    "nodecgroupsctl run with Subgroup=NAME, a cgroup inside the container for the command" },
  { NULL, OURS "Busy", EXIT_STATUS_TRY_AGAIN, NULL,
    "again, when what the message names has ended or given memory back" },
  { NULL, OURS "Timeout", EXIT_STATUS_TRY_AGAIN, NULL,
    "the same again, which finds out what has become of it and goes on from there" },
  { NULL, OURS "LimitExceeded", EXIT_STATUS_TRY_AGAIN, NULL,
    "again, when other calls have ended, or with less at once" },
  { NULL, OURS "SystemdFailed", EXIT_STATUS_FAILED, NULL, JOURNAL },
  { NULL, OURS "*", EXIT_STATUS_FAILED, NULL, JOURNAL },

  /* Most of these are of the bus, which speaks of rules and of numbers of connections. */
  { NULL, BUS "AccessDenied", EXIT_STATUS_NOT_PERMITTED, "it is not permitted",
    "as root, or as a member of the daemon's group (nodecgroups, unless it was configured "
    "otherwise); what is foreign is left to who made it, and systemctl stop of its slice ends it" },
  { NULL, BUS "ServiceUnknown", EXIT_STATUS_UNREACHABLE, NO_DAEMON, INSTALL },
  /* Of calls that start none. */
  { NULL, BUS "NameHasNoOwner", EXIT_STATUS_UNREACHABLE,
    "nodecgroupsd does not run, and is not started for this", START },
  { NULL, BUS "Spawn.*", EXIT_STATUS_UNREACHABLE, NO_DAEMON, START },
  { NULL, BUS "NoReply", EXIT_STATUS_UNREACHABLE, "nodecgroupsd has not answered", START },
  { NULL, BUS "TimedOut", EXIT_STATUS_UNREACHABLE, "nodecgroupsd has not answered", START },
  { NULL, BUS "Timeout", EXIT_STATUS_UNREACHABLE, "nodecgroupsd has not answered", START },
  { NULL, BUS "Disconnected", EXIT_STATUS_UNREACHABLE, "the bus has ended the connection",
    "again; systemctl status dbus says whether the bus runs" },
  { NULL, BUS "LimitsExceeded", EXIT_STATUS_TRY_AGAIN, NULL, "again, when other calls have ended" },
  { NULL, BUS "UnknownMethod", EXIT_STATUS_FAILED, NULL, UPGRADE },
  { NULL, BUS "UnknownInterface", EXIT_STATUS_FAILED, NULL, UPGRADE },
  { NULL, BUS "UnknownProperty", EXIT_STATUS_FAILED, NULL, UPGRADE },
  { NULL, BUS "UnknownObject", EXIT_STATUS_FAILED, NULL, UPGRADE },
  { NULL, SYSTEMD "NoSuchUnit", EXIT_STATUS_UNREACHABLE, NO_DAEMON, INSTALL },
  { NULL, SYSTEMD "UnitMasked", EXIT_STATUS_UNREACHABLE, NO_DAEMON, UNMASK },
  { NULL, SYSTEMD "*", EXIT_STATUS_UNREACHABLE, NO_DAEMON, START },

  /* Of our own. */
  { NULL, "usage", EXIT_STATUS_USAGE, NULL, "nodecgroupsctl VERB --help" },
  { NULL, "not-found", EXIT_STATUS_NOT_FOUND, NULL, "ps, whether it still runs" },
  { "config", "failed", EXIT_STATUS_FAILED, NULL,
    "nodecgroupsd --check-config, after the files were mended" },
  { "top", "failed", EXIT_STATUS_FAILED, NULL,
    "nodecgroupsctl top --batch, or with another TERM in the environment" },
  { "config", "unreachable", EXIT_STATUS_UNREACHABLE, NULL,
    "ssh to the host, if it is about that; or --daemon=PROGRAM, if nodecgroupsd is elsewhere" },
  { NULL, "unreachable", EXIT_STATUS_UNREACHABLE, NULL,
    "systemctl status dbus nodecgroupsd, on that machine; with --host, ssh to it; with --user, "
    "systemctl --user status dbus" },
  { NULL, "closed", EXIT_STATUS_UNREACHABLE, "the connection to the bus has ended",
    "again; systemctl status dbus says whether the bus runs" },
  { NULL, "timeout", EXIT_STATUS_UNREACHABLE, "nodecgroupsd has not answered", START },
};

static const Row anything = { .status = EXIT_STATUS_FAILED };

static gboolean
fits (const Row *row, const char *verb, const char *name)
{
  gsize length = strlen (row->name);

  if (row->verb != NULL && g_strcmp0 (row->verb, verb) != 0)
    return FALSE;
  if (row->name[length - 1] == '*')
    return strncmp (row->name, name, length - 1) == 0;
  return g_str_equal (row->name, name);
}

/* (transfer full): what the table calls it */
static char *
name_error (const GError *error)
{
  char *name = g_dbus_error_get_remote_error (error);

  if (name != NULL)
    return name;
  if (error->domain == G_OPTION_ERROR ||
      g_error_matches (error, EXIT_STATUS_ERROR, EXIT_STATUS_USAGE))
    return g_strdup ("usage");
  if (g_error_matches (error, EXIT_STATUS_ERROR, EXIT_STATUS_UNREACHABLE))
    return g_strdup ("unreachable");
  if (g_error_matches (error, EXIT_STATUS_ERROR, EXIT_STATUS_NOT_FOUND))
    return g_strdup ("not-found");
  if (g_error_matches (error, EXIT_STATUS_ERROR, EXIT_STATUS_FAILED))
    return g_strdup ("failed");
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    return g_strdup ("timeout");
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED))
    return g_strdup ("closed");
  return g_strdup ("");
}

static const Row *
find_row (const GError *error, const char *verb)
{
  g_autofree char *name = name_error (error);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    if (fits (&rows[i], verb, name))
      return &rows[i];
  return &anything;
}

static void
append_hint (GString *out, const char *hint, const char *verb)
{
  g_auto (GStrv) parts = g_strsplit (hint, verb != NULL ? "VERB" : "VERB ", 2);
  g_autofree char *text = g_strjoinv (verb != NULL ? verb : "", parts);

  g_string_append_printf (out, "Try: %s\n", text);
}

static void
append_message (GString *out, const GError *error, const Row *row)
{
  g_autoptr (GError) stripped = g_error_copy (error);
  g_autofree char *message = NULL;

  g_dbus_error_strip_remote_error (stripped);
  message = ncg_error_escape_message (stripped->message);
  if (row->says != NULL)
    g_string_append_printf (out, "%s: ", row->says);
  g_string_append (out, message);
}

char *
failure_describe (const GError *error)
{
  GString *out = g_string_new (NULL);

  append_message (out, error, find_row (error, NULL));
  return g_strdelimit (g_string_free (out, FALSE), "\n", ' ');
}

char *
failure_format (const GError *error, const char *verb, ExitStatus *ret_status)
{
  const Row *row = find_row (error, verb);
  GString *out = g_string_new ("nodecgroupsctl: ");

  append_message (out, error, row);
  g_string_append_c (out, '\n');
  if (row->hint != NULL)
    append_hint (out, row->hint, verb);
  *ret_status = error->domain == EXIT_STATUS_ERROR ? (ExitStatus) error->code : row->status;
  return g_string_free (out, FALSE);
}

ExitStatus
failure_report (const GError *error, const char *verb)
{
  ExitStatus status;
  g_autofree char *text = failure_format (error, verb, &status);

  fputs (text, stderr);
  return status;
}
