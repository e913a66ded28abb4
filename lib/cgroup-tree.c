/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making a cgroup in all hierarchies. Freezing is in cgroup-tree-freeze.c, killing and removing in
 * cgroup-tree-kill.c.
 */
#include "lib/cgroup-tree.h"

#include "lib/cgroup.h"
#include "lib/error.h"
#include "lib/holders.h"

#include <string.h>
#include <unistd.h>

/* A process that has just left, or has just ended, still counts for a moment. */
#define ENABLE_TRIES 20
#define ENABLE_PAUSE_USEC 5000

/* One run through one hierarchy. */
typedef struct {
  const NcgTree *tree;
  const char *proc;
  char **wanted;     /* controllers of v2 */
  gboolean is_exact; /* all of them, or it fails */
} Making;

static char *
show_path (const NcgCgroup *cgroup)
{
  return ncg_error_escape_path (ncg_cgroup_get_path (cgroup));
}

/* The words of a file; none if it is not there. */
static GStrv
read_words (const NcgCgroup *cgroup, const char *file)
{
  g_autofree char *text = ncg_cgroup_read (cgroup, file, NULL);

  return g_strsplit (text != NULL ? text : "", " ", -1);
}

/* Only the root of v2 has no such file. */
static gboolean
is_root (const NcgCgroup *cgroup)
{
  g_autofree char *text = ncg_cgroup_read (cgroup, "cgroup.events", NULL);

  return text == NULL;
}

/* What cgroup.type may say beside "domain". */
static const struct {
  const char *type;
  gboolean may_have_processes; /* and may be used, if nothing is to be made in it */
  const char *reason;
} bad_types[] = {
  { "threaded", FALSE,
    "is threaded: it only divides the threads of processes that the cgroup above has" },
  { "domain threaded", TRUE, "has threaded cgroups below it, and then no others" },
  { "domain invalid", FALSE, "is below a threaded cgroup and can only become threaded itself" },
};

/* No domain, and therefore no cgroup that has processes, is below any of the other types
 * (cgroup-v2.rst, Threads). */
static gboolean
check_domain (const NcgCgroup *cgroup, gboolean is_parent, GError **error)
{
  g_autofree char *type = ncg_cgroup_read (cgroup, "cgroup.type", NULL);
  g_autofree char *shown = show_path (cgroup);

  for (guint i = 0; type != NULL && i < G_N_ELEMENTS (bad_types); i++) {
    if (g_str_equal (type, bad_types[i].type) && (is_parent || !bad_types[i].may_have_processes)) {
      g_set_error (error, NCG_ERROR, NCG_ERROR_NOT_SUPPORTED,
                   "the cgroup %s %s (cgroup.type is \"%s\"): no group can be made there", shown,
                   bad_types[i].reason, type);
      return FALSE;
    }
  }
  return TRUE;
}

/* (transfer container): of those wanted, what is not enabled yet; an error if one cannot be */
static GPtrArray *
list_missing (const Making *making, const NcgCgroup *parent, GError **error)
{
  g_autoptr (GPtrArray) missing = g_ptr_array_new ();
  g_auto (GStrv) enabled = read_words (parent, "cgroup.subtree_control");
  g_auto (GStrv) available = read_words (parent, "cgroup.controllers");

  for (guint i = 0; making->wanted[i] != NULL; i++) {
    g_autofree char *shown = NULL;

    if (g_strv_contains ((const char *const *) enabled, making->wanted[i]))
      continue;
    if (g_strv_contains ((const char *const *) available, making->wanted[i])) {
      g_ptr_array_add (missing, making->wanted[i]);
      continue;
    }
    if (!making->is_exact)
      continue;
    shown = show_path (parent);
    g_set_error (error, NCG_ERROR, NCG_ERROR_NOT_SUPPORTED,
                 "the controller %s cannot be enabled below the cgroup %s: it is not among its "
                 "cgroup.controllers, so the cgroup above it does not give it",
                 making->wanted[i], shown);
    return NULL;
  }
  return g_steal_pointer (&missing);
}

/* Before the write: with processes beside it, a controller that can be threaded is enabled all the
 * same, and then makes the cgroup a threaded one. */
