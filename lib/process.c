/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One process, held by a pidfd, and what /proc says of it.
 */
#include "lib/process.h"

#include "lib/error.h"
#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* include/linux/sched.h of the kernel */
#define PF_EXITING 0x00000004
#define PF_KTHREAD 0x00200000

static gboolean
set_no_such_process (pid_t pid, GError **error)
{
  g_set_error (error, NCG_ERROR, NCG_ERROR_NO_SUCH_PROCESS, "there is no process %d", (int) pid);
  return FALSE;
}

static gboolean
is_gone (int errsv)
{
  return errsv == ENOENT || errsv == ESRCH;
}

/* @proc/@pid/@name; %NCG_ERROR_NO_SUCH_PROCESS if the process is gone. */
static char *
read_file (const char *proc, pid_t pid, const char *name, GError **error)
{
  g_autofree char *path = g_strdup_printf ("%s/%d/%s", proc, (int) pid, name);
  char *text = ncg_file_read_attribute (AT_FDCWD, path);

  if (text == NULL && is_gone (errno))
    set_no_such_process (pid, error);
  else if (text == NULL)
    g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED, "cannot read %s: %s", path,
                 g_strerror (errno));
  return text;
}

/* What follows @key at the beginning of a line of @text, up to the end of all; %NULL if none does.
 */
static const char *
find_line (const char *text, const char *key)
{
  for (const char *line = text; line != NULL; line = strchr (line, '\n')) {
    if (*line == '\n')
      line++;
    if (g_str_has_prefix (line, key))
      return line + strlen (key);
  }
  return NULL;
}

/* The fields of /proc/PID/stat that matter here. */
typedef struct {
  char *command;
  char state;
  guint flags;
} Stat;

static void
stat_clear (Stat *self)
{
  g_clear_pointer (&self->command, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Stat, stat_clear)

/* PID (COMMAND) STATE PPID PGRP SESSION TTY TPGID FLAGS …; the command may have blanks and
 * parentheses of its own. */
static gboolean
parse_stat (const char *text, Stat *ret_stat)
{
  const char *first = strchr (text, '(');
  const char *last = strrchr (text, ')');
  char state;
  guint flags;

  if (first == NULL || last == NULL || last < first ||
      sscanf (last + 1, " %c %*d %*d %*d %*d %*d %u", &state, &flags) != 2 ||
      !g_ascii_isalpha (state))
    return FALSE;
  ret_stat->command = g_strndup (first + 1, (gsize) (last - first - 1));
  ret_stat->state = state;
  ret_stat->flags = flags;
  return TRUE;
}

static gboolean
read_stat (const char *proc, pid_t pid, Stat *ret_stat, GError **error)
{
  g_autofree char *text = read_file (proc, pid, "stat", error);

  if (text == NULL)
    return FALSE;
  if (parse_stat (text, ret_stat))
    return TRUE;
  g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED, "cannot understand %s/%d/stat", proc, (int) pid);
  return FALSE;
}

/* Refuses what must not be moved into a cgroup. What /proc says is of this process only if its
 * pidfd says afterwards that it is still there. */
static gboolean
check (NcgProcess *self, const char *proc, GError **error)
{
  g_auto (Stat) stat = { 0 };

  if (self->pid == 1) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
                 "process 1 is the system's init and is left where it is");
    return FALSE;
  }
  if (!read_stat (proc, self->pid, &stat, error))
    return FALSE;
  if (ncg_process_has_exited (self))
    return set_no_such_process (self->pid, error);
  if ((stat.flags & PF_KTHREAD) != 0) {
    g_autofree char *escaped = ncg_error_escape (stat.command);
    g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
                 "%d (%s) is a thread of the kernel and cannot be moved", (int) self->pid, escaped);
    return FALSE;
  }
  self->is_headless = stat.state == 'Z';
  return TRUE;
}

static void
set_pidfd_open_error (pid_t pid, int errsv, GError **error)
{
  if (errsv == ESRCH)
    set_no_such_process (pid, error);
  /* What Linux says of a thread; ENOENT since 6.15. */
  else if (errsv == EINVAL || errsv == ENOENT)
    g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
                 "%d is a thread of a process: give the process", (int) pid);
  else
    g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED, "cannot hold process %d: %s", (int) pid,
                 g_strerror (errsv));
}

