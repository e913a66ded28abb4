/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel can, by what there is: version numbers lie where something was backported.
 */
#include "lib/cgroupfs.h"

#include "lib/cgroupfs-private.h"

#include <string.h>

/* For a machine on which nobody has made a cgroup yet. */
#define EXAMPLE "nodecgroups-probe"

static const struct {
  const char *file;
  const char *feature;
} files[] = {
  { "cgroup.kill", "kill" },
  { "cgroup.freeze", "freeze" },
  { "freezer.state", "freeze" },
  { "cgroup.pressure", "pressure-switch" },
};

/* The root has none of these files; any child has. */
static GStrv
list_files (const NcgTree *tree)
{
  g_autoptr (NcgCgroup) root = ncg_cgroup_open (tree->mount, "/", NULL);
  g_auto (GStrv) children = root != NULL ? ncg_cgroup_list_children (root, NULL) : NULL;
  g_autoptr (NcgCgroup) child = NULL;
  gboolean is_made = FALSE;
  GStrv list;

  if (children == NULL)
    return g_new0 (char *, 1);
  if (children[0] == NULL)
    ncg_cgroup_make_child (root, EXAMPLE, &is_made, NULL);
  child = ncg_cgroup_open_child (root, children[0] != NULL ? children[0] : EXAMPLE, NULL);
  list = child != NULL ? ncg_cgroup_list_files (child, "", NULL) : NULL;
  if (is_made)
    ncg_cgroup_remove_child (root, EXAMPLE, NULL);
  return list != NULL ? list : g_new0 (char *, 1);
}

static void
add (GPtrArray *features, const char *feature)
{
  if (!g_ptr_array_find_with_equal_func (features, feature, g_str_equal, NULL))
    g_ptr_array_add (features, g_strdup (feature));
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

GStrv
ncg_cgroupfs_list_features (const NcgCgroupfs *self)
{
  GPtrArray *features = g_ptr_array_new ();
  char **controllers = self->hierarchy->controllers;

  for (guint i = 0; i < self->hierarchy->trees->len; i++) {
    const NcgTree *tree = g_ptr_array_index (self->hierarchy->trees, i);
    g_auto (GStrv) there = NULL;

    if (tree->is_v1 && !ncg_tree_has_controller (tree, "freezer"))
      continue;
    there = list_files (tree);
    for (guint j = 0; j < G_N_ELEMENTS (files); j++)
      if (g_strv_contains ((const char *const *) there, files[j].file))
        add (features, files[j].feature);
  }
  for (guint i = 0; controllers[i] != NULL; i++)
    add (features, controllers[i]);
  g_ptr_array_sort (features, compare_names);
  g_ptr_array_add (features, NULL);
  return (GStrv) g_ptr_array_free (features, FALSE);
}
