/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Specs: one table of keys, walked to parse, to merge and to write.
 */
#include "daemon/policy/spec.h"

#include "lib/cpu-bandwidth.h"
#include "lib/error.h"
#include "lib/quantity.h"

#define MILLICORES_MAX G_GUINT64_CONSTANT (1000000000) /* a million CPUs */
#define BYTES_MAX (G_GUINT64_CONSTANT (1) << 62)
#define PIDS_MAX 4194304 /* the kernel's PID_MAX_LIMIT */

typedef enum {
  UNIT_MILLICORES, /* a quantity in thousandths, or t */
  UNIT_WHOLE,      /* a quantity in ones, or t */
  UNIT_NUMBER,     /* t only */
} Unit;

static const struct {
  const char *key;
  Unit unit;
  gboolean may_be_max;
  guint64 min;
  guint64 max;
} amounts[] = {
  [SPEC_CPU_REQUEST] = { "CPURequest", UNIT_MILLICORES, FALSE, 0, MILLICORES_MAX },
  [SPEC_CPU_LIMIT] = { "CPULimit", UNIT_MILLICORES, TRUE, 1, MILLICORES_MAX },
  [SPEC_CPU_PERIOD_USEC] = { "CPUPeriodUSec", UNIT_NUMBER, FALSE, NCG_CPU_PERIOD_MIN,
                             NCG_CPU_PERIOD_MAX },
  [SPEC_CPU_WEIGHT] = { "CPUWeight", UNIT_NUMBER, FALSE, 1, 10000 },
  [SPEC_MEMORY_REQUEST] = { "MemoryRequest", UNIT_WHOLE, FALSE, 0, BYTES_MAX },
  [SPEC_MEMORY_LIMIT] = { "MemoryLimit", UNIT_WHOLE, TRUE, 1, BYTES_MAX },
  [SPEC_MEMORY_HIGH] = { "MemoryHigh", UNIT_WHOLE, TRUE, 1, BYTES_MAX },
  [SPEC_MEMORY_LOW] = { "MemoryLow", UNIT_WHOLE, TRUE, 0, BYTES_MAX },
  [SPEC_MEMORY_MIN] = { "MemoryMin", UNIT_WHOLE, TRUE, 0, BYTES_MAX },
  [SPEC_MEMORY_SWAP_LIMIT] = { "MemorySwapLimit", UNIT_WHOLE, TRUE, 0, BYTES_MAX },
  [SPEC_PIDS_LIMIT] = { "PidsLimit", UNIT_WHOLE, TRUE, 1, PIDS_MAX },
};
G_STATIC_ASSERT (G_N_ELEMENTS (amounts) == N_SPEC_AMOUNTS);

typedef gboolean (*KeyParser) (Spec *self, const char *key, GVariant *value, GError **error);

static gboolean
is_set (const Spec *self, SpecAmount amount)
{
  return (self->set & (1u << amount)) != 0;
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
  g_clear_pointer (&self->labels, g_variant_unref);
  self->set = 0;
  self->has_qos = FALSE;
}

static gboolean
fail_type (const char *key, GVariant *value, const char *wanted, GError **error)
{
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT, "%s has the type '%s'; it takes %s",
               key, g_variant_get_type_string (value), wanted);
  return FALSE;
}

static gboolean
parse_quantity (Unit unit, const char *key, const char *text, guint64 *ret_number, GError **error)
{
  gint64 number;
  gboolean ok = unit == UNIT_MILLICORES ? ncg_quantity_parse_milli (text, &number, error)
                                        : ncg_quantity_parse_value (text, &number, error);

  if (!ok) {
    g_prefix_error (error, "%s: ", key);
    return FALSE;
  }
  if (number < 0) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT, "%s is '%s'; it cannot be negative",
                 key, text);
    return FALSE;
  }
  *ret_number = (guint64) number;
  return TRUE;
}

static gboolean
check_range (int i, guint64 number, GError **error)
{
  const char *unit = amounts[i].unit == UNIT_MILLICORES ? " millicores" : "";
  const char *or_max = amounts[i].may_be_max ? ", or 'max' for no limit" : "";

  if (number >= amounts[i].min && number <= amounts[i].max)
    return TRUE;
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
               "%s is %" G_GUINT64_FORMAT "%s, which is out of range: %" G_GUINT64_FORMAT
               " to %" G_GUINT64_FORMAT "%s are allowed%s",
               amounts[i].key, number, unit, amounts[i].min, amounts[i].max, unit, or_max);
  return FALSE;
}

static gboolean
parse_amount (Spec *self, int i, GVariant *value, GError **error)
{
  guint64 number;

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_UINT64)) {
    number = g_variant_get_uint64 (value);
  } else if (amounts[i].unit == UNIT_NUMBER) {
    return fail_type (amounts[i].key, value, "a number (t)", error);
  } else if (!g_variant_is_of_type (value, G_VARIANT_TYPE_STRING)) {
    return fail_type (amounts[i].key, value, "a number (t) or a quantity (s)", error);
  } else if (amounts[i].may_be_max && g_str_equal (g_variant_get_string (value, NULL), "max")) {
    set_amount (self, (SpecAmount) i, NCG_UNLIMITED);
    return TRUE;
  } else if (!parse_quantity (amounts[i].unit, amounts[i].key, g_variant_get_string (value, NULL),
                              &number, error)) {
    return FALSE;
  }
  if (!check_range (i, number, error))
    return FALSE;
  set_amount (self, (SpecAmount) i, number);
  return TRUE;
}

