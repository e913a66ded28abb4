/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One cgroup directory and its files. What deals with its processes is in cgroup-processes.c, what
 * changes the tree in cgroup-directory.c, what waits in cgroup-events.c.
 */
#include "lib/cgroup.h"

#include "lib/error.h"
#include "lib/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define DIRECTORY_FLAGS (O_PATH | O_DIRECTORY | O_CLOEXEC)

/* A process whose fork(2) is not over yet cannot be moved (TASK_NEW in cpu_cgroup_can_attach()). */
#define NEW_TASK_TRIES 5
#define NEW_TASK_PAUSE_USEC 30000

struct NcgCgroup {
  NcgFd fd; /* O_PATH */
  char *path;
};

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DIR, closedir)

/* Whether each component of "a/b" is a plain name. */
static gboolean
is_plain (const char *relative)
{
  for (;;) {
    gsize length = strcspn (relative, "/");

    if (length == 0 || (length <= 2 && strncmp (relative, "..", length) == 0))
      return FALSE;
    if (relative[length] == '\0')
      return TRUE;
    relative += length + 1;
  }
}

/* For a kernel or a seccomp filter without openat2(2): one component at a time. */
static int
open_stepwise (int dir_fd, const char *relative)
{
  g_auto (GStrv) components = g_strsplit (relative, "/", -1);
  g_auto (NcgFd) fd = openat (dir_fd, ".", DIRECTORY_FLAGS);

  for (guint i = 0; fd >= 0 && components[i] != NULL; i++) {
    int next = openat (fd, components[i], DIRECTORY_FLAGS | O_NOFOLLOW);

    ncg_file_close (fd);
    fd = next;
  }
  return ncg_file_steal (&fd);
}

/* @relative is plain, or "." */
static int
open_beneath (int dir_fd, const char *relative)
{
  int fd = ncg_file_open_resolving (dir_fd, relative, DIRECTORY_FLAGS, RESOLVE_BENEATH);

  return fd >= 0 || errno != ENOSYS ? fd : open_stepwise (dir_fd, relative);
}

/* One call in place of four, for who reads hundreds of cgroups: without symbolic links in the whole
 * of it, and ".." in @path, it cannot lead out of @mount. -1 says nothing yet, but for ENOENT where
 * there is @mount. */
static int
open_at_once (const char *mount, const char *path)
{
  char whole[1024];

  errno = ENAMETOOLONG;
  if (strlen (mount) + strlen (path) >= sizeof whole)
    return -1;
  g_stpcpy (g_stpcpy (whole, mount), path);
  return ncg_file_open_resolving (AT_FDCWD, whole, DIRECTORY_FLAGS, 0);
}

static NcgError
code_of_open (int errsv)
{
  switch (errsv) {
  case ENOENT:
  case ENODEV:
  case ENOTDIR:
  case ELOOP:
    return NCG_ERROR_NOT_FOUND;
  default:
    return NCG_ERROR_FAILED;
  }
}

/* Takes @fd, or fails with errno if it is -1. @path is the whole path. */
static NcgCgroup *
cgroup_new (int fd, const char *path, GError **error)
{
  int errsv = errno;
  g_autofree char *shown = NULL;
  NcgCgroup *self;

  if (fd >= 0) {
    self = g_new0 (NcgCgroup, 1);
    self->fd = fd;
    self->path = g_strdup (path);
    return self;
  }
  shown = ncg_error_escape_path (path);
  g_set_error (error, NCG_ERROR, code_of_open (errsv), "cannot open the cgroup %s: %s", shown,
               g_strerror (errsv));
  return NULL;
}

static gboolean
check_plain (const char *relative, GError **error)
{
  g_autofree char *escaped = NULL;

  if (is_plain (relative))
    return TRUE;

  escaped = ncg_error_escape (relative);
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
               "\"%s\" is not the path of a cgroup: no component may be empty, \".\" or \"..\"",
               escaped);
  return FALSE;
}

static gboolean
check_absolute (const char *path, GError **error)
{
  g_autofree char *escaped = NULL;

  if (g_str_equal (path, "/"))
    return TRUE;
  if (path[0] == '/')
    return check_plain (path + 1, error);

  escaped = ncg_error_escape (path);
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
               "\"%s\" is not the path of a cgroup: it must start with \"/\"", escaped);
  return FALSE;
}

NcgCgroup *
ncg_cgroup_open (const char *mount, const char *path, GError **error)
{
  g_auto (NcgFd) mount_fd = -1;
  int fd;

  if (!check_absolute (path, error))
    return NULL;
  fd = open_at_once (mount, path);
  if (fd >= 0)
    return cgroup_new (fd, path, error);
  if (errno == ENOENT && faccessat (AT_FDCWD, mount, F_OK, 0) == 0) {
    errno = ENOENT;
    return cgroup_new (-1, path, error);
  }

  mount_fd = open (mount, DIRECTORY_FLAGS);
  if (mount_fd < 0) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED, "cannot open the cgroup hierarchy at %s: %s",
                 mount, g_strerror (errno));
    return NULL;
  }
  fd = open_beneath (mount_fd, path[1] != '\0' ? path + 1 : ".");
  return cgroup_new (fd, path, error);
}

