/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Resources as systemd unit properties.
 */
#include "lib/unit-properties.h"

#include "lib/cpu-bandwidth.h"
#include "lib/error.h"
#include "lib/memory-amount.h"

#include <string.h>

/* What sd-bus makes of reading a value of another type. */
#define WRONG_TYPE "System.Error.ENXIO"
/* What it makes of EINVAL, all that systemd says of most values that it does not know. */
#define WRONG_VALUE "org.freedesktop.DBus.Error.InvalidArgs"
/* How many names a message has at most. */
#define MOST_NAMED 10

/* OOM_GROUP has none: OOMPolicy is for scopes and services alone, and only when they start. */
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
  [NCG_SETTING_IO_WEIGHT] = "IOWeight",
  [NCG_SETTING_OOM_GROUP] = NULL,
};
G_STATIC_ASSERT (G_N_ELEMENTS (number_properties) == NCG_N_SETTINGS);

static const char *const device_properties[] = {
  [NCG_IO_LIMIT_READ_BANDWIDTH] = "IOReadBandwidthMax",
  [NCG_IO_LIMIT_WRITE_BANDWIDTH] = "IOWriteBandwidthMax",
  [NCG_IO_LIMIT_READ_IOPS] = "IOReadIOPSMax",
  [NCG_IO_LIMIT_WRITE_IOPS] = "IOWriteIOPSMax",
};
G_STATIC_ASSERT (G_N_ELEMENTS (device_properties) == NCG_N_IO_LIMITS);

static GVariant *
new_amount (const char *value)
{
  guint64 bytes = NCG_UNLIMITED;

  ncg_memory_amount_parse (value, &bytes);
  return g_variant_new_uint64 (bytes);
}

static GVariant *
new_switch (const char *value)
{
  return g_variant_new_boolean (g_str_equal (value, "1"));
}

/* Of files that no setting stands for: lib/file-settings-unified.c. */
static const struct {
  const char *property;
  GVariant *(*new_value) (const char *value);
} file_properties[] = {
  { "MemoryZSwapMax", new_amount },
  { "MemoryZSwapWriteback", new_switch },
};

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

void
ncg_unit_properties_add_all (GVariantBuilder *builder, GVariant *properties)
{
  GVariantIter iter;
  GVariant *child;

  g_variant_iter_init (&iter, properties);
  while ((child = g_variant_iter_next_value (&iter)) != NULL) {
    g_variant_builder_add_value (builder, child);
    g_variant_unref (child);
  }
}

gboolean
ncg_unit_properties_is_own (const NcgFileSetting *setting, const NcgSystemdFeatures *features)
{
  return setting->tree != NULL &&
         (setting->property == NULL ||
          !ncg_systemd_features_knows_property (features, setting->property));
}

GPtrArray *
ncg_unit_properties_list_own (const NcgResources *resources,
                              const NcgHierarchy *hierarchy,
                              const NcgSystemdFeatures *features)
{
  GPtrArray *settings = ncg_file_settings_list (resources, hierarchy);

  for (guint i = settings->len; i > 0; i--)
    if (!ncg_unit_properties_is_own (g_ptr_array_index (settings, i - 1), features))
      g_ptr_array_remove_index (settings, i - 1);
  return settings;
}

static gboolean
check_setting (const NcgFileSetting *setting, const NcgHierarchy *hierarchy, GError **error)
{
  if (setting->tree != NULL || setting->is_optional)
    return TRUE;
  g_set_error (error, NCG_ERROR, NCG_ERROR_NOT_SUPPORTED,
               "%s%s%s cannot be set to '%s': the %s cgroup hierarchy of this machine has no such "
               "file; see /proc/cgroups, and the cgroup_disable= and "
               "systemd.unified_cgroup_hierarchy= options of the kernel's command line",
               setting->file, setting->key != NULL ? " of " : "",
               setting->key != NULL ? setting->key : "", setting->value,
               ncg_hierarchy_mode_to_string (hierarchy->mode));
  return FALSE;
}

/* (transfer container) (nullable): set of the properties that systemd makes files of here */
static GHashTable *
collect_properties (const GPtrArray *settings,
                    const NcgHierarchy *hierarchy,
                    const NcgSystemdFeatures *features,
                    GError **error)
{
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < settings->len; i++) {
    const NcgFileSetting *setting = g_ptr_array_index (settings, i);

    if (!check_setting (setting, hierarchy, error))
      return NULL;
    if (setting->tree != NULL && !ncg_unit_properties_is_own (setting, features))
      g_hash_table_add (names, (gpointer) setting->property);
  }
  return g_steal_pointer (&names);
}

static void
add_cpuset (GVariantBuilder *builder, GHashTable *names, const char *name, const NcgCpuset *set)
{
  gsize n_bytes;
  const guint8 *bytes;

  if (set == NULL || !g_hash_table_contains (names, name))
    return;
  bytes = ncg_cpuset_to_bytes (set, &n_bytes);
  ncg_unit_properties_add (builder, name,
                           g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, bytes, n_bytes, 1));
}

