/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Device nodes, found without leaving /dev.
 *
 * openat2(2) could do it at once, but not every kernel has it, and a node may be bound into the
 * /dev of a container, which RESOLVE_NO_XDEV would refuse.
 */
#include "lib/device-node.h"

#include "lib/file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define DEV "/dev/"
/* As many as the kernel follows, and more than any name in /dev has. */
#define MOST_STEPS 40

typedef struct {
  GArray *directories; /* int: from /dev down to where we are */
  dev_t file_system;   /* of /dev */
  GQueue steps;        /* of char *, still to be taken */
} Walk;

static void
walk_clear (Walk *self)
{
  for (guint i = 0; i < self->directories->len; i++)
    close (g_array_index (self->directories, int, i));
  g_array_unref (self->directories);
  g_queue_clear_full (&self->steps, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Walk, walk_clear)

static int
get_directory (const Walk *self)
{
  return g_array_index (self->directories, int, self->directories->len - 1);
}

/* Before those that are left. */
static void
push_steps (Walk *self, const char *path)
{
  g_auto (GStrv) components = g_strsplit (path, "/", -1);

  for (guint i = g_strv_length (components); i > 0; i--)
    if (components[i - 1][0] != '\0' && !g_str_equal (components[i - 1], "."))
      g_queue_push_head (&self->steps, g_strdup (components[i - 1]));
}

static gboolean
step_up (Walk *self)
{
  if (self->directories->len < 2)
    return FALSE;
  close (get_directory (self));
  g_array_set_size (self->directories, self->directories->len - 1);
  return TRUE;
}

static gboolean
follow (Walk *self, int link)
{
  char target[512];
  ssize_t n = readlinkat (link, "", target, sizeof target - 1);

  if (n <= 0 || n == (ssize_t) sizeof target - 1 || target[0] == '/')
    return FALSE;
  target[n] = '\0';
  push_steps (self, target);
  return TRUE;
}

/* *@ret_found: when the last step led to something that is neither a directory nor a link */
static gboolean
take_step (Walk *self, struct stat *ret_found, gboolean *ret_is_there)
{
  g_autofree char *name = g_queue_pop_head (&self->steps);
  g_auto (NcgFd) fd = -1;
  int directory;

  if (g_str_equal (name, ".."))
    return step_up (self);
  fd = openat (get_directory (self), name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 || fstat (fd, ret_found) < 0)
    return FALSE;
  if (S_ISLNK (ret_found->st_mode))
    return follow (self, fd);
  if (S_ISDIR (ret_found->st_mode)) {
    if (ret_found->st_dev != self->file_system)
      return FALSE;
    directory = ncg_file_steal (&fd);
    g_array_append_val (self->directories, directory);
    return TRUE;
  }
  *ret_is_there = g_queue_is_empty (&self->steps);
  return *ret_is_there;
}

static gboolean
begin (Walk *self, const char *root, const char *path)
{
  g_autofree char *top = g_strconcat (root, DEV, NULL);
  int fd = open (top, O_PATH | O_DIRECTORY | O_CLOEXEC);
  struct stat st;

  if (fd < 0)
    return FALSE;
  g_array_append_val (self->directories, fd);
  if (fstat (fd, &st) < 0)
    return FALSE;
  self->file_system = st.st_dev;
  push_steps (self, path + strlen (DEV));
  return TRUE;
}

gboolean
ncg_device_node_find (const char *root, const char *path, guint *ret_major, guint *ret_minor)
{
  g_auto (Walk)
      walk = { .directories = g_array_new (FALSE, FALSE, sizeof (int)), .steps = G_QUEUE_INIT };
  gboolean is_there = FALSE;
  struct stat found;

  if (!g_str_has_prefix (path, DEV) || !begin (&walk, root, path))
    return FALSE;
  for (guint i = 0; !is_there; i++)
    if (i == MOST_STEPS || g_queue_is_empty (&walk.steps) || !take_step (&walk, &found, &is_there))
      return FALSE;
  if (!S_ISBLK (found.st_mode))
    return FALSE;
  *ret_major = major (found.st_rdev);
  *ret_minor = minor (found.st_rdev);
  return TRUE;
}
