/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fault points, for test builds only.
 */
#include "daemon/fault-point.h"

#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const char *const __start_ncg_fault_points[];
extern const char *const __stop_ncg_fault_points[];

static void
note (const char *name)
{
  const char *file = g_getenv ("NCG_FAULT_POINT_LOG");
  g_autofree char *line = g_strconcat (name, "\n", NULL);
  int fd = file != NULL ? open (file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;

  if (fd < 0)
    return;
  if (write (fd, line, strlen (line)) < 0)
    abort ();
  close (fd);
}

static gboolean
is_wanted (const char *name)
{
  static guint64 n_reached;
  const char *wanted = g_getenv ("NCG_FAULT_POINT");
  gsize length = strlen (name);
  guint64 n = 1;

  if (wanted == NULL || !g_str_has_prefix (wanted, name))
    return FALSE;
  if (wanted[length] == ':')
    n = g_ascii_strtoull (wanted + length + 1, NULL, 10);
  else if (wanted[length] != '\0')
    return FALSE;
  return ++n_reached == n;
}

void
fault_point_reach (const char *name)
{
  note (name);
  if (is_wanted (name))
    kill (getpid (), SIGKILL);
}

void
fault_point_list (void)
{
  if (g_strcmp0 (g_getenv ("NCG_FAULT_POINT"), "list") != 0)
    return;
  for (const char *const *point = __start_ncg_fault_points; point < __stop_ncg_fault_points;
       point++)
    g_print ("%s\n", *point);
  exit (EXIT_SUCCESS);
}
