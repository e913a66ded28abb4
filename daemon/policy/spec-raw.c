/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files and properties that are passed on.
 */
#include "daemon/policy/spec-raw.h"

#include "daemon/build-config.h"
#include "daemon/policy/amount.h"
#include "lib/error.h"

#include <string.h>

/* By name, whatever the order of the caller's dictionary: the same again is equal. */
static GVariant *
format_sorted (GHashTable *values)
{
  g_autoptr (GList) names = g_list_sort (g_hash_table_get_keys (values), (GCompareFunc) strcmp);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{ss}"));
  for (const GList *item = names; item != NULL; item = item->next)
    g_variant_builder_add (&builder, "{ss}", item->data, g_hash_table_lookup (values, item->data));
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static gboolean
add_once (GHashTable *values, const char *key, const char *name, const char *text, GError **error)
{
  g_autofree char *escaped = NULL;

  if (g_hash_table_insert (values, (gpointer) name, (gpointer) text))
    return TRUE;
  escaped = ncg_error_escape (name);
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT, "%s: %s is given twice", key, escaped);
  return FALSE;
}

gboolean
spec_raw_parse_labels (const char *key, GVariant *value, GVariant **ret_canonical, GError **error)
{
  g_autoptr (GHashTable) labels = g_hash_table_new (g_str_hash, g_str_equal);
  GVariantIter iter;
  const char *name, *text;

  if (!g_variant_is_of_type (value, G_VARIANT_TYPE ("a{ss}")))
    return amount_fail_type (key, value, "a dictionary of strings (a{ss})", error);
  g_variant_iter_init (&iter, value);
  while (g_variant_iter_next (&iter, "{&s&s}", &name, &text))
    if (!add_once (labels, key, name, text, error))
      return FALSE;
  *ret_canonical = format_sorted (labels);
  return TRUE;
}

GVariant *
spec_raw_replace_labels (GVariant *base, GVariant *changes)
{
  return g_variant_ref (changes);
}

gboolean
spec_raw_parse_unified (const char *key, GVariant *value, GVariant **ret_canonical, GError **error)
{
  g_autoptr (GHashTable) files = g_hash_table_new (g_str_hash, g_str_equal);
  g_auto (NcgResources) resources = { 0 };
  GVariantIter iter;
  const char *file, *text;

  if (!g_variant_is_of_type (value, G_VARIANT_TYPE ("a{ss}")))
    return amount_fail_type (key, value, "files and their values (a{ss})", error);
  g_variant_iter_init (&iter, value);
  while (g_variant_iter_next (&iter, "{&s&s}", &file, &text)) {
    if (!ncg_resources_set_unified (&resources, file, text, error)) {
      g_prefix_error (error, "%s: ", key);
      return FALSE;
    }
    if (!add_once (files, key, file, text, error))
      return FALSE;
  }
  *ret_canonical = format_sorted (files);
  return TRUE;
}

static void
take_unified (GVariant *canonical, GHashTable *files)
{
  GVariantIter iter;
  const char *file, *text;

  if (canonical == NULL)
    return;
  g_variant_iter_init (&iter, canonical);
  while (g_variant_iter_next (&iter, "{&s&s}", &file, &text))
    g_hash_table_insert (files, (gpointer) file, (gpointer) text);
}

GVariant *
spec_raw_merge_unified (GVariant *base, GVariant *changes)
{
  g_autoptr (GHashTable) files = g_hash_table_new (g_str_hash, g_str_equal);

  take_unified (base, files);
  take_unified (changes, files);
  return format_sorted (files);
}

void
spec_raw_apply_unified (GVariant *canonical, NcgResources *resources)
{
  GVariantIter iter;
  const char *file, *text;

  if (canonical == NULL)
    return;
  g_variant_iter_init (&iter, canonical);
  while (g_variant_iter_next (&iter, "{&s&s}", &file, &text))
    ncg_resources_set_unified (resources, file, text, NULL);
}

/* What is set from the spec or by the daemon itself, and how to say it. */
static const struct {
  const char *property;
  const char *instead;
} owned[] = {
  { "AllowedCPUs", "use CPUSet" },
  { "AllowedMemoryNodes", "use MemoryNodes" },
  { "BlockIOAccounting", "accounting is always on" },
  { "BlockIODeviceWeight", "use Unified with io.weight" },
  { "BlockIOReadBandwidth", "use IOLimits" },
  { "BlockIOWeight", "use IOWeight" },
  { "BlockIOWriteBandwidth", "use IOLimits" },
  { "CPUAccounting", "accounting is always on" },
  { "CPUQuotaPerSecUSec", "use CPULimit" },
  { "CPUQuotaPeriodUSec", "use CPUPeriodUSec" },
  { "CPUShares", "use CPUWeight" },
  { "CPUWeight", "use CPUWeight" },
  { "Delegate", "use the option Delegate" },
  { "DelegateControllers", "use the option Delegate" },
  { "DelegateSubgroup", "use the option Subgroup" },
  { "Description", "the daemon finds its units by it" },
  { "IOAccounting", "accounting is always on" },
  { "IOReadBandwidthMax", "use IOLimits" },
  { "IOReadIOPSMax", "use IOLimits" },
  { "IOWeight", "use IOWeight" },
  { "IOWriteBandwidthMax", "use IOLimits" },
  { "IOWriteIOPSMax", "use IOLimits" },
  { "MemoryAccounting", "accounting is always on" },
  { "MemoryHigh", "use MemoryHigh" },
  { "MemoryHighScale", "use MemoryHigh" },
  { "MemoryLimit", "use MemoryLimit" },
  { "MemoryLow", "use MemoryLow" },
  { "MemoryLowScale", "use MemoryLow" },
  { "MemoryMax", "use MemoryLimit" },
  { "MemoryMaxScale", "use MemoryLimit" },
  { "MemoryMin", "use MemoryMin" },
  { "MemoryMinScale", "use MemoryMin" },
  { "MemorySwapMax", "use MemorySwapLimit" },
  { "MemorySwapMaxScale", "use MemorySwapLimit" },
  { "PIDFDs", "use JoinPodByPidFd" },
  { "PIDs", "use JoinPod" },
  { "Slice", "it follows from the pod" },
  { "TasksAccounting", "accounting is always on" },
  { "TasksMax", "use PidsLimit" },
  { "TasksMaxScale", "use PidsLimit" },
  { "User", "use the option User" },
};

