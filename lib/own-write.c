/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing what is ours.
 */
#include "lib/own-write.h"

#include "lib/apply.h"
#include "lib/cgroup-tree.h"
#include "lib/members.h"
#include "lib/verify.h"

/* What systemd enables in cgroup.subtree_control where all is v2, and nobody else should. */
static const char *const controllers_of_systemd[] = {
  "cpu", "cpuset", "io", "memory", "pids", NULL
};

/* Where there is v1, systemd enables nothing on v2. */
static gboolean
is_enabled_by_systemd (const NcgOwnWrite *self, const char *controller)
{
  return self->hierarchy->mode == NCG_HIERARCHY_UNIFIED &&
         g_strv_contains (controllers_of_systemd, controller);
}

/* The cgroup, on v1 where systemd has none, and on v2 with the controllers that systemd does not
 * enable. */
static gboolean
make_cgroups (const NcgOwnWrite *self, GError **error)
{
  g_autoptr (GPtrArray) trees = g_ptr_array_new ();
  g_autoptr (GPtrArray) controllers = g_ptr_array_new ();

  for (guint i = 0; i < self->settings->len; i++) {
    const NcgFileSetting *setting = g_ptr_array_index (self->settings, i);
    const char *controller = setting->controller;

    if (!setting->tree->is_v1 &&
        (controller[0] == '\0' || is_enabled_by_systemd (self, controller)))
      continue;
    if (!g_ptr_array_find (trees, setting->tree, NULL))
      g_ptr_array_add (trees, (gpointer) setting->tree);
    if (!setting->tree->is_v1)
      g_ptr_array_add (controllers, (gpointer) controller);
  }
  if (trees->len == 0)
    return TRUE;
  g_ptr_array_add (controllers, NULL);
  return ncg_cgroup_tree_make_beside (ncg_hierarchy_get_primary (self->hierarchy), trees,
                                      self->cgroup, (const char *const *) controllers->pdata,
                                      error);
}

static gboolean
has_setting_in (const NcgOwnWrite *self, const NcgTree *tree)
{
  for (guint i = 0; i < self->settings->len; i++)
    if (((const NcgFileSetting *) g_ptr_array_index (self->settings, i))->tree == tree)
      return TRUE;
  return FALSE;
}

gboolean
ncg_own_write_gather (const NcgOwnWrite *self, GError **error)
{
  for (guint i = 0; i < self->foreign->len; i++) {
    const NcgTree *tree = g_ptr_array_index (self->foreign, i);

    if (has_setting_in (self, tree) &&
        !ncg_members_gather (self->hierarchy, self->proc, tree, self->cgroup, error))
      return FALSE;
  }
  return TRUE;
}

/* The processes come before the values: in a cgroup that is new they have all that they had, so
 * that one that cannot be moved changes nothing. */
gboolean
ncg_own_write_run (const NcgOwnWrite *self, GError **error)
{
  return make_cgroups (self, error) && ncg_apply_check (self->cgroup, self->settings, error) &&
         ncg_own_write_gather (self, error) &&
         ncg_apply_write (self->cgroup, self->settings, error);
}

gboolean
ncg_own_write_is_done (const NcgOwnWrite *self)
{
  for (guint i = 0; i < self->foreign->len; i++)
    if (has_setting_in (self, g_ptr_array_index (self->foreign, i)))
      return FALSE;
  ncg_verify_read_settings (self->cgroup, self->settings);
  for (guint i = 0; i < self->settings->len; i++) {
    const NcgFileSetting *setting = g_ptr_array_index (self->settings, i);

    /* What is right because it is missing may not be made yet. */
    if (!setting->ok || setting->actual == NULL)
      return FALSE;
  }
  return TRUE;
}