/* An empty list clears, another one appends. */
static void
add_device_limits (GVariantBuilder *builder, const GPtrArray *devices, NcgIoLimit limit)
{
  GVariantBuilder list;

  g_variant_builder_init (&list, G_VARIANT_TYPE ("a(st)"));
  ncg_unit_properties_add (builder, device_properties[limit],
                           g_variant_new_array (G_VARIANT_TYPE ("(st)"), NULL, 0));
  for (guint i = 0; i < devices->len; i++) {
    const NcgDeviceLimits *device = g_ptr_array_index (devices, i);
    g_autofree char *path = NULL;

    if (!device->is_whole_disk || (device->set & (1u << limit)) == 0)
      continue;
    path = g_strdup_printf ("/dev/block/%u:%u", device->major, device->minor);
    g_variant_builder_add (&list, "(st)", path, device->limits[limit]);
  }
  ncg_unit_properties_add (builder, device_properties[limit], g_variant_builder_end (&list));
}

/* The period goes with the quota: both are in one file. */
static gboolean
is_said (GHashTable *names, NcgSetting setting)
{
  if (setting == NCG_SETTING_CPU_PERIOD_USEC)
    setting = NCG_SETTING_CPU_QUOTA_USEC;
  return number_properties[setting] != NULL &&
         g_hash_table_contains (names, number_properties[setting]);
}

static gboolean
check_period (const NcgResources *resources, const NcgSystemdFeatures *features, GError **error)
{
  const char *property = number_properties[NCG_SETTING_CPU_PERIOD_USEC];
  guint64 period =
      ncg_resources_get (resources, NCG_SETTING_CPU_PERIOD_USEC, NCG_CPU_PERIOD_DEFAULT);
  guint64 quota = ncg_resources_get (resources, NCG_SETTING_CPU_QUOTA_USEC, NCG_UNLIMITED);

  if (period == NCG_CPU_PERIOD_DEFAULT || quota == NCG_UNLIMITED ||
      ncg_systemd_features_knows_property (features, property))
    return TRUE;
  g_set_error (error, NCG_ERROR, NCG_ERROR_NOT_SUPPORTED,
               "a CPU period of %" G_GUINT64_FORMAT
               " µs cannot be set: systemd %u has no property %s; it always takes %u µs",
               period, features->version, property, NCG_CPU_PERIOD_DEFAULT);
  return FALSE;
}

static void
add_numbers (GVariantBuilder *builder,
             const NcgResources *resources,
             GHashTable *names,
             const NcgSystemdFeatures *features)
{
  for (int i = 0; i < NCG_N_SETTINGS; i++)
    if (ncg_resources_is_set (resources, (NcgSetting) i) && is_said (names, (NcgSetting) i) &&
        ncg_systemd_features_knows_property (features, number_properties[i]))
      ncg_unit_properties_add (builder, number_properties[i],
                               g_variant_new_uint64 (resources->numbers[i]));
}

static void
add_files (GVariantBuilder *builder, const GPtrArray *settings, GHashTable *names)
{
  for (guint i = 0; i < settings->len; i++) {
    const NcgFileSetting *setting = g_ptr_array_index (settings, i);

    for (gsize j = 0; j < G_N_ELEMENTS (file_properties); j++)
      if (g_strcmp0 (setting->property, file_properties[j].property) == 0 &&
          g_hash_table_contains (names, setting->property))
        ncg_unit_properties_add (builder, setting->property,
                                 file_properties[j].new_value (setting->value));
  }
}

