/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making and removing cgroups.
 *
 * A cgroup that is delegated may have cgroups nested without end. Therefore nothing here is
 * recursive, and a removal goes up by "..": a cgroup is never moved under another parent.
 */
#include "lib/cgroup.h"

#include "lib/error.h"
#include "lib/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* As systemd and the container runtimes have it. */
#define MODE 0755

/* Whoever makes cgroups faster than they are removed does not keep us for ever. */
#define MOST_STEPS 1000000

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DIR, closedir)

static gboolean
is_gone (int errsv)
{
  return errsv == ENOENT || errsv == ENODEV;
}

static gboolean
check_name (const char *name, GError **error)
{
  g_autofree char *escaped = NULL;

  if (name[0] != '\0' && strchr (name, '/') == NULL && !g_str_equal (name, ".") &&
      !g_str_equal (name, ".."))
    return TRUE;
  escaped = ncg_error_escape (name);
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT, "\"%s\" is not the name of a cgroup",
               escaped);
  return FALSE;
}

/* (transfer full): for messages */
static char *
show_child (const NcgCgroup *self, const char *name)
{
  const char *path = ncg_cgroup_get_path (self);
  g_autofree char *whole = g_strconcat (g_str_equal (path, "/") ? "" : path, "/", name, NULL);

  return ncg_error_escape_path (whole);
}

/* What mkdir(2) says beside what everybody knows. */
static const struct {
  int errsv;
  NcgError code;
  const char *reason;
} make_errors[] = {
  { EAGAIN, NCG_ERROR_LIMIT_EXCEEDED,
    "cgroup.max.descendants or cgroup.max.depth of a cgroup above it allows no more" },
  { ENOSPC, NCG_ERROR_LIMIT_EXCEEDED,
    "the kernel has no numbers left: cgroups that were removed keep theirs as long as memory is "
    "charged to them" },
  { ENOMEM, NCG_ERROR_LIMIT_EXCEEDED, "the kernel has no memory for it" },
  { ENOENT, NCG_ERROR_NOT_FOUND, "the cgroup above it is gone" },
  { ENODEV, NCG_ERROR_NOT_FOUND, "the cgroup above it is gone" },
  { EEXIST, NCG_ERROR_INVALID_ARGUMENT, "the cgroup above it has a file of that name" },
};

static gboolean
set_make_error (const NcgCgroup *self, const char *name, int errsv, GError **error)
{
  g_autofree char *shown = show_child (self, name);

  for (guint i = 0; i < G_N_ELEMENTS (make_errors); i++) {
    if (make_errors[i].errsv == errsv) {
      g_set_error (error, NCG_ERROR, make_errors[i].code, "cannot make the cgroup %s: %s", shown,
                   make_errors[i].reason);
      return FALSE;
    }
  }
  g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED, "cannot make the cgroup %s: %s", shown,
               g_strerror (errsv));
  return FALSE;
}

