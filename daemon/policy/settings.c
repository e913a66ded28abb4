/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The settings of cgroups.
 */
#include "daemon/policy/settings.h"

#include "lib/cpu-bandwidth.h"

#define WEIGHT_DEFAULT 100
/* Who gives none of them does not ask for a weight. */
#define CPU_KEYS ((1u << SPEC_CPU_REQUEST) | (1u << SPEC_CPU_LIMIT) | (1u << SPEC_CPU_WEIGHT))

static const struct {
  SpecAmount amount;
  NcgSetting setting;
  guint64 otherwise;
} limits[] = {
  { SPEC_MEMORY_MIN, NCG_SETTING_MEMORY_MIN, 0 },
  { SPEC_MEMORY_LOW, NCG_SETTING_MEMORY_LOW, 0 },
  { SPEC_MEMORY_HIGH, NCG_SETTING_MEMORY_HIGH, NCG_UNLIMITED },
  { SPEC_MEMORY_LIMIT, NCG_SETTING_MEMORY_MAX, NCG_UNLIMITED },
  { SPEC_MEMORY_SWAP_LIMIT, NCG_SETTING_MEMORY_SWAP_MAX, NCG_UNLIMITED },
  { SPEC_PIDS_LIMIT, NCG_SETTING_PIDS_MAX, NCG_UNLIMITED },
};

static guint64
get (const Spec *spec, SpecAmount amount, guint64 otherwise)
{
  return (spec->set & (1u << amount)) != 0 ? spec->amounts[amount] : otherwise;
}

static void
set_quota (const Spec *spec, NcgResources *resources)
{
  guint64 limit = get (spec, SPEC_CPU_LIMIT, NCG_UNLIMITED);
  guint64 period = get (spec, SPEC_CPU_PERIOD_USEC, NCG_CPU_PERIOD_DEFAULT);

  ncg_resources_set (resources, NCG_SETTING_CPU_PERIOD_USEC, period);
  ncg_resources_set (resources, NCG_SETTING_CPU_QUOTA_USEC,
                     limit == NCG_UNLIMITED ? NCG_UNLIMITED
                                            : ncg_cpu_quota_from_millicores (limit, period));
}

static NcgCpuset *
copy_set (const NcgCpuset *set)
{
  return set != NULL && !ncg_cpuset_is_empty (set) ? ncg_cpuset_copy (set) : NULL;
}

static void
settings_from_spec (const Spec *spec, guint64 weight, NcgResources *ret_resources)
{
  NcgResources resources = { 0 };

  ncg_resources_set (&resources, NCG_SETTING_CPU_WEIGHT, get (spec, SPEC_CPU_WEIGHT, weight));
  if ((spec->set & CPU_KEYS) == 0)
    resources.optional |= 1u << NCG_SETTING_CPU_WEIGHT;
  set_quota (spec, &resources);
  for (gsize i = 0; i < G_N_ELEMENTS (limits); i++)
    ncg_resources_set (&resources, limits[i].setting,
                       get (spec, limits[i].amount, limits[i].otherwise));
  resources.cpus = copy_set (spec->cpus);
  resources.memory_nodes = copy_set (spec->memory_nodes);
  *ret_resources = resources;
}

void
settings_for_pod (const Spec *spec, NcgResources *ret_resources)
{
  guint64 request = spec_get_qos (spec) == QOS_BESTEFFORT ? 0 : spec_get_cpu_request (spec);

  settings_from_spec (spec, ncg_cpu_weight_from_millicores (request), ret_resources);
}

void
settings_for_container (const Spec *spec, NcgResources *ret_resources)
{
  guint64 request = spec_get_cpu_request (spec);

  /* One that says nothing is an ordinary sibling of the pod's other containers. */
  settings_from_spec (spec, request > 0 ? ncg_cpu_weight_from_millicores (request) : WEIGHT_DEFAULT,
                      ret_resources);
}

static guint64
add_saturated (guint64 a, guint64 b)
{
  return a > NCG_UNLIMITED - b ? NCG_UNLIMITED : a + b;
}

void
settings_add_demand (QosDemand *sum, const Spec *spec)
{
  sum->cpu_request += spec_get_cpu_request (spec);
  sum->memory_min = add_saturated (sum->memory_min, get (spec, SPEC_MEMORY_MIN, 0));
  sum->memory_low = add_saturated (sum->memory_low, get (spec, SPEC_MEMORY_LOW, 0));
}

/* Of the root only what follows from the pods is set, so that a limit that an administrator gave it
 * stays. */
static void
settings_of_root (const QosDemand *demand, NcgResources *ret_resources)
{
  NcgResources resources = { 0 };

  ncg_resources_set (&resources, NCG_SETTING_CPU_WEIGHT, WEIGHT_DEFAULT);
  ncg_resources_set (&resources, NCG_SETTING_MEMORY_MIN, demand->memory_min);
  ncg_resources_set (&resources, NCG_SETTING_MEMORY_LOW, demand->memory_low);
  *ret_resources = resources;
}

void
settings_for_qos (QosClass qos, const QosDemand *demand, NcgResources *ret_resources)
{
  g_auto (Spec) nothing = { 0 };
  guint64 request = qos == QOS_BESTEFFORT ? 0 : demand->cpu_request;

  if (qos == QOS_GUARANTEED) {
    settings_of_root (demand, ret_resources);
    return;
  }
  settings_from_spec (&nothing, ncg_cpu_weight_from_millicores (request), ret_resources);
  ncg_resources_set (ret_resources, NCG_SETTING_MEMORY_MIN, demand->memory_min);
  ncg_resources_set (ret_resources, NCG_SETTING_MEMORY_LOW, demand->memory_low);
}
