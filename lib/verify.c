/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading back what the kernel has.
 */
#include "lib/verify.h"

#include "lib/cgroup.h"
#include "lib/error.h"

/* The last cgroup and the last file, since the settings of a hierarchy follow one another, and so
 * do those of a file. */
typedef struct {
  const char *path;
  const NcgTree *tree;
  NcgCgroup *cgroup; /* (nullable) */
  const char *file;  /* (nullable): of the last setting */
  char *text;        /* (nullable): what is in it */
} Reader;

static void
reader_clear (Reader *self)
{
  g_clear_pointer (&self->cgroup, ncg_cgroup_close);
  g_clear_pointer (&self->text, g_free);
  self->file = NULL;
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reader, reader_clear)

static const char *
read_file (Reader *self, const NcgFileSetting *setting)
{
  if (setting->tree == NULL)
    return NULL;
  if (setting->tree != self->tree) {
    reader_clear (self);
    self->tree = setting->tree;
    self->cgroup = ncg_cgroup_open (setting->tree->mount, self->path, NULL);
  }
  if (self->file == NULL || !g_str_equal (self->file, setting->file)) {
    g_free (self->text);
    self->text = self->cgroup != NULL ? ncg_cgroup_read (self->cgroup, setting->file, NULL) : NULL;
    self->file = setting->file;
  }
  return self->text;
}

static gboolean
has_alternative (const GPtrArray *settings, const NcgFileSetting *setting)
{
  for (guint i = 0; setting->alternative != NULL && i < settings->len; i++) {
    const NcgFileSetting *other = g_ptr_array_index (settings, i);

    if (other->tree == setting->tree && other->actual != NULL &&
        g_str_equal (other->file, setting->alternative))
      return TRUE;
  }
  return FALSE;
}

void
ncg_verify_read_settings (const char *path, const GPtrArray *settings)
{
  g_auto (Reader) reader = { .path = path };

  for (guint i = 0; i < settings->len; i++) {
    NcgFileSetting *setting = g_ptr_array_index (settings, i);
    const char *text = read_file (&reader, setting);

    if (text != NULL) {
      ncg_file_setting_compare (setting, text);
    } else {
      g_clear_pointer (&setting->actual, g_free);
      setting->ok = setting->is_optional;
    }
  }
  for (guint i = 0; i < settings->len; i++) {
    NcgFileSetting *setting = g_ptr_array_index (settings, i);

    if (setting->actual == NULL && !setting->ok)
      setting->ok = has_alternative (settings, setting);
  }
}

GPtrArray *
ncg_verify_read (const NcgHierarchy *hierarchy, const char *path, const NcgResources *resources)
{
  GPtrArray *settings = ncg_file_settings_list (resources, hierarchy);

  ncg_verify_read_settings (path, settings);
  return settings;
}

void
ncg_verify_set_missing (const char *path, const NcgFileSetting *setting, GError **error)
{
  if (setting->tree == NULL)
    g_set_error (error, NCG_ERROR, NCG_ERROR_NOT_SUPPORTED,
                 "%s = '%s' cannot be set for %s: no cgroup hierarchy of this machine has such a "
                 "file; the unified hierarchy with the controller '%s' may",
                 setting->file, setting->value, path, setting->controller);
  else
    g_set_error (error, NCG_ERROR, NCG_ERROR_NOT_SUPPORTED,
                 "%s has no %s, so that '%s' cannot be set: the controller '%s' is not enabled "
                 "there, or this kernel or systemd cannot do it",
                 path, setting->file, setting->value, setting->controller);
}

static void
set_difference (const char *path, const NcgFileSetting *setting, GError **error)
{
  g_autofree char *name = ncg_file_setting_get_name (setting);

  if (setting->actual == NULL)
    ncg_verify_set_missing (path, setting, error);
  else if (setting->property != NULL)
    g_set_error (
        error, NCG_ERROR, NCG_ERROR_SYSTEMD_FAILED,
        "systemd accepted the settings of %s, but the kernel has %s = '%s' instead of '%s'", path,
        name, setting->actual, setting->wanted);
  else
    g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED,
                 "of %s the kernel has %s = '%s' instead of '%s'", path, name, setting->actual,
                 setting->wanted);
}

static const NcgFileSetting *
find_wrong (const GPtrArray *settings)
{
  for (guint i = 0; i < settings->len; i++) {
    const NcgFileSetting *setting = g_ptr_array_index (settings, i);

    if (!setting->ok)
      return setting;
  }
  return NULL;
}

gboolean
ncg_verify_cgroup (const NcgHierarchy *hierarchy,
                   const char *path,
                   const NcgResources *resources,
                   GError **error)
{
  g_autoptr (GPtrArray) settings = ncg_verify_read (hierarchy, path, resources);
  const NcgFileSetting *wrong = find_wrong (settings);

  if (wrong == NULL)
    return TRUE;
  /* Of a cgroup that is gone no file is there. */
  if (wrong->actual == NULL) {
    const NcgTree *primary = ncg_hierarchy_get_primary (hierarchy);
    g_autoptr (NcgCgroup) cgroup = ncg_cgroup_open (primary->mount, path, error);

    if (cgroup == NULL)
      return FALSE;
  }
  set_difference (path, wrong, error);
  return FALSE;
}
