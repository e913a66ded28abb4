/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls nodecgroupsd as another user:
 *   call-as USER PATH INTERFACE METHOD ARGUMENTS
 * It prints "ok" and the reply, or the name of the D-Bus error and its message.
 */
#include "tests/vm/client.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static gboolean
become (const char *name)
{
  const struct passwd *user = getpwnam (name);

  return user != NULL && initgroups (name, user->pw_gid) == 0 && setgid (user->pw_gid) == 0 &&
         setuid (user->pw_uid) == 0;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autofree char *text = NULL;

  if (argc != 6 || !become (argv[1])) {
    perror (argv[0]);
    return EXIT_FAILURE;
  }
  reply = client_call_on (client_get_bus (), argv[2], argv[3], argv[4], argv[5], &error);
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
