/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Resources as unit properties.
 */
#include "lib/unit-properties.h"

static char *
print (const NcgResources *resources)
{
  GVariantBuilder builder;
  g_autoptr (GVariant) properties = NULL;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(sv)"));
  ncg_unit_properties_add_resources (&builder, resources);
  properties = g_variant_ref_sink (g_variant_builder_end (&builder));
  return g_variant_print (properties, TRUE);
}

/* Without the accounting systemd does not turn the controllers on. */
#define ACCOUNTING                                                                                 \
  "('CPUAccounting', <true>), ('MemoryAccounting', <true>), ('TasksAccounting', <true>), "         \
  "('IOAccounting', <true>)"

static void
test_nothing (void)
{
  NcgResources resources = { 0 };
  g_autofree char *text = print (&resources);

  g_assert_cmpstr (text, ==, "[" ACCOUNTING "]");
}

static void
test_everything (void)
{
  g_auto (NcgResources) resources = { 0 };
  g_autofree char *text = NULL;

  for (int i = 0; i < NCG_N_SETTINGS; i++)
    ncg_resources_set (&resources, (NcgSetting) i, (guint64) i + 1);
  resources.cpus = ncg_cpuset_parse ("0,9", NULL);
  resources.memory_nodes = ncg_cpuset_parse ("1", NULL);
  text = print (&resources);
  g_assert_cmpstr (text, ==,
                   "[" ACCOUNTING ", ('CPUWeight', <uint64 1>), "
                   "('CPUQuotaPerSecUSec', <uint64 2>), ('CPUQuotaPeriodUSec', <uint64 3>), "
                   "('MemoryMin', <uint64 4>), ('MemoryLow', <uint64 5>), "
                   "('MemoryHigh', <uint64 6>), ('MemoryMax', <uint64 7>), "
                   "('MemorySwapMax', <uint64 8>), ('TasksMax', <uint64 9>), "
                   "('AllowedCPUs', <[byte 0x01, 0x02]>), ('AllowedMemoryNodes', <[byte 0x02]>)]");
}

/* Unset, 0 and no limit are three things. */
static void
test_values (void)
{
  g_auto (NcgResources) resources = { 0 };
  g_autofree char *text = NULL;

  ncg_resources_set (&resources, NCG_SETTING_MEMORY_SWAP_MAX, 0);
  ncg_resources_set (&resources, NCG_SETTING_PIDS_MAX, NCG_UNLIMITED);
  text = print (&resources);
  g_assert_cmpstr (text, ==,
                   "[" ACCOUNTING ", ('MemorySwapMax', <uint64 0>), "
                   "('TasksMax', <uint64 18446744073709551615>)]");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/unit-properties/nothing", test_nothing);
  g_test_add_func ("/unit-properties/everything", test_everything);
  g_test_add_func ("/unit-properties/values", test_values);
  return g_test_run ();
}
