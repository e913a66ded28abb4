/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Emptying a cgroup into another.
 */
#include "lib/cgroup-drain.h"

#include "lib/attach.h"
#include "lib/cgroup.h"
#include "lib/error.h"

/* One hierarchy. */
typedef struct {
  const NcgCgroupDrain *drain;
  const NcgTree *tree;
  NcgCgroup *from;
  NcgCgroup *to; /* NULL if nothing is to be moved */
} Place;

static void
place_clear (Place *self)
{
  g_clear_pointer (&self->from, ncg_cgroup_close);
  g_clear_pointer (&self->to, ncg_cgroup_close);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Place, place_clear)

void
ncg_drained_clear (NcgDrained *self)
{
  g_clear_pointer (&self->left, g_ptr_array_unref);
}

/* Holds @pid; without an error if it is none that is ours to move. */
static NcgProcess *
hold (const NcgCgroupDrain *self, pid_t pid, GError **error)
{
  g_autoptr (GError) local = NULL;
  NcgProcess *process = ncg_process_open (self->proc, pid, &local);

  /* INVALID_ARGUMENT is what PID 1 and threads of the kernel are. */
  if (process == NULL && !g_error_matches (local, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT) &&
      !g_error_matches (local, NCG_ERROR, NCG_ERROR_NO_SUCH_PROCESS))
    g_propagate_error (error, g_steal_pointer (&local));
  return process;
}

static void
add_left (GPtrArray *left, const NcgCgroupDrain *self, pid_t pid, const GError *reason)
{
  g_autofree char *described = ncg_process_describe (self->proc, pid);

  g_ptr_array_add (left, g_strdup_printf ("%s: %s", described, reason->message));
}

/* Returns: whether it was moved; one that could not be is added to @left */
static gboolean
move_one (const Place *place, pid_t pid, GPtrArray *left)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NcgProcess) process = hold (place->drain, pid, &error);

  if (process != NULL &&
      ncg_attach_process (place->tree, place->drain->proc, place->to, process, &error))
    return TRUE;
  if (error != NULL && !g_error_matches (error, NCG_ERROR, NCG_ERROR_NO_SUCH_PROCESS))
    add_left (left, place->drain, pid, error);
  return FALSE;
}

static gboolean
run_pass (const Place *place, guint *ret_n_moved, GPtrArray *left, GError **error)
{
  g_autoptr (GArray) pids = ncg_cgroup_list_processes (place->from, FALSE, error);

  if (pids == NULL)
    return FALSE;
  *ret_n_moved = 0;
  g_ptr_array_set_size (left, 0);
  for (guint i = 0; i < pids->len; i++)
    *ret_n_moved += (guint) move_one (place, g_array_index (pids, pid_t, i), left);
  return TRUE;
}

static gboolean
collect (const NcgCgroupDrain *self, const NcgCgroup *from, GHashTable *found, GError **error)
{
  g_autoptr (GArray) pids = ncg_cgroup_list_processes (from, FALSE, error);

  if (pids == NULL)
    return FALSE;
  for (guint i = 0; i < pids->len; i++) {
    pid_t pid = g_array_index (pids, pid_t, i);
    g_autoptr (GError) local = NULL;
    g_autoptr (NcgProcess) process = hold (self, pid, &local);

    if (process != NULL || local != NULL)
      g_hash_table_add (found, GINT_TO_POINTER (pid));
  }
  return TRUE;
}

/* After the last pass: those that came while it ran. */
static gboolean
add_newcomers (const Place *place, GPtrArray *left, GError **error)
{
  g_autoptr (GHashTable) found = g_hash_table_new (NULL, NULL);
  GHashTableIter iter;
  gpointer pid;

  if (!collect (place->drain, place->from, found, error))
    return FALSE;
  g_hash_table_iter_init (&iter, found);
  while (g_hash_table_iter_next (&iter, &pid, NULL)) {
    g_autofree char *described = ncg_process_describe (place->drain->proc, GPOINTER_TO_INT (pid));

    g_ptr_array_add (left, g_strdup_printf ("%s: it came while the others were moved", described));
  }
  return TRUE;
}

static gboolean
drain_tree (const Place *place, guint passes, NcgDrained *drained, GError **error)
{
  g_autoptr (GPtrArray) left = g_ptr_array_new ();
  guint n_moved = 1;
  guint n_left;

  g_ptr_array_set_free_func (left, g_free);
  for (; passes > 0 && n_moved > 0; passes--) {
    if (!run_pass (place, &n_moved, left, error))
      return FALSE;
    drained->n_moved += n_moved;
  }
  if (n_moved > 0 && left->len == 0 && !add_newcomers (place, left, error))
    return FALSE;
  n_left = left->len;
  for (guint i = 0; i < n_left; i++)
    g_ptr_array_add (drained->left, g_strdup (g_ptr_array_index (left, i)));
  return TRUE;
}

static gboolean
open_place (const NcgCgroupDrain *self,
            const NcgTree *tree,
            gboolean is_to_move,
            Place *place,
            GError **error)
{
  place->drain = self;
  place->tree = tree;
  place->from = ncg_cgroup_open (tree->mount, self->from, error);
  if (place->from != NULL && is_to_move)
    place->to = ncg_cgroup_open (tree->mount, self->to, error);
  return place->from != NULL && (place->to != NULL || !is_to_move);
}

gboolean
ncg_cgroup_drain_run (const NcgCgroupDrain *self,
                      guint passes,
                      NcgDrained *ret_drained,
                      GError **error)
{
  const GPtrArray *trees = self->hierarchy->trees;
  g_auto (NcgDrained) drained = { .left = g_ptr_array_new_with_free_func (g_free) };

  for (guint i = 0; i < trees->len; i++) {
    g_auto (Place) place = { NULL };

    if (!open_place (self, g_ptr_array_index (trees, i), TRUE, &place, error) ||
        !drain_tree (&place, passes, &drained, error))
      return FALSE;
  }
  ret_drained->n_moved = drained.n_moved;
  ret_drained->left = g_steal_pointer (&drained.left);
  return TRUE;
}

gboolean
ncg_cgroup_drain_count (const NcgCgroupDrain *self, guint *ret_count, GError **error)
{
  const GPtrArray *trees = self->hierarchy->trees;
  g_autoptr (GHashTable) found = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < trees->len; i++) {
    g_auto (Place) place = { NULL };

    if (!open_place (self, g_ptr_array_index (trees, i), FALSE, &place, error) ||
        !collect (self, place.from, found, error))
      return FALSE;
  }
  *ret_count = g_hash_table_size (found);
  return TRUE;
}