NcgProcess *
ncg_process_open (const char *proc, pid_t pid, GError **error)
{
  g_autoptr (NcgProcess) self = g_new0 (NcgProcess, 1);

  self->pid = pid;
  self->fd = -1;
  if (pid <= 0) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT, "%d is not a process's number",
                 (int) pid);
    return NULL;
  }

  self->fd = (int) syscall (SYS_pidfd_open, pid, 0);
  if (self->fd < 0) {
    set_pidfd_open_error (pid, errno, error);
    return NULL;
  }
  return check (self, proc, error) ? g_steal_pointer (&self) : NULL;
}

/* From "Pid:" in the descriptor's fdinfo, which only a pidfd has. */
static gboolean
read_pid_of_fd (const char *proc, int fd, pid_t *ret_pid, GError **error)
{
  g_autofree char *path = g_strdup_printf ("%s/self/fdinfo/%d", proc, fd);
  g_autofree char *text = ncg_file_read_at (AT_FDCWD, path);
  const char *found = text != NULL ? find_line (text, "Pid:") : NULL;
  gint64 pid = found != NULL ? g_ascii_strtoll (found, NULL, 10) : 0;

  if (text == NULL)
    g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED, "cannot read %s: %s", path,
                 g_strerror (errno));
  else if (found == NULL)
    g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT, "the descriptor is not a pidfd");
  else if (pid < 0)
    g_set_error (error, NCG_ERROR, NCG_ERROR_NO_SUCH_PROCESS, "the process of the pidfd has ended");
  else if (pid == 0)
    g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
                 "the process of the pidfd is not in this pid namespace");
  else
    *ret_pid = (pid_t) pid;
  return pid > 0;
}

