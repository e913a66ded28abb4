/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Freezing a cgroup: by cgroup.freeze of v2, or by the freezer controller of v1
 * (cgroup-v1/freezer-subsystem.rst).
 */
#include "lib/cgroup-tree.h"

#include "lib/cgroup-tree-private.h"
#include "lib/cgroup.h"
#include "lib/error.h"

#include <string.h>

/* The freezer of v1 may hang in FREEZING, and comes out of it only by a short thaw. */
#define PAUSE_USEC 1000
#define LONGEST_PAUSE_USEC 20000
#define TRIES_BEFORE_THAW 50
#define THAW_USEC 10000

/* Each finds what was forked during the one before. */
#define GATHER_PASSES 16

static NcgCgroup *
open_in (const NcgTree *tree, const char *path)
{
  return tree != NULL ? ncg_cgroup_open (tree->mount, path, NULL) : NULL;
}

static gboolean
set_timeout (
    const char *path, gboolean frozen, const char *state, gboolean by_parent, GError **error)
{
  g_autofree char *shown = ncg_error_escape_path (path);

  g_set_error (error, NCG_ERROR, NCG_ERROR_TIMEOUT, "the cgroup %s could not be %s in time: %s%s",
               shown, frozen ? "frozen" : "thawed", state,
               by_parent ? "; a cgroup above it is frozen: thaw that first" : "");
  return FALSE;
}

/* Whether a cgroup above, below the root, has been told to be frozen. */
static gboolean
is_frozen_above (const NcgTree *tree, const char *path)
{
  g_autofree char *above = g_path_get_dirname (path);

  while (!g_str_equal (above, "/")) {
    g_autoptr (NcgCgroup) cgroup = open_in (tree, above);
    guint64 freeze = 0;
    char *next;

    if (cgroup != NULL && ncg_cgroup_read_u64 (cgroup, "cgroup.freeze", &freeze, NULL) &&
        freeze != 0)
      return TRUE;
    next = g_path_get_dirname (above);
    g_free (above);
    above = next;
  }
  return FALSE;
}

static gboolean
freeze_v2 (const NcgTree *tree,
           const NcgCgroup *cgroup,
           gboolean frozen,
           gint64 deadline_usec,
           GError **error)
{
  const char *path = ncg_cgroup_get_path (cgroup);
  guint64 before = 0;
  gboolean reached;

  if (!ncg_cgroup_read_u64 (cgroup, "cgroup.freeze", &before, error) ||
      !ncg_cgroup_write (cgroup, "cgroup.freeze", frozen ? "1" : "0", error) ||
      !ncg_cgroup_wait_event (cgroup, "frozen", frozen, deadline_usec, &reached, error))
    return FALSE;
  if (reached)
    return TRUE;
  if (frozen && before == 0)
    ncg_cgroup_write (cgroup, "cgroup.freeze", "0", NULL);
  return set_timeout (path, frozen, frozen ? "frozen is still 0" : "frozen is still 1",
                      !frozen && is_frozen_above (tree, path), error);
}

