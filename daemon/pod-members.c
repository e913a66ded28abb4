/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the members of a pod are.
 */
#include "daemon/pod-members.h"

#include "daemon/qos-tree.h"
#include "lib/holders.h"
#include "lib/members.h"

/* Who is outside the lower one of two is told of once. */
static gboolean
has_holder (const GPtrArray *holders, const NcgTree *tree)
{
  for (guint i = 0; i < holders->len; i++)
    if (((const NcgHolder *) g_ptr_array_index (holders, i))->tree == tree)
      return TRUE;
  return FALSE;
}

/* In the primary hierarchy they are members by being there. */
static void
add_holders (const Manager *self,
             GPtrArray *holders,
             const char *cgroup,
             const NcgResources *resources)
{
  const NcgTree *primary = ncg_hierarchy_get_primary (self->hierarchy);
  g_autoptr (GPtrArray) settings = ncg_file_settings_list (resources, self->hierarchy);

  for (guint i = 0; i < settings->len; i++) {
    const NcgTree *tree = ((const NcgFileSetting *) g_ptr_array_index (settings, i))->tree;

    if (tree != NULL && tree != primary && !has_holder (holders, tree))
      g_ptr_array_add (holders, ncg_holder_new (tree, cgroup));
  }
}

static void
add_holders_of_group (const Manager *self, GPtrArray *holders, QosClass qos)
{
  const ManagedGroup *group = qos_tree_get (self->qos, qos);
  const NcgPlace *place = managed_group_get_place (group);
  const NcgResources *applied = managed_group_get_applied (group);

  if (place != NULL && applied != NULL)
    add_holders (self, holders, place->cgroup, applied);
}

static GPtrArray *
holders_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) ncg_holder_free);
}

/* Where there is one hierarchy, there is no second place. */
static gboolean
is_one_place (const Manager *self)
{
  return self->hierarchy->trees->len < 2;
}

GPtrArray *
pod_members_list_holders (const Manager *self, const Pod *pod)
{
  GPtrArray *holders = holders_new ();

  if (is_one_place (self))
    return holders;
  add_holders (self, holders, pod->cgroup, &pod->resources);
  add_holders_of_group (self, holders, pod->qos);
  add_holders_of_group (self, holders, QOS_GUARANTEED);
  return holders;
}

GPtrArray *
pod_members_list_holders_of (const Manager *self, const char *cgroup, const NcgResources *resources)
{
  GPtrArray *holders = holders_new ();

  if (!is_one_place (self))
    add_holders (self, holders, cgroup, resources);
  return holders;
}

void
pod_members_add_rows (const Manager *self,
                      const char *path,
                      const GPtrArray *holders,
                      GVariantBuilder *rows)
{
  ncg_members_find_outside (self->hierarchy, self->proc, path, holders);
  for (guint i = 0; i < holders->len; i++) {
    const NcgHolder *holder = g_ptr_array_index (holders, i);
    g_autofree char *names = g_strjoinv (",", holder->tree->controllers);
    g_autofree char *setting = g_strconcat ("cgroup.procs ", names, NULL);
    g_autofree char *wanted = g_strconcat ("all of ", path, NULL);
    g_autofree char *outside = NULL;
    g_autofree char *actual = NULL;

    if (holder->outside->len == 0)
      continue;
    outside = ncg_holders_to_string (self->proc, holder->outside);
    actual = g_strconcat ("without ", outside, NULL);
    g_variant_builder_add (rows, "(ssssb)", holder->cgroup, setting, wanted, actual, FALSE);
  }
}
