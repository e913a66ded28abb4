/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Killing all that is in a cgroup, and removing it.
 *
 * cgroup.kill (Linux 5.14) needs no help against forks, but does not end a process whose main
 * thread has ended already: who is left after the first round is killed one by one. Without it each
 * round begins to freeze what is there, so that a fork adds no more than one that is frozen, kills
 * it and thaws it; where that is not enough, pids.max lets nothing new begin either.
 */
#include "lib/cgroup-tree.h"

#include "lib/cgroup-look.h"
#include "lib/cgroup-tree-private.h"
#include "lib/cgroup.h"
#include "lib/error.h"
#include "lib/holders.h"

#include <string.h>

/* How long one round waits for the killed to end before the next one. */
#define ROUND_USEC 100000
/* Between two tries to remove what is not populated any more, and may be for a moment again. */
#define REMOVE_PAUSE_USEC 5000

/* A thaw wakes up what sleeps uninterruptibly as well (cgroup_freeze_task() in the kernel), for as
 * long as it takes to find out that nothing has changed. So that a process is not told to be
 * running that is in fact stuck, the last round waits for no less than any other, be it beyond the
 * deadline. */
static gint64
end_of_round (gint64 deadline_usec)
{
  gint64 end_usec = g_get_monotonic_time () + ROUND_USEC;

  return deadline_usec < end_usec + ROUND_USEC ? MAX (deadline_usec, end_usec) : end_usec;
}

static gboolean
look_into (const NcgTree *tree, const char *path, gboolean *ret_populated, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (NcgCgroup) cgroup = ncg_cgroup_open (tree->mount, path, &local);

  if (cgroup != NULL)
    return ncg_cgroup_is_populated (cgroup, ret_populated, error);
  if (g_error_matches (local, NCG_ERROR, NCG_ERROR_NOT_FOUND))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

gboolean
ncg_cgroup_tree_is_populated (const GPtrArray *trees,
                              const char *path,
                              gboolean *ret_populated,
                              GError **error)
{
  gboolean populated = FALSE;

  for (guint i = 0; !populated && i < trees->len; i++) {
    const NcgTree *tree = g_ptr_array_index (trees, i);

    if (!ncg_cgroup_is_bare (tree, path) && !look_into (tree, path, &populated, error))
      return FALSE;
  }
  *ret_populated = populated;
  return TRUE;
}

/* In every hierarchy, one after the other. */
static gboolean
wait_empty (const GPtrArray *trees,
            const char *path,
            gint64 deadline_usec,
            gboolean *ret_empty,
            GError **error)
{
  gboolean empty = TRUE;

  for (guint i = 0; empty && i < trees->len; i++) {
    const NcgTree *tree = g_ptr_array_index (trees, i);
    g_autoptr (NcgCgroup) cgroup = ncg_cgroup_open (tree->mount, path, NULL);

    if (cgroup != NULL && !ncg_cgroup_wait_empty (cgroup, deadline_usec, &empty, error))
      return FALSE;
  }
  *ret_empty = empty;
  return TRUE;
}

/* (transfer full): those of all hierarchies, each once */
static GArray *
list_holders (const GPtrArray *trees, const char *proc, const char *path)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  GArray *all = g_array_new (FALSE, FALSE, sizeof (pid_t));

  for (guint i = 0; i < trees->len; i++) {
    const NcgTree *tree = g_ptr_array_index (trees, i);
    g_autoptr (NcgCgroup) cgroup = ncg_cgroup_open (tree->mount, path, NULL);
    g_autoptr (GArray) pids = cgroup != NULL ? ncg_cgroup_list_holders (cgroup, proc, NULL) : NULL;

    for (guint j = 0; pids != NULL && j < pids->len; j++)
      if (g_hash_table_add (seen, GINT_TO_POINTER (g_array_index (pids, pid_t, j))))
        g_array_append_val (all, g_array_index (pids, pid_t, j));
  }
  return all;
}

