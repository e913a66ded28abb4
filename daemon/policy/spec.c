/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Specs: one table of keys, walked to parse, to merge and to write.
 */
#include "daemon/policy/spec.h"

#include "daemon/build-config.h"
#include "daemon/policy/amount.h"
#include "daemon/policy/spec-lists.h"
#include "daemon/policy/spec-raw.h"
#include "lib/cpu-bandwidth.h"
#include "lib/error.h"

#include <string.h>

#define MILLICORES_MAX G_GUINT64_CONSTANT (1000000000) /* a million CPUs */
#define BYTES_MAX (G_GUINT64_CONSTANT (1) << 62)
#define PIDS_MAX 4194304 /* the kernel's PID_MAX_LIMIT */
#define WEIGHT_MAX 10000
#define NOTHING 0 /* not given is none of the values that can be */

static const AmountRule amounts[] = {
  [SPEC_CPU_REQUEST] = { "CPURequest", AMOUNT_MILLICORES, AMOUNT_PLAIN, 0, MILLICORES_MAX, 0 },
  [SPEC_CPU_LIMIT] = { "CPULimit", AMOUNT_MILLICORES, AMOUNT_MAY_BE_MAX, 1, MILLICORES_MAX,
                       AMOUNT_MAX },
  [SPEC_CPU_PERIOD_USEC] = { "CPUPeriodUSec", AMOUNT_NUMBER, AMOUNT_PLAIN, NCG_CPU_PERIOD_MIN,
                             NCG_CPU_PERIOD_MAX, NCG_CPU_PERIOD_DEFAULT },
  [SPEC_CPU_WEIGHT] = { "CPUWeight", AMOUNT_NUMBER, AMOUNT_MAY_BE_AUTO, 1, WEIGHT_MAX,
                        AMOUNT_AUTO },
  [SPEC_MEMORY_REQUEST] = { "MemoryRequest", AMOUNT_WHOLE, AMOUNT_PLAIN, 0, BYTES_MAX, 0 },
  [SPEC_MEMORY_LIMIT] = { "MemoryLimit", AMOUNT_WHOLE, AMOUNT_MAY_BE_MAX, 1, BYTES_MAX,
                          AMOUNT_MAX },
  [SPEC_MEMORY_HIGH] = { "MemoryHigh", AMOUNT_WHOLE, AMOUNT_MAY_BE_MAX, 1, BYTES_MAX, AMOUNT_MAX },
  [SPEC_MEMORY_LOW] = { "MemoryLow", AMOUNT_WHOLE, AMOUNT_MAY_BE_MAX, 0, BYTES_MAX, 0 },
  [SPEC_MEMORY_MIN] = { "MemoryMin", AMOUNT_WHOLE, AMOUNT_MAY_BE_MAX, 0, BYTES_MAX, 0 },
  [SPEC_MEMORY_SWAP_LIMIT] = { "MemorySwapLimit", AMOUNT_WHOLE, AMOUNT_MAY_BE_MAX, 0, BYTES_MAX,
                               AMOUNT_MAX },
  [SPEC_PIDS_LIMIT] = { "PidsLimit", AMOUNT_WHOLE, AMOUNT_MAY_BE_MAX, 1, PIDS_MAX, AMOUNT_MAX },
  [SPEC_IO_WEIGHT] = { "IOWeight", AMOUNT_NUMBER, AMOUNT_PLAIN, 1, WEIGHT_MAX, NOTHING },
  [SPEC_OOM_GROUP] = { "OOMGroup", AMOUNT_SWITCH, AMOUNT_PLAIN, 0, 1, 0 },
};
G_STATIC_ASSERT (G_N_ELEMENTS (amounts) == N_SPEC_AMOUNTS);

