/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Resources as unit properties.
 */
#include "lib/unit-properties.h"

#include "lib/error.h"

#include <string.h>

/* All controllers on v2. */
static char *all[] = { (char *) "cpu",
                       (char *) "cpuset",
                       (char *) "hugetlb",
                       (char *) "io",
                       (char *) "memory",
                       (char *) "pids",
                       NULL };
static NcgTree unified = { .mount = (char *) "/sys/fs/cgroup", .controllers = all };
static NcgTree on_v1 = { .mount = (char *) "/v1", .is_v1 = TRUE, .controllers = all };
static NcgHierarchy hierarchy;

static void
set_hierarchy (NcgTree *tree)
{
  hierarchy.mode = tree->is_v1 ? NCG_HIERARCHY_LEGACY : NCG_HIERARCHY_UNIFIED;
  hierarchy.controllers = tree->controllers;
  g_clear_pointer (&hierarchy.trees, g_ptr_array_unref);
  hierarchy.trees = g_ptr_array_new ();
  g_ptr_array_add (hierarchy.trees, tree);
}

static char *
print (const NcgResources *resources)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) properties =
      ncg_unit_properties_from_resources (resources, &hierarchy, NULL, &error);

  g_assert_no_error (error);
  return g_variant_print (properties, TRUE);
}

/* (transfer full): the names of the files that are ours, divided by blanks */
static char *
print_own (const NcgResources *resources, const NcgSystemdFeatures *features)
{
  g_autoptr (GPtrArray) own = ncg_unit_properties_list_own (resources, &hierarchy, features);
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < own->len; i++) {
    const NcgFileSetting *setting = g_ptr_array_index (own, i);
    g_string_append_printf (names, "%s%s", i > 0 ? " " : "", setting->file);
  }
  return g_string_free (g_steal_pointer (&names), FALSE);
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
fill (NcgResources *resources)
{
  for (int i = 0; i < NCG_N_SETTINGS; i++)
    ncg_resources_set (resources, (NcgSetting) i, (guint64) i + 1);
  ncg_resources_set (resources, NCG_SETTING_OOM_GROUP, 1);
  resources->cpus = ncg_cpuset_parse ("0,9", NULL);
  resources->memory_nodes = ncg_cpuset_parse ("1", NULL);
}

static void
set_unified (NcgResources *resources, const char *file, const char *value)
{
  g_autoptr (GError) error = NULL;

  ncg_resources_set_unified (resources, file, value, &error);
  g_assert_no_error (error);
}

static void
test_everything (void)
{
  g_auto (NcgResources) resources = { 0 };
  NcgDeviceLimits disk = { .path = (char *) "/dev/sda", .major = 8, .is_whole_disk = TRUE };
  NcgDeviceLimits mapped = { .path = (char *) "/dev/dm-0", .major = 254 };
  g_autofree char *text = NULL;
  g_autofree char *own = NULL;

  fill (&resources);
  disk.set = mapped.set = 1u << NCG_IO_LIMIT_READ_IOPS;
  disk.limits[NCG_IO_LIMIT_READ_IOPS] = mapped.limits[NCG_IO_LIMIT_READ_IOPS] = 70;
  ncg_resources_set_device (&resources, &disk);
  ncg_resources_set_device (&resources, &mapped);
  ncg_resources_set_hugepages (&resources, 2097152, 4194304);
  set_unified (&resources, "memory.zswap.max", "4K");
  set_unified (&resources, "memory.zswap.writeback", "0");
  resources.properties = g_variant_ref_sink (g_variant_new_parsed ("[('X', <'y'>)]"));
  text = print (&resources);
  g_assert_cmpstr (text, ==,
                   "[" ACCOUNTING ", ('CPUWeight', <uint64 1>), "
                   "('CPUQuotaPerSecUSec', <uint64 2>), ('CPUQuotaPeriodUSec', <uint64 3>), "
                   "('MemoryMin', <uint64 4>), ('MemoryLow', <uint64 5>), "
                   "('MemoryHigh', <uint64 6>), ('MemoryMax', <uint64 7>), "
                   "('MemorySwapMax', <uint64 8>), ('TasksMax', <uint64 9>), "
                   "('IOWeight', <uint64 10>), "
                   "('AllowedCPUs', <[byte 0x01, 0x02]>), ('AllowedMemoryNodes', <[byte 0x02]>), "
                   "('IOReadIOPSMax', <@a(st) []>), "
                   "('IOReadIOPSMax', <[('/dev/block/8:0', uint64 70)]>), "
                   "('MemoryZSwapMax', <uint64 4096>), "
                   "('MemoryZSwapWriteback', <false>), ('X', <'y'>)]");
  own = print_own (&resources, NULL);
  g_assert_nonnull (strstr (own, "hugetlb.2MB.max"));
  g_assert_nonnull (strstr (own, "memory.oom.group"));
  g_assert_nonnull (strstr (own, "io.max"));
  g_assert_null (strstr (own, "memory.max"));
  g_assert_null (strstr (own, "cpuset"));
  g_assert_null (strstr (own, "zswap"));
}

