/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Resources as systemd unit properties.
 */
#include "lib/unit-properties.h"

static const char *const number_properties[] = {
  [NCG_SETTING_CPU_WEIGHT] = "CPUWeight",
  [NCG_SETTING_CPU_QUOTA_USEC] = "CPUQuotaPerSecUSec",
  [NCG_SETTING_CPU_PERIOD_USEC] = "CPUQuotaPeriodUSec",
  [NCG_SETTING_MEMORY_MIN] = "MemoryMin",
  [NCG_SETTING_MEMORY_LOW] = "MemoryLow",
  [NCG_SETTING_MEMORY_HIGH] = "MemoryHigh",
  [NCG_SETTING_MEMORY_MAX] = "MemoryMax",
  [NCG_SETTING_MEMORY_SWAP_MAX] = "MemorySwapMax",
  [NCG_SETTING_PIDS_MAX] = "TasksMax",
};
G_STATIC_ASSERT (G_N_ELEMENTS (number_properties) == NCG_N_SETTINGS);

static const char *const accounting[] = {
  "CPUAccounting",
  "MemoryAccounting",
  "TasksAccounting",
  "IOAccounting",
};

void
ncg_unit_properties_add (GVariantBuilder *builder, const char *name, GVariant *value)
{
  g_variant_builder_add (builder, "(sv)", name, value);
}

static void
add_cpuset (GVariantBuilder *builder, const char *name, const NcgCpuset *set)
{
  gsize n_bytes;
  const guint8 *bytes;

  if (set == NULL)
    return;
  bytes = ncg_cpuset_to_bytes (set, &n_bytes);
  ncg_unit_properties_add (builder, name,
                           g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, bytes, n_bytes, 1));
}

void
ncg_unit_properties_add_resources (GVariantBuilder *builder, const NcgResources *resources)
{
  for (gsize i = 0; i < G_N_ELEMENTS (accounting); i++)
    ncg_unit_properties_add (builder, accounting[i], g_variant_new_boolean (TRUE));
  for (int i = 0; i < NCG_N_SETTINGS; i++)
    if (ncg_resources_is_set (resources, (NcgSetting) i))
      ncg_unit_properties_add (builder, number_properties[i],
                               g_variant_new_uint64 (resources->numbers[i]));
  add_cpuset (builder, "AllowedCPUs", resources->cpus);
  add_cpuset (builder, "AllowedMemoryNodes", resources->memory_nodes);
}
