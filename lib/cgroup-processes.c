/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The processes of a cgroup: listed, signalled and killed.
 *
 * A number that was read from cgroup.procs may be another process by the time that it is used.
 * Therefore a pidfd is opened first and the list read again: if the number is still in it, the
 * pidfd is that of the process in the cgroup, or of one that has ended.
 */
#include "lib/cgroup.h"

#include "lib/error.h"
#include "lib/file.h"
#include "lib/process.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

/* So many descriptors are open at a time. */
#define BATCH_SIZE 64

/* Each pass finds what was forked during the one before; a fork bomb outruns any number. */
#define KILL_PASSES 32

static void
append_pids (const char *text, GArray *pids)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++) {
    guint64 number;
    pid_t pid;

    /* 0 is a process that has no number in our namespace. */
    if (!ncg_cgroup_parse_u64 (lines[i], &number) || number == 0 || number > G_MAXINT)
      continue;
    pid = (pid_t) number;
    g_array_append_val (pids, pid);
  }
}

/* (transfer full) (element-type pid_t): a set */
static GHashTable *
to_set (const GArray *pids)
{
  GHashTable *set = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < pids->len; i++)
    g_hash_table_add (set, GINT_TO_POINTER (g_array_index (pids, pid_t, i)));
  return set;
}

/* On v2; of v1, cgroup.procs has whoever has a thread there. */
static void
append_owners_of_threads (const NcgCgroup *cgroup, const char *proc, GArray *pids)
{
  g_autofree char *text = ncg_cgroup_read (cgroup, "cgroup.threads", NULL);
  g_autoptr (GArray) tids = g_array_new (FALSE, FALSE, sizeof (pid_t));
  g_autoptr (GHashTable) seen = to_set (pids);

  if (text != NULL)
    append_pids (text, tids);
  for (guint i = 0; i < tids->len; i++) {
    pid_t tid = g_array_index (tids, pid_t, i);
    pid_t pid;

    if (!g_hash_table_contains (seen, GINT_TO_POINTER (tid)) &&
        ncg_process_read_tgid (proc, tid, &pid, NULL) &&
        g_hash_table_add (seen, GINT_TO_POINTER (pid)))
      g_array_append_val (pids, pid);
  }
}

/* The processes of @cgroup itself, and with @proc those that have threads in it;
 * %NCG_ERROR_NOT_FOUND also if it is threaded. */
static gboolean
append_own (const NcgCgroup *cgroup, const char *proc, GArray *pids, GError **error)
{
  g_autofree char *text = ncg_cgroup_read (cgroup, "cgroup.procs", error);

  if (text == NULL)
    return FALSE;
  append_pids (text, pids);
  if (proc != NULL)
    append_owners_of_threads (cgroup, proc, pids);
  return TRUE;
}

/* Adds the paths, relative to where the walk started, of the children of @cgroup, which is @at. */
static gboolean
append_children (const NcgCgroup *cgroup, const char *at, GPtrArray *paths, GError **error)
{
  g_auto (GStrv) children = ncg_cgroup_list_children (cgroup, error);

  if (children == NULL)
    return FALSE;
  for (guint i = 0; children[i] != NULL; i++)
    g_ptr_array_add (paths, at != NULL ? g_strconcat (at, "/", children[i], NULL)
                                       : g_strdup (children[i]));
  return TRUE;
}

/* A cgroup that is gone is none; so is a threaded one, whose processes its domain has. */
static gboolean
forgive_not_found (GError *local, GError **error)
{
  g_autoptr (GError) owned = local;

  if (g_error_matches (local, NCG_ERROR, NCG_ERROR_NOT_FOUND))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&owned));
  return FALSE;
}

static gboolean
visit (const NcgCgroup *top,
       const char *path,
       const char *proc,
       GArray *pids,
       GPtrArray *paths,
       GError **error)
{
  g_autoptr (NcgCgroup) cgroup = NULL;
  GError *local = NULL;

  cgroup = ncg_cgroup_open_child (top, path, &local);
  if (cgroup == NULL || !append_own (cgroup, proc, pids, &local))
    return forgive_not_found (local, error);
  return append_children (cgroup, path, paths, error);
}

/* Without recursion and by path, so that whoever nests cgroups deeply costs neither stack nor
 * descriptors. */