/* What may be given beside: a name, or a family that ends in "*". These say what the unit's cgroup
 * and the processes in it may use, and reach no further (systemd.resource-control(5)). */
static const char *const for_all[] = {
  "ActivatingConcurrencyMax",
  "CPUPressure*",
  "CPUSetPartition",
  "ConcurrencyHardMax",
  "ConcurrencySoftMax",
  "DefaultMemory*",
  "DefaultStartupMemoryLow",
  "DeviceAllow",
  "DevicePolicy",
  "IODeviceLatencyTargetUSec",
  "IODeviceWeight",
  "IOPressure*",
  "IPAccounting",
  "IPAddressAllow",
  "IPAddressDeny",
  "ManagedOOM*",
  "MemoryPressure*",
  "MemoryZSwap*",
  "OOMPolicy",
  "OOMRules",
  "RestrictNetworkInterfaces",
  "SocketBindAllow",
  "SocketBindDeny",
  "Startup*",
};

/* These order other units, hold up the end of the machine, or have PID 1 open what they name. */
static const char *const for_root[] = {
  "After",
  "BPFProgram",
  "Before",
  "CollectMode",
  "CoredumpReceive",
  "DefaultDependencies",
  "Documentation",
  "FinalKillSignal",
  "KillMode",
  "KillSignal",
  "RestartKillSignal",
  "RuntimeMaxUSec",
  "RuntimeRandomizedExtraUSec",
  "SendSIGHUP",
  "SendSIGKILL",
  "TimeoutStopUSec",
  "WatchdogSignal",
};

static gboolean
is_for_all (const char *property)
{
  for (gsize i = 0; i < G_N_ELEMENTS (for_all); i++)
    if (g_pattern_match_simple (for_all[i], property))
      return TRUE;
  return FALSE;
}

static gboolean
is_for_root (const char *property)
{
  for (gsize i = 0; i < G_N_ELEMENTS (for_root); i++)
    if (g_str_equal (for_root[i], property))
      return TRUE;
  return FALSE;
}

static gboolean
check_property (const char *key, const char *property, GVariant *value, GError **error)
{
  g_autofree char *escaped = ncg_error_escape (property);

  for (gsize i = 0; i < G_N_ELEMENTS (owned); i++) {
    if (!g_str_equal (owned[i].property, property))
      continue;
    g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT, "%s: %s is set by the daemon: %s",
                 key, property, owned[i].instead);
    return FALSE;
  }
  if (!is_for_all (property) && !is_for_root (property)) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
                 "%s: '%s' is not passed on; " NCG_API_REFERENCE " has the list of those that are",
                 key, escaped);
    return FALSE;
  }
  if (strchr (g_variant_get_type_string (value), 'h') != NULL) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT, "%s: %s cannot have a descriptor",
                 key, property);
    return FALSE;
  }
  return TRUE;
}

gboolean
spec_raw_parse_properties (const char *key,
                           GVariant *value,
                           GVariant **ret_canonical,
                           GError **error)
{
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE ("a(sv)")))
    return amount_fail_type (key, value, "properties of a unit (a(sv))", error);
  for (gsize i = 0; i < g_variant_n_children (value); i++) {
    const char *property;
    g_autoptr (GVariant) content = NULL;

    g_variant_get_child (value, i, "(&sv)", &property, &content);
    if (!check_property (key, property, content, error))
      return FALSE;
  }
  *ret_canonical = g_variant_ref (value);
  return TRUE;
}

gboolean
spec_raw_check_member (const char *key, GVariant *value, GError **error)
{
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE ("a(sv)")))
    return TRUE;
  for (gsize i = 0; i < g_variant_n_children (value); i++) {
    const char *property;

    g_variant_get_child (value, i, "(&sv)", &property, NULL);
    if (!is_for_root (property))
      continue;
    g_set_error (error, NCG_ERROR, NCG_ERROR_ACCESS_DENIED,
                 "%s: %s is for root, since it reaches further than the unit", key, property);
    return FALSE;
  }
  return TRUE;
}

static gboolean
has_property (GVariant *properties, const char *name)
{
  for (gsize i = 0; i < g_variant_n_children (properties); i++) {
    const char *property;

    g_variant_get_child (properties, i, "(&sv)", &property, NULL);
    if (g_str_equal (property, name))
      return TRUE;
  }
  return FALSE;
}

GVariant *
spec_raw_merge_properties (GVariant *base, GVariant *changes)
{
  GVariantBuilder builder;

  if (base == NULL)
    return g_variant_ref (changes);
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(sv)"));
  for (gsize i = 0; i < g_variant_n_children (base); i++) {
    g_autoptr (GVariant) entry = g_variant_get_child_value (base, i);
    const char *property;

    g_variant_get (entry, "(&sv)", &property, NULL);
    if (!has_property (changes, property))
      g_variant_builder_add_value (&builder, entry);
  }
  for (gsize i = 0; i < g_variant_n_children (changes); i++) {
    g_autoptr (GVariant) entry = g_variant_get_child_value (changes, i);

    g_variant_builder_add_value (&builder, entry);
  }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}
