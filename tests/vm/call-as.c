/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls nodecgroupsd as another user:
 *   call-as USER PATH INTERFACE METHOD ARGUMENTS [PID...]
 * Pidfds of the processes, which root opened, go with the call: what an "ah" indexes. It prints
 * "ok" and the reply, or the name of the D-Bus error and its message.
 */
#include "tests/vm/client.h"

#include <gio/gunixfdlist.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static gboolean
become (const char *name)
{
  const struct passwd *user = getpwnam (name);

  return user != NULL && initgroups (name, user->pw_gid) == 0 && setgid (user->pw_gid) == 0 &&
         setuid (user->pw_uid) == 0;
}

static GUnixFDList *
open_all (char **pids)
{
  GUnixFDList *fds = g_unix_fd_list_new ();

  for (; *pids != NULL; pids++) {
    int fd = (int) syscall (SYS_pidfd_open, atoi (*pids), 0);

    if (fd < 0 || g_unix_fd_list_append (fds, fd, NULL) < 0)
      perror (*pids);
    if (fd >= 0)
      close (fd);
  }
  return fds;
}

static void
on_reply (GObject *bus, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

int
main (int argc, char **argv)
{
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autofree char *text = NULL;

  if (argc < 6) {
    fprintf (stderr, "%s: five arguments, and PIDs\n", argv[0]);
    return EXIT_FAILURE;
  }
  fds = open_all (argv + 6);
  if (!become (argv[1])) {
    perror (argv[0]);
    return EXIT_FAILURE;
  }
  client_begin_on (client_get_bus (), argv[2], argv[3], argv[4], argv[5], fds, on_reply, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  reply = g_dbus_connection_call_with_unix_fd_list_finish (client_get_bus (), NULL, result, &error);
  if (reply != NULL) {
    text = g_variant_print (reply, FALSE);
    printf ("ok %s\n", text);
    return EXIT_SUCCESS;
  }
  text = g_dbus_error_get_remote_error (error);
  g_dbus_error_strip_remote_error (error);
  printf ("%s %s\n", text, error->message);
  return EXIT_SUCCESS;
}
