/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The settings of cgroups.
 */
#include "daemon/policy/settings.h"

#include "daemon/policy/amount.h"
#include "daemon/policy/spec-raw.h"
#include "lib/cpu-bandwidth.h"

#define WEIGHT_DEFAULT 100
/* Who gives none of them does not ask for a weight. */
#define CPU_KEYS ((1u << SPEC_CPU_REQUEST) | (1u << SPEC_CPU_LIMIT))

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

/* What the kernel and systemd are not told of where nobody asks for it. */
static const struct {
  SpecAmount amount;
  NcgSetting setting;
} only_asked[] = {
  { SPEC_IO_WEIGHT, NCG_SETTING_IO_WEIGHT },
  { SPEC_OOM_GROUP, NCG_SETTING_OOM_GROUP },
};

static guint64
get (const Spec *spec, SpecAmount amount, guint64 otherwise)
{
  return (spec->set & (1u << amount)) != 0 ? spec->amounts[amount] : otherwise;
}

void
settings_read_defaults (const Config *config,
                        const NcgHierarchy *hierarchy,
                        SettingsDefaults *ret_defaults)
{
  const NcgTree *tree = ncg_hierarchy_find_tree (hierarchy, "cpu");
  gboolean is_v1 = tree != NULL && tree->is_v1;

  *ret_defaults = (SettingsDefaults){
    .pids_limit = config->pod_pids_limit == NCG_UNLIMITED ? 0 : config->pod_pids_limit,
    .is_unquoted = !config->cpu_cfs_quota,
    .period_usec = config->cpu_cfs_quota_period_usec,
    .formula = is_v1 ? NCG_SHARES_PROPORTIONAL : config->cpu_weight_formula,
  };
}

gboolean
settings_is_same_spec (const Spec *a,
                       const Spec *b,
                       SpecKind kind,
                       const SettingsDefaults *defaults)
{
  guint32 configured = 0;

  if (defaults->period_usec != 0 && defaults->period_usec != NCG_CPU_PERIOD_DEFAULT)
    configured |= 1u << SPEC_CPU_PERIOD_USEC;
  if (kind == SPEC_OF_POD && defaults->pids_limit != 0)
    configured |= 1u << SPEC_PIDS_LIMIT;
  return spec_is_same (a, b, configured);
}

/* The others are of shares, as the kubelet makes them of millicores. */
static guint64
get_weight (NcgSharesFormula formula, guint64 millicores)
{
  guint64 shares = MIN (millicores, NCG_SHARES_MAX) * NCG_SHARES_DEFAULT / 1000;

  return formula == NCG_SHARES_PROPORTIONAL ? ncg_cpu_weight_from_millicores (millicores)
                                            : ncg_shares_to_weight (formula, shares);
}