static gboolean
check_no_processes (const Making *making, const NcgCgroup *parent, GError **error)
{
  g_autoptr (GArray) pids = NULL;
  g_autofree char *shown = NULL;
  g_autofree char *holders = NULL;

  if (is_root (parent))
    return TRUE;
  pids = ncg_cgroup_list_processes (parent, FALSE, error);
  if (pids == NULL)
    return FALSE;
  if (pids->len == 0)
    return TRUE;
  shown = show_path (parent);
  holders = ncg_holders_to_string (making->proc, pids);
  g_set_error (error, NCG_ERROR, NCG_ERROR_BUSY,
               "no controllers can be enabled below the cgroup %s, because it has processes of its "
               "own: %s; move them into a cgroup below it",
               shown, holders);
  return FALSE;
}

static gboolean
write_enable (const Making *making, const NcgCgroup *parent, const char *text, GError **error)
{
  for (guint tries = ENABLE_TRIES;; tries--) {
    g_autoptr (GError) local = NULL;

    if (ncg_cgroup_write (parent, "cgroup.subtree_control", text, &local))
      return TRUE;
    if (!g_error_matches (local, NCG_ERROR, NCG_ERROR_BUSY) || tries == 0) {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
    if (!check_no_processes (making, parent, error))
      return FALSE;
    g_usleep (ENABLE_PAUSE_USEC);
  }
}

static gboolean
set_enable_error (const NcgCgroup *parent, const char *controller, GError *local, GError **error)
{
  g_autoptr (GError) owned = local;
  g_autofree char *shown = show_path (parent);

  if (g_error_matches (local, NCG_ERROR, NCG_ERROR_BUSY)) {
    g_propagate_error (error, g_steal_pointer (&owned));
    return FALSE;
  }
  g_set_error (error, NCG_ERROR, NCG_ERROR_NOT_SUPPORTED,
               "the controller %s cannot be enabled below the cgroup %s (%s)", controller, shown,
               local->message);
  return FALSE;
}

/* The kernel does not say which one it was. */
static gboolean
enable_one_by_one (const Making *making,
                   const NcgCgroup *parent,
                   const GPtrArray *missing,
                   GError **error)
{
  for (guint i = 0; i < missing->len; i++) {
    const char *controller = g_ptr_array_index (missing, i);
    g_autofree char *text = g_strconcat ("+", controller, NULL);
    GError *local = NULL;

    if (write_enable (making, parent, text, &local))
      continue;
    if (making->is_exact || g_error_matches (local, NCG_ERROR, NCG_ERROR_BUSY))
      return set_enable_error (parent, controller, local, error);
    g_error_free (local);
  }
  return TRUE;
}

/* Nothing is written where nothing is missing: the cgroup may be systemd's. */
static gboolean
enable_controllers (const Making *making, const NcgCgroup *parent, GError **error)
{
  g_autoptr (GPtrArray) missing = list_missing (making, parent, error);
  g_autoptr (GString) text = g_string_new (NULL);

  if (missing == NULL)
    return FALSE;
  if (missing->len == 0)
    return TRUE;
  if (!check_no_processes (making, parent, error))
    return FALSE;
  for (guint i = 0; i < missing->len; i++)
    g_string_append_printf (text, "%s+%s", i > 0 ? " " : "",
                            (const char *) g_ptr_array_index (missing, i));
  return write_enable (making, parent, text->str, NULL) ||
         enable_one_by_one (making, parent, missing, error);
}

/* A cpuset of v1 begins without CPUs and memory nodes, and nothing can be in it then, unless
 * cgroup.clone_children of its parent has let the kernel copy them. */
static gboolean
copy_if_empty (const NcgCgroup *parent, const NcgCgroup *child, const char *file, GError **error)
{
  g_autofree char *own = ncg_cgroup_read (child, file, error);
  g_autofree char *inherited = NULL;

  if (own == NULL)
    return FALSE;
  if (own[0] != '\0')
    return TRUE;
  inherited = ncg_cgroup_read (parent, file, error);
  return inherited != NULL && ncg_cgroup_write (child, file, inherited, error);
}

/* Before Linux 5.11 a limit does not bind what is below, unless somebody has said so before there
 * was anything below; after that it is always so. */
static void
use_hierarchy (const NcgCgroup *cgroup)
{
  g_autofree char *used = ncg_cgroup_read (cgroup, "memory.use_hierarchy", NULL);

  if (g_strcmp0 (used, "0") == 0)
    ncg_cgroup_write (cgroup, "memory.use_hierarchy", "1", NULL);
}

/* Several controllers may share a hierarchy. */
static gboolean
prepare_v1 (const NcgTree *tree, const NcgCgroup *parent, const NcgCgroup *child, GError **error)
{
  if (ncg_tree_has_controller (tree, "memory"))
    use_hierarchy (child);
  return !ncg_tree_has_controller (tree, "cpuset") ||
         (copy_if_empty (parent, child, "cpuset.cpus", error) &&
          copy_if_empty (parent, child, "cpuset.mems", error));
}

static NcgCgroup *
make_child (const Making *making,
            const NcgCgroup *parent,
            const char *name,
            GPtrArray *made,
            GError **error)
{
  g_autoptr (NcgCgroup) child = NULL;
  gboolean is_new;

  if (!making->tree->is_v1 &&
      (!check_domain (parent, TRUE, error) || !enable_controllers (making, parent, error)))
    return NULL;
  if (!ncg_cgroup_make_child (parent, name, &is_new, error))
    return NULL;
  child = ncg_cgroup_open_child (parent, name, error);
  if (child == NULL)
    return NULL;
  if (is_new)
    g_ptr_array_add (made, g_strconcat (making->tree->mount, ncg_cgroup_get_path (child), NULL));
  if (making->tree->is_v1 ? !prepare_v1 (making->tree, parent, child, error)
                          : !check_domain (child, FALSE, error))
    return NULL;
  return g_steal_pointer (&child);
}

static gboolean
make_in_tree (const Making *making, const char *path, GPtrArray *made, GError **error)
{
  g_autoptr (NcgCgroup) cgroup = ncg_cgroup_open (making->tree->mount, "/", error);
  g_auto (GStrv) names = g_strsplit (path + 1, "/", -1);

  if (cgroup == NULL)
    return FALSE;
  for (guint i = 0; names[i] != NULL; i++) {
    NcgCgroup *child = make_child (making, cgroup, names[i], made, error);

    if (child == NULL)
      return FALSE;
    ncg_cgroup_close (cgroup);
    cgroup = child;
  }
  return TRUE;
}

static gboolean
check_path (const char *path, GError **error)
{
  g_autofree char *escaped = NULL;

  if (path[0] == '/' && path[1] != '\0')
    return TRUE;
  escaped = ncg_error_escape (path);
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
               "\"%s\" is not the path of a cgroup that can be made: it must start with \"/\" and "
               "have a name",
               escaped);
  return FALSE;
}

