/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looking for files where they would be.
 */
#include "lib/missing-files.h"

#include "lib/cgroup.h"
#include "lib/verify.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* The cgroup whose files tell, of the last hierarchy and controller, since the settings of one
 * follow one another. */
typedef struct {
  const char *path;
  const NcgTree *tree;
  const char *controller;
  NcgCgroup *model; /* (nullable) */
} Search;

static void
search_clear (Search *self)
{
  g_clear_pointer (&self->model, ncg_cgroup_close);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Search, search_clear)

static gboolean
has_controller (const Search *self, const NcgCgroup *cgroup)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) words = NULL;

  if (self->tree->is_v1 || self->controller[0] == '\0')
    return TRUE;
  text = ncg_cgroup_read (cgroup, "cgroup.controllers", NULL);
  words = g_strsplit (text != NULL ? text : "", " ", -1);
  return g_strv_contains ((const char *const *) words, self->controller);
}

/* (transfer full) (nullable): the cgroup, if it is there and has the controller */
static NcgCgroup *
try_open (const Search *self, const char *path)
{
  g_autoptr (NcgCgroup) cgroup = ncg_cgroup_open (self->tree->mount, path, NULL);

  return cgroup != NULL && has_controller (self, cgroup) ? g_steal_pointer (&cgroup) : NULL;
}

static NcgCgroup *
open_below_root (const Search *self)
{
  g_autoptr (NcgCgroup) root = ncg_cgroup_open (self->tree->mount, "/", NULL);
  g_auto (GStrv) names = root != NULL ? ncg_cgroup_list_children (root, NULL) : NULL;
  NcgCgroup *found = NULL;

  for (guint i = 0; found == NULL && names != NULL && names[i] != NULL; i++) {
    g_autofree char *path = g_strconcat ("/", names[i], NULL);

    found = try_open (self, path);
  }
  return found;
}

static NcgCgroup *
open_model (const Search *self)
{
  g_autofree char *path = g_strdup (self->path);
  NcgCgroup *found = NULL;

  while (found == NULL && strlen (path) > 1) {
    char *parent = g_path_get_dirname (path);

    found = try_open (self, path);
    g_free (path);
    path = parent;
  }
  return found != NULL ? found : open_below_root (self);
}

static void
enter (Search *self, const NcgFileSetting *setting)
{
  if (setting->tree == self->tree && g_str_equal (setting->controller, self->controller))
    return;
  search_clear (self);
  self->tree = setting->tree;
  self->controller = setting->controller;
  self->model = open_model (self);
}

static gboolean
is_there (const Search *self, const char *file)
{
  return faccessat (ncg_cgroup_get_fd (self->model), file, F_OK, 0) == 0 || errno != ENOENT;
}

/* Those that are there without the controller, too. */
static gboolean
is_of_core (const char *file)
{
  return g_str_has_suffix (file, ".pressure") || g_str_has_prefix (file, "cpu.stat");
}

/* A controller that is just being enabled is named before its files come, which they do all at
 * once: then nothing is known yet. Nor is anything of a cgroup that was removed since it was
 * opened, as systemd does on v1 with a slice below which nobody needs the hierarchy any more. */
static gboolean
has_files (const Search *self)
{
  g_autofree char *prefix = g_strconcat (self->controller, ".", NULL);
  g_auto (GStrv) files = NULL;

  if (self->tree->is_v1 || self->controller[0] == '\0')
    return is_there (self, "cgroup.procs");
  files = ncg_cgroup_list_files (self->model, prefix, NULL);
  for (guint i = 0; files != NULL && files[i] != NULL; i++)
    if (!is_of_core (files[i]))
      return TRUE;
  return FALSE;
}

/* The kernel does not lose a file again. */
static gboolean
is_known (const NcgTree *tree, const char *file)
{
  return tree->found != NULL && g_hash_table_contains (tree->found, file);
}

static gboolean
find (const Search *self, const char *file)
{
  if (!is_there (self, file))
    return FALSE;
  if (self->tree->found != NULL)
    g_hash_table_add (self->tree->found, g_strdup (file));
  return TRUE;
}

static gboolean
is_missing (Search *self, const NcgFileSetting *setting)
{
  if (setting->is_optional)
    return FALSE;
  if (setting->tree == NULL)
    return TRUE;
  if (is_known (setting->tree, setting->file) ||
      (setting->alternative != NULL && is_known (setting->tree, setting->alternative)))
    return FALSE;
  enter (self, setting);
  return self->model != NULL && !find (self, setting->file) &&
         (setting->alternative == NULL || !find (self, setting->alternative)) && has_files (self);
}

gboolean
ncg_missing_files_check (const NcgHierarchy *hierarchy,
                         const char *path,
                         const NcgResources *resources,
                         GError **error)
{
  g_autoptr (GPtrArray) settings = ncg_file_settings_list (resources, hierarchy);
  g_auto (Search) search = { .path = path };

  for (guint i = 0; i < settings->len; i++) {
    const NcgFileSetting *setting = g_ptr_array_index (settings, i);

    if (is_missing (&search, setting)) {
      ncg_verify_set_missing (path, setting, error);
      return FALSE;
    }
  }
  return TRUE;
}
