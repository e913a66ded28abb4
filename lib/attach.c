/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moving processes.
 */
#include "lib/attach.h"

#include "lib/error.h"
#include "lib/procs-file.h"

#include <errno.h>
#include <string.h>

struct NcgOrigins {
  const NcgHierarchy *hierarchy;
  char *proc;
  GPtrArray *processes; /* (element-type NcgProcess) */
  GPtrArray *paths;     /* (element-type GStrv) */
};

static gboolean
write_pid (const NcgCgroup *cgroup, const NcgProcess *process, GError **error)
{
  g_autofree char *pid = g_strdup_printf ("%d", (int) process->pid);

  return ncg_cgroup_write (cgroup, "cgroup.procs", pid, error);
}

NcgOrigins *
ncg_origins_read (const NcgHierarchy *hierarchy,
                  const char *proc,
                  const GPtrArray *processes,
                  GError **error)
{
  g_autoptr (NcgOrigins) self = g_new0 (NcgOrigins, 1);

  self->hierarchy = hierarchy;
  self->proc = g_strdup (proc);
  self->processes = g_ptr_array_ref ((GPtrArray *) processes);
  self->paths = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  for (guint i = 0; i < processes->len; i++) {
    GStrv paths =
        ncg_process_read_cgroups (g_ptr_array_index (processes, i), proc, hierarchy->trees, error);

    if (paths == NULL)
      return NULL;
    g_ptr_array_add (self->paths, paths);
  }
  return g_steal_pointer (&self);
}

void
ncg_origins_free (NcgOrigins *self)
{
  g_free (self->proc);
  g_ptr_array_unref (self->processes);
  g_ptr_array_unref (self->paths);
  g_free (self);
}

void
ncg_origins_restore (const NcgOrigins *self)
{
  const GPtrArray *trees = self->hierarchy->trees;

  for (guint i = 0; i < self->processes->len; i++) {
    const NcgProcess *process = g_ptr_array_index (self->processes, i);
    char **paths = g_ptr_array_index (self->paths, i);
    g_auto (GStrv) current = ncg_process_read_cgroups (process, self->proc, trees, NULL);

    for (guint j = 0; current != NULL && j < trees->len; j++) {
      const NcgTree *tree = g_ptr_array_index (trees, j);
      g_autoptr (NcgCgroup) cgroup = NULL;

      if (g_str_equal (current[j], paths[j]))
        continue;
      cgroup = ncg_cgroup_open (tree->mount, paths[j], NULL);
      if (cgroup != NULL)
        write_pid (cgroup, process, NULL);
    }
  }
}

/* One cgroup of one hierarchy, as the goal of a move. */
typedef struct {
  const NcgTree *tree;
  const char *proc;
  const char *path;
  const NcgCgroup *cgroup; /* (nullable): while nobody has needed it; where there is no such cgroup,
                              the nearest above */
  gboolean is_absent;
  char *above; /* (nullable): the nearest above that took a process, not opened */
} Goal;

