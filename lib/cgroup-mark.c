/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The extended attribute.
 */
#include "lib/cgroup-mark.h"

#include "lib/error.h"
#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/xattr.h>

/* More than any description has. */
#define MOST_BYTES 4096

static const char *const names[] = { "trusted.nodecgroups", "user.nodecgroups" };

/* One that is held by O_PATH has no attributes. */
static int
open_directory (const NcgCgroup *cgroup)
{
  return openat (ncg_cgroup_get_fd (cgroup), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

gboolean
ncg_cgroup_mark_write (const NcgCgroup *cgroup, const char *description, GError **error)
{
  g_auto (NcgFd) fd = open_directory (cgroup);
  g_autofree char *shown = NULL;
  int errsv = errno;

  for (guint i = 0; fd >= 0 && i < G_N_ELEMENTS (names); i++) {
    if (fsetxattr (fd, names[i], description, strlen (description), 0) == 0)
      return TRUE;
    errsv = errno;
  }
  shown = ncg_error_escape_path (ncg_cgroup_get_path (cgroup));
  g_set_error (error, NCG_ERROR,
               errsv == ENOENT || errsv == ENODEV ? NCG_ERROR_NOT_FOUND : NCG_ERROR_NOT_SUPPORTED,
               "cannot write down whose the cgroup %s is: neither %s nor %s can be set (%s)", shown,
               names[0], names[1], g_strerror (errsv));
  return FALSE;
}

char *
ncg_cgroup_mark_read (const NcgCgroup *cgroup)
{
  g_auto (NcgFd) fd = open_directory (cgroup);
  char buffer[MOST_BYTES];

  for (guint i = 0; fd >= 0 && i < G_N_ELEMENTS (names); i++) {
    ssize_t n = fgetxattr (fd, names[i], buffer, sizeof buffer);

    if (n >= 0)
      return g_strndup (buffer, (gsize) n);
  }
  return NULL;
}