/* The reduced form, where there is one, leaves out what says no more than leaving it out. */
static const struct {
  const char *key;
  gboolean (*parse) (const char *key, GVariant *value, GVariant **ret_canonical, GError **error);
  GVariant *(*merge) (GVariant *base, GVariant *changes);
  GVariant *(*reduce) (GVariant *canonical);
} lists[] = {
  [SPEC_HUGEPAGE_LIMITS] = { "HugepageLimits", spec_lists_parse_hugepages,
                             spec_lists_merge_hugepages, spec_lists_reduce_hugepages },
  [SPEC_IO_LIMITS] = { "IOLimits", spec_lists_parse_io, spec_lists_merge_io, spec_lists_reduce_io },
  [SPEC_UNIFIED] = { "Unified", spec_raw_parse_unified, spec_raw_merge_unified, NULL },
  [SPEC_SYSTEMD_PROPERTIES] = { "SystemdProperties", spec_raw_parse_properties,
                                spec_raw_merge_properties, NULL },
  [SPEC_LABELS] = { "Labels", spec_raw_parse_labels, spec_raw_replace_labels, NULL },
};
G_STATIC_ASSERT (G_N_ELEMENTS (lists) == N_SPEC_LISTS);

typedef gboolean (*KeyParser) (Spec *self, const char *key, GVariant *value, GError **error);

static gboolean
is_set (const Spec *self, SpecAmount amount)
{
  return (self->set & (1u << amount)) != 0;
}

/* Said to be left to the daemon, which is the same as not to say it. */
static gboolean
is_auto (const Spec *self, SpecAmount amount)
{
  return (amounts[amount].flags & AMOUNT_MAY_BE_AUTO) != 0 && self->amounts[amount] == AMOUNT_AUTO;
}

static void
set_amount (Spec *self, SpecAmount amount, guint64 value)
{
  self->set |= 1u << amount;
  self->amounts[amount] = value;
}

void
spec_clear (Spec *self)
{
  g_clear_pointer (&self->cpus, ncg_cpuset_free);
  g_clear_pointer (&self->memory_nodes, ncg_cpuset_free);
  for (int i = 0; i < N_SPEC_LISTS; i++)
    g_clear_pointer (&self->lists[i], g_variant_unref);
  ncg_resources_clear (&self->found);
  self->set = 0;
  self->has_qos = FALSE;
}

static gboolean
parse_amount (Spec *self, int i, GVariant *value, GError **error)
{
  guint64 number;

  if (!amount_parse (&amounts[i], value, &number, error))
    return FALSE;
  set_amount (self, (SpecAmount) i, number);
  return TRUE;
}

static gboolean
parse_qos (Spec *self, const char *key, GVariant *value, GError **error)
{
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return amount_fail_type (key, value, "a string (s)", error);
  if (!qos_from_string (g_variant_get_string (value, NULL), &self->qos)) {
    g_autofree char *escaped = ncg_error_escape (g_variant_get_string (value, NULL));

    g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
                 "%s is '%s'; it is one of Guaranteed, Burstable, BestEffort", key, escaped);
    return FALSE;
  }
  self->has_qos = TRUE;
  return TRUE;
}

static gboolean
parse_set (NcgCpuset **set, const char *key, GVariant *value, GError **error)
{
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return amount_fail_type (key, value, "a list such as '0-3,7' (s)", error);
  *set = ncg_cpuset_parse (g_variant_get_string (value, NULL), error);
  if (*set == NULL)
    g_prefix_error (error, "%s: ", key);
  return *set != NULL;
}

static gboolean
parse_cpus (Spec *self, const char *key, GVariant *value, GError **error)
{
  return parse_set (&self->cpus, key, value, error);
}

static gboolean
parse_memory_nodes (Spec *self, const char *key, GVariant *value, GError **error)
{
  return parse_set (&self->memory_nodes, key, value, error);
}

static const struct {
  const char *key;
  gboolean pods_only;
  KeyParser parse;
} others[] = {
  { "QosClass", TRUE, parse_qos },
  { "CPUSet", FALSE, parse_cpus },
  { "MemoryNodes", FALSE, parse_memory_nodes },
};

