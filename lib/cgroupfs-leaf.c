/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Leaves: starting and joining them.
 */
#include "lib/cgroupfs.h"

#include "lib/attach.h"
#include "lib/cgroup-tree.h"
#include "lib/cgroupfs-private.h"
#include "lib/error.h"
#include "lib/leaf-settle.h"

/* To take away what could not be finished; its processes have left already. */
#define UNDO_USEC G_USEC_PER_SEC

static gboolean
check_parent (const NcgCgroupfs *self, const char *path, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (path);
  g_autoptr (NcgCgroup) cgroup = ncg_cgroupfs_open (self, parent, error);

  return cgroup != NULL;
}

/* A process that was killed counts until it has ended, and that is not for long. */
static gboolean
replace_ended (NcgCgroupfs *self, const char *path, const NcgLeaf *leaf)
{
  g_autofree char *description = ncg_cgroupfs_describe (self, path);
  gint64 deadline_usec = g_get_monotonic_time () + UNDO_USEC;

  return g_str_equal (description, leaf->description) &&
         ncg_cgroup_tree_remove (self->hierarchy->trees, self->proc, path, deadline_usec, NULL);
}

/* Who was killed while he made it had not said yet whose it is. */
static gboolean
replace_unmarked (NcgCgroupfs *self, const char *path)
{
  g_autofree char *description = ncg_cgroupfs_describe (self, path);
  gboolean is_populated = TRUE;

  return description[0] == '\0' &&
         ncg_cgroup_tree_is_populated (self->hierarchy->trees, path, &is_populated, NULL) &&
         !is_populated &&
         ncg_cgroup_tree_remove (self->hierarchy->trees, self->proc, path,
                                 g_get_monotonic_time () + UNDO_USEC, NULL);
}

static gboolean
set_taken (NcgCgroupfs *self, const char *path, GError **error)
{
  g_autofree char *owner = ncg_cgroupfs_describe (self, path);
  g_autofree char *escaped = ncg_error_escape (owner);
  g_autofree char *shown = ncg_error_escape_path (path);

  g_set_error (error, NCG_ERROR, NCG_ERROR_UNIT_EXISTS, "there is a cgroup %s already ('%s')",
               shown, owner[0] != '\0' ? escaped : "nobody says whose it is");
  return FALSE;
}

static gboolean
check_absent (
    NcgCgroupfs *self, const char *path, const NcgLeaf *leaf, gboolean may_replace, GError **error)
{
  if (!ncg_cgroup_tree_exists (self->hierarchy->trees, path) ||
      (may_replace && replace_ended (self, path, leaf)) || replace_unmarked (self, path))
    return TRUE;
  return set_taken (self, path, error);
}

/* What the leaf is, without processes. All controllers that are to be had are for whoever manages
 * it; with which of them he goes on is his business. */
static gboolean
make_leaf (NcgCgroupfs *self, const char *path, const NcgLeaf *leaf, GError **error)
{
  g_autoptr (GPtrArray) settings = ncg_cgroupfs_list_settings (self, path, leaf->resources, error);

  ncg_cgroupfs_clear_leftovers (self, path);
  if (settings == NULL || !ncg_cgroupfs_make (self, path, leaf->description, settings, error))
    return FALSE;
  if (leaf->is_delegated)
    ncg_cgroup_tree_make (self->hierarchy->trees, path, NULL, NULL);
  return leaf->user == NCG_NO_USER ||
         ncg_leaf_delegate (self->root, self->hierarchy, path, leaf->user, error);
}

/* All of them, or they are back where they were. */
static gboolean
move (NcgCgroupfs *self,
      const NcgOrigins *origins,
      const char *path,
      const char *subgroup,
      const GPtrArray *processes,
      GError **error)
{
  g_autofree char *goal =
      subgroup != NULL ? g_strconcat (path, "/", subgroup, NULL) : g_strdup (path);

  if (ncg_attach_processes (self->hierarchy, self->proc, goal, processes, error))
    return TRUE;
  ncg_origins_restore (origins);
  return FALSE;
}

