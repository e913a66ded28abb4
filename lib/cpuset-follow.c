/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cpusets of v1 that follow their parents.
 */
#include "lib/cpuset-follow.h"

#include "lib/cpuset.h"

typedef struct {
  const char *file;
  const NcgCpuset *from;
  GPtrArray *opened; /* (element-type NcgCgroup) */
  GPtrArray *done;   /* of NcgCgroup, in the order in which they were written */
} Change;

static gboolean
is_same (const NcgCgroup *cgroup, const char *file, const NcgCpuset *wanted)
{
  g_autofree char *text = ncg_cgroup_read (cgroup, file, NULL);
  g_autoptr (NcgCpuset) actual = text != NULL ? ncg_cpuset_parse (text, NULL) : NULL;

  return actual != NULL && ncg_cpuset_equal (actual, wanted);
}

static gboolean
write_one (Change *change, const NcgCgroup *cgroup, const char *text, GError **error)
{
  if (!ncg_cgroup_write (cgroup, change->file, text, error))
    return FALSE;
  g_ptr_array_add (change->done, (gpointer) cgroup);
  return TRUE;
}

/* To more from the top down, to less from the bottom up. */
static gboolean
write_all (
    Change *change, const NcgCgroup *cgroup, const char *text, gboolean is_more, GError **error)
{
  g_auto (GStrv) children = NULL;

  if (is_more && !write_one (change, cgroup, text, error))
    return FALSE;
  children = ncg_cgroup_list_children (cgroup, NULL);
  for (guint i = 0; children != NULL && children[i] != NULL; i++) {
    NcgCgroup *child = ncg_cgroup_open_child (cgroup, children[i], NULL);

    if (child == NULL)
      continue;
    g_ptr_array_add (change->opened, child);
    if (is_same (child, change->file, change->from) &&
        !write_all (change, child, text, is_more, error))
      return FALSE;
  }
  return is_more || write_one (change, cgroup, text, error);
}

static gboolean
move (const NcgCgroup *cgroup,
      const char *file,
      const NcgCpuset *from,
      const char *text,
      gboolean is_more,
      GError **error)
{
  g_autoptr (GPtrArray) opened = g_ptr_array_new_with_free_func ((GDestroyNotify) ncg_cgroup_close);
  g_autoptr (GPtrArray) done = g_ptr_array_new ();
  Change change = { .file = file, .from = from, .opened = opened, .done = done };
  g_autofree char *before = ncg_cpuset_format (from);

  if (write_all (&change, cgroup, text, is_more, error))
    return TRUE;
  for (guint i = done->len; i > 0; i--)
    ncg_cgroup_write (g_ptr_array_index (done, i - 1), file, before, NULL);
  return FALSE;
}

gboolean
ncg_cpuset_follow_write (const NcgCgroup *cgroup,
                         const char *file,
                         const char *text,
                         GError **error)
{
  g_autofree char *before = ncg_cgroup_read (cgroup, file, error);
  g_autofree char *list = NULL;
  g_autofree char *both = NULL;
  g_autoptr (NcgCpuset) from = NULL;
  g_autoptr (NcgCpuset) to = NULL;
  g_autoptr (NcgCpuset) all = NULL;

  if (before == NULL)
    return FALSE;
  from = ncg_cpuset_parse (before, error);
  to = from != NULL ? ncg_cpuset_parse (text, error) : NULL;
  if (to == NULL)
    return FALSE;
  /* Nobody could follow a set that was empty, or is to be. */
  if (ncg_cpuset_is_empty (from) || ncg_cpuset_is_empty (to))
    return ncg_cgroup_write (cgroup, file, text, error);
  list = g_strconcat (before, ",", text, NULL);
  all = ncg_cpuset_parse (list, error);
  if (all == NULL)
    return FALSE;
  both = ncg_cpuset_format (all);
  if (!ncg_cpuset_equal (all, from) && !move (cgroup, file, from, both, TRUE, error))
    return FALSE;
  if (ncg_cpuset_equal (all, to) || move (cgroup, file, all, text, FALSE, error))
    return TRUE;
  if (!ncg_cpuset_equal (all, from))
    move (cgroup, file, all, before, FALSE, NULL);
  return FALSE;
}