/* systemd up to 257 does the same with fewer settings on v1, and ignores the others. */
static void
test_v1 (void)
{
  g_auto (NcgResources) resources = { 0 };
  g_autofree char *text = NULL;
  g_autofree char *own = NULL;

  set_hierarchy (&on_v1);
  fill (&resources);
  resources.set &= ~((1u << NCG_SETTING_MEMORY_HIGH) | (1u << NCG_SETTING_MEMORY_MIN) |
                     (1u << NCG_SETTING_OOM_GROUP) | (1u << NCG_SETTING_IO_WEIGHT));
  text = print (&resources);
  own = print_own (&resources, NULL);
  set_hierarchy (&unified);
  g_assert_cmpstr (text, ==,
                   "[" ACCOUNTING ", ('CPUWeight', <uint64 1>), "
                   "('CPUQuotaPerSecUSec', <uint64 2>), ('CPUQuotaPeriodUSec', <uint64 3>), "
                   "('MemoryMax', <uint64 7>), ('TasksMax', <uint64 9>)]");
  g_assert_nonnull (strstr (own, "memory.memsw.limit_in_bytes"));
  g_assert_nonnull (strstr (own, "memory.soft_limit_in_bytes"));
  g_assert_nonnull (strstr (own, "cpuset.cpus"));
}

static void
test_missing_file (void)
{
  g_auto (NcgResources) resources = { 0 };
  g_autoptr (GError) error = NULL;

  set_hierarchy (&on_v1);
  ncg_resources_set (&resources, NCG_SETTING_MEMORY_HIGH, 4096);
  g_assert_null (ncg_unit_properties_from_resources (&resources, &hierarchy, NULL, &error));
  set_hierarchy (&unified);
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NOT_SUPPORTED);
  g_assert_nonnull (strstr (error->message, "memory.high"));
  g_assert_nonnull (strstr (error->message, "legacy"));
}

/* What this systemd does not know is ours where there is a file, and refused where there is none.
 */
