/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Members of a unit, in the hierarchies of v1.
 */
#include "lib/members.h"

#include "lib/attach.h"
#include "lib/error.h"
#include "lib/leaf-settle.h"

#include <string.h>

/* As many as processes need that fork now and then, with much to spare. */
#define PASSES 100

/* Whether @path is @top, or below it. */
static gboolean
is_below (const char *path, const char *top)
{
  gsize length = g_str_equal (top, "/") ? 0 : strlen (top);

  return strncmp (path, top, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

/* A unit, as one look at a process sees it. */
typedef struct {
  const char *proc;
  const char *path;
  GPtrArray *trees; /* the primary one, and then those that are asked for */
} View;

static void
view_clear (View *self)
{
  g_ptr_array_unref (self->trees);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (View, view_clear)

static View
view_init (const NcgHierarchy *hierarchy, const char *proc, const char *path)
{
  View self = { proc, path, g_ptr_array_new () };

  g_ptr_array_add (self.trees, (gpointer) ncg_hierarchy_get_primary (hierarchy));
  return self;
}

/* (transfer full): of the unit and all below it; NULL if it is not there */
static GArray *
list_members (const View *self, GError **error)
{
  const NcgTree *primary = g_ptr_array_index (self->trees, 0);
  g_autoptr (NcgCgroup) cgroup = ncg_cgroup_open (primary->mount, self->path, error);

  return cgroup != NULL ? ncg_cgroup_list_processes (cgroup, TRUE, error) : NULL;
}

/* PID 1 and threads of the kernel cannot be held, and are nobody's to move. */
static NcgProcess *
hold (const View *self, const GArray *pids, guint i)
{
  return ncg_process_open (self->proc, g_array_index (pids, pid_t, i), NULL);
}

/* (transfer full) (nullable): where it is, by tree; NULL if it has ended, or has left the unit */
static GStrv
read_places (const View *self, const NcgProcess *process)
{
  g_auto (GStrv) places = ncg_process_read_cgroups (process, self->proc, self->trees, NULL);

  return places != NULL && is_below (places[0], self->path) ? g_steal_pointer (&places) : NULL;
}

/* (transfer full): @place in the other hierarchy, or what is there of it, down to the unit */
static NcgCgroup *
open_nearest (const View *self, const char *place, GError **error)
{
  const NcgTree *tree = g_ptr_array_index (self->trees, 1);
  g_autofree char *nearest = g_strdup (place);
  NcgCgroup *cgroup = ncg_cgroup_open (tree->mount, nearest, NULL);

  while (cgroup == NULL && strlen (nearest) > strlen (self->path)) {
    *strrchr (nearest, '/') = '\0';
    cgroup = ncg_cgroup_open (tree->mount, nearest, NULL);
  }
  return cgroup != NULL ? cgroup : ncg_cgroup_open (tree->mount, self->path, error);
}

/* A process may end, and a cgroup with it; the next pass sees what is left. */
static gboolean
forgive_gone (GError *local, GError **error)
{
  if (g_error_matches (local, NCG_ERROR, NCG_ERROR_NO_SUCH_PROCESS) ||
      g_error_matches (local, NCG_ERROR, NCG_ERROR_NOT_FOUND)) {
    g_error_free (local);
    return TRUE;
  }
  g_propagate_error (error, local);
  return FALSE;
}

static gboolean
move (const View *self, const NcgProcess *process, const char *place, GError **error)
{
  const NcgTree *tree = g_ptr_array_index (self->trees, 1);
  GError *local = NULL;
  g_autoptr (NcgCgroup) to = open_nearest (self, place, &local);

  return (to != NULL && ncg_attach_process (tree, self->proc, to, process, &local)) ||
         forgive_gone (local, error);
}

/* Nobody has placed who is above the unit. */
static gboolean
is_above (const View *self, const char *place)
{
  return is_below (self->path, place) && !g_str_equal (self->path, place);
}

static gboolean
run_pass (const View *self, guint *ret_n_moved, GError **error)
{
  g_autoptr (GArray) pids = list_members (self, error);
  guint n_moved = 0;

  if (pids == NULL)
    return FALSE;
  for (guint i = 0; i < pids->len; i++) {
    g_autoptr (NcgProcess) process = hold (self, pids, i);
    g_auto (GStrv) places = process != NULL ? read_places (self, process) : NULL;

    if (places == NULL || !is_above (self, places[1]))
      continue;
    if (!move (self, process, places[0], error))
      return FALSE;
    n_moved++;
  }
  *ret_n_moved = n_moved;
  return TRUE;
}

static gboolean
is_in (const NcgTree *tree, const char *path)
{
  g_autoptr (NcgCgroup) cgroup = ncg_cgroup_open (tree->mount, path, NULL);

  return cgroup != NULL;
}

static gboolean
run_passes (const View *self, GError **error)
{
  const NcgTree *tree = g_ptr_array_index (self->trees, 1);
  g_autofree char *shown = NULL;
  guint n_moved;

  for (guint i = 0; i < PASSES; i++) {
    if (!run_pass (self, &n_moved, error))
      return FALSE;
    if (n_moved == 0)
      return TRUE;
  }
  shown = ncg_error_escape_path (self->path);
  g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED,
               "the processes of %s multiply faster than they can be moved to where the controller "
               "%s limits them",
               shown, tree->controllers[0]);
  return FALSE;
}

gboolean
ncg_members_gather (const NcgHierarchy *hierarchy,
                    const char *proc,
                    const NcgTree *tree,
                    const char *path,
                    GError **error)
{
  const NcgTree *primary = ncg_hierarchy_get_primary (hierarchy);
  g_auto (View) view = view_init (hierarchy, proc, path);
  GError *local = NULL;

  if (!is_in (tree, path))
    return TRUE;
  g_ptr_array_add (view.trees, (gpointer) tree);
  if (!ncg_leaf_make_missing (tree, primary, path, error))
    return FALSE;
  return run_passes (&view, &local) || forgive_gone (local, error);
}

NcgHolder *
ncg_holder_new (const NcgTree *tree, const char *cgroup)
{
  NcgHolder *self = g_new0 (NcgHolder, 1);

  self->tree = tree;
  self->cgroup = g_strdup (cgroup);
  self->outside = g_array_new (FALSE, FALSE, sizeof (pid_t));
  return self;
}

void
ncg_holder_free (NcgHolder *self)
{
  g_free (self->cgroup);
  g_array_unref (self->outside);
  g_free (self);
}

/* @places: the first is in the primary hierarchy. */
static void
note_outside (const GPtrArray *holders, const GStrv places, pid_t pid)
{
  for (guint i = 0; i < holders->len; i++) {
    NcgHolder *holder = g_ptr_array_index (holders, i);

    if (!is_below (places[i + 1], holder->cgroup))
      g_array_append_val (holder->outside, pid);
  }
}

void
ncg_members_find_outside (const NcgHierarchy *hierarchy,
                          const char *proc,
                          const char *path,
                          const GPtrArray *holders)
{
  g_auto (View) view = view_init (hierarchy, proc, path);
  g_autoptr (GArray) pids = holders->len > 0 ? list_members (&view, NULL) : NULL;

  for (guint i = 0; i < holders->len; i++)
    g_ptr_array_add (view.trees,
                     (gpointer) ((const NcgHolder *) g_ptr_array_index (holders, i))->tree);
  for (guint i = 0; pids != NULL && i < pids->len; i++) {
    g_autoptr (NcgProcess) process = hold (&view, pids, i);
    g_auto (GStrv) places = process != NULL ? read_places (&view, process) : NULL;

    if (places != NULL)
      note_outside (holders, places, process->pid);
  }
}