NcgProcess *
ncg_process_open_pidfd (const char *proc, int fd, GError **error)
{
  g_autoptr (NcgProcess) self = g_new0 (NcgProcess, 1);

  self->fd = fcntl (fd, F_DUPFD_CLOEXEC, 0);
  if (self->fd < 0) {
    g_set_error (error, NCG_ERROR, errno == EBADF ? NCG_ERROR_INVALID_ARGUMENT : NCG_ERROR_FAILED,
                 "cannot take over the descriptor %d: %s", fd, g_strerror (errno));
    return NULL;
  }
  if (!read_pid_of_fd (proc, self->fd, &self->pid, error) || !check (self, proc, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
ncg_process_close (NcgProcess *self)
{
  ncg_file_close (self->fd);
  g_free (self);
}

gboolean
ncg_process_is_among (pid_t pid, const GPtrArray *processes)
{
  for (guint i = 0; i < processes->len; i++)
    if (((const NcgProcess *) g_ptr_array_index (processes, i))->pid == pid)
      return TRUE;
  return FALSE;
}

gboolean
ncg_process_has_exited (const NcgProcess *self)
{
  struct pollfd poll_fd = { .fd = self->fd, .events = POLLIN };

  return TEMP_FAILURE_RETRY (poll (&poll_fd, 1, 0)) > 0;
}

/* The path of a line "ID:CONTROLLERS:PATH" that is of @tree, of v1, up to the end of all; %NULL if
 * it is of another. */
static const char *
match_line (const char *line, const NcgTree *tree)
{
  const char *wanted = tree->controllers[0];
  gsize wanted_length = strlen (wanted);
  const char *name = line + strcspn (line, ":\n");
  gboolean is_found = FALSE;

  while (!is_found && (*name == ':' || *name == ',')) {
    gsize length = strcspn (++name, ",:\n");

    is_found = length == wanted_length && strncmp (name, wanted, length) == 0;
    if (!is_found && name[length] == ':')
      return NULL;
    name += length;
  }
  name += strcspn (name, ":\n");
  return is_found && *name == ':' ? name + 1 : NULL;
}

static char *
find_cgroup (const char *text, const NcgTree *tree)
{
  const char *path = tree->is_v1 ? NULL : find_line (text, "0::");
  const char *line = tree->is_v1 ? text : NULL;

  while (path == NULL && line != NULL) {
    path = match_line (line, tree);
    line = strchr (line, '\n');
    line = line != NULL ? line + 1 : NULL;
  }
  return path != NULL ? g_strndup (path, strcspn (path, "\n")) : NULL;
}

static char *
require_cgroup (const char *text, pid_t pid, const NcgTree *tree, GError **error)
{
  char *path = find_cgroup (text, tree);

  if (path == NULL)
    g_set_error (error, NCG_ERROR, NCG_ERROR_NOT_SUPPORTED,
                 "process %d is in no cgroup of the hierarchy at %s: the kernel has no such one",
                 (int) pid, tree->mount);
  return path;
}

char *
ncg_process_read_cgroup_of_pid (const char *proc, pid_t pid, const NcgTree *tree, GError **error)
{
  g_autofree char *text = read_file (proc, pid, "cgroup", error);

  return text != NULL ? require_cgroup (text, pid, tree, error) : NULL;
}

char *
ncg_process_read_cgroup (const NcgProcess *self,
                         const char *proc,
                         const NcgTree *tree,
                         GError **error)
{
  g_autofree char *path = ncg_process_read_cgroup_of_pid (proc, self->pid, tree, error);

  if (path != NULL && ncg_process_has_exited (self)) {
    set_no_such_process (self->pid, error);
    return NULL;
  }
  return g_steal_pointer (&path);
}

GStrv
ncg_process_read_cgroups (const NcgProcess *self,
                          const char *proc,
                          const GPtrArray *trees,
                          GError **error)
{
  g_autofree char *text = read_file (proc, self->pid, "cgroup", error);
  g_auto (GStrv) paths = g_new0 (char *, trees->len + 1);

  if (text == NULL)
    return NULL;
  for (guint i = 0; i < trees->len; i++) {
    paths[i] = require_cgroup (text, self->pid, g_ptr_array_index (trees, i), error);
    if (paths[i] == NULL)
      return NULL;
  }
  if (ncg_process_has_exited (self)) {
    set_no_such_process (self->pid, error);
    return NULL;
  }
  return g_steal_pointer (&paths);
}

gboolean
ncg_process_check_inside (const NcgProcess *self,
                          const char *proc,
                          const NcgTree *tree,
                          const char *cgroup,
                          GError **error)
{
  g_autofree char *path = ncg_process_read_cgroup (self, proc, tree, error);
  gsize length = strlen (cgroup);

  if (path == NULL)
    return FALSE;
  if (strncmp (path, cgroup, length) == 0 && (path[length] == '\0' || path[length] == '/'))
    return TRUE;
  g_set_error (error, NCG_ERROR, NCG_ERROR_NOT_FOUND,
               "process %d is in %s and not in %s: it is another one, or was moved",
               (int) self->pid, path, cgroup);
  return FALSE;
}

gboolean
ncg_process_read_uid (const NcgProcess *self, const char *proc, uid_t *ret_uid, GError **error)
{
  g_autofree char *text = read_file (proc, self->pid, "status", error);
  const char *found = text != NULL ? find_line (text, "Uid:") : NULL;
  guint uid; /* real, then effective, saved and of the file system */

  if (text == NULL)
    return FALSE;
  if (ncg_process_has_exited (self))
    return set_no_such_process (self->pid, error);
  if (found == NULL || sscanf (found, "%u", &uid) != 1) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED, "cannot understand %s/%d/status", proc,
                 (int) self->pid);
    return FALSE;
  }
  *ret_uid = uid;
  return TRUE;
}

/* "user:[4026531837]"; "" where the kernel has no user namespaces. A process that is gone has none
 * either: its pidfd tells. */
static char *
read_user_namespace (const char *proc, const char *process, GError **error)
{
  g_autofree char *path = g_strdup_printf ("%s/%s/ns/user", proc, process);
  char target[64];
  ssize_t n = readlink (path, target, sizeof target - 1);

  if (n >= 0)
    return g_strndup (target, (gsize) n);
  if (is_gone (errno))
    return g_strdup ("");
  g_set_error (error, NCG_ERROR, NCG_ERROR_ACCESS_DENIED,
               "cannot tell the user namespace of a process: %s: %s", path, g_strerror (errno));
  return NULL;
}

static gboolean
check_user_namespace (const NcgProcess *self, const char *proc, GError **error)
{
  g_autofree char *number = g_strdup_printf ("%d", (int) self->pid);
  g_autofree char *own = read_user_namespace (proc, "self", error);
  g_autofree char *its = own != NULL ? read_user_namespace (proc, number, error) : NULL;

  if (its == NULL || g_str_equal (its, own))
    return its != NULL;
  g_set_error (error, NCG_ERROR, NCG_ERROR_ACCESS_DENIED,
               "process %d is in a user namespace of its own (%s)", (int) self->pid, its);
  return FALSE;
}

static gboolean
check_uids (const NcgProcess *self, const char *text, uid_t uid, GError **error)
{
  const char *found = find_line (text, "Uid:");
  guint uids[4]; /* real, effective, saved, of the file system */

  if (found == NULL || sscanf (found, "%u %u %u %u", &uids[0], &uids[1], &uids[2], &uids[3]) != 4) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED, "cannot understand the status of process %d",
                 (int) self->pid);
    return FALSE;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (uids); i++)
    if (uids[i] != uid) {
      g_set_error (error, NCG_ERROR, NCG_ERROR_ACCESS_DENIED,
                   "process %d belongs to user %u and runs as user %u, saved %u and %u",
                   (int) self->pid, uids[0], uids[1], uids[2], uids[3]);
      return FALSE;
    }
  return TRUE;
}