static void
set_quota (const Spec *spec, const SettingsDefaults *defaults, NcgResources *resources)
{
  guint64 limit = defaults->is_unquoted ? NCG_UNLIMITED : get (spec, SPEC_CPU_LIMIT, NCG_UNLIMITED);
  guint64 period =
      get (spec, SPEC_CPU_PERIOD_USEC,
           defaults->period_usec != 0 ? defaults->period_usec : NCG_CPU_PERIOD_DEFAULT);

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

static gboolean
has_weight (const Spec *spec)
{
  return get (spec, SPEC_CPU_WEIGHT, AMOUNT_AUTO) != AMOUNT_AUTO;
}

static void
set_weight (const Spec *spec, guint64 otherwise, NcgResources *resources)
{
  ncg_resources_set (resources, NCG_SETTING_CPU_WEIGHT,
                     has_weight (spec) ? spec->amounts[SPEC_CPU_WEIGHT] : otherwise);
  if ((spec->set & CPU_KEYS) == 0 && !has_weight (spec))
    resources->optional |= 1u << NCG_SETTING_CPU_WEIGHT;
}

static void
set_lists (const Spec *spec, NcgResources *resources)
{
  g_autoptr (GArray) hugepages = spec_get_hugepages (spec);
  const GPtrArray *devices = spec->found.devices;

  for (guint i = 0; i < hugepages->len; i++) {
    const NcgHugepageLimit *limit = &g_array_index (hugepages, NcgHugepageLimit, i);

    ncg_resources_set_hugepages (resources, limit->page_bytes, limit->limit_bytes);
  }
  for (guint i = 0; devices != NULL && i < devices->len; i++)
    ncg_resources_set_device (resources, g_ptr_array_index (devices, i));
  if (spec->lists[SPEC_SYSTEMD_PROPERTIES] != NULL)
    resources->properties = g_variant_ref (spec->lists[SPEC_SYSTEMD_PROPERTIES]);
  spec_raw_apply_unified (spec->lists[SPEC_UNIFIED], resources);
}

static void
settings_from_spec (const Spec *spec,
                    const SettingsDefaults *defaults,
                    guint64 weight,
                    NcgResources *ret_resources)
{
  NcgResources resources = { 0 };

  set_weight (spec, weight, &resources);
  set_quota (spec, defaults, &resources);
  for (gsize i = 0; i < G_N_ELEMENTS (limits); i++)
    ncg_resources_set (&resources, limits[i].setting,
                       get (spec, limits[i].amount, limits[i].otherwise));
  for (gsize i = 0; i < G_N_ELEMENTS (only_asked); i++)
    if ((spec->set & (1u << only_asked[i].amount)) != 0)
      ncg_resources_set (&resources, only_asked[i].setting, spec->amounts[only_asked[i].amount]);
  resources.cpus = copy_set (spec->cpus);
  resources.memory_nodes = copy_set (spec->memory_nodes);
  set_lists (spec, &resources);
  *ret_resources = resources;
}

void
settings_for_pod (const Spec *spec, const SettingsDefaults *defaults, NcgResources *ret_resources)
{
  guint64 request = spec_get_qos (spec) == QOS_BESTEFFORT ? 0 : spec_get_cpu_request (spec);

  settings_from_spec (spec, defaults, get_weight (defaults->formula, request), ret_resources);
  if ((spec->set & (1u << SPEC_PIDS_LIMIT)) == 0 && defaults->pids_limit != 0)
    ncg_resources_set (ret_resources, NCG_SETTING_PIDS_MAX, defaults->pids_limit);
}

void
settings_for_container (const Spec *spec,
                        const SettingsDefaults *defaults,
                        NcgResources *ret_resources)
{
  guint64 request = spec_get_cpu_request (spec);

  /* One that says nothing is an ordinary sibling of the pod's other containers. */
  settings_from_spec (spec, defaults,
                      request > 0 ? get_weight (defaults->formula, request) : WEIGHT_DEFAULT,
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
  g_auto (NcgResources) protection = { 0 };

  ncg_resources_set (&protection, NCG_SETTING_MEMORY_MIN, get (spec, SPEC_MEMORY_MIN, 0));
  ncg_resources_set (&protection, NCG_SETTING_MEMORY_LOW, get (spec, SPEC_MEMORY_LOW, 0));
  spec_raw_apply_unified (spec->lists[SPEC_UNIFIED], &protection);
  sum->cpu_request += spec_get_cpu_request (spec);
  sum->memory_min = add_saturated (sum->memory_min, protection.numbers[NCG_SETTING_MEMORY_MIN]);
  sum->memory_low = add_saturated (sum->memory_low, protection.numbers[NCG_SETTING_MEMORY_LOW]);
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
settings_for_qos (QosClass qos,
                  const QosDemand *demand,
                  NcgSharesFormula formula,
                  NcgResources *ret_resources)
{
  g_auto (Spec) nothing = { 0 };
  const SettingsDefaults none = { 0 };
  guint64 request = qos == QOS_BESTEFFORT ? 0 : demand->cpu_request;

  if (qos == QOS_GUARANTEED) {
    settings_of_root (demand, ret_resources);
    return;
  }
  settings_from_spec (&nothing, &none, get_weight (formula, request), ret_resources);
  ncg_resources_set (ret_resources, NCG_SETTING_MEMORY_MIN, demand->memory_min);
  ncg_resources_set (ret_resources, NCG_SETTING_MEMORY_LOW, demand->memory_low);
}

void
settings_merge (NcgResources *self, const NcgResources *other)
{
  for (int i = 0; i < NCG_N_SETTINGS; i++) {
    guint64 number = other->numbers[i];

    if (!ncg_resources_is_set (other, (NcgSetting) i))
      continue;
    if (i == NCG_SETTING_MEMORY_MIN || i == NCG_SETTING_MEMORY_LOW)
      number = add_saturated (number, ncg_resources_get (self, (NcgSetting) i, 0));
    ncg_resources_set (self, (NcgSetting) i, number);
  }
  for (guint i = 0; other->hugepages != NULL && i < other->hugepages->len; i++) {
    const NcgHugepageLimit *limit = &g_array_index (other->hugepages, NcgHugepageLimit, i);

    ncg_resources_set_hugepages (self, limit->page_bytes, limit->limit_bytes);
  }
  if (other->cpus != NULL) {
    ncg_cpuset_free (self->cpus);
    self->cpus = ncg_cpuset_copy (other->cpus);
  }
}
