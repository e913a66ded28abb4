/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moving processes.
 */
#include "lib/attach.h"

#include "lib/error.h"

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

/* (transfer full): where it is in each hierarchy */
static GStrv
read_paths (const NcgHierarchy *hierarchy,
            const char *proc,
            const NcgProcess *process,
            GError **error)
{
  g_auto (GStrv) paths = g_new0 (char *, hierarchy->trees->len + 1);

  for (guint i = 0; i < hierarchy->trees->len; i++) {
    paths[i] =
        ncg_process_read_cgroup (process, proc, g_ptr_array_index (hierarchy->trees, i), error);
    if (paths[i] == NULL)
      return NULL;
  }
  return g_steal_pointer (&paths);
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
    GStrv paths = read_paths (hierarchy, proc, g_ptr_array_index (processes, i), error);

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
  for (guint i = 0; i < self->processes->len; i++) {
    const NcgProcess *process = g_ptr_array_index (self->processes, i);
    char **paths = g_ptr_array_index (self->paths, i);

    for (guint j = 0; j < self->hierarchy->trees->len; j++) {
      const NcgTree *tree = g_ptr_array_index (self->hierarchy->trees, j);
      g_autofree char *current = ncg_process_read_cgroup (process, self->proc, tree, NULL);
      g_autoptr (NcgCgroup) cgroup = NULL;

      if (current == NULL || g_str_equal (current, paths[j]))
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
  const NcgCgroup *cgroup;
  const char *leaf; /* (nullable): what is not there, and below @cgroup if it were */
} Goal;

/* Whether @path is @top, or below it. */
static gboolean
is_below (const char *path, const char *top)
{
  gsize length = g_str_equal (top, "/") ? 0 : strlen (top);

  return strncmp (path, top, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

static gboolean
set_ended (const Goal *goal, const NcgProcess *process, GError **error)
{
  g_autofree char *shown = ncg_error_escape_path (ncg_cgroup_get_path (goal->cgroup));

  g_set_error (error, NCG_ERROR, NCG_ERROR_NO_SUCH_PROCESS,
               "process %d ended before it had been moved to the cgroup %s", (int) process->pid,
               shown);
  return FALSE;
}

static gboolean
is_inside (const Goal *goal, const NcgProcess *process, gboolean *ret_inside, GError **error)
{
  g_autofree char *current = ncg_process_read_cgroup (process, goal->proc, goal->tree, error);

  if (current == NULL)
    return FALSE;
  *ret_inside = goal->leaf != NULL ? is_below (goal->leaf, current)
                                   : is_below (current, ncg_cgroup_get_path (goal->cgroup));
  return TRUE;
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
                 g_error_matches (refusal, NCG_ERROR, NCG_ERROR_NOT_SUPPORTED)
             ? refusal->code
             : NCG_ERROR_FAILED;
}

static gboolean
set_refused (const Goal *goal, const NcgProcess *process, GError *refusal, GError **error)
{
  g_autoptr (GError) owned = refusal;
  g_autofree char *shown = ncg_error_escape_path (ncg_cgroup_get_path (goal->cgroup));
  g_autofree char *described = NULL;
  const char *reason = explain (goal, refusal);

  if (g_error_matches (refusal, NCG_ERROR, NCG_ERROR_NO_SUCH_PROCESS) ||
      ncg_process_has_exited (process))
    return set_ended (goal, process, error);
  if (reason == NULL || g_error_matches (refusal, NCG_ERROR, NCG_ERROR_NOT_FOUND)) {
    g_propagate_error (error, g_steal_pointer (&owned));
    return FALSE;
  }
  described = ncg_process_describe (goal->proc, process->pid);
  g_set_error (error, NCG_ERROR, code_of_refusal (refusal),
               "process %s cannot be moved to the cgroup %s: %s (%s)", described, shown, reason,
               refusal->message);
  return FALSE;
}

/* Moves it unless it is there already, and makes sure of it. */
static gboolean
move (const Goal *goal, const NcgProcess *process, GError **error)
{
  g_autofree char *shown = NULL;
  GError *refusal = NULL;
  gboolean inside;

  if (!is_inside (goal, process, &inside, error))
    return FALSE;
  if (inside)
    return TRUE;
  if (!write_pid (goal->cgroup, process, &refusal))
    return set_refused (goal, process, refusal, error);
  if (!is_inside (goal, process, &inside, error))
    return FALSE;
  if (inside)
    return TRUE;
  if (ncg_process_is_ending (process, goal->proc))
    return set_ended (goal, process, error);
  shown = ncg_error_escape_path (ncg_cgroup_get_path (goal->cgroup));
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

gboolean
ncg_attach_process (const NcgTree *tree,
                    const char *proc,
                    const NcgCgroup *cgroup,
                    const NcgProcess *process,
                    GError **error)
{
  Goal goal = { tree, proc, cgroup, NULL };

  return (tree->is_v1 || check_not_threaded (cgroup, error)) && move (&goal, process, error);
}

static gboolean
move_all (const NcgTree *tree,
          const char *proc,
          const NcgCgroup *cgroup,
          const char *leaf,
          const GPtrArray *processes,
          GError **error)
{
  Goal goal = { tree, proc, cgroup, leaf };

  if (!tree->is_v1 && !check_not_threaded (cgroup, error))
    return FALSE;
  for (guint i = 0; i < processes->len; i++)
    if (!move (&goal, g_ptr_array_index (processes, i), error))
      return FALSE;
  return TRUE;
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

/* The primary one comes first: without it nothing is moved, and a cgroup with a process in it there
 * cannot be taken away under us. */
gboolean
ncg_attach_processes (const NcgHierarchy *hierarchy,
                      const char *proc,
                      const char *path,
                      const GPtrArray *processes,
                      GError **error)
{
  for (guint i = 0; i < hierarchy->trees->len; i++) {
    const NcgTree *tree = g_ptr_array_index (hierarchy->trees, i);
    gboolean is_above = FALSE;
    g_autoptr (NcgCgroup) cgroup = i == 0 ? ncg_cgroup_open (tree->mount, path, error)
                                          : open_nearest (tree, path, &is_above, error);

    if (cgroup == NULL || !move_all (tree, proc, cgroup, is_above ? path : NULL, processes, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
ncg_attach_is_done (const NcgHierarchy *hierarchy,
                    const char *proc,
                    const char *path,
                    const NcgProcess *process)
{
  for (guint i = 0; i < hierarchy->trees->len; i++) {
    g_autofree char *current =
        ncg_process_read_cgroup (process, proc, g_ptr_array_index (hierarchy->trees, i), NULL);

    if (current == NULL || (i == 0 ? !g_str_equal (current, path) : !is_below (path, current)))
      return FALSE;
  }
  return TRUE;
}