NcgCgroup *
ncg_cgroup_open_child (const NcgCgroup *self, const char *path, GError **error)
{
  g_autofree char *whole = NULL;

  if (!check_plain (path, error))
    return NULL;
  whole = g_strconcat (g_str_equal (self->path, "/") ? "" : self->path, "/", path, NULL);
  return cgroup_new (open_beneath (self->fd, path), whole, error);
}

void
ncg_cgroup_close (NcgCgroup *self)
{
  ncg_file_close (self->fd);
  g_free (self->path);
  g_free (self);
}

const char *
ncg_cgroup_get_path (const NcgCgroup *self)
{
  return self->path;
}

int
ncg_cgroup_get_fd (const NcgCgroup *self)
{
  return self->fd;
}

gboolean
ncg_cgroup_is_v1 (const NcgCgroup *self)
{
  struct statfs fs;

  if (TEMP_FAILURE_RETRY (fstatfs (self->fd, &fs)) == 0 &&
      (fs.f_type == CGROUP2_SUPER_MAGIC || fs.f_type == CGROUP_SUPER_MAGIC))
    return fs.f_type == CGROUP_SUPER_MAGIC;
  return faccessat (self->fd, "cgroup.clone_children", F_OK, 0) == 0;
}

static NcgError
code_of_read (int errsv)
{
  switch (errsv) {
  case ENOENT:
  case ENODEV:
  case EOPNOTSUPP:
    return NCG_ERROR_NOT_FOUND;
  default:
    return NCG_ERROR_FAILED;
  }
}

static NcgError
code_of_write (int errsv)
{
  switch (errsv) {
  case ESRCH:
    return NCG_ERROR_NO_SUCH_PROCESS;
  case ENOENT:
  case ENODEV:
    return NCG_ERROR_NOT_FOUND;
  case EBUSY:
    return NCG_ERROR_BUSY;
  case EOPNOTSUPP:
    return NCG_ERROR_NOT_SUPPORTED;
  case EINVAL:
  case ERANGE:
    return NCG_ERROR_INVALID_ARGUMENT;
  case EACCES:
  case EPERM:
    return NCG_ERROR_NOT_PERMITTED;
  default:
    return NCG_ERROR_FAILED;
  }
}

static gboolean
check_file (const char *file, GError **error)
{
  g_autofree char *escaped = NULL;

  if (file[0] != '\0' && strchr (file, '/') == NULL)
    return TRUE;

  escaped = ncg_error_escape (file);
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
               "\"%s\" is not the name of a cgroup's file: it must not be empty or have a \"/\"",
               escaped);
  return FALSE;
}

static void
set_read_error (const NcgCgroup *self, const char *file, int errsv, GError **error)
{
  g_autofree char *shown = ncg_error_escape_path (self->path);
  g_autofree char *shown_file = ncg_error_escape_path (file);

  g_set_error (error, NCG_ERROR, code_of_read (errsv), "cannot read %s of the cgroup %s: %s",
               shown_file, shown, g_strerror (errsv));
}

static void
set_write_error (
    const NcgCgroup *self, const char *file, const char *value, int errsv, GError **error)
{
  g_autofree char *shown = ncg_error_escape_path (self->path);
  g_autofree char *shown_file = ncg_error_escape_path (file);
  g_autofree char *escaped = ncg_error_escape (value);

  g_set_error (error, NCG_ERROR, code_of_write (errsv),
               "cannot write \"%s\" to %s of the cgroup %s: %s", escaped, shown_file, shown,
               g_strerror (errsv));
}

char *
ncg_cgroup_read (const NcgCgroup *self, const char *file, GError **error)
{
  g_autofree char *text = NULL;
  gsize length;

  if (!check_file (file, error))
    return NULL;
  text = ncg_file_read_attribute (self->fd, file);
  if (text == NULL) {
    set_read_error (self, file, errno, error);
    return NULL;
  }

  length = strlen (text);
  if (length > 0 && text[length - 1] == '\n')
    text[length - 1] = '\0';
  return g_steal_pointer (&text);
}

gboolean
ncg_cgroup_parse_u64 (const char *text, guint64 *ret_value)
{
  gboolean is_negative = text[0] == '-';
  guint64 value;

  if (g_str_equal (text, "max")) {
    *ret_value = G_MAXUINT64;
    return TRUE;
  }
  /* GLib alone would pass over a vertical tab. */
  if (!g_ascii_isdigit (text[is_negative]) ||
      !g_ascii_string_to_unsigned (text + is_negative, 10, 0, G_MAXUINT64, &value, NULL))
    return FALSE;
  *ret_value = is_negative ? 0 : value;
  return TRUE;
}