static gboolean
parse_qos (Spec *self, const char *key, GVariant *value, GError **error)
{
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return fail_type (key, value, "a string (s)", error);
  if (!qos_from_string (g_variant_get_string (value, NULL), &self->qos)) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
                 "%s is '%.64s'; it is one of Guaranteed, Burstable, BestEffort", key,
                 g_variant_get_string (value, NULL));
    return FALSE;
  }
  self->has_qos = TRUE;
  return TRUE;
}

static gboolean
parse_set (NcgCpuset **set, const char *key, GVariant *value, GError **error)
{
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return fail_type (key, value, "a list such as '0-3,7' (s)", error);
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

static gboolean
parse_labels (Spec *self, const char *key, GVariant *value, GError **error)
{
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE ("a{ss}")))
    return fail_type (key, value, "a dictionary of strings (a{ss})", error);
  self->labels = g_variant_ref (value);
  return TRUE;
}

static const struct {
  const char *key;
  gboolean pods_only;
  KeyParser parse;
} others[] = {
  { "QosClass", TRUE, parse_qos },
  { "CPUSet", FALSE, parse_cpus },
  { "MemoryNodes", FALSE, parse_memory_nodes },
  { "Labels", TRUE, parse_labels },
};

static gboolean
parse_key (Spec *self, SpecKind kind, const char *key, GVariant *value, GError **error)
{
  for (int i = 0; i < N_SPEC_AMOUNTS; i++)
    if (g_str_equal (key, amounts[i].key))
      return parse_amount (self, i, value, error);
  for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
    if (g_str_equal (key, others[i].key) && !(others[i].pods_only && kind != SPEC_OF_POD))
      return others[i].parse (self, key, value, error);
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
               "there is no key '%.64s' in the spec of a %s; see org.example.NodeCgroups(5)", key,
               kind == SPEC_OF_POD ? "pod" : "container");
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
    if (!is_set (self, (SpecAmount) i))
      continue;
    if (self->amounts[i] == NCG_UNLIMITED)
      g_variant_dict_insert (&dict, amounts[i].key, "s", "max");
    else
      g_variant_dict_insert (&dict, amounts[i].key, "t", self->amounts[i]);
  }
  if (self->has_qos)
    g_variant_dict_insert (&dict, "QosClass", "s", qos_to_string (self->qos));
  add_set (&dict, "CPUSet", self->cpus);
  add_set (&dict, "MemoryNodes", self->memory_nodes);
  if (self->labels != NULL)
    g_variant_dict_insert_value (&dict, "Labels", self->labels);
  return sort_dictionary (g_variant_dict_end (&dict));
}

void
spec_copy (const Spec *self, Spec *ret_copy)
{
  *ret_copy = *self;
  ret_copy->cpus = self->cpus != NULL ? ncg_cpuset_copy (self->cpus) : NULL;
  ret_copy->memory_nodes = self->memory_nodes != NULL ? ncg_cpuset_copy (self->memory_nodes) : NULL;
  ret_copy->labels = self->labels != NULL ? g_variant_ref (self->labels) : NULL;
}

gboolean
spec_equal (const Spec *a, const Spec *b)
{
  g_autoptr (GVariant) variant_a = spec_to_variant (a);
  g_autoptr (GVariant) variant_b = spec_to_variant (b);

  return g_variant_equal (variant_a, variant_b);
}

gboolean
spec_is_empty (const Spec *self)
{
  return self->set == 0 && !self->has_qos && self->cpus == NULL && self->memory_nodes == NULL &&
         self->labels == NULL;
}

static void
replace_set (NcgCpuset **set, const NcgCpuset *with)
{
  if (with == NULL)
    return;
  ncg_cpuset_free (*set);
  *set = ncg_cpuset_copy (with);
}

void
spec_merge (const Spec *base, const Spec *changes, Spec *ret_merged)
{
  Spec merged;

  spec_copy (base, &merged);
  for (int i = 0; i < N_SPEC_AMOUNTS; i++)
    if (is_set (changes, (SpecAmount) i))
      set_amount (&merged, (SpecAmount) i, changes->amounts[i]);
  if (changes->has_qos) {
    merged.has_qos = TRUE;
    merged.qos = changes->qos;
  }
  replace_set (&merged.cpus, changes->cpus);
  replace_set (&merged.memory_nodes, changes->memory_nodes);
  if (changes->labels != NULL) {
    g_clear_pointer (&merged.labels, g_variant_unref);
    merged.labels = g_variant_ref (changes->labels);
  }
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

/* "No limit" counts as none, and so does 0: qos.go looks at quantities above zero only. */
static guint64
get_limit (const Spec *self, SpecAmount limit)
{
  return is_set (self, limit) && self->amounts[limit] != NCG_UNLIMITED ? self->amounts[limit] : 0;
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
