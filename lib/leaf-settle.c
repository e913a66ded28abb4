/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Settling a leaf.
 */
#include "lib/leaf-settle.h"

#include "lib/cgroup-tree.h"
#include "lib/cgroup.h"
#include "lib/error.h"
#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIST_OF_DELEGATED "/sys/kernel/cgroup/delegate"
/* Where the kernel has no list (before Linux 4.15), and on v1. */
#define FILES_V2 "cgroup.procs\ncgroup.subtree_control\ncgroup.threads"
#define FILES_V1 "cgroup.procs\ntasks"

static gboolean
is_good_component (const char *component)
{
  return component[0] != '\0' && component[0] != '.' && !g_str_has_prefix (component, "cgroup.") &&
         strlen (component) < 256;
}

gboolean
ncg_leaf_check_subgroup (const char *subgroup, GError **error)
{
  g_auto (GStrv) components = g_strsplit (subgroup, "/", -1);
  g_autofree char *escaped = NULL;
  gboolean is_good = components[0] != NULL;

  for (guint i = 0; components[i] != NULL; i++)
    is_good = is_good && is_good_component (components[i]);
  if (is_good)
    return TRUE;
  escaped = ncg_error_escape (subgroup);
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
               "Subgroup is \"%s\"; it takes the path of a cgroup inside the leaf, \"a\" or "
               "\"a/b\", of which no component is empty or begins with \".\" or \"cgroup.\"",
               escaped);
  return FALSE;
}

static gboolean
has_parent (const NcgTree *tree, const char *path)
{
  g_autofree char *parent = g_path_get_dirname (path);
  g_autofree char *directory = g_strconcat (tree->mount, parent, NULL);

  /* All are below the root. */
  return !g_str_equal (parent, "/") && access (directory, F_OK) == 0;
}

gboolean
ncg_leaf_is_foreign (const GPtrArray *trees, const char *path)
{
  for (guint i = 0; i < trees->len; i++)
    if (has_parent (g_ptr_array_index (trees, i), path))
      return TRUE;
  return FALSE;
}

gboolean
ncg_leaf_make_foreign (const GPtrArray *trees, const char *path, GError **error)
{
  g_autoptr (GPtrArray) chosen = g_ptr_array_new ();

  for (guint i = 0; i < trees->len; i++)
    if (has_parent (g_ptr_array_index (trees, i), path))
      g_ptr_array_add (chosen, g_ptr_array_index (trees, i));
  return chosen->len == 0 || ncg_cgroup_tree_make (chosen, path, NULL, error);
}

static gboolean
give (const char *path, uid_t user, GError **error)
{
  if (lchown (path, user, (gid_t) -1) == 0 || errno == ENOENT)
    return TRUE;
  g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED, "cannot give %s to user %u: %s", path,
               (guint) user, g_strerror (errno));
  return FALSE;
}

static char *
read_delegated_files (const char *root, const NcgTree *tree)
{
  g_autofree char *list = g_strconcat (root, LIST_OF_DELEGATED, NULL);
  char *files = tree->is_v1 ? NULL : ncg_file_read_at (AT_FDCWD, list);

  return files != NULL ? files : g_strdup (tree->is_v1 ? FILES_V1 : FILES_V2);
}

gboolean
ncg_leaf_delegate (
    const char *root, const NcgTree *tree, const char *path, uid_t user, GError **error)
{
  g_autofree char *directory = g_strconcat (tree->mount, path, NULL);
  g_autofree char *list = read_delegated_files (root, tree);
  g_auto (GStrv) files = g_strsplit (list, "\n", -1);

  for (guint i = 0; files[i] != NULL; i++) {
    g_autofree char *file = g_build_filename (directory, files[i], NULL);

    if (files[i][0] != '\0' && !give (file, user, error))
      return FALSE;
  }
  return give (directory, user, error);
}

/* Each cgroup from below @leaf to @path. */
static gboolean
delegate_each (const char *root,
               const NcgTree *tree,
               const char *leaf,
               const char *path,
               uid_t user,
               GError **error)
{
  const char *end = path + strlen (leaf);

  while (*end != '\0') {
    g_autofree char *part = NULL;

    end += 1 + strcspn (end + 1, "/");
    part = g_strndup (path, (gsize) (end - path));
    if (!ncg_leaf_delegate (root, tree, part, user, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
ncg_leaf_make_subgroup (const char *root,
                        const GPtrArray *trees,
                        const char *path,
                        const char *subgroup,
                        uid_t user,
                        GError **error)
{
  static const char *const none[] = { NULL };
  g_autofree char *whole = g_strconcat (path, "/", subgroup, NULL);

  for (guint i = 0; i < trees->len; i++) {
    NcgTree *tree = g_ptr_array_index (trees, i);
    g_autoptr (GPtrArray) one = g_ptr_array_new ();

    g_ptr_array_add (one, tree);
    if (!ncg_cgroup_tree_exists (one, path))
      continue;
    /* Which controllers it has is for whoever manages the leaf. */
    if (!ncg_cgroup_tree_make (one, whole, none, error) ||
        (user != NCG_NO_USER && !delegate_each (root, tree, path, whole, user, error)))
      return FALSE;
  }
  return TRUE;
}
