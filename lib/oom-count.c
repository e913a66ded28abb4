/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Counting kills.
 */
#include "lib/oom-count.h"

#include "lib/cgroup.h"
#include "lib/error.h"

#define TRIES 5

/* Containers in a container: as deep as this they are counted as its own. */
#define MAX_DEPTH 5

static const char key[] = "oom_kill";

static const char *
get_file (const NcgTree *memory)
{
  return memory->is_v1 ? "memory.oom_control" : "memory.events";
}

void
ncg_oom_count_clear (NcgOomCount *self)
{
  g_clear_pointer (&self->leaves, g_hash_table_unref);
}

guint64
ncg_oom_count_get_leaf (const NcgOomCount *self, const char *name)
{
  return (guint64) GPOINTER_TO_SIZE (g_hash_table_lookup (self->leaves, name));
}

guint64
ncg_oom_count_read_total (const NcgTree *memory, const char *cgroup)
{
  g_autoptr (NcgCgroup) opened = ncg_cgroup_open (memory->mount, cgroup, NULL);
  guint64 total = 0;

  if (opened != NULL)
    ncg_cgroup_read_key (opened, get_file (memory), key, &total, NULL);
  return total;
}

/* Adds the kills in @leaf, and on v1 in what is below it. Returns: whether it has a count itself:
 * one that has no memory has none, and neither has one that is gone meanwhile */
static gboolean
read_leaf (const NcgTree *memory, const NcgCgroup *leaf, guint depth, guint64 *sum)
{
  guint64 count = 0;
  gboolean is_read = ncg_cgroup_read_key (leaf, get_file (memory), key, &count, NULL);
  g_auto (GStrv) children = NULL;

  *sum += count;
  if (!memory->is_v1 || depth >= MAX_DEPTH)
    return is_read;
  children = ncg_cgroup_list_children (leaf, NULL);
  for (guint i = 0; children != NULL && children[i] != NULL; i++) {
    g_autoptr (NcgCgroup) child = ncg_cgroup_open_child (leaf, children[i], NULL);

    if (child != NULL)
      read_leaf (memory, child, depth + 1, sum);
  }
  return is_read;
}

static gboolean
has_child (const NcgCgroup *cgroup, const char *name)
{
  g_autoptr (NcgCgroup) child = ncg_cgroup_open_child (cgroup, name, NULL);

  return child != NULL;
}

static void
read_leaves (const NcgTree *memory, const NcgCgroup *cgroup, NcgOomCount *count)
{
  g_auto (GStrv) children = ncg_cgroup_list_children (cgroup, NULL);

  g_hash_table_remove_all (count->leaves);
  for (guint i = 0; children != NULL && children[i] != NULL; i++) {
    g_autoptr (NcgCgroup) child = ncg_cgroup_open_child (cgroup, children[i], NULL);
    guint64 sum = 0;

    /* Of one that is gone a count of 0 would say that nobody was killed in it. */
    if (child != NULL &&
        (read_leaf (memory, child, 0, &sum) || sum > 0 || has_child (cgroup, children[i])))
      g_hash_table_insert (count->leaves, g_strdup (children[i]), GSIZE_TO_POINTER ((gsize) sum));
  }
}

static gboolean
has_leaves (const NcgCgroup *cgroup)
{
  g_auto (GStrv) children = ncg_cgroup_list_children (cgroup, NULL);

  return children == NULL || children[0] != NULL;
}

/* A kill in a leaf that is gone is in the total by then. Returns: FALSE also if it has leaves */
static gboolean
read_without_leaves (const NcgTree *memory, const NcgCgroup *cgroup, guint64 *ret_total)
{
  return !has_leaves (cgroup) &&
         ncg_cgroup_read_key (cgroup, get_file (memory), key, ret_total, NULL) &&
         !has_leaves (cgroup);
}

gboolean
ncg_oom_count_read (const NcgTree *memory,
                    const char *cgroup,
                    NcgOomCount *ret_count,
                    GError **error)
{
  g_autoptr (NcgCgroup) opened = ncg_cgroup_open (memory->mount, cgroup, error);
  g_auto (NcgOomCount) count = { .has_total = !memory->is_v1 };
  gboolean is_read = FALSE;

  if (opened == NULL)
    return FALSE;
  count.leaves = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  is_read = read_without_leaves (memory, opened, &count.total);
  for (guint i = 0; !is_read && i < TRIES; i++) {
    guint64 again = 0;

    if (!ncg_cgroup_read_key (opened, get_file (memory), key, &count.total, error))
      return FALSE;
    read_leaves (memory, opened, &count);
    /* Also without leaves: the last one may have gone in between, after a kill in it. */
    if (!ncg_cgroup_read_key (opened, get_file (memory), key, &again, error))
      return FALSE;
    is_read = again == count.total;
  }
  if (is_read) {
    *ret_count = count;
    count.leaves = NULL;
    return TRUE;
  }
  g_set_error (error, NCG_ERROR, NCG_ERROR_BUSY, "%s of %s changes all the time", get_file (memory),
               cgroup);
  return FALSE;
}