static void
test_old_systemd (void)
{
  g_autoptr (GHashTable) properties = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) known = g_hash_table_new (g_str_hash, g_str_equal);
  NcgSystemdFeatures features = { .version = 241, .known = known, .properties = properties };
  g_auto (NcgResources) resources = { 0 };
  g_autoptr (GVariant) said = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *own = NULL;
  g_autofree char *text = NULL;

  g_hash_table_add (properties, (gpointer) "CPUQuotaPerSecUSec");
  resources.cpus = ncg_cpuset_parse ("0", NULL);
  ncg_resources_set (&resources, NCG_SETTING_CPU_QUOTA_USEC, 500000);
  set_unified (&resources, "memory.zswap.max", "max");
  set_unified (&resources, "memory.zswap.writeback", "1");
  g_hash_table_add (properties, (gpointer) "MemoryZSwapMax");
  own = print_own (&resources, &features);
  g_assert_cmpstr (own, ==, "cpuset.cpus memory.zswap.writeback");
  said = ncg_unit_properties_from_resources (&resources, &hierarchy, &features, &error);
  g_assert_no_error (error);
  text = g_variant_print (said, TRUE);
  g_assert_cmpstr (text, ==,
                   "[" ACCOUNTING ", ('CPUQuotaPerSecUSec', <uint64 500000>), "
                   "('MemoryZSwapMax', <uint64 18446744073709551615>)]");
  ncg_resources_set (&resources, NCG_SETTING_CPU_PERIOD_USEC, 50000);
  g_assert_null (ncg_unit_properties_from_resources (&resources, &hierarchy, &features, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NOT_SUPPORTED);
  g_assert_nonnull (strstr (error->message, "systemd 241"));
  g_assert_nonnull (strstr (error->message, "CPUQuotaPeriodUSec"));
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

/* Each list is taken away once, before all else; sets of bits and single values are set anyway. */
static void
test_replace (void)
{
  g_autoptr (GVariant) replacing = ncg_unit_properties_replace (g_variant_new_parsed (
      "[('DevicePolicy', <'strict'>), ('DeviceAllow', <[('/dev/null', 'r')]>), "
      "('DeviceAllow', <[('/dev/zero', 'r')]>), ('AllowedCPUs', <b'a'>), "
      "('IOReadIOPSMax', <@a(st) []>), ('IOReadIOPSMax', <[('/dev/sda', uint64 1)]>), "
      "('RestrictNetworkInterfaces', <(true, ['lo'])>)]"));
  g_autofree char *text = g_variant_print (replacing, TRUE);

  g_assert_cmpstr (text, ==,
                   "[('DeviceAllow', <@a(ss) []>), ('RestrictNetworkInterfaces', <(false, @as [])>"
                   "), ('DevicePolicy', <'strict'>), ('DeviceAllow', <[('/dev/null', 'r')]>), "
                   "('DeviceAllow', <[('/dev/zero', 'r')]>), ('AllowedCPUs', <b'a'>), "
                   "('IOReadIOPSMax', <@a(st) []>), ('IOReadIOPSMax', <[('/dev/sda', uint64 1)]>), "
                   "('RestrictNetworkInterfaces', <(true, ['lo'])>)]");
}

static void
assert_explained (const char *properties, const char *message, int code, const char *text)
{
  g_autoptr (GVariant) given =
      properties != NULL ? g_variant_parse (G_VARIANT_TYPE ("a(sv)"), properties, NULL, NULL, NULL)
                         : NULL;
  GError *error = g_error_new_literal (NCG_ERROR, NCG_ERROR_SYSTEMD_FAILED, message);

  ncg_unit_properties_explain (given, &error);
  g_assert_error (error, NCG_ERROR, code);
  g_assert_nonnull (strstr (error->message, text));
  g_error_free (error);
}

/* systemd names neither the property nor its type. */
static void
test_explain (void)
{
  const char *wrong = "systemd refused StartTransientUnit: Unexpected message contents "
                      "(System.Error.ENXIO)";

  assert_explained ("[('A', <'x'>), ('B', <@as []>)]", wrong, NCG_ERROR_INVALID_ARGUMENT,
                    "A ('s'), B ('as');");
  assert_explained ("[('A', <1>), ('A', <1>), ('A', <1>), ('A', <1>), ('A', <1>), ('A', <1>), "
                    "('A', <1>), ('A', <1>), ('A', <1>), ('J', <1>), ('K', <1>), ('L', <1>)]",
                    wrong, NCG_ERROR_INVALID_ARGUMENT, "J ('i') and 2 more;");
  assert_explained ("@a(sv) []", wrong, NCG_ERROR_SYSTEMD_FAILED, "Unexpected");
  assert_explained (NULL, wrong, NCG_ERROR_SYSTEMD_FAILED, "Unexpected");
  assert_explained ("[('A', <'x'>)]", "systemd refused it: no", NCG_ERROR_SYSTEMD_FAILED, "no");
}

/* Nor which of the values is none. */
static void
test_explain_values (void)
{
  const char *invalid = "systemd refused SetUnitProperties: Invalid argument "
                        "(org.freedesktop.DBus.Error.InvalidArgs)";
  const char *named = "InvalidArgs); SystemdProperties gave B, A\\x0a";
  GError *error = g_error_new_literal (NCG_ERROR, NCG_ERROR_TIMEOUT, invalid);
  g_autoptr (GVariant) given = g_variant_ref_sink (g_variant_new_parsed ("[('A', <1>)]"));

  assert_explained ("[('B', <'x'>), ('A\\n', <@as []>)]", invalid, NCG_ERROR_SYSTEMD_FAILED, named);
  assert_explained (NULL, invalid, NCG_ERROR_SYSTEMD_FAILED, invalid);
  ncg_unit_properties_explain (given, &error);
  g_assert_cmpstr (error->message, ==, invalid);
  g_error_free (error);
  error = g_error_new_literal (NCG_ERROR, NCG_ERROR_SYSTEMD_FAILED, "no");
  ncg_unit_properties_explain (given, &error);
  g_assert_cmpstr (error->message, ==, "no");
  g_error_free (error);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  set_hierarchy (&unified);
  g_test_add_func ("/unit-properties/nothing", test_nothing);
  g_test_add_func ("/unit-properties/everything", test_everything);
  g_test_add_func ("/unit-properties/values", test_values);
  g_test_add_func ("/unit-properties/v1", test_v1);
  g_test_add_func ("/unit-properties/missing-file", test_missing_file);
  g_test_add_func ("/unit-properties/old-systemd", test_old_systemd);
  g_test_add_func ("/unit-properties/replace", test_replace);
  g_test_add_func ("/unit-properties/explain", test_explain);
  g_test_add_func ("/unit-properties/explain/values", test_explain_values);
  return g_test_run ();
}
