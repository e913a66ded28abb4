/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From specs to settings.
 */
#include "daemon/policy/settings.h"

static void
parse (const char *text, SpecKind kind, Spec *ret_spec)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) variant = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, &error);

  g_assert_no_error (error);
  spec_parse (variant, kind, ret_spec, &error);
  g_assert_no_error (error);
}

/* "WEIGHT QUOTA/PERIOD MIN LOW HIGH MAX SWAP PIDS CPUS MEMS": "-" for unset, "max" for no limit. */
static char *
print (const NcgResources *resources)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *cpus = resources->cpus != NULL ? ncg_cpuset_format (resources->cpus) : NULL;
  g_autofree char *nodes =
      resources->memory_nodes != NULL ? ncg_cpuset_format (resources->memory_nodes) : NULL;

  for (int i = 0; i < NCG_N_SETTINGS; i++) {
    guint64 number = resources->numbers[i];

    if (!ncg_resources_is_set (resources, (NcgSetting) i))
      g_string_append (text, "- ");
    else if (number == NCG_UNLIMITED)
      g_string_append (text, "max ");
    else
      g_string_append_printf (text, "%" G_GUINT64_FORMAT " ", number);
  }
  g_string_append_printf (text, "%s %s", cpus != NULL ? cpus : "-", nodes != NULL ? nodes : "-");
  return g_string_free (g_steal_pointer (&text), FALSE);
}

typedef struct {
  const char *spec;
  const char *settings;
  gboolean weight_is_optional;
} Case;

static const Case pods[] = {
  { "{}", "1 max 100000 0 0 max max max max - -", TRUE },
  { "{'CPURequest': <'250m'>}", "25 max 100000 0 0 max max max max - -", FALSE },
  { "{'CPULimit': <'1'>}", "100 1000000 100000 0 0 max max max max - -", FALSE },
  { "{'CPULimit': <'513m'>, 'CPURequest': <'10m'>}", "1 520000 100000 0 0 max max max max - -",
    FALSE },
  { "{'CPULimit': <'500m'>, 'CPUPeriodUSec': <uint64 1000>}",
    "50 1000000 1000 0 0 max max max max - -", FALSE },
  { "{'CPULimit': <'max'>, 'CPUPeriodUSec': <uint64 20000>}", "1 max 20000 0 0 max max max max - -",
    FALSE },
  { "{'CPURequest': <'2'>, 'CPUWeight': <uint64 7>}", "7 max 100000 0 0 max max max max - -",
    FALSE },
  { "{'QosClass': <'BestEffort'>, 'CPURequest': <'2'>}", "1 max 100000 0 0 max max max max - -",
    FALSE },
  { "{'QosClass': <'BestEffort'>, 'CPUWeight': <uint64 7>}", "7 max 100000 0 0 max max max max - -",
    FALSE },
  { "{'MemoryMin': <uint64 1>, 'MemoryLow': <uint64 2>, 'MemoryHigh': <uint64 3>, "
    "'MemoryLimit': <uint64 4>, 'MemorySwapLimit': <uint64 5>, 'PidsLimit': <uint64 6>}",
    "1 max 100000 1 2 3 4 5 6 - -", TRUE },
  { "{'MemoryRequest': <'1Gi'>}", "1 max 100000 0 0 max max max max - -", TRUE },
  { "{'CPUSet': <'0-1'>, 'MemoryNodes': <'0'>}", "1 max 100000 0 0 max max max max 0-1 0", TRUE },
  { "{'CPUSet': <''>}", "1 max 100000 0 0 max max max max - -", TRUE },
};

static void
test_pods (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (pods); i++) {
    g_auto (Spec) spec = { 0 };
    g_auto (NcgResources) resources = { 0 };
    g_autofree char *text = NULL;

    parse (pods[i].spec, SPEC_OF_POD, &spec);
    settings_for_pod (&spec, &resources);
    text = print (&resources);
    g_assert_cmpstr (text, ==, pods[i].settings);
    g_assert_cmpint ((resources.optional & (1u << NCG_SETTING_CPU_WEIGHT)) != 0, ==,
                     pods[i].weight_is_optional);
  }
}