/* Moves those of @source that are not in @freezer or below it; @ret_moved counts them. */
static gboolean
gather_once (const NcgCgroup *source, const NcgCgroup *freezer, guint *ret_moved, GError **error)
{
  g_autoptr (GArray) pids = ncg_cgroup_list_processes (source, TRUE, error);
  g_autoptr (GArray) inside =
      pids != NULL ? ncg_cgroup_list_processes (freezer, TRUE, error) : NULL;
  g_autoptr (GHashTable) set = g_hash_table_new (NULL, NULL);
  guint moved = 0;

  if (inside == NULL)
    return FALSE;
  for (guint i = 0; i < inside->len; i++)
    g_hash_table_add (set, GINT_TO_POINTER (g_array_index (inside, pid_t, i)));
  for (guint i = 0; i < pids->len; i++) {
    pid_t pid = g_array_index (pids, pid_t, i);
    g_autofree char *text = g_strdup_printf ("%d", (int) pid);
    g_autoptr (GError) local = NULL;

    if (g_hash_table_contains (set, GINT_TO_POINTER (pid)))
      continue;
    moved++;
    if (ncg_cgroup_write (freezer, "cgroup.procs", text, &local) ||
        g_error_matches (local, NCG_ERROR, NCG_ERROR_NO_SUCH_PROCESS))
      continue;
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  *ret_moved = moved;
  return TRUE;
}

/* What is in the cgroup in any other hierarchy is put into that of the freezer. A child that is
 * forked by one that is there already, is there, too. */
static gboolean
gather (const NcgHierarchy *hierarchy,
        const NcgTree *tree,
        const NcgCgroup *freezer,
        GError **error)
{
  for (guint i = 0; i < hierarchy->trees->len; i++) {
    const NcgTree *other = g_ptr_array_index (hierarchy->trees, i);
    g_autoptr (NcgCgroup) source =
        other != tree ? open_in (other, ncg_cgroup_get_path (freezer)) : NULL;
    guint moved = 1;

    for (guint pass = 0; source != NULL && moved > 0 && pass < GATHER_PASSES; pass++)
      if (!gather_once (source, freezer, &moved, error))
        return FALSE;
  }
  return TRUE;
}

/* freezer.state; it must be read for the kernel to look whether all have come to rest. */
static gboolean
wait_state (const NcgCgroup *freezer,
            const char *wanted,
            gint64 deadline_usec,
            char **ret_state,
            GError **error)
{
  gboolean is_freezing = g_str_equal (wanted, "FROZEN");
  gint64 pause_usec = PAUSE_USEC;

  for (guint tries = 1;; tries++) {
    g_autofree char *state = NULL;

    if (!ncg_cgroup_write (freezer, "freezer.state", wanted, error))
      return FALSE;
    state = ncg_cgroup_read (freezer, "freezer.state", error);
    if (state == NULL)
      return FALSE;
    if (g_str_equal (state, wanted) || g_get_monotonic_time () >= deadline_usec) {
      *ret_state = g_steal_pointer (&state);
      return TRUE;
    }
    if (is_freezing && tries % TRIES_BEFORE_THAW == 0) {
      ncg_cgroup_write (freezer, "freezer.state", "THAWED", NULL);
      g_usleep (THAW_USEC);
      continue;
    }
    g_usleep ((gulong) pause_usec);
    pause_usec = MIN (2 * pause_usec, LONGEST_PAUSE_USEC);
  }
}

static gboolean
freeze_v1 (const NcgHierarchy *hierarchy,
           const NcgTree *tree,
           const char *path,
           gboolean frozen,
           gint64 deadline_usec,
           GError **error)
{
  const char *wanted = frozen ? "FROZEN" : "THAWED";
  g_autoptr (GPtrArray) trees = g_ptr_array_new ();
  g_autoptr (NcgCgroup) freezer = NULL;
  g_autofree char *state = NULL;
  guint64 by_parent = 0;

  g_ptr_array_add (trees, (gpointer) tree);
  if (frozen && !ncg_cgroup_tree_make (trees, path, NULL, error))
    return FALSE;
  freezer = open_in (tree, path);
  if (freezer == NULL && !frozen)
    return TRUE; /* nobody has frozen it */
  if (freezer == NULL || (frozen && !gather (hierarchy, tree, freezer, error)) ||
      !wait_state (freezer, wanted, deadline_usec, &state, error))
    return FALSE;
  if (g_str_equal (state, wanted)) /* those that were forked between the passes */
    return !frozen || gather (hierarchy, tree, freezer, error);
  if (frozen)
    ncg_cgroup_write (freezer, "freezer.state", "THAWED", NULL);
  ncg_cgroup_read_u64 (freezer, "freezer.parent_freezing", &by_parent, NULL);
  return set_timeout (path, frozen, state, !frozen && by_parent != 0, error);
}

/* In the primary hierarchy: all that we make or systemd makes is there. */
static gboolean
check_exists (const NcgHierarchy *hierarchy, const char *path, GError **error)
{
  g_autoptr (NcgCgroup) cgroup =
      ncg_cgroup_open (ncg_hierarchy_get_primary (hierarchy)->mount, path, error);

  if (cgroup == NULL)
    return FALSE;
  if (!g_str_equal (path, "/"))
    return TRUE;
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT, "the root cgroup cannot be frozen");
  return FALSE;
}

