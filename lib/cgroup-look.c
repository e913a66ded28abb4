/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looking at cgroups by their paths.
 */
#include "lib/cgroup-look.h"

#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A longer path is looked at by whoever opens it. */
typedef struct {
  char text[1024];
} Path;

static gboolean
path_set (Path *self, const NcgTree *tree, const char *cgroup, const char *file)
{
  if (cgroup[0] != '/' ||
      strlen (tree->mount) + strlen (cgroup) + strlen (file) >= sizeof self->text)
    return FALSE;
  g_stpcpy (g_stpcpy (g_stpcpy (self->text, tree->mount), cgroup), file);
  return TRUE;
}

gboolean
ncg_cgroup_may_be_there (const NcgTree *tree, const char *path)
{
  Path whole;

  return !path_set (&whole, tree, path, "") || faccessat (AT_FDCWD, whole.text, F_OK, 0) == 0 ||
         errno != ENOENT;
}

gboolean
ncg_cgroup_is_gone (const NcgTree *tree, const char *path)
{
  return !ncg_cgroup_may_be_there (tree, path) && faccessat (AT_FDCWD, tree->mount, F_OK, 0) == 0;
}

/* A directory of the kernel has two links, and one for each in it (kernfs_iop_getattr()). */
static gboolean
is_without_children (const Path *whole)
{
  struct stat status;

  return lstat (whole->text, &status) == 0 && S_ISDIR (status.st_mode) && status.st_nlink == 2;
}

/* "populated" is of all that is below it; v1 has no such thing. */
static gboolean
is_without_processes (const NcgTree *tree, const char *path)
{
  g_autofree char *text = NULL;
  Path file;

  if (!path_set (&file, tree, path, tree->is_v1 ? "/cgroup.procs" : "/cgroup.events"))
    return FALSE;
  text = ncg_file_read_attribute (AT_FDCWD, file.text);
  if (text == NULL)
    return FALSE;
  return tree->is_v1 ? text[0] == '\0' : g_str_has_prefix (text, "populated 0\n");
}

gboolean
ncg_cgroup_is_bare (const NcgTree *tree, const char *path)
{
  Path whole;

  return path_set (&whole, tree, path, "") && is_without_children (&whole)
             ? is_without_processes (tree, path)
             : ncg_cgroup_is_gone (tree, path);
}
