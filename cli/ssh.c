/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A bus over the standard input and output of ssh.
 */
#include "cli/ssh.h"

#include "cli/exit-status.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What no shell makes anything else of. */
#define PLAIN G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-/=:,"

/* (transfer full): the port of "HOST:PORT", which is cut off; NULL if there is none. An IPv6
 * address has more than one colon. */
static char *
cut_port (char *host)
{
  char *colon = strchr (host, ':');

  if (colon == NULL || strchr (colon + 1, ':') != NULL)
    return NULL;
  *colon = '\0';
  return g_strdup (colon + 1);
}

/* As systemctl does it: no X11, no terminal. What is there is a shell. */
char **
ssh_make_command (const char *host, const char *const *command)
{
  GPtrArray *made = g_ptr_array_new ();
  g_autofree char *name = g_strdup (host);
  char *port = cut_port (name);

  g_ptr_array_add (made, g_strdup ("ssh"));
  g_ptr_array_add (made, g_strdup ("-xT"));
  if (port != NULL) {
    g_ptr_array_add (made, g_strdup ("-p"));
    g_ptr_array_add (made, port);
  }
  g_ptr_array_add (made, g_strdup ("--"));
  g_ptr_array_add (made, g_steal_pointer (&name));
  for (gsize i = 0; command[i] != NULL; i++)
    g_ptr_array_add (made, strspn (command[i], PLAIN) == strlen (command[i])
                               ? g_strdup (command[i])
                               : g_shell_quote (command[i]));
  g_ptr_array_add (made, NULL);
  return (char **) g_ptr_array_free (made, FALSE);
}

static GSubprocess *
spawn (const char *host, int fd, GError **error)
{
  static const char *const bridge[] = { "systemd-stdio-bridge", NULL };
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_auto (GStrv) command = ssh_make_command (host, bridge);

  /* The launcher takes both, and closes them when it goes. */
  g_subprocess_launcher_take_stdin_fd (launcher, fcntl (fd, F_DUPFD_CLOEXEC, 3));
  g_subprocess_launcher_take_stdout_fd (launcher, fd);
  return g_subprocess_launcher_spawnv (launcher, (const char *const *) command, error);
}

static GDBusConnection *
talk (int fd, GError **error)
{
  g_autoptr (GSocket) socket = g_socket_new_from_fd (fd, error);
  g_autoptr (GSocketConnection) stream = NULL;

  if (socket == NULL) {
    close (fd);
    return NULL;
  }
  stream = g_socket_connection_factory_create_connection (socket);
  return g_dbus_connection_new_sync (G_IO_STREAM (stream), NULL,
                                     G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                         G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                     NULL, NULL, error);
}

GDBusConnection *
ssh_connect (const char *host, GError **error)
{
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) reason = NULL;
  GDBusConnection *connection = NULL;
  int pair[2];

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
    g_set_error (error, EXIT_STATUS_ERROR, EXIT_STATUS_FAILED, "could not make a socket: %s",
                 g_strerror (errno));
    return NULL;
  }
  process = spawn (host, pair[1], &reason);
  if (process == NULL)
    close (pair[0]);
  else
    connection = talk (pair[0], &reason);
  if (connection == NULL)
    g_set_error (error, EXIT_STATUS_ERROR, EXIT_STATUS_UNREACHABLE,
                 "there is no way to the bus of %s: %s", host, reason->message);
  return connection;
}