static gboolean
append_descendants (const NcgCgroup *self, const char *proc, GArray *pids, GError **error)
{
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);

  if (!append_children (self, NULL, paths, error))
    return FALSE;
  while (paths->len > 0) {
    g_autofree char *path = g_ptr_array_steal_index_fast (paths, paths->len - 1);

    if (!visit (self, path, proc, pids, paths, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
check_not_threaded (const NcgCgroup *self, GError **error)
{
  g_autofree char *type = ncg_cgroup_read (self, "cgroup.type", NULL);
  g_autofree char *shown = ncg_error_escape_path (ncg_cgroup_get_path (self));

  if (g_strcmp0 (type, "threaded") != 0)
    return TRUE;
  g_set_error (error, NCG_ERROR, NCG_ERROR_NOT_SUPPORTED,
               "the cgroup %s is threaded: its processes belong to the threaded domain above it",
               shown);
  return FALSE;
}

static GArray *
list (const NcgCgroup *self, gboolean recursive, const char *proc, GError **error)
{
  g_autoptr (GArray) pids = g_array_new (FALSE, FALSE, sizeof (pid_t));
  GError *local = NULL;

  if (!append_own (self, proc, pids, &local) &&
      (!forgive_not_found (local, error) || !check_not_threaded (self, error)))
    return NULL;
  if (recursive && !append_descendants (self, proc, pids, error))
    return NULL;
  return g_steal_pointer (&pids);
}

GArray *
ncg_cgroup_list_processes (const NcgCgroup *self, gboolean recursive, GError **error)
{
  return list (self, recursive, NULL, error);
}

GArray *
ncg_cgroup_list_holders (const NcgCgroup *self, const char *proc, GError **error)
{
  return list (self, TRUE, proc, error);
}

/* The lines of processes outside our pid namespace count, too. */
static gboolean
has_processes (const NcgCgroup *cgroup, gboolean *ret_has, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autofree char *text = ncg_cgroup_read (cgroup, "cgroup.procs", &local);

  if (text == NULL && !g_error_matches (local, NCG_ERROR, NCG_ERROR_NOT_FOUND)) {
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  *ret_has = text != NULL && text[0] != '\0';
  return TRUE;
}

/* v1 has no figure for a cgroup with all below it. */
static gboolean
is_any_populated (const NcgCgroup *self, gboolean *ret_populated, GError **error)
{
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  gboolean populated;

  if (!has_processes (self, &populated, error) || !append_children (self, NULL, paths, error))
    return FALSE;
  while (!populated && paths->len > 0) {
    g_autofree char *path = g_ptr_array_steal_index_fast (paths, paths->len - 1);
    g_autoptr (NcgCgroup) cgroup = ncg_cgroup_open_child (self, path, NULL);

    if (cgroup != NULL && (!has_processes (cgroup, &populated, error) ||
                           !append_children (cgroup, path, paths, error)))
      return FALSE;
  }
  *ret_populated = populated;
  return TRUE;
}

gboolean
ncg_cgroup_is_populated (const NcgCgroup *self, gboolean *ret_populated, GError **error)
{
  g_autoptr (GError) local = NULL;
  guint64 populated = 0;

  if (ncg_cgroup_is_v1 (self))
    return is_any_populated (self, ret_populated, error);
  if (!ncg_cgroup_read_key (self, "cgroup.events", "populated", &populated, &local)) {
    if (!g_error_matches (local, NCG_ERROR, NCG_ERROR_NOT_FOUND)) {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
    populated = g_str_equal (ncg_cgroup_get_path (self), "/");
  }
  *ret_populated = populated != 0;
  return TRUE;
}

/* Whom a signal is for. */
typedef struct {
  const NcgCgroup *cgroup; /* and all below it */
  const char *proc;        /* (nullable): those, too, that have only threads in it */
} Target;

/* (transfer full) (nullable) (element-type pid_t): a set */
static GHashTable *
list_process_set (const Target *target, GError **error)
{
  g_autoptr (GArray) pids = list (target->cgroup, TRUE, target->proc, error);

  return pids != NULL ? to_set (pids) : NULL;
}

static void
clear_fd (gpointer data)
{
  ncg_file_close (*(int *) data);
}

static gboolean
set_pid_error (const char *what, pid_t pid, int errsv, GError **error)
{
  g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED, "cannot %s process %d: %s", what, (int) pid,
               g_strerror (errsv));
  return FALSE;
}

/* Appends a pidfd for each of @pids, -1 for one that has ended, also if its number is that of a
 * thread by now (EINVAL; ENOENT since Linux 6.15). */
static gboolean
open_pidfds (const pid_t *pids, guint n_pids, GArray *fds, GError **error)
{
  for (guint i = 0; i < n_pids; i++) {
    int fd = (int) syscall (SYS_pidfd_open, pids[i], 0);

    if (fd < 0 && errno != ESRCH && errno != EINVAL && errno != ENOENT)
      return set_pid_error ("hold", pids[i], errno, error);
    g_array_append_val (fds, fd);
  }
  return TRUE;
}

/* As signal_processes(), for as many as can be held at once. */
static gboolean
signal_batch (const Target *target,
              const pid_t *pids,
              guint n_pids,
              int signal,
              GHashTable *done,
              GError **error)
{
  g_autoptr (GArray) fds = g_array_new (FALSE, FALSE, sizeof (int));
  g_autoptr (GHashTable) members = NULL;
  gboolean ok = TRUE;

  g_array_set_clear_func (fds, clear_fd);
  if (!open_pidfds (pids, n_pids, fds, error))
    return FALSE;
  members = list_process_set (target, error);
  if (members == NULL)
    return FALSE;

  for (guint i = 0; i < n_pids; i++) {
    int fd = g_array_index (fds, int, i);

    if (fd < 0 || !g_hash_table_contains (members, GINT_TO_POINTER (pids[i])))
      continue;
    g_hash_table_add (done, GINT_TO_POINTER (pids[i]));
    if (syscall (SYS_pidfd_send_signal, fd, signal, NULL, 0) < 0 && errno != ESRCH)
      ok = set_pid_error ("signal", pids[i], errno, ok ? error : NULL);
  }
  return ok;
}

/* Adds those that were signalled to @done; reports the first that could not be. */
static gboolean
signal_processes (
    const Target *target, const GArray *pids, int signal, GHashTable *done, GError **error)
{
  gboolean ok = TRUE;

  for (guint i = 0; i < pids->len; i += BATCH_SIZE)
    if (!signal_batch (target, &g_array_index (pids, pid_t, i), MIN (pids->len - i, BATCH_SIZE),
                       signal, done, ok ? error : NULL))
      ok = FALSE;
  return ok;
}

/* Whoever means a pod must never hit the whole machine. */
static gboolean
check_not_root (const NcgCgroup *self, GError **error)
{
  if (!g_str_equal (ncg_cgroup_get_path (self), "/"))
    return TRUE;
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
               "the processes of the root cgroup cannot be signalled as a whole");
  return FALSE;
}

gboolean
ncg_cgroup_signal (const NcgCgroup *self, int signal, GError **error)
{
  const Target target = { self, NULL };
  g_autoptr (GArray) pids = NULL;
  g_autoptr (GHashTable) done = g_hash_table_new (NULL, NULL);

  if (!check_not_root (self, error))
    return FALSE;
  pids = ncg_cgroup_list_processes (self, TRUE, error);
  return pids != NULL && signal_processes (&target, pids, signal, done, error);
}

/* (transfer full) (nullable): the processes that are not in @done */
static GArray *
list_new_processes (const Target *target, GHashTable *done, GError **error)
{
  g_autoptr (GArray) pids = list (target->cgroup, TRUE, target->proc, error);

  for (guint i = pids != NULL ? pids->len : 0; i-- > 0;)
    if (g_hash_table_contains (done, GINT_TO_POINTER (g_array_index (pids, pid_t, i))))
      g_array_remove_index_fast (pids, i);
  return g_steal_pointer (&pids);
}

/* What was killed stays listed until it has ended, so the end is a pass that finds nothing new. */
static gboolean
kill_in_passes (const Target *target, GError **error)
{
  g_autoptr (GHashTable) done = g_hash_table_new (NULL, NULL);
  g_autofree char *shown = ncg_error_escape_path (ncg_cgroup_get_path (target->cgroup));

  for (guint pass = 0; pass < KILL_PASSES; pass++) {
    g_autoptr (GArray) pids = list_new_processes (target, done, error);

    if (pids == NULL)
      return FALSE;
    if (pids->len == 0)
      return TRUE;
    if (!signal_processes (target, pids, SIGKILL, done, error))
      return FALSE;
  }

  g_set_error (error, NCG_ERROR, NCG_ERROR_BUSY,
               "new processes appear in the cgroup %s faster than they can be killed", shown);
  return FALSE;
}

gboolean
ncg_cgroup_kill_each (const NcgCgroup *self, const char *proc, GError **error)
{
  const Target target = { self, proc };

  return check_not_root (self, error) && kill_in_passes (&target, error);
}

gboolean
ncg_cgroup_kill (const NcgCgroup *self, GError **error)
{
  g_autoptr (GError) local = NULL;

  if (!check_not_root (self, error))
    return FALSE;
  if (ncg_cgroup_write (self, "cgroup.kill", "1", &local))
    return TRUE;
  if (g_error_matches (local, NCG_ERROR, NCG_ERROR_NOT_FOUND))
    return ncg_cgroup_kill_each (self, NULL, error);
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}