static gboolean
fill_leaf (NcgCgroupfs *self,
           const NcgOrigins *origins,
           const char *path,
           const NcgLeaf *leaf,
           GError **error)
{
  return (leaf->subgroup == NULL || ncg_leaf_make_subgroup (self->root, self->hierarchy, path,
                                                            leaf->subgroup, leaf->user, error)) &&
         (leaf->processes == NULL ||
          move (self, origins, path, leaf->subgroup, leaf->processes, error));
}

gboolean
ncg_cgroupfs_start_leaf (NcgCgroupfs *self,
                         const char *path,
                         const NcgLeaf *leaf,
                         gboolean may_replace,
                         gint64 deadline_usec,
                         GError **error)
{
  g_auto (NcgCgroupfsTurn) turn = { NULL, NULL };
  g_autoptr (NcgOrigins) origins = NULL;

  if (!ncg_leaf_check_delegation (leaf->is_delegated, leaf->subgroup, leaf->user, error) ||
      (leaf->user != NCG_NO_USER && ncg_leaf_find_delegable (self->hierarchy, error) == NULL) ||
      !ncg_cgroupfs_turn_take (&turn, self, path, deadline_usec, error) ||
      !check_parent (self, path, error) || !check_absent (self, path, leaf, may_replace, error))
    return FALSE;
  if (leaf->processes != NULL) {
    origins = ncg_origins_read (self->hierarchy, self->proc, leaf->processes, error);
    if (origins == NULL)
      return FALSE;
  }
  if (make_leaf (self, path, leaf, error) && fill_leaf (self, origins, path, leaf, error))
    return TRUE;
  ncg_cgroup_tree_remove (self->hierarchy->trees, self->proc, path,
                          g_get_monotonic_time () + UNDO_USEC, NULL);
  return FALSE;
}

/* One that is held is there until it is stopped, whatever took it away. */
static gboolean
check_there (NcgCgroupfs *self, const char *path, const NcgLeaf *held, GError **error)
{
  g_autoptr (NcgCgroup) cgroup = NULL;

  if (held != NULL && !ncg_cgroup_tree_exists (self->hierarchy->trees, path))
    return check_parent (self, path, error) && make_leaf (self, path, held, error);
  cgroup = ncg_cgroupfs_open (self, path, error);
  return cgroup != NULL;
}

/* A subgroup that is new is taken away again if nobody came into it. */
static gboolean
join_subgroup (NcgCgroupfs *self, const NcgJoin *join, const NcgOrigins *origins, GError **error)
{
  const GPtrArray *trees = self->hierarchy->trees;
  const char *path = join->place->cgroup;
  g_autofree char *goal = g_strconcat (path, "/", join->subgroup, NULL);
  gboolean is_new = !ncg_cgroup_tree_exists (trees, goal);

  if (ncg_leaf_make_subgroup (self->root, self->hierarchy, path, join->subgroup, join->user,
                              error) &&
      move (self, origins, path, join->subgroup, join->processes, error))
    return TRUE;
  if (is_new)
    ncg_cgroup_tree_remove (trees, self->proc, goal, 0, NULL);
  return FALSE;
}

gboolean
ncg_cgroupfs_join (NcgCgroupfs *self,
                   const NcgJoin *join,
                   const NcgLeaf *held,
                   gint64 deadline_usec,
                   GError **error)
{
  g_auto (NcgCgroupfsTurn) turn = { NULL, NULL };
  g_autoptr (NcgOrigins) origins = NULL;
  const char *path = join->place->cgroup;

  if ((join->subgroup != NULL && !ncg_leaf_check_subgroup (join->subgroup, error)) ||
      !ncg_cgroupfs_turn_take (&turn, self, path, deadline_usec, error) ||
      !check_there (self, path, held, error))
    return FALSE;
  origins = ncg_origins_read (self->hierarchy, self->proc, join->processes, error);
  if (origins == NULL)
    return FALSE;
  return join->subgroup != NULL ? join_subgroup (self, join, origins, error)
                                : move (self, origins, path, NULL, join->processes, error);
}