gboolean
ncg_cgroup_tree_freeze (const NcgHierarchy *hierarchy,
                        const char *path,
                        gboolean frozen,
                        gint64 deadline_usec,
                        GError **error)
{
  const NcgTree *primary = ncg_hierarchy_get_primary (hierarchy);
  const NcgTree *freezer = ncg_hierarchy_find_tree (hierarchy, "freezer");
  g_autoptr (NcgCgroup) unified = NULL;
  g_autofree char *own = NULL;

  if (!check_exists (hierarchy, path, error))
    return FALSE;
  unified = primary->is_v1 ? NULL : open_in (primary, path);
  own = unified != NULL ? ncg_cgroup_read (unified, "cgroup.freeze", NULL) : NULL;
  if (own != NULL)
    return freeze_v2 (primary, unified, frozen, deadline_usec, error);
  if (freezer != NULL && freezer->is_v1)
    return freeze_v1 (hierarchy, freezer, path, frozen, deadline_usec, error);
  g_set_error (error, NCG_ERROR, NCG_ERROR_NOT_SUPPORTED,
               "nothing can be frozen here: cgroup.freeze needs Linux 5.2, and the freezer "
               "controller of cgroup v1 is not mounted");
  return FALSE;
}

static gboolean
hold_v1 (const NcgHierarchy *hierarchy, const NcgTree *tree, const char *path)
{
  g_autoptr (GPtrArray) trees = g_ptr_array_new ();
  g_autoptr (NcgCgroup) freezer = NULL;

  g_ptr_array_add (trees, (gpointer) tree);
  if (!ncg_cgroup_tree_make (trees, path, NULL, NULL))
    return FALSE;
  freezer = open_in (tree, path);
  return freezer != NULL && gather (hierarchy, tree, freezer, NULL) &&
         ncg_cgroup_write (freezer, "freezer.state", "FROZEN", NULL);
}

gboolean
ncg_cgroup_tree_hold (const NcgHierarchy *hierarchy, const char *path)
{
  const NcgTree *primary = ncg_hierarchy_get_primary (hierarchy);
  const NcgTree *freezer = ncg_hierarchy_find_tree (hierarchy, "freezer");
  g_autoptr (NcgCgroup) unified = primary->is_v1 ? NULL : open_in (primary, path);

  if (!check_exists (hierarchy, path, NULL))
    return FALSE;
  if (unified != NULL && ncg_cgroup_write (unified, "cgroup.freeze", "1", NULL))
    return TRUE;
  return freezer != NULL && freezer->is_v1 && hold_v1 (hierarchy, freezer, path);
}

void
ncg_cgroup_tree_release (const NcgHierarchy *hierarchy, const char *path)
{
  ncg_cgroup_tree_freeze (hierarchy, path, FALSE, 0, NULL);
}

/* @at: below @top; NULL for @top itself. Adds the paths of its children. */
static void
thaw_one (const NcgCgroup *top, const char *at, GPtrArray *paths)
{
  g_autoptr (NcgCgroup) below = at != NULL ? ncg_cgroup_open_child (top, at, NULL) : NULL;
  const NcgCgroup *cgroup = at != NULL ? below : top;
  g_auto (GStrv) children = NULL;

  if (cgroup == NULL)
    return;
  ncg_cgroup_write (cgroup, "freezer.state", "THAWED", NULL);
  children = ncg_cgroup_list_children (cgroup, NULL);
  for (guint i = 0; children != NULL && children[i] != NULL; i++)
    g_ptr_array_add (paths, at != NULL ? g_strconcat (at, "/", children[i], NULL)
                                       : g_strdup (children[i]));
}

/* Without recursion and by path, as in cgroup-processes.c. */
void
ncg_cgroup_tree_thaw_v1 (const NcgHierarchy *hierarchy, const char *path)
{
  const NcgTree *tree = ncg_hierarchy_find_tree (hierarchy, "freezer");
  g_autoptr (NcgCgroup) top = tree != NULL && tree->is_v1 ? open_in (tree, path) : NULL;
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);

  if (top != NULL)
    thaw_one (top, NULL, paths);
  while (paths->len > 0) {
    g_autofree char *at = g_ptr_array_steal_index_fast (paths, paths->len - 1);

    thaw_one (top, at, paths);
  }
}