gboolean
ncg_cgroup_make_child (const NcgCgroup *self, const char *name, gboolean *ret_made, GError **error)
{
  int fd = ncg_cgroup_get_fd (self);
  gboolean made;
  struct stat st;

  if (!check_name (name, error))
    return FALSE;
  made = mkdirat (fd, name, MODE) == 0;
  if (!made && (errno != EEXIST ||
                (fstatat (fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR (st.st_mode))))
    return set_make_error (self, name, errno, error);
  /* Whatever the umask is, the daemon's own for one: who is in it may read its limits. */
  if (made)
    fchmodat (fd, name, MODE, 0);
  if (ret_made != NULL)
    *ret_made = made;
  return TRUE;
}

/* Where a removal is: a directory, and its path below where it began. */
typedef struct {
  NcgFd fd;
  GString *path; /* "child/grandchild" */
  guint depth;   /* 0 is the directory with the cgroup to be removed */
} Position;

static void
position_clear (Position *self)
{
  ncg_file_close (self->fd);
  g_string_free (self->path, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Position, position_clear)

static gboolean
step_to (Position *self, const char *name)
{
  int next = openat (self->fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

  if (next < 0)
    return FALSE;
  ncg_file_close (self->fd);
  self->fd = next;
  return TRUE;
}

static void
step_down (Position *self, const char *name)
{
  if (!step_to (self, name))
    return;
  g_string_append_printf (self->path, "%s%s", self->path->len > 0 ? "/" : "", name);
  self->depth++;
}

/* A directory that is gone has no "..". */
static gboolean
step_up (Position *self)
{
  const char *slash = strrchr (self->path->str, '/');

  if (!step_to (self, ".."))
    return FALSE;
  g_string_truncate (self->path, slash != NULL ? (gsize) (slash - self->path->str) : 0);
  self->depth--;
  return TRUE;
}

/* (transfer full): the children of @name ("." for itself); none if it is gone */
static GPtrArray *
list_children_at (int dir_fd, const char *name)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_auto (NcgFd) fd = openat (dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  g_autoptr (DIR) directory = fd < 0 ? NULL : fdopendir (fd);
  const struct dirent *entry;

  if (directory == NULL)
    return g_steal_pointer (&names);
  ncg_file_steal (&fd);
  while ((entry = readdir (directory)) != NULL)
    if (entry->d_type == DT_DIR && !g_str_equal (entry->d_name, ".") &&
        !g_str_equal (entry->d_name, ".."))
      g_ptr_array_add (names, g_strdup (entry->d_name));
  return g_steal_pointer (&names);
}

static gboolean
has_children (int dir_fd, const char *name)
{
  g_autoptr (GPtrArray) children = list_children_at (dir_fd, name);

  return children->len > 0;
}

static gboolean
set_remove_error (
    const NcgCgroup *self, const Position *at, const char *name, int errsv, GError **error)
{
  g_autofree char *below =
      at->path->len > 0 ? g_strconcat (at->path->str, "/", name, NULL) : g_strdup (name);
  g_autofree char *shown = show_child (self, below);

  if (errsv == EBUSY)
    g_set_error (error, NCG_ERROR, NCG_ERROR_BUSY,
                 "cannot remove the cgroup %s: it still has processes", shown);
  else
    g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED, "cannot remove the cgroup %s: %s", shown,
                 g_strerror (errsv));
  return FALSE;
}

/* Removes @name where @at is, or goes down into it if it has children. */
static gboolean
remove_or_descend (
    const NcgCgroup *self, Position *at, const char *name, gboolean *ret_removed, GError **error)
{
  *ret_removed = unlinkat (at->fd, name, AT_REMOVEDIR) == 0 || is_gone (errno);
  if (*ret_removed)
    return TRUE;
  if ((errno == EBUSY || errno == ENOTEMPTY) && has_children (at->fd, name)) {
    step_down (at, name);
    return TRUE;
  }
  /* What has_children() did is not what is to be told; the last child may also just have gone. */
  if (unlinkat (at->fd, name, AT_REMOVEDIR) < 0 && !is_gone (errno))
    return set_remove_error (self, at, name, errno, error);
  *ret_removed = TRUE;
  return TRUE;
}

/* All children of where @at is, up to the first that has children of its own: @at is there then.
 * Otherwise one level up. */
static gboolean
remove_level (const NcgCgroup *self, Position *at, GError **error)
{
  g_autoptr (GPtrArray) children = list_children_at (at->fd, ".");
  guint depth = at->depth;
  gboolean removed;

  for (guint i = 0; i < children->len && at->depth == depth; i++)
    if (!remove_or_descend (self, at, g_ptr_array_index (children, i), &removed, error))
      return FALSE;
  if (at->depth > depth || step_up (at))
    return TRUE;
  return set_remove_error (self, at, "..", errno, error);
}

gboolean
ncg_cgroup_remove_child (const NcgCgroup *self, const char *name, GError **error)
{
  g_auto (Position) at = { .fd = -1, .path = g_string_new (NULL) };
  gboolean removed = FALSE;

  if (!check_name (name, error))
    return FALSE;
  at.fd = openat (ncg_cgroup_get_fd (self), ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (at.fd < 0)
    return is_gone (errno) || set_remove_error (self, &at, name, errno, error);
  for (guint steps = 0; !removed; steps++) {
    gboolean ok = at.depth == 0 ? remove_or_descend (self, &at, name, &removed, error)
                                : remove_level (self, &at, error);

    if (!ok)
      return FALSE;
    if (steps == MOST_STEPS)
      return set_remove_error (self, &at, name, EAGAIN, error);
  }
  return TRUE;
}