/* Whether @path is @top, or below it. */
static gboolean
is_below (const char *path, const char *top)
{
  gsize length = g_str_equal (top, "/") ? 0 : strlen (top);

  return strncmp (path, top, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

/* (transfer full): for messages */
static char *
show_goal (const Goal *goal)
{
  const char *path = goal->above != NULL ? goal->above : goal->path;

  return ncg_error_escape_path (goal->cgroup != NULL ? ncg_cgroup_get_path (goal->cgroup) : path);
}

static gboolean
set_ended (const Goal *goal, const NcgProcess *process, GError **error)
{
  g_autofree char *shown = show_goal (goal);

  g_set_error (error, NCG_ERROR, NCG_ERROR_NO_SUCH_PROCESS,
               "process %d ended before it had been moved to the cgroup %s", (int) process->pid,
               shown);
  return FALSE;
}

/* Who is to be in a cgroup that is not there may be in any of those above it. */
static gboolean
is_inside (const Goal *goal, const char *current)
{
  return is_below (current, goal->path) || (goal->is_absent && is_below (goal->path, current));
}

/* What the kernel means by its refusal; NULL for "as it says". */
static const char *
explain (const Goal *goal, const GError *refusal)
{
  if (g_error_matches (refusal, NCG_ERROR, NCG_ERROR_BUSY) && !goal->tree->is_v1)
    return "it has controllers enabled for the cgroups below it (cgroup.subtree_control), and then "
           "no processes of its own: name a cgroup below it (Subgroup)";
  if (g_error_matches (refusal, NCG_ERROR, NCG_ERROR_NOT_SUPPORTED))
    return "it is below a threaded one (cgroup.type)";
  if (g_error_matches (refusal, NCG_ERROR, NCG_ERROR_NOT_PERMITTED))
    return goal->tree->is_v1 ? NULL
                             : "that takes the right to write cgroup.procs there, and in the "
                               "nearest cgroup above both this one and that of the process";
  /* On v2 a cgroup that has none takes those of the one above, and none needs a share. */
  if (!goal->tree->is_v1)
    return NULL;
  if (ncg_tree_has_controller (goal->tree, "cpuset"))
    return "its CPUs or memory nodes may be empty (cpuset.cpus, cpuset.mems), or the process may "
           "be bound to a CPU";
  if (ncg_tree_has_controller (goal->tree, "cpu"))
    return "a process with real-time priority needs a share of cpu.rt_runtime_us there";
  return NULL;
}

/* What the kernel finds wrong with the write itself is not the caller's argument. */
static int
code_of_refusal (const GError *refusal)
{
  return g_error_matches (refusal, NCG_ERROR, NCG_ERROR_BUSY) ||
                 g_error_matches (refusal, NCG_ERROR, NCG_ERROR_NOT_SUPPORTED) ||
                 g_error_matches (refusal, NCG_ERROR, NCG_ERROR_NOT_PERMITTED)
             ? refusal->code
             : NCG_ERROR_FAILED;
}

static gboolean
set_refused (const Goal *goal, const NcgProcess *process, GError *refusal, GError **error)
{
  g_autoptr (GError) owned = refusal;
  g_autofree char *shown = show_goal (goal);
  g_autofree char *described = NULL;
  const char *reason = explain (goal, refusal);

  if (g_error_matches (refusal, NCG_ERROR, NCG_ERROR_NO_SUCH_PROCESS) ||
      ncg_process_has_exited (process))
    return set_ended (goal, process, error);
  if (reason == NULL || g_error_matches (refusal, NCG_ERROR, NCG_ERROR_NOT_FOUND)) {
    if (!g_error_matches (owned, NCG_ERROR, NCG_ERROR_NOT_FOUND))
      owned->code = code_of_refusal (owned);
    g_propagate_error (error, g_steal_pointer (&owned));
    return FALSE;
  }
  described = ncg_process_describe (goal->proc, process->pid);
  g_set_error (error, NCG_ERROR, code_of_refusal (refusal),
               "process %s cannot be moved to the cgroup %s: %s (%s)", described, shown, reason,
               refusal->message);
  return FALSE;
}

static gboolean
write_goal (const Goal *goal, const NcgProcess *process, GError **error)
{
  GError *refusal = NULL;

  return write_pid (goal->cgroup, process, &refusal) || set_refused (goal, process, refusal, error);
}

/* @current: where it is after it was written */
static gboolean
confirm (const Goal *goal, const NcgProcess *process, const char *current, GError **error)
{
  g_autofree char *shown = NULL;

  if (is_inside (goal, current))
    return TRUE;
  if (ncg_process_is_ending (process, goal->proc))
    return set_ended (goal, process, error);
  shown = show_goal (goal);
  g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED,
               "process %d was moved to the cgroup %s, but something moved it elsewhere at once",
               (int) process->pid, shown);
  return FALSE;
}

/* The kernel lets a whole process into a threaded cgroup, but its domain is the cgroup above then:
 * that has its memory, and lists it. */
static gboolean
check_not_threaded (const NcgCgroup *cgroup, GError **error)
{
  g_autofree char *type = ncg_cgroup_read (cgroup, "cgroup.type", NULL);
  g_autofree char *shown = ncg_error_escape_path (ncg_cgroup_get_path (cgroup));

  if (g_strcmp0 (type, "threaded") != 0 && g_strcmp0 (type, "domain invalid") != 0)
    return TRUE;
  g_set_error (error, NCG_ERROR, NCG_ERROR_NOT_SUPPORTED,
               "no whole processes can be moved to the cgroup %s: its cgroup.type is \"%s\"", shown,
               type);
  return FALSE;
}

/* Moves it unless it is there already, and makes sure of it. */
gboolean
ncg_attach_process (const NcgTree *tree,
                    const char *proc,
                    const NcgCgroup *cgroup,
                    const NcgProcess *process,
                    GError **error)
{
  Goal goal = { tree, proc, ncg_cgroup_get_path (cgroup), cgroup, FALSE, NULL };
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  if (!tree->is_v1 && !check_not_threaded (cgroup, error))
    return FALSE;
  before = ncg_process_read_cgroup (process, proc, tree, error);
  if (before == NULL || is_inside (&goal, before))
    return before != NULL;
  if (!write_goal (&goal, process, error))
    return FALSE;
  after = ncg_process_read_cgroup (process, proc, tree, error);
  return after != NULL && confirm (&goal, process, after, error);
}

/* The cgroup, or the nearest one above it that is there. */
static NcgCgroup *
open_nearest (const NcgTree *tree, const char *path, gboolean *ret_is_above, GError **error)
{
  g_autofree char *above = g_strdup (path);

  *ret_is_above = FALSE;
  for (;;) {
    GError *local = NULL;
    NcgCgroup *cgroup = ncg_cgroup_open (tree->mount, above, &local);
    char *slash = strrchr (above, '/');

    if (cgroup != NULL)
      return cgroup;
    if (!g_error_matches (local, NCG_ERROR, NCG_ERROR_NOT_FOUND) || above[1] == '\0') {
      g_propagate_error (error, local);
      return NULL;
    }
    g_error_free (local);
    slash[slash == above ? 1 : 0] = '\0';
    *ret_is_above = TRUE;
  }
}

/* The goals of a move, by tree. */
typedef struct {
  const NcgHierarchy *hierarchy;
  const char *path;
  Goal *goals;        /* their cgroups are owned */
  NcgProcsFile procs; /* of the first; -1 without it */
} Move;

static void
move_clear (Move *self)
{
  for (guint i = 0; i < self->hierarchy->trees->len; i++) {
    g_free (self->goals[i].above);
    if (self->goals[i].cgroup != NULL)
      ncg_cgroup_close ((NcgCgroup *) self->goals[i].cgroup);
  }
  ncg_procs_file_close (&self->procs);
  g_free (self->goals);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Move, move_clear)

/* The primary hierarchy's has to be there. */
static gboolean
open_exact (Goal *goal, GError **error)
{
  goal->cgroup = ncg_cgroup_open (goal->tree->mount, goal->path, error);
  return goal->cgroup != NULL && (goal->tree->is_v1 || check_not_threaded (goal->cgroup, error));
}

static gboolean
open_first_goal (Move *self, const GPtrArray *processes, GError **error)
{
  Goal *goal = &self->goals[0];

  return ncg_procs_file_open (&self->procs, goal->tree, goal->path, processes) ||
         open_exact (goal, error);
}

/* What does not succeed so is done again, and then told. */
static gboolean
write_first (Move *self, const NcgProcess *process, GError **error)
{
  Goal *goal = &self->goals[0];

  if (self->procs.fd >= 0 && ncg_procs_file_write (&self->procs, process) == 0)
    return TRUE;
  return (goal->cgroup != NULL || open_exact (goal, error)) && write_goal (goal, process, error);
}

/* Without opening directories. @has_moved: (inout). Returns: %FALSE if it has to be found out why
 * it did not succeed */
static gboolean
put_at_once (Goal *goal, const NcgProcess *process, const char *before, gboolean *has_moved)
{
  g_autofree char *path = g_strdup (goal->path);
  int errsv;

  while ((errsv = ncg_procs_file_put (goal->tree, path, process)) == ENOENT && path[0] != '\0') {
    goal->is_absent = TRUE;
    if (is_inside (goal, before))
      return TRUE;
    *strrchr (path, '/') = '\0';
  }
  *has_moved = *has_moved || errsv == 0;
  if (goal->is_absent && errsv == 0)
    goal->above = path[0] != '\0' ? g_steal_pointer (&path) : g_strdup ("/");
  return errsv == 0;
}

/* The cgroup, or the nearest above, which matters only to who is in none of them. */
static gboolean
open_goal (Goal *goal, GError **error)
{
  g_autoptr (NcgCgroup) nearest = NULL;

  if (goal->cgroup != NULL)
    return TRUE;
  nearest = open_nearest (goal->tree, goal->path, &goal->is_absent, error);
  if (nearest == NULL || (!goal->tree->is_v1 && !check_not_threaded (nearest, error)))
    return FALSE;
  goal->cgroup = g_steal_pointer (&nearest);
  return TRUE;
}

/* @has_moved: (inout). Of a hierarchy beside the primary one. */
static gboolean
move_in_tree (
    Goal *goal, const NcgProcess *process, const char *before, gboolean *has_moved, GError **error)
{
  if (is_inside (goal, before))
    return TRUE;
  if (goal->cgroup == NULL && goal->tree->is_v1 && !goal->is_absent &&
      put_at_once (goal, process, before, has_moved))
    return TRUE;
  if (!open_goal (goal, error))
    return FALSE;
  if (is_inside (goal, before))
    return TRUE;
  *has_moved = TRUE;
  return write_goal (goal, process, error);
}

/* The primary hierarchy comes first: without it nothing is moved, and a cgroup with a process in it
 * there cannot be taken away under us, so that the others are looked at when one is. */
static gboolean
move_process (Move *self, const NcgProcess *process, char **before, GError **error)
{
  const GPtrArray *trees = self->hierarchy->trees;
  g_auto (GStrv) after = NULL;
  gboolean has_moved = !is_inside (&self->goals[0], before[0]);

  if (has_moved && !write_first (self, process, error))
    return FALSE;
  for (guint i = 1; i < trees->len; i++)
    if (!move_in_tree (&self->goals[i], process, before[i], &has_moved, error))
      return FALSE;
  if (!has_moved)
    return TRUE;
  after = ncg_process_read_cgroups (process, self->goals[0].proc, trees, error);
  for (guint i = 0; after != NULL && i < trees->len; i++)
    if (!confirm (&self->goals[i], process, after[i], error))
      return FALSE;
  return after != NULL;
}

gboolean
ncg_origins_attach (const NcgOrigins *self,
                    const char *path,
                    gboolean *ret_was_filled,
                    GError **error)
{
  const GPtrArray *trees = self->hierarchy->trees;
  g_auto (Move) move = { self->hierarchy, path, g_new0 (Goal, trees->len), { .fd = -1 } };

  for (guint i = 0; i < trees->len; i++)
    move.goals[i] = (Goal){ g_ptr_array_index (trees, i), self->proc, path, NULL, FALSE, NULL };
  if (!open_first_goal (&move, self->processes, error))
    return FALSE;
  for (guint i = 0; i < self->processes->len; i++)
    if (!move_process (&move, g_ptr_array_index (self->processes, i),
                       g_ptr_array_index (self->paths, i), error))
      return FALSE;
  if (ret_was_filled != NULL)
    *ret_was_filled = move.procs.fd >= 0 && ncg_procs_file_has_other (&move.procs);
  return TRUE;
}

gboolean
ncg_attach_processes (const NcgHierarchy *hierarchy,
                      const char *proc,
                      const char *path,
                      const GPtrArray *processes,
                      GError **error)
{
  g_autoptr (NcgOrigins) now = ncg_origins_read (hierarchy, proc, processes, error);

  return now != NULL && ncg_origins_attach (now, path, NULL, error);
}

gboolean
ncg_attach_is_done (const NcgHierarchy *hierarchy,
                    const char *proc,
                    const char *path,
                    const NcgProcess *process)
{
  g_auto (GStrv) current = ncg_process_read_cgroups (process, proc, hierarchy->trees, NULL);

  for (guint i = 0; current != NULL && i < hierarchy->trees->len; i++)
    if (i == 0 ? !g_str_equal (current[i], path) : !is_below (path, current[i]))
      return FALSE;
  return current != NULL;
}
