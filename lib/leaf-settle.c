/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Settling a leaf.
 */
#include "lib/leaf-settle.h"

#include "lib/cgroup-look.h"
#include "lib/cgroup-tree.h"
#include "lib/cgroup.h"
#include "lib/cgroupfs-names.h"
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
  for (const char *c = component; *c != '\0'; c++)
    if (!g_ascii_isgraph (*c))
      return FALSE;
  return component[0] != '.' && ncg_cgroupfs_is_good_component (component);
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
  g_set_error (
      error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
      "Subgroup is \"%s\"; it takes the path of a cgroup inside the leaf, \"a\" or "
      "\"a/b\", in printable ASCII, of which no component is empty, begins with \".\", or is "
      "called like a file of a cgroup (\"tasks\", \"memory.max\")",
      escaped);
  return FALSE;
}

gboolean
ncg_leaf_check_delegation (gboolean is_delegated, const char *subgroup, uid_t user, GError **error)
{
  if (is_delegated || (subgroup == NULL && user == NCG_NO_USER))
    return subgroup == NULL || ncg_leaf_check_subgroup (subgroup, error);
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
               "%s is for a leaf that is delegated; give Delegate as well",
               subgroup != NULL ? "Subgroup" : "User");
  return FALSE;
}

/* Any of those above it: the limits of each hold what is below. All are below the root. An error
 * is returned if that cannot be seen; there may be one then. */
static gboolean
find_parent (const NcgTree *tree, const char *path, gboolean *ret_has_parent, GError **error)
{
  const char *end = path[0] == '/' ? strchr (path + 1, '/') : NULL;
  g_autofree char *uppermost = NULL;
  g_autoptr (NcgCgroup) cgroup = NULL;
  g_autoptr (GError) local = NULL;

  if (end != NULL) {
    uppermost = g_strndup (path, (gsize) (end - path));
    cgroup = ncg_cgroup_open (tree->mount, uppermost, &local);
  }
  if (local != NULL && !g_error_matches (local, NCG_ERROR, NCG_ERROR_NOT_FOUND)) {
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  *ret_has_parent = cgroup != NULL;
  return TRUE;
}

gboolean
ncg_leaf_is_foreign (const GPtrArray *trees, const char *path)
{
  for (guint i = 0; i < trees->len; i++) {
    gboolean has_parent = TRUE;

    if (!find_parent (g_ptr_array_index (trees, i), path, &has_parent, NULL) || has_parent)
      return TRUE;
  }
  return FALSE;
}

gboolean
ncg_leaf_make_foreign (const GPtrArray *trees,
                       const NcgTree *primary,
                       const char *path,
                       GError **error)
{
  g_autoptr (GPtrArray) chosen = g_ptr_array_new ();

  for (guint i = 0; i < trees->len; i++) {
    gboolean has_parent = FALSE;

    if (!find_parent (g_ptr_array_index (trees, i), path, &has_parent, error))
      return FALSE;
    if (has_parent)
      g_ptr_array_add (chosen, g_ptr_array_index (trees, i));
  }
  return chosen->len == 0 || ncg_cgroup_tree_make_beside (primary, chosen, path, NULL, error);
}

/* Whoever makes cgroups of other names in one hierarchy alone has a reason. */
static gboolean
is_of_unit (const char *name)
{
  return g_str_has_suffix (name, ".scope") || g_str_has_suffix (name, ".service");
}

GPtrArray *
ncg_leaf_list_left (const GPtrArray *trees, const NcgTree *primary, const char *path)
{
  GPtrArray *left = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < trees->len && !ncg_cgroup_is_gone (primary, path); i++) {
    const NcgTree *tree = g_ptr_array_index (trees, i);
    g_autoptr (NcgCgroup) parent = ncg_cgroup_open (tree->mount, path, NULL);
    g_auto (GStrv) children = parent != NULL ? ncg_cgroup_list_children (parent, NULL) : NULL;

    for (guint j = 0; children != NULL && children[j] != NULL; j++) {
      g_autofree char *child = g_strconcat (path, "/", children[j], NULL);

      if (is_of_unit (children[j]) && ncg_cgroup_is_gone (primary, child))
        g_ptr_array_add (left, g_steal_pointer (&child));
    }
  }
  return left;
}

/* It may have ended meanwhile. */
static gboolean
make_child (const GPtrArray *trees, const NcgTree *primary, const char *child, GError **error)
{
  GError *local = NULL;

  if (ncg_cgroup_tree_make_beside (primary, trees, child, NULL, &local))
    return TRUE;
  if (g_error_matches (local, NCG_ERROR, NCG_ERROR_NOT_FOUND)) {
    g_error_free (local);
    return TRUE;
  }
  g_propagate_error (error, local);
  return FALSE;
}

gboolean
ncg_leaf_make_missing (const NcgTree *tree,
                       const NcgTree *primary,
                       const char *path,
                       GError **error)
{
  g_autoptr (GPtrArray) trees = g_ptr_array_new ();
  g_autoptr (NcgCgroup) parent =
      !is_of_unit (path) ? ncg_cgroup_open (primary->mount, path, NULL) : NULL;
  g_auto (GStrv) children = parent != NULL ? ncg_cgroup_list_children (parent, NULL) : NULL;

  g_ptr_array_add (trees, (gpointer) tree);
  for (guint i = 0; children != NULL && children[i] != NULL; i++) {
    g_autofree char *child = g_strconcat (path, "/", children[i], NULL);

    if (is_of_unit (children[i]) && !make_child (trees, primary, child, error))
      return FALSE;
  }
  return TRUE;
}

