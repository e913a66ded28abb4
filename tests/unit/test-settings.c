/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From specs to settings.
 */
#include "daemon/policy/settings.h"

#include "lib/cpu-bandwidth.h"

static const SettingsDefaults none;

static void
parse (const char *text, SpecKind kind, Spec *ret_spec)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) variant = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, &error);

  g_assert_no_error (error);
  spec_parse (variant, kind, ret_spec, &error);
  g_assert_no_error (error);
}

static void
print_lists (const NcgResources *resources, GString *text)
{
  for (guint i = 0; resources->hugepages != NULL && i < resources->hugepages->len; i++) {
    const NcgHugepageLimit *limit = &g_array_index (resources->hugepages, NcgHugepageLimit, i);

    g_string_append_printf (text, " %" G_GUINT64_FORMAT ":%" G_GINT64_FORMAT, limit->page_bytes,
                            (gint64) limit->limit_bytes);
  }
  for (guint i = 0; resources->devices != NULL && i < resources->devices->len; i++) {
    const NcgDeviceLimits *device = resources->devices->pdata[i];

    g_string_append_printf (text, " %s=%u:%u:%u", device->path, device->major, device->minor,
                            device->set);
  }
  for (guint i = 0; resources->unified != NULL && i < resources->unified->len; i++) {
    const NcgUnifiedFile *file = resources->unified->pdata[i];

    g_string_append_printf (text, " %s=%s", file->file, file->value);
  }
  if (resources->properties != NULL) {
    g_autofree char *properties = g_variant_print (resources->properties, FALSE);

    g_string_append_printf (text, " %s", properties);
  }
}

/* "WEIGHT QUOTA/PERIOD MIN LOW HIGH MAX SWAP PIDS CPUS MEMS": "-" for unset, "max" for no limit;
 * after it the others, where they are set. */
static char *
print (const NcgResources *resources)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *cpus = resources->cpus != NULL ? ncg_cpuset_format (resources->cpus) : NULL;
  g_autofree char *nodes =
      resources->memory_nodes != NULL ? ncg_cpuset_format (resources->memory_nodes) : NULL;

  for (int i = 0; i <= NCG_SETTING_PIDS_MAX; i++) {
    guint64 number = resources->numbers[i];

    if (!ncg_resources_is_set (resources, (NcgSetting) i))
      g_string_append (text, "- ");
    else if (number == NCG_UNLIMITED)
      g_string_append (text, "max ");
    else
      g_string_append_printf (text, "%" G_GUINT64_FORMAT " ", number);
  }
  g_string_append_printf (text, "%s %s", cpus != NULL ? cpus : "-", nodes != NULL ? nodes : "-");
  if (ncg_resources_is_set (resources, NCG_SETTING_IO_WEIGHT))
    g_string_append_printf (text, " io=%" G_GUINT64_FORMAT,
                            resources->numbers[NCG_SETTING_IO_WEIGHT]);
  if (ncg_resources_is_set (resources, NCG_SETTING_OOM_GROUP))
    g_string_append_printf (text, " oom=%" G_GUINT64_FORMAT,
                            resources->numbers[NCG_SETTING_OOM_GROUP]);
  print_lists (resources, text);
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
  { "{'CPUWeight': <'auto'>}", "1 max 100000 0 0 max max max max - -", TRUE },
  { "{'CPUWeight': <'auto'>, 'CPURequest': <'2'>}", "200 max 100000 0 0 max max max max - -",
    FALSE },
  { "{'IOWeight': <uint64 7>, 'OOMGroup': <false>}",
    "1 max 100000 0 0 max max max max - - io=7 oom=0", TRUE },
  { "{'OOMGroup': <true>}", "1 max 100000 0 0 max max max max - - oom=1", TRUE },
  { "{'HugepageLimits': <{'1Gi': <'max'>, '2Mi': <'4Mi'>}>}",
    "1 max 100000 0 0 max max max max - - 2097152:4194304 1073741824:-1", TRUE },
  /* Nobody has looked where it is. */
  { "{'IOLimits': <[('/dev/a', {'ReadIOPSMax': uint64 5})]>}",
    "1 max 100000 0 0 max max max max - -", TRUE },
  { "{'SystemdProperties': <[('KillMode', <'mixed'>)]>}",
    "1 max 100000 0 0 max max max max - - [('KillMode', <'mixed'>)]", TRUE },
  /* What is said as a file comes last. */
  { "{'MemoryLimit': <uint64 4096>, 'Unified': <{'memory.max': '8192', 'cpu.weight': '9', "
    "'cpu.max.burst': '1', 'hugetlb.2MB.max': '0', 'memory.oom.group': '1'}>}",
    "9 max 100000 0 0 max 8192 max max - - oom=1 2097152:0 cpu.max.burst=1", FALSE },
};