gboolean
ncg_process_check_owner (const NcgProcess *self, const char *proc, uid_t uid, GError **error)
{
  g_autofree char *text = read_file (proc, self->pid, "status", error);
  GError *local = NULL;
  gboolean is_owned;

  if (text == NULL)
    return FALSE;
  is_owned = check_uids (self, text, uid, &local) && check_user_namespace (self, proc, &local);
  if (ncg_process_has_exited (self)) {
    g_clear_error (&local);
    return set_no_such_process (self->pid, error);
  }
  if (local != NULL)
    g_propagate_error (error, local);
  return is_owned;
}

char *
ncg_process_describe (const char *proc, pid_t pid)
{
  g_auto (Stat) stat = { 0 };
  g_autofree char *escaped = NULL;

  if (!read_stat (proc, pid, &stat, NULL))
    return g_strdup_printf ("%d", (int) pid);
  escaped = ncg_error_escape (stat.command);
  return g_strdup_printf ("%d (%s, %c)", (int) pid, escaped, stat.state);
}

gboolean
ncg_process_is_ending (const NcgProcess *self, const char *proc)
{
  g_auto (Stat) stat = { 0 };

  return ncg_process_has_exited (self) || !read_stat (proc, self->pid, &stat, NULL) ||
         (stat.flags & PF_EXITING) != 0;
}

gboolean
ncg_process_check_whole (const NcgProcess *self, GError **error)
{
  if (!self->is_headless)
    return TRUE;
  g_set_error (error, NCG_ERROR, NCG_ERROR_NO_SUCH_PROCESS,
               "the main thread of process %d has ended while other threads run on, so that it "
               "cannot be moved as a whole",
               (int) self->pid);
  return FALSE;
}

gboolean
ncg_process_read_tgid (const char *proc, pid_t tid, pid_t *ret_pid, GError **error)
{
  g_autofree char *text = read_file (proc, tid, "status", error);
  const char *found = text != NULL ? find_line (text, "Tgid:") : NULL;
  int pid;

  if (text == NULL)
    return FALSE;
  if (found == NULL || sscanf (found, "%d", &pid) != 1) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED, "cannot understand %s/%d/status", proc,
                 (int) tid);
    return FALSE;
  }
  if (pid <= 0)
    return set_no_such_process (tid, error);
  *ret_pid = (pid_t) pid;
  return TRUE;
}
