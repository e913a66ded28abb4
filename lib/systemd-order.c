/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Choosing the order.
 */
#include "lib/systemd-order.h"

#include "lib/cgroup.h"
#include "lib/systemd-cpu.h"
#include "lib/unit-properties.h"

#include <string.h>

#define MEMSW_FILE "memory.memsw.limit_in_bytes"
#define BURST_FILE "cpu.max.burst"

/* On v1 memory must not exceed memory+swap at any time, and systemd, which sets only the first,
 * does not say when the kernel refuses. So what grows begins with the second. */
static gboolean
has_growing_memsw (const NcgSystemdContext *context,
                   const char *path,
                   const NcgResources *resources)
{
  const NcgTree *tree = ncg_hierarchy_find_tree (context->hierarchy, "memory");
  g_autoptr (NcgCgroup) cgroup = NULL;
  guint64 limit = ncg_resources_get (resources, NCG_SETTING_MEMORY_MAX, NCG_UNLIMITED);
  guint64 swap = ncg_resources_get (resources, NCG_SETTING_MEMORY_SWAP_MAX, NCG_UNLIMITED);
  guint64 current = 0;

  if (tree == NULL || !tree->is_v1)
    return FALSE;
  cgroup = ncg_cgroup_open (tree->mount, path, NULL);
  return cgroup != NULL && ncg_cgroup_read_u64 (cgroup, MEMSW_FILE, &current, NULL) &&
         (limit == NCG_UNLIMITED || swap == NCG_UNLIMITED || limit + swap > current);
}

/* Positive if the burst grows, negative if it shrinks. It is at most the quota, of which systemd
 * does not tell when the kernel refuses it. */
static int
compare_burst (const NcgSystemdContext *context, const char *path, const NcgResources *resources)
{
  g_autoptr (GPtrArray) own =
      ncg_unit_properties_list_own (resources, context->hierarchy, context->features);

  for (guint i = 0; i < own->len; i++) {
    const NcgFileSetting *setting = g_ptr_array_index (own, i);
    g_autoptr (NcgCgroup) cgroup = NULL;
    guint64 current = 0;
    guint64 wanted = 0;

    if (!g_str_has_prefix (setting->file, "cpu.") || strstr (setting->file, "burst") == NULL)
      continue;
    cgroup = ncg_cgroup_open (setting->tree->mount, path, NULL);
    if (cgroup != NULL && ncg_cgroup_read_u64 (cgroup, setting->file, &current, NULL) &&
        ncg_cgroup_parse_u64 (setting->value, &wanted))
      return wanted < current ? -1 : wanted > current;
  }
  return 0;
}

void
ncg_systemd_order_choose (const NcgSystemdContext *context,
                          const char *cgroup,
                          const NcgResources *resources,
                          NcgSystemdOrder *ret_order)
{
  int burst = compare_burst (context, cgroup, resources);
  gboolean is_memsw_first = has_growing_memsw (context, cgroup, resources);
  gboolean is_cpu_ours = ncg_systemd_cpu_is_needed (context->hierarchy, cgroup, resources);
  NcgResources *early = &ret_order->early;

  /* With the last of them also for nobody to make it idle again while it gets a weight. */
  *ret_order = (NcgSystemdOrder){
    .is_own_first = is_memsw_first || burst < 0 || is_cpu_ours,
    .is_cpu_ours = is_cpu_ours,
  };
  if (!ret_order->is_own_first)
    return;
  ncg_resources_copy (resources, early);
  if (!is_memsw_first)
    ncg_resources_unset (early, NCG_SETTING_MEMORY_SWAP_MAX);
  if (burst > 0)
    ncg_resources_unset_unified (early, BURST_FILE);
  /* What is idle takes no shares any more. */
  if (ncg_resources_get (early, NCG_SETTING_CPU_WEIGHT, 1) == 0)
    ncg_resources_unset (early, NCG_SETTING_CPU_WEIGHT);
  ret_order->is_own_twice = !ncg_resources_equal (early, resources);
}

void
ncg_systemd_order_clear (NcgSystemdOrder *self)
{
  ncg_resources_clear (&self->early);
}