static void
test_pods (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (pods); i++) {
    g_auto (Spec) spec = { 0 };
    g_auto (NcgResources) resources = { 0 };
    g_autofree char *text = NULL;

    parse (pods[i].spec, SPEC_OF_POD, &spec);
    settings_for_pod (&spec, &none, &resources);
    text = print (&resources);
    g_assert_cmpstr (text, ==, pods[i].settings);
    g_assert_cmpint ((resources.optional & (1u << NCG_SETTING_CPU_WEIGHT)) != 0, ==,
                     pods[i].weight_is_optional);
  }
}

/* A device is there when somebody has found it; then the files know it, too. */
static void
test_devices (void)
{
  NcgDeviceLimits found = { .path = (char *) "/dev/a", .major = 8, .minor = 16, .set = 1 };
  g_auto (Spec) spec = { 0 };
  g_auto (NcgResources) resources = { 0 };
  g_autofree char *text = NULL;

  parse ("{'Unified': <{'io.max': '8:0 wbps=5\\n8:16 wiops=6'}>}", SPEC_OF_POD, &spec);
  spec_add_found (&spec, &found);
  settings_for_pod (&spec, &none, &resources);
  text = print (&resources);
  g_assert_cmpstr (text, ==, "1 max 100000 0 0 max max max max - - 8:0=8:0:2 /dev/a=8:16:9");
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
    settings_for_container (&spec, &none, &resources);
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

    settings_for_qos (classes[i].qos, &classes[i].demand, NCG_SHARES_PROPORTIONAL, &resources);
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
    "{'MemoryLow': <uint64 5>, 'Unified': <{'memory.low': '4', 'memory.min': '2'}>}",
  };
  QosDemand sum = { 0 };

  for (gsize i = 0; i < G_N_ELEMENTS (specs); i++) {
    g_auto (Spec) spec = { 0 };

    parse (specs[i], SPEC_OF_POD, &spec);
    settings_add_demand (&sum, &spec);
  }
  g_assert_cmpuint (sum.cpu_request, ==, 1500);
  g_assert_cmpuint (sum.memory_min, ==, 4098);
  g_assert_cmpuint (sum.memory_low, ==, 8197);
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