/* Controllers of v1 that limit nothing. */
static const char *const limitless[] = { "freezer", "perf_event", NULL };

static gboolean
is_delegable (const NcgTree *tree)
{
  for (guint i = 0; tree->is_v1 && tree->controllers[i] != NULL; i++)
    if (!g_str_has_prefix (tree->controllers[i], "name=") &&
        !g_strv_contains (limitless, tree->controllers[i]))
      return FALSE;
  return TRUE;
}

const NcgTree *
ncg_leaf_find_delegable (const NcgHierarchy *hierarchy, GError **error)
{
  for (guint i = 0; i < hierarchy->trees->len; i++)
    if (is_delegable (g_ptr_array_index (hierarchy->trees, i)))
      return g_ptr_array_index (hierarchy->trees, i);
  g_set_error (error, NCG_ERROR, NCG_ERROR_NOT_SUPPORTED,
               "no leaf can be given to a user (User) here: all cgroups are of v1 and have limits, "
               "which the user could leave; mount cgroup2, or name=systemd, freezer or perf_event "
               "as a v1 hierarchy of its own");
  return NULL;
}

/* @file: of @cgroup, or "" for itself. By the descriptor: whoever owns the cgroup above can put
 * another in its place. */
static gboolean
give (const NcgCgroup *cgroup, const char *file, uid_t user, GError **error)
{
  g_autofree char *shown = NULL;

  if (fchownat (ncg_cgroup_get_fd (cgroup), file, user, (gid_t) -1,
                AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) == 0 ||
      errno == ENOENT)
    return TRUE;
  shown = ncg_error_escape_path (ncg_cgroup_get_path (cgroup));
  g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED, "cannot give %s%s%s to user %u: %s", shown,
               file[0] != '\0' ? "/" : "", file, (guint) user, g_strerror (errno));
  return FALSE;
}

static char *
read_delegated_files (const char *root, const NcgTree *tree)
{
  g_autofree char *list = g_strconcat (root, LIST_OF_DELEGATED, NULL);
  char *files = tree->is_v1 ? NULL : ncg_file_read_at (AT_FDCWD, list);

  return files != NULL ? files : g_strdup (tree->is_v1 ? FILES_V1 : FILES_V2);
}

/* The directory is given last, so that whoever has it has all. */
static gboolean
is_given (const NcgCgroup *cgroup, uid_t user)
{
  struct stat status;

  return fstat (ncg_cgroup_get_fd (cgroup), &status) == 0 && status.st_uid == user;
}

static gboolean
delegate_in_tree (
    const char *root, const NcgTree *tree, const char *path, uid_t user, GError **error)
{
  g_autofree char *list = read_delegated_files (root, tree);
  g_auto (GStrv) files = g_strsplit (list, "\n", -1);
  g_autoptr (GError) local = NULL;
  g_autoptr (NcgCgroup) cgroup = ncg_cgroup_open (tree->mount, path, &local);

  if (cgroup == NULL) {
    if (g_error_matches (local, NCG_ERROR, NCG_ERROR_NOT_FOUND))
      return TRUE;
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  if (is_given (cgroup, user))
    return TRUE;
  for (guint i = 0; files[i] != NULL; i++)
    if (files[i][0] != '\0' && strchr (files[i], '/') == NULL &&
        !give (cgroup, files[i], user, error))
      return FALSE;
  return give (cgroup, "", user, error);
}

gboolean
ncg_leaf_delegate (
    const char *root, const NcgHierarchy *hierarchy, const char *path, uid_t user, GError **error)
{
  const NcgTree *tree = ncg_leaf_find_delegable (hierarchy, error);

  return tree != NULL && delegate_in_tree (root, tree, path, user, error);
}

/* The directories of @made, which are below the mount of @tree. */
static gboolean
delegate_made (
    const char *root, const NcgTree *tree, const GPtrArray *made, uid_t user, GError **error)
{
  for (guint i = 0; i < made->len; i++) {
    const char *directory = g_ptr_array_index (made, i);

    if (!delegate_in_tree (root, tree, directory + strlen (tree->mount), user, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
make_in_tree (const char *root,
              NcgTree *tree,
              const char *path,
              const char *subgroup,
              uid_t user,
              GError **error)
{
  static const char *const none[] = { NULL };
  g_autofree char *whole = g_strconcat (path, "/", subgroup, NULL);
  g_autoptr (GPtrArray) one = g_ptr_array_new ();
  g_autoptr (GPtrArray) made = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (one, tree);
  if (!ncg_cgroup_tree_exists (one, path))
    return TRUE;
  /* Which controllers it has is for whoever manages the leaf. */
  if (!ncg_cgroup_tree_make_noting (one, NULL, whole, none, made, error))
    return FALSE;
  return user == NCG_NO_USER || delegate_made (root, tree, made, user, error);
}

gboolean
ncg_leaf_make_subgroup (const char *root,
                        const NcgHierarchy *hierarchy,
                        const char *path,
                        const char *subgroup,
                        uid_t user,
                        GError **error)
{
  const NcgTree *delegated =
      user != NCG_NO_USER ? ncg_leaf_find_delegable (hierarchy, error) : NULL;

  if (delegated == NULL && user != NCG_NO_USER)
    return FALSE;
  for (guint i = 0; i < hierarchy->trees->len; i++) {
    NcgTree *tree = g_ptr_array_index (hierarchy->trees, i);

    if (!make_in_tree (root, tree, path, subgroup, tree == delegated ? user : NCG_NO_USER, error))
      return FALSE;
  }
  return TRUE;
}