static gboolean
is_in_any_tree (const GPtrArray *trees, const char *controller)
{
  for (guint i = 0; i < trees->len; i++)
    if (ncg_tree_has_controller (g_ptr_array_index (trees, i), controller))
      return TRUE;
  return FALSE;
}

static gboolean
check_controllers (const GPtrArray *trees, const char *const *controllers, GError **error)
{
  for (guint i = 0; controllers != NULL && controllers[i] != NULL; i++) {
    if (is_in_any_tree (trees, controllers[i]))
      continue;
    g_set_error (error, NCG_ERROR, NCG_ERROR_NOT_SUPPORTED,
                 "no cgroup hierarchy of this machine has the controller %s: the kernel was built "
                 "or started without it",
                 controllers[i]);
    return FALSE;
  }
  return TRUE;
}

/* (transfer container): those of @controllers that are to be enabled in @tree */
static char **
list_wanted (const NcgTree *tree, const char *const *controllers)
{
  const char *const *all =
      controllers != NULL ? controllers : (const char *const *) tree->controllers;
  GPtrArray *wanted = g_ptr_array_new ();

  for (guint i = 0; all[i] != NULL; i++)
    if (ncg_tree_has_controller (tree, all[i]))
      g_ptr_array_add (wanted, (char *) all[i]);
  g_ptr_array_add (wanted, NULL);
  return (char **) g_ptr_array_free (wanted, FALSE);
}