static gboolean
set_busy (
    const GPtrArray *trees, const char *proc, const char *path, const char *what, GError **error)
{
  g_autoptr (GArray) pids = list_holders (trees, proc, path);
  g_autofree char *holders =
      pids->len > 0 ? ncg_holders_to_string (proc, pids) : g_strdup ("of another pid namespace");
  g_autofree char *shown = ncg_error_escape_path (path);

  g_set_error (error, NCG_ERROR, NCG_ERROR_BUSY, "%s the cgroup %s: %s", what, shown, holders);
  return FALSE;
}

/* The kernel refused to remove what was empty a moment ago. @refusal: (transfer full) */
static gboolean
set_not_removed (
    const GPtrArray *trees, const char *proc, const char *path, GError *refusal, GError **error)
{
  g_autoptr (GError) owned = refusal;
  g_autoptr (GArray) pids = list_holders (trees, proc, path);

  if (pids->len > 0 && g_error_matches (refusal, NCG_ERROR, NCG_ERROR_BUSY))
    return set_busy (trees, proc, path, "these processes came into", error);
  g_propagate_error (error, g_steal_pointer (&owned));
  return FALSE;
}

/* The pids controller, while something is being killed. */
typedef struct {
  NcgCgroup *cgroup; /* (nullable) */
  char *limit;       /* (nullable): to be set back */
} Brake;

static void
brake_apply (Brake *self, const NcgHierarchy *hierarchy, const char *path)
{
  const NcgTree *tree = ncg_hierarchy_find_tree (hierarchy, "pids");

  if (self->cgroup != NULL || tree == NULL)
    return;
  self->cgroup = ncg_cgroup_open (tree->mount, path, NULL);
  if (self->cgroup == NULL)
    return;
  self->limit = ncg_cgroup_read (self->cgroup, "pids.max", NULL);
  if (self->limit != NULL)
    ncg_cgroup_write (self->cgroup, "pids.max", "0", NULL);
}

static void
brake_clear (Brake *self)
{
  if (self->cgroup == NULL)
    return;
  if (self->limit != NULL)
    ncg_cgroup_write (self->cgroup, "pids.max", self->limit, NULL);
  ncg_cgroup_close (self->cgroup);
  g_free (self->limit);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Brake, brake_clear)

/* Whether the kernel does it all by itself. */
static gboolean
kill_at_once (const NcgHierarchy *hierarchy, const char *path)
{
  const NcgTree *primary = ncg_hierarchy_get_primary (hierarchy);
  g_autoptr (NcgCgroup) cgroup = ncg_cgroup_open (primary->mount, path, NULL);

  return cgroup != NULL && ncg_cgroup_write (cgroup, "cgroup.kill", "1", NULL);
}

/* What appears too fast is left to the next round; so is, on v2, whoever may not be signalled, but
 * has been killed by the kernel. */
static gboolean
signal_all (
    const GPtrArray *trees, const char *proc, const char *path, gboolean is_killed, GError **error)
{
  for (guint i = 0; i < trees->len; i++) {
    const NcgTree *tree = g_ptr_array_index (trees, i);
    g_autoptr (NcgCgroup) cgroup = ncg_cgroup_open (tree->mount, path, NULL);
    g_autoptr (GError) local = NULL;

    if (cgroup == NULL || ncg_cgroup_kill_each (cgroup, proc, &local) ||
        (is_killed && !tree->is_v1) || g_error_matches (local, NCG_ERROR, NCG_ERROR_BUSY))
      continue;
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  return TRUE;
}

/* Nothing has to have come to rest to be killed. What is frozen on v2 ends by that; on v1 only once
 * it is thawed, which it is in any case. */
static gboolean
kill_in_round (const NcgHierarchy *hierarchy,
               const char *proc,
               const char *path,
               guint round,
               Brake *brake,
               GError **error)
{
  gboolean is_held = ncg_cgroup_tree_hold (hierarchy, path);
  gboolean ok;

  if (!is_held || round > 0)
    brake_apply (brake, hierarchy, path);
  ok = signal_all (hierarchy->trees, round > 0 ? proc : NULL, path, FALSE, error);
  if (is_held)
    ncg_cgroup_tree_release (hierarchy, path);
  return ok;
}

static gboolean
check_not_root (const char *path, GError **error)
{
  if (!g_str_equal (path, "/"))
    return TRUE;
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
               "the root cgroup is neither killed nor removed");
  return FALSE;
}