static const Case containers[] = {
  { "{}", "100 max 100000 0 0 max max max max - -", TRUE },
  { "{'CPURequest': <'250m'>}", "25 max 100000 0 0 max max max max - -", FALSE },
  { "{'CPULimit': <'2'>}", "200 2000000 100000 0 0 max max max max - -", FALSE },
  { "{'CPUWeight': <uint64 7>, 'MemoryLimit': <uint64 8>}", "7 max 100000 0 0 max 8 max max - -",
    FALSE },
};

static void
test_containers (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (containers); i++) {
    g_auto (Spec) spec = { 0 };
    g_auto (NcgResources) resources = { 0 };
    g_autofree char *text = NULL;

    parse (containers[i].spec, SPEC_OF_CONTAINER, &spec);
    settings_for_container (&spec, &resources);
    text = print (&resources);
    g_assert_cmpstr (text, ==, containers[i].settings);
  }
}

static const struct {
  QosClass qos;
  QosDemand demand;
  const char *settings;
} classes[] = {
  { QOS_BURSTABLE, { 0, 0, 0 }, "1 max 100000 0 0 max max max max - -" },
  { QOS_BURSTABLE, { 1500, 4096, 8192 }, "150 max 100000 4096 8192 max max max max - -" },
  { QOS_BURSTABLE, { 0, NCG_UNLIMITED, 0 }, "1 max 100000 max 0 max max max max - -" },
  { QOS_BESTEFFORT, { 1500, 0, 0 }, "1 max 100000 0 0 max max max max - -" },
  /* The root's own limits are the administrator's. */
  { QOS_GUARANTEED, { 1500, 1, 2 }, "100 - - 1 2 - - - - - -" },
};

static void
test_classes (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (classes); i++) {
    g_auto (NcgResources) resources = { 0 };
    g_autofree char *text = NULL;

    settings_for_qos (classes[i].qos, &classes[i].demand, &resources);
    text = print (&resources);
    g_assert_cmpstr (text, ==, classes[i].settings);
  }
}

static void
test_demand (void)
{
  static const char *const specs[] = {
    "{'CPULimit': <'1'>, 'MemoryMin': <uint64 4096>}",
    "{'CPURequest': <'500m'>, 'MemoryLow': <uint64 8192>}",
    "{'MemoryLow': <uint64 1>}",
  };
  QosDemand sum = { 0 };

  for (gsize i = 0; i < G_N_ELEMENTS (specs); i++) {
    g_auto (Spec) spec = { 0 };

    parse (specs[i], SPEC_OF_POD, &spec);
    settings_add_demand (&sum, &spec);
  }
  g_assert_cmpuint (sum.cpu_request, ==, 1500);
  g_assert_cmpuint (sum.memory_min, ==, 4096);
  g_assert_cmpuint (sum.memory_low, ==, 8193);
}

/* No sum overflows, and no limit stays none. */
static void
test_demand_without_limit (void)
{
  g_auto (Spec) unlimited = { 0 };
  g_auto (Spec) large = { 0 };
  QosDemand sum = { 0 };

  parse ("{'MemoryMin': <'max'>}", SPEC_OF_POD, &unlimited);
  parse ("{'MemoryMin': <uint64 4611686018427387904>, 'MemoryLow': <uint64 4611686018427387904>}",
         SPEC_OF_POD, &large);
  settings_add_demand (&sum, &unlimited);
  for (int i = 0; i < 5; i++)
    settings_add_demand (&sum, &large);
  g_assert_cmpuint (sum.memory_min, ==, NCG_UNLIMITED);
  g_assert_cmpuint (sum.memory_low, ==, NCG_UNLIMITED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/settings/pods", test_pods);
  g_test_add_func ("/settings/containers", test_containers);
  g_test_add_func ("/settings/classes", test_classes);
  g_test_add_func ("/settings/demand", test_demand);
  g_test_add_func ("/settings/demand-without-limit", test_demand_without_limit);
  return g_test_run ();
}