static gboolean
parse_key (Spec *self, SpecKind kind, const char *key, GVariant *value, GError **error)
{
  g_autofree char *escaped = NULL;

  for (int i = 0; i < N_SPEC_AMOUNTS; i++)
    if (g_str_equal (key, amounts[i].key))
      return parse_amount (self, i, value, error);
  for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
    if (g_str_equal (key, others[i].key) && !(others[i].pods_only && kind != SPEC_OF_POD))
      return others[i].parse (self, key, value, error);
  for (int i = 0; i < N_SPEC_LISTS; i++)
    if (g_str_equal (key, lists[i].key))
      return lists[i].parse (key, value, &self->lists[i], error);
  escaped = ncg_error_escape (key);
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
               "there is no key '%s' in the spec of a %s; " NCG_API_REFERENCE
               " has those there are",
               escaped, kind == SPEC_OF_POD ? "pod" : "container");
  return FALSE;
}

gboolean
spec_parse (GVariant *variant, SpecKind kind, Spec *ret_spec, GError **error)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  g_auto (Spec) spec = { 0 };
  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_variant_iter_init (&iter, variant);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value)) {
    g_autoptr (GVariant) owned = value;

    if (!g_hash_table_add (seen, (gpointer) key)) {
      g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT, "the key %s is given twice", key);
      return FALSE;
    }
    if (!parse_key (&spec, kind, key, owned, error))
      return FALSE;
  }
  *ret_spec = spec;
  spec = (Spec){ 0 };
  return TRUE;
}

gboolean
spec_check_member (GVariant *variant, GError **error)
{
  const char *restricted = lists[SPEC_SYSTEMD_PROPERTIES].key;
  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_variant_iter_init (&iter, variant);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value)) {
    g_autoptr (GVariant) owned = value;

    if (g_str_equal (key, restricted) && !spec_raw_check_member (key, owned, error))
      return FALSE;
  }
  return TRUE;
}

static void
add_set (GVariantDict *dict, const char *key, const NcgCpuset *set)
{
  g_autofree char *list = set != NULL ? ncg_cpuset_format (set) : NULL;

  if (list != NULL)
    g_variant_dict_insert (dict, key, "s", list);
}

static int
compare_entries (gconstpointer a, gconstpointer b)
{
  g_autoptr (GVariant) key_a = g_variant_get_child_value (*(GVariant *const *) a, 0);
  g_autoptr (GVariant) key_b = g_variant_get_child_value (*(GVariant *const *) b, 0);

  return strcmp (g_variant_get_string (key_a, NULL), g_variant_get_string (key_b, NULL));
}

static GVariant *
sort_dictionary (GVariant *dictionary)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (dictionary);
  g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);

  for (gsize i = 0; i < g_variant_n_children (owned); i++)
    g_ptr_array_add (entries, g_variant_get_child_value (owned, i));
  g_ptr_array_sort (entries, compare_entries);
  return g_variant_ref_sink (g_variant_new_array (
      G_VARIANT_TYPE ("{sv}"), (GVariant *const *) entries->pdata, entries->len));
}

GVariant *
spec_to_variant (const Spec *self)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);

  for (int i = 0; i < N_SPEC_AMOUNTS; i++) {
    if (is_set (self, (SpecAmount) i) && !is_auto (self, (SpecAmount) i))
      g_variant_dict_insert_value (&dict, amounts[i].key,
                                   amount_format (&amounts[i], self->amounts[i]));
  }
  if (self->has_qos)
    g_variant_dict_insert (&dict, "QosClass", "s", qos_to_string (self->qos));
  add_set (&dict, "CPUSet", self->cpus);
  add_set (&dict, "MemoryNodes", self->memory_nodes);
  for (int i = 0; i < N_SPEC_LISTS; i++)
    if (self->lists[i] != NULL)
      g_variant_dict_insert_value (&dict, lists[i].key, self->lists[i]);
  return sort_dictionary (g_variant_dict_end (&dict));
}