/* What the configuration says for pods that do not say it. */
static void
test_defaults (void)
{
  static const struct {
    const char *spec;
    SettingsDefaults defaults;
    guint64 pids, quota, period;
  } rows[] = {
    { "{}", { 0 }, NCG_UNLIMITED, NCG_UNLIMITED, NCG_CPU_PERIOD_DEFAULT },
    { "{}", { 100, FALSE, 50000 }, 100, NCG_UNLIMITED, 50000 },
    { "{'PidsLimit': <'7'>}", { 100, FALSE, 0 }, 7, NCG_UNLIMITED, NCG_CPU_PERIOD_DEFAULT },
    { "{'PidsLimit': <'max'>}",
      { 100, FALSE, 0 },
      NCG_UNLIMITED,
      NCG_UNLIMITED,
      NCG_CPU_PERIOD_DEFAULT },
    { "{'CPULimit': <'500m'>}", { 0, FALSE, 20000 }, NCG_UNLIMITED, 500000, 20000 },
    { "{'CPULimit': <'500m'>}",
      { 0, TRUE, 0 },
      NCG_UNLIMITED,
      NCG_UNLIMITED,
      NCG_CPU_PERIOD_DEFAULT },
    { "{'CPULimit': <'500m'>, 'CPUPeriodUSec': <uint64 10000>}",
      { 0, FALSE, 20000 },
      NCG_UNLIMITED,
      500000,
      10000 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_auto (Spec) spec = { 0 };
    g_auto (NcgResources) resources = { 0 };

    parse (rows[i].spec, SPEC_OF_POD, &spec);
    settings_for_pod (&spec, &rows[i].defaults, &resources);
    g_assert_cmpuint (resources.numbers[NCG_SETTING_PIDS_MAX], ==, rows[i].pids);
    g_assert_cmpuint (resources.numbers[NCG_SETTING_CPU_QUOTA_USEC], ==, rows[i].quota);
    g_assert_cmpuint (resources.numbers[NCG_SETTING_CPU_PERIOD_USEC], ==, rows[i].period);
  }
}

/* Of pods, containers and the class beside the pods alike; docs/runtimes.md has the same table. */
static void
test_formulas (void)
{
  static const struct {
    const char *spec;
    QosDemand demand;
    guint64 weights[3]; /* by formula */
  } rows[] = {
    { "{'CPURequest': <'123m'>}", { 123, 0, 0 }, { 12, 5, 20 } },
    { "{'CPURequest': <'500m'>}", { 500, 0, 0 }, { 50, 20, 59 } },
    { "{'CPURequest': <'1'>}", { 1000, 0, 0 }, { 100, 39, 100 } },
    { "{'CPURequest': <'1000000'>}", { 1000000000, 0, 0 }, { 10000, 10000, 10000 } },
    { "{'CPURequest': <'1m'>}", { 0, 0, 0 }, { 1, 1, 1 } },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    for (guint j = 0; j < G_N_ELEMENTS (rows[i].weights); j++) {
      SettingsDefaults defaults = { .formula = (NcgSharesFormula) j };
      g_auto (Spec) pod = { 0 };
      g_auto (Spec) container = { 0 };
      g_auto (NcgResources) of_pod = { 0 };
      g_auto (NcgResources) of_container = { 0 };
      g_auto (NcgResources) of_class = { 0 };

      parse (rows[i].spec, SPEC_OF_POD, &pod);
      parse (rows[i].spec, SPEC_OF_CONTAINER, &container);
      settings_for_pod (&pod, &defaults, &of_pod);
      settings_for_container (&container, &defaults, &of_container);
      settings_for_qos (QOS_BURSTABLE, &rows[i].demand, defaults.formula, &of_class);
      g_assert_cmpuint (of_pod.numbers[NCG_SETTING_CPU_WEIGHT], ==, rows[i].weights[j]);
      g_assert_cmpuint (of_container.numbers[NCG_SETTING_CPU_WEIGHT], ==, rows[i].weights[j]);
      g_assert_cmpuint (of_class.numbers[NCG_SETTING_CPU_WEIGHT], ==, rows[i].weights[j]);
    }
}

/* On v1 shares are what everybody has, and a weight is nothing but these. */
static void
test_formula_on_v1 (void)
{
  static char *cpu[] = { (char *) "cpu", NULL };
  NcgTree tree = { .mount = (char *) "/cpu", .is_v1 = TRUE, .controllers = cpu };
  g_autoptr (GPtrArray) trees = g_ptr_array_new ();
  NcgHierarchy hierarchy = { .trees = trees };
  Config config = { .cpu_weight_formula = NCG_SHARES_RUNC };
  SettingsDefaults defaults;

  settings_read_defaults (&config, &hierarchy, &defaults);
  g_assert_cmpint ((int) defaults.formula, ==, NCG_SHARES_RUNC);
  g_ptr_array_add (trees, &tree);
  settings_read_defaults (&config, &hierarchy, &defaults);
  g_assert_cmpint ((int) defaults.formula, ==, NCG_SHARES_PROPORTIONAL);
}

/* What the configuration has instead of a default is not that default. */
static const struct {
  const char *spec; /* and one that says nothing */
  SpecKind kind;
  SettingsDefaults defaults;
  gboolean is_same;
} same[] = {
  { "{'PidsLimit': <'max'>}", SPEC_OF_POD, { 0 }, TRUE },
  { "{'PidsLimit': <'max'>}", SPEC_OF_POD, { .pids_limit = 5 }, FALSE },
  { "{'PidsLimit': <'max'>}", SPEC_OF_CONTAINER, { .pids_limit = 5 }, TRUE },
  { "{'CPUPeriodUSec': <uint64 100000>}", SPEC_OF_POD, { 0 }, TRUE },
  { "{'CPUPeriodUSec': <uint64 100000>}", SPEC_OF_POD, { .period_usec = 100000 }, TRUE },
  { "{'CPUPeriodUSec': <uint64 100000>}", SPEC_OF_POD, { .period_usec = 50000 }, FALSE },
  { "{'CPUPeriodUSec': <uint64 100000>}", SPEC_OF_CONTAINER, { .period_usec = 50000 }, FALSE },
  { "{'CPUPeriodUSec': <uint64 50000>}", SPEC_OF_POD, { .period_usec = 50000 }, FALSE },
  { "{'CPULimit': <'max'>}", SPEC_OF_POD, { .period_usec = 50000, .pids_limit = 5 }, TRUE },
};

static void
test_same (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (same); i++) {
    g_auto (Spec) nothing = { 0 };
    g_auto (Spec) spec = { 0 };

    parse (same[i].spec, same[i].kind, &spec);
    g_test_message ("%" G_GSIZE_FORMAT, i);
    g_assert_cmpint (settings_is_same_spec (&spec, &nothing, same[i].kind, &same[i].defaults), ==,
                     same[i].is_same);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/settings/pods", test_pods);
  g_test_add_func ("/settings/devices", test_devices);
  g_test_add_func ("/settings/containers", test_containers);
  g_test_add_func ("/settings/classes", test_classes);
  g_test_add_func ("/settings/demand", test_demand);
  g_test_add_func ("/settings/demand-without-limit", test_demand_without_limit);
  g_test_add_func ("/settings/defaults", test_defaults);
  g_test_add_func ("/settings/formulas", test_formulas);
  g_test_add_func ("/settings/formula-on-v1", test_formula_on_v1);
  g_test_add_func ("/settings/same", test_same);
  return g_test_run ();
}