GVariant *
ncg_unit_properties_from_resources (const NcgResources *resources,
                                    const NcgHierarchy *hierarchy,
                                    const NcgSystemdFeatures *features,
                                    GError **error)
{
  g_autoptr (GPtrArray) settings = ncg_file_settings_list (resources, hierarchy);
  g_autoptr (GHashTable) names = collect_properties (settings, hierarchy, features, error);
  GVariantBuilder builder;

  if (names == NULL || !check_period (resources, features, error))
    return NULL;
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(sv)"));
  for (gsize i = 0; i < G_N_ELEMENTS (accounting); i++)
    ncg_unit_properties_add (&builder, accounting[i], g_variant_new_boolean (TRUE));
  add_numbers (&builder, resources, names, features);
  add_cpuset (&builder, names, "AllowedCPUs", resources->cpus);
  add_cpuset (&builder, names, "AllowedMemoryNodes", resources->memory_nodes);
  for (int i = 0; resources->devices != NULL && i < NCG_N_IO_LIMITS; i++)
    if (g_hash_table_contains (names, device_properties[i]))
      add_device_limits (&builder, resources->devices, (NcgIoLimit) i);
  add_files (&builder, settings, names);
  if (resources->properties != NULL)
    ncg_unit_properties_add_all (&builder, resources->properties);
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

/* (transfer floating) (nullable): what takes away all that a property of this type has; NULL where
 * a value is set and not added to. A set of bits is set. */
static GVariant *
make_empty (GVariant *value)
{
  const GVariantType *type = g_variant_get_type (value);

  if (g_variant_type_equal (type, G_VARIANT_TYPE ("(bas)")))
    return g_variant_new ("(b@as)", FALSE, g_variant_new_strv (NULL, 0));
  if (!g_variant_type_is_array (type) || g_variant_type_equal (type, G_VARIANT_TYPE_BYTESTRING))
    return NULL;
  return g_variant_new_array (g_variant_type_element (type), NULL, 0);
}

/* Whether an entry before the one at @at has its name. */
static gboolean
is_named_before (GVariant *properties, gsize at)
{
  const char *name, *earlier;

  g_variant_get_child (properties, at, "(&sv)", &name, NULL);
  for (gsize i = 0; i < at; i++) {
    g_variant_get_child (properties, i, "(&sv)", &earlier, NULL);
    if (g_str_equal (name, earlier))
      return TRUE;
  }
  return FALSE;
}

GVariant *
ncg_unit_properties_replace (GVariant *properties)
{
  g_autoptr (GVariant) sunk = g_variant_ref_sink (properties);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(sv)"));
  for (gsize i = 0; i < g_variant_n_children (sunk); i++) {
    g_autoptr (GVariant) value = NULL;
    g_autoptr (GVariant) empty = NULL;
    const char *name;

    g_variant_get_child (sunk, i, "(&sv)", &name, &value);
    empty = make_empty (value);
    if (empty != NULL)
      g_variant_ref_sink (empty);
    if (empty != NULL && !g_variant_equal (empty, value) && !is_named_before (sunk, i))
      ncg_unit_properties_add (&builder, name, empty);
  }
  ncg_unit_properties_add_all (&builder, sunk);
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

/* "Cannot set property X, or unknown property." is all that there is. */
char *
ncg_unit_properties_parse_refused (const GError *error)
{
  static const char before[] = "property ";
  const char *name;

  if (!g_error_matches (error, NCG_ERROR, NCG_ERROR_UNKNOWN_PROPERTY))
    return NULL;
  name = strstr (error->message, before);
  if (name == NULL)
    return NULL;
  name += sizeof before - 1;
  return g_strndup (name, strcspn (name, ", ."));
}

static char *
print_names (GVariant *properties, gboolean with_types)
{
  GString *text = g_string_new (NULL);
  gsize n = g_variant_n_children (properties);

  for (gsize i = 0; i < MIN (n, MOST_NAMED); i++) {
    g_autoptr (GVariant) value = NULL;
    g_autofree char *escaped = NULL;
    const char *name;

    g_variant_get_child (properties, i, "(&sv)", &name, &value);
    escaped = ncg_error_escape (name);
    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", escaped);
    if (with_types)
      g_string_append_printf (text, " ('%s')", g_variant_get_type_string (value));
  }
  if (n > MOST_NAMED)
    g_string_append_printf (text, " and %" G_GSIZE_FORMAT " more", n - MOST_NAMED);
  return g_string_free (text, FALSE);
}

static void
explain_type (GVariant *properties, GError **error)
{
  g_autofree char *types = print_names (properties, TRUE);

  g_clear_error (error);
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
               "systemd takes one of these properties with a value of another type: %s; the types "
               "are in org.freedesktop.systemd1(5)",
               types);
}

static void
explain_value (GVariant *properties, GError **error)
{
  g_autofree char *names = print_names (properties, FALSE);
  g_autoptr (GError) before = g_steal_pointer (error);

  g_set_error (error, before->domain, before->code, "%s; SystemdProperties gave %s",
               before->message, names);
}

void
ncg_unit_properties_explain (GVariant *properties, GError **error)
{
  if (properties == NULL || g_variant_n_children (properties) == 0 ||
      !g_error_matches (*error, NCG_ERROR, NCG_ERROR_SYSTEMD_FAILED))
    return;
  if (strstr ((*error)->message, WRONG_TYPE) != NULL)
    explain_type (properties, error);
  else if (strstr ((*error)->message, WRONG_VALUE) != NULL)
    explain_value (properties, error);
}

/* (transfer full): the entries of that name, or all the others */
static GVariant *
pick (GVariant *properties, const char *name, gboolean is_wanted)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(sv)"));
  for (gsize i = 0; properties != NULL && i < g_variant_n_children (properties); i++) {
    g_autoptr (GVariant) entry = g_variant_get_child_value (properties, i);
    const char *found;

    g_variant_get_child (entry, 0, "&s", &found);
    if (g_str_equal (found, name) == is_wanted)
      g_variant_builder_add_value (&builder, entry);
  }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

GVariant *
ncg_unit_properties_find (GVariant *properties, const char *name)
{
  g_autoptr (GVariant) found = pick (properties, name, TRUE);

  return g_variant_n_children (found) > 0 ? g_steal_pointer (&found) : NULL;
}

GVariant *
ncg_unit_properties_without (GVariant *properties, const char *name)
{
  return pick (properties, name, FALSE);
}