GPtrArray *
spec_get_devices (const Spec *self)
{
  return spec_lists_get_devices (self->lists[SPEC_IO_LIMITS]);
}

GArray *
spec_get_hugepages (const Spec *self)
{
  return spec_lists_get_hugepages (self->lists[SPEC_HUGEPAGE_LIMITS]);
}

void
spec_add_found (Spec *self, const NcgDeviceLimits *device)
{
  ncg_resources_set_device (&self->found, device);
}

void
spec_copy (const Spec *self, Spec *ret_copy)
{
  *ret_copy = *self;
  ret_copy->cpus = self->cpus != NULL ? ncg_cpuset_copy (self->cpus) : NULL;
  ret_copy->memory_nodes = self->memory_nodes != NULL ? ncg_cpuset_copy (self->memory_nodes) : NULL;
  for (int i = 0; i < N_SPEC_LISTS; i++)
    ret_copy->lists[i] = self->lists[i] != NULL ? g_variant_ref (self->lists[i]) : NULL;
  ncg_resources_copy (&self->found, &ret_copy->found);
}

gboolean
spec_equal (const Spec *a, const Spec *b)
{
  g_autoptr (GVariant) variant_a = spec_to_variant (a);
  g_autoptr (GVariant) variant_b = spec_to_variant (b);

  return g_variant_equal (variant_a, variant_b);
}

/* "No limit" counts as none, and so does 0: qos.go looks at quantities above zero only. */
static guint64
get_limit (const Spec *self, SpecAmount limit)
{
  return is_set (self, limit) && self->amounts[limit] != NCG_UNLIMITED ? self->amounts[limit] : 0;
}

/* A request that is left out is its limit. */
static gboolean
has_limit (const Spec *self, int amount)
{
  if (amount == SPEC_CPU_REQUEST)
    return get_limit (self, SPEC_CPU_LIMIT) != 0;
  return amount == SPEC_MEMORY_REQUEST && get_limit (self, SPEC_MEMORY_LIMIT) != 0;
}

static void
reduce_set (NcgCpuset **set)
{
  if (*set != NULL && ncg_cpuset_is_empty (*set))
    g_clear_pointer (set, ncg_cpuset_free);
}

static void
reduce_lists (Spec *self)
{
  for (int i = 0; i < N_SPEC_LISTS; i++) {
    g_autoptr (GVariant) list = g_steal_pointer (&self->lists[i]);
    g_autoptr (GVariant) reduced = NULL;

    if (list != NULL)
      reduced = lists[i].reduce != NULL ? lists[i].reduce (list) : g_variant_ref (list);
    if (reduced != NULL && g_variant_n_children (reduced) > 0)
      self->lists[i] = g_steal_pointer (&reduced);
  }
}

/* Takes away what says no more than leaving it out. */
static void
reduce (Spec *self, guint32 configured)
{
  for (int i = 0; i < N_SPEC_AMOUNTS; i++)
    if ((configured & (1u << i)) == 0 && self->amounts[i] == amounts[i].otherwise &&
        !has_limit (self, i))
      self->set &= ~(1u << i);
  reduce_set (&self->cpus);
  reduce_set (&self->memory_nodes);
  reduce_lists (self);
}

gboolean
spec_is_same (const Spec *a, const Spec *b, guint32 configured)
{
  g_auto (Spec) reduced_a = { 0 };
  g_auto (Spec) reduced_b = { 0 };

  spec_copy (a, &reduced_a);
  spec_copy (b, &reduced_b);
  reduce (&reduced_a, configured);
  reduce (&reduced_b, configured);
  return spec_equal (&reduced_a, &reduced_b);
}