gboolean
ncg_cgroup_tree_make_noting (const GPtrArray *trees,
                             const char *proc,
                             const char *path,
                             const char *const *controllers,
                             GPtrArray *made,
                             GError **error)
{
  guint n_made = made->len;

  if (!check_path (path, error) || !check_controllers (trees, controllers, error))
    return FALSE;
  for (guint i = 0; i < trees->len; i++) {
    const NcgTree *tree = g_ptr_array_index (trees, i);
    g_autofree char **wanted = list_wanted (tree, controllers);
    Making making = { tree, proc, wanted, controllers != NULL };

    if (!make_in_tree (&making, path, made, error)) {
      ncg_cgroup_tree_unmake (made, n_made);
      return FALSE;
    }
  }
  return TRUE;
}

static void
enable_in_tree (const Making *making, const char *path)
{
  NcgCgroup *cgroup = ncg_cgroup_open (making->tree->mount, "/", NULL);
  g_auto (GStrv) names = g_strsplit (path + 1, "/", -1);

  for (guint i = 0; cgroup != NULL && names[i] != NULL; i++) {
    g_autoptr (NcgCgroup) parent = cgroup;

    enable_controllers (making, parent, NULL);
    cgroup = ncg_cgroup_open_child (parent, names[i], NULL);
  }
  g_clear_pointer (&cgroup, ncg_cgroup_close);
}

void
ncg_cgroup_tree_enable (const GPtrArray *trees, const char *path, const char *const *controllers)
{
  for (guint i = 0; i < trees->len; i++) {
    const NcgTree *tree = g_ptr_array_index (trees, i);
    g_autofree char **wanted = list_wanted (tree, controllers);
    Making making = { tree, NULL, wanted, FALSE };

    if (!tree->is_v1 && wanted[0] != NULL)
      enable_in_tree (&making, path);
  }
}

void
ncg_cgroup_tree_unmake (GPtrArray *made, guint n_keep)
{
  while (made->len > n_keep) {
    rmdir (g_ptr_array_index (made, made->len - 1));
    g_ptr_array_set_size (made, (int) made->len - 1);
  }
}

gboolean
ncg_cgroup_tree_make (const GPtrArray *trees,
                      const char *path,
                      const char *const *controllers,
                      GError **error)
{
  g_autoptr (GPtrArray) made = g_ptr_array_new_with_free_func (g_free);

  return ncg_cgroup_tree_make_noting (trees, NULL, path, controllers, made, error);
}

/* Not there, and nothing else: one that cannot be opened for another reason may be. Nor was one
 * there that was made just now. */
static gboolean
check_in_primary (const NcgTree *primary, const char *path, GPtrArray *made, GError **error)
{
  g_autofree char *directory = g_strconcat (primary->mount, path, NULL);
  g_autoptr (NcgCgroup) cgroup = ncg_cgroup_open (primary->mount, path, error);
  g_autofree char *shown = NULL;

  if (cgroup == NULL)
    return FALSE;
  if (!g_ptr_array_find_with_equal_func (made, directory, g_str_equal, NULL))
    return TRUE;
  shown = ncg_error_escape_path (path);
  g_set_error (error, NCG_ERROR, NCG_ERROR_NOT_FOUND, "there is no cgroup %s any more", shown);
  return FALSE;
}

gboolean
ncg_cgroup_tree_make_beside (const NcgTree *primary,
                             const GPtrArray *trees,
                             const char *path,
                             const char *const *controllers,
                             GError **error)
{
  g_autoptr (GPtrArray) made = g_ptr_array_new_with_free_func (g_free);

  if (!check_in_primary (primary, path, made, error) ||
      !ncg_cgroup_tree_make_noting (trees, NULL, path, controllers, made, error))
    return FALSE;
  if (check_in_primary (primary, path, made, error))
    return TRUE;
  ncg_cgroup_tree_unmake (made, 0);
  return FALSE;
}

gboolean
ncg_cgroup_tree_exists (const GPtrArray *trees, const char *path)
{
  const NcgTree *first = g_ptr_array_index (trees, 0);
  g_autoptr (NcgCgroup) cgroup = ncg_cgroup_open (first->mount, path, NULL);

  return cgroup != NULL;
}