gboolean
ncg_cgroup_tree_kill (const NcgHierarchy *hierarchy,
                      const char *proc,
                      const char *path,
                      gint64 deadline_usec,
                      GError **error)
{
  g_auto (Brake) brake = { NULL, NULL };
  gboolean empty = FALSE;
  gboolean ok = TRUE;

  if (!check_not_root (path, error))
    return FALSE;
  for (guint round = 0; !empty; round++) {
    if (!kill_at_once (hierarchy, path))
      ok = kill_in_round (hierarchy, proc, path, round, &brake, error);
    else if (round > 0) /* who is left may be in it on v1 alone, or have no main thread */
      ok = signal_all (hierarchy->trees, proc, path, TRUE, error);
    ncg_cgroup_tree_thaw_v1 (hierarchy, path);
    if (!ok)
      return FALSE;
    if (!wait_empty (hierarchy->trees, path, end_of_round (deadline_usec), &empty, error))
      return FALSE;
    if (!empty && g_get_monotonic_time () >= deadline_usec)
      return set_busy (hierarchy->trees, proc, path, "these processes do not end in", error);
  }
  return TRUE;
}

static gboolean
remove_in_tree (const NcgTree *tree, const char *path, GError **error)
{
  g_autofree char *above = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  g_autoptr (NcgCgroup) parent = ncg_cgroup_open (tree->mount, above, NULL);

  return parent == NULL || ncg_cgroup_remove_child (parent, name, error);
}

/* The first hierarchy decides: once it is gone from there, nobody can join it any more; while
 * somebody is in it there, the others keep it, too. */
static gboolean
remove_everywhere (const GPtrArray *trees, const char *path, GError **error)
{
  for (guint i = 0; i < trees->len; i++)
    if (!remove_in_tree (g_ptr_array_index (trees, i), path, error))
      return FALSE;
  return TRUE;
}

static gboolean
check_removable (const char *path, GError **error)
{
  g_autofree char *escaped = NULL;

  if (!check_not_root (path, error))
    return FALSE;
  if (path[0] == '/' && !g_str_has_suffix (path, "/") && !g_str_has_suffix (path, "/..") &&
      !g_str_has_suffix (path, "/."))
    return TRUE;
  escaped = ncg_error_escape (path);
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
               "\"%s\" is not the path of a cgroup that can be removed", escaped);
  return FALSE;
}

gboolean
ncg_cgroup_tree_remove (const GPtrArray *trees,
                        const char *proc,
                        const char *path,
                        gint64 deadline_usec,
                        GError **error)
{
  if (!check_removable (path, error))
    return FALSE;
  for (;;) {
    g_autoptr (GError) local = NULL;
    gboolean empty;

    if (!wait_empty (trees, path, deadline_usec, &empty, error))
      return FALSE;
    if (!empty)
      return set_busy (trees, proc, path, "these processes are still in", error);
    if (remove_everywhere (trees, path, &local))
      return TRUE;
    if (!g_error_matches (local, NCG_ERROR, NCG_ERROR_BUSY) ||
        g_get_monotonic_time () >= deadline_usec)
      return set_not_removed (trees, proc, path, g_steal_pointer (&local), error);
    g_usleep (REMOVE_PAUSE_USEC);
  }
}