gboolean
spec_is_empty (const Spec *self)
{
  for (int i = 0; i < N_SPEC_LISTS; i++)
    if (self->lists[i] != NULL)
      return FALSE;
  return self->set == 0 && !self->has_qos && self->cpus == NULL && self->memory_nodes == NULL;
}

static void
replace_set (NcgCpuset **set, const NcgCpuset *with)
{
  if (with == NULL)
    return;
  ncg_cpuset_free (*set);
  *set = ncg_cpuset_copy (with);
}

static void
merge_amount (Spec *merged, const Spec *changes, SpecAmount amount)
{
  if (!is_set (changes, amount))
    return;
  set_amount (merged, amount, changes->amounts[amount]);
  if (is_auto (changes, amount))
    merged->set &= ~(1u << amount);
}

static void
merge_lists (Spec *merged, const Spec *changes)
{
  for (int i = 0; i < N_SPEC_LISTS; i++) {
    g_autoptr (GVariant) base = g_steal_pointer (&merged->lists[i]);

    if (changes->lists[i] != NULL)
      merged->lists[i] = lists[i].merge (base, changes->lists[i]);
    else
      merged->lists[i] = g_steal_pointer (&base);
  }
}

void
spec_merge (const Spec *base, const Spec *changes, Spec *ret_merged)
{
  Spec merged;

  spec_copy (base, &merged);
  for (int i = 0; i < N_SPEC_AMOUNTS; i++)
    merge_amount (&merged, changes, (SpecAmount) i);
  if (changes->has_qos) {
    merged.has_qos = TRUE;
    merged.qos = changes->qos;
  }
  replace_set (&merged.cpus, changes->cpus);
  replace_set (&merged.memory_nodes, changes->memory_nodes);
  merge_lists (&merged, changes);
  *ret_merged = merged;
}

static gboolean
check_request (const Spec *self, SpecAmount request, SpecAmount limit, GError **error)
{
  if (!is_set (self, request) || !is_set (self, limit) ||
      self->amounts[request] <= self->amounts[limit])
    return TRUE;
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
               "%s is %" G_GUINT64_FORMAT ", above %s, which is %" G_GUINT64_FORMAT
               "; a request is at most its limit",
               amounts[request].key, self->amounts[request], amounts[limit].key,
               self->amounts[limit]);
  return FALSE;
}

gboolean
spec_check (const Spec *self, GError **error)
{
  return check_request (self, SPEC_CPU_REQUEST, SPEC_CPU_LIMIT, error) &&
         check_request (self, SPEC_MEMORY_REQUEST, SPEC_MEMORY_LIMIT, error);
}

static guint64
get_request (const Spec *self, SpecAmount request, SpecAmount limit)
{
  return is_set (self, request) ? self->amounts[request] : get_limit (self, limit);
}

QosClass
spec_get_qos (const Spec *self)
{
  guint64 cpu_limit = get_limit (self, SPEC_CPU_LIMIT);
  guint64 memory_limit = get_limit (self, SPEC_MEMORY_LIMIT);
  guint64 cpu = get_request (self, SPEC_CPU_REQUEST, SPEC_CPU_LIMIT);
  guint64 memory = get_request (self, SPEC_MEMORY_REQUEST, SPEC_MEMORY_LIMIT);

  if (self->has_qos)
    return self->qos;
  if (cpu == 0 && memory == 0 && cpu_limit == 0 && memory_limit == 0)
    return QOS_BESTEFFORT;
  if (cpu_limit > 0 && memory_limit > 0 && cpu == cpu_limit && memory == memory_limit)
    return QOS_GUARANTEED;
  return QOS_BURSTABLE;
}

guint64
spec_get_cpu_request (const Spec *self)
{
  return get_request (self, SPEC_CPU_REQUEST, SPEC_CPU_LIMIT);
}

guint64
spec_get_cpu_limit (const Spec *self)
{
  return is_set (self, SPEC_CPU_LIMIT) ? self->amounts[SPEC_CPU_LIMIT] : AMOUNT_MAX;
}