static gboolean
parse_u64 (
    const NcgCgroup *self, const char *file, const char *text, guint64 *ret_value, GError **error)
{
  g_autofree char *shown = NULL;
  g_autofree char *shown_file = NULL;
  g_autofree char *escaped = NULL;

  if (ncg_cgroup_parse_u64 (text, ret_value))
    return TRUE;

  shown = ncg_error_escape_path (self->path);
  shown_file = ncg_error_escape_path (file);
  escaped = ncg_error_escape (text);
  g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED, "\"%s\" in %s of the cgroup %s is not a number",
               escaped, shown_file, shown);
  return FALSE;
}

gboolean
ncg_cgroup_read_u64 (const NcgCgroup *self, const char *file, guint64 *ret_value, GError **error)
{
  g_autofree char *text = ncg_cgroup_read (self, file, error);

  return text != NULL && parse_u64 (self, file, text, ret_value, error);
}

gboolean
ncg_cgroup_read_key (
    const NcgCgroup *self, const char *file, const char *key, guint64 *ret_value, GError **error)
{
  g_autofree char *text = ncg_cgroup_read (self, file, error);
  g_auto (GStrv) lines = NULL;
  g_autofree char *shown_file = NULL;
  g_autofree char *escaped = NULL;
  gsize length = strlen (key);

  if (text == NULL)
    return FALSE;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (strncmp (lines[i], key, length) == 0 && lines[i][length] == ' ')
      return parse_u64 (self, file, lines[i] + length + 1, ret_value, error);

  shown_file = ncg_error_escape_path (file);
  escaped = ncg_error_escape (key);
  g_set_error (error, NCG_ERROR, NCG_ERROR_NOT_FOUND, "there is no \"%s\" in %s", escaped,
               shown_file);
  return FALSE;
}

/* 0, or what went wrong. The kernel takes the whole of a value or none of it. */
static int
write_once (const NcgCgroup *self, const char *file, const char *value)
{
  g_auto (NcgFd) fd =
      TEMP_FAILURE_RETRY (openat (self->fd, file, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY));
  gsize length = strlen (value);
  gssize n = fd < 0 ? -1 : TEMP_FAILURE_RETRY (write (fd, value, length));

  if (n < 0)
    return errno;
  return n == (gssize) length ? 0 : EIO;
}

gboolean
ncg_cgroup_write (const NcgCgroup *self, const char *file, const char *value, GError **error)
{
  guint tries_left = g_str_equal (file, "cgroup.procs") ? NEW_TASK_TRIES : 0;
  int errsv;

  if (!check_file (file, error))
    return FALSE;
  while ((errsv = write_once (self, file, value)) == EINVAL && tries_left-- > 0)
    g_usleep (NEW_TASK_PAUSE_USEC);
  if (errsv == 0)
    return TRUE;
  set_write_error (self, file, value, errsv, error);
  return FALSE;
}

static gboolean
is_directory (DIR *directory, const struct dirent *entry)
{
  struct stat st;

  if (entry->d_type != DT_UNKNOWN)
    return entry->d_type == DT_DIR;
  return fstatat (dirfd (directory), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISDIR (st.st_mode);
}

static int
compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

/* (transfer full): sorted, without "." and ".." */
static GStrv
list_names (DIR *directory, gboolean directories, const char *prefix)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  const struct dirent *entry;

  while ((entry = readdir (directory)) != NULL) {
    if (g_str_equal (entry->d_name, ".") || g_str_equal (entry->d_name, ".."))
      continue;
    if (g_str_has_prefix (entry->d_name, prefix) && is_directory (directory, entry) == directories)
      g_ptr_array_add (names, g_strdup (entry->d_name));
  }

  g_ptr_array_sort (names, compare_strings);
  g_ptr_array_add (names, NULL);
  return (GStrv) g_ptr_array_free (g_steal_pointer (&names), FALSE);
}

static GStrv
list (const NcgCgroup *self, gboolean directories, const char *prefix, GError **error)
{
  g_auto (NcgFd) fd = openat (self->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_autoptr (DIR) directory = fd < 0 ? NULL : fdopendir (fd);

  if (directory == NULL) {
    if (code_of_read (errno) == NCG_ERROR_NOT_FOUND)
      return g_new0 (char *, 1);
    set_read_error (self, "the directory", errno, error);
    return NULL;
  }
  ncg_file_steal (&fd);
  return list_names (directory, directories, prefix);
}

/* A directory has a link from above, one from itself and one from each directory in it, or 1 where
 * they are not counted. */
static gboolean
has_no_children (const NcgCgroup *self)
{
  struct stat status;

  return fstat (self->fd, &status) == 0 && status.st_nlink == 2;
}

GStrv
ncg_cgroup_list_children (const NcgCgroup *self, GError **error)
{
  if (has_no_children (self))
    return g_new0 (char *, 1);
  return list (self, TRUE, "", error);
}

GStrv
ncg_cgroup_list_files (const NcgCgroup *self, const char *prefix, GError **error)
{
  return list (self, FALSE, prefix, error);
}
