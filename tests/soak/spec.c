/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random specs.
 */
#include "tests/soak/spec.h"

#include <string.h>

#define MIB (1024 * 1024)

/* The least limit of any pod. On v1 no container may have more than its pod. */
#define LEAST_CPU 100

const char *const soak_class_names[N_CLASSES] = { "Guaranteed", "Burstable", "BestEffort" };

void
soak_spec_clear (SoakSpec *self)
{
  g_clear_pointer (&self->values, g_hash_table_unref);
}

static void
set (SoakSpec *self, const char *key, GVariant *value)
{
  g_hash_table_insert (self->values, g_strdup (key), g_variant_ref_sink (value));
}

static void
set_amount (SoakSpec *self, const char *key, guint64 value)
{
  set (self, key, g_variant_new_uint64 (value));
}

static guint64
choose (GRand *rand, guint least, guint most, guint64 unit)
{
  return (guint64) g_rand_int_range (rand, (gint32) least, (gint32) most + 1) * unit;
}

static gboolean
one_of (GRand *rand, guint n)
{
  return g_rand_int_range (rand, 0, (gint32) n) == 0;
}

static GVariant *
choose_labels (GRand *rand)
{
  g_autofree char *text = g_strdup_printf ("%u", g_rand_int (rand));

  return g_variant_new_parsed ("{'soak': %s}", text);
}

/* What pods of all classes may have. */
static void
choose_common (SoakSpec *self, GRand *rand)
{
  static const char *const cpusets[] = { "0", "0-1", "1" };

  if (!one_of (rand, 3))
    set_amount (self, "PidsLimit", choose (rand, 100, 4000, 1));
  if (one_of (rand, 4))
    set_amount (self, "CPUWeight", choose (rand, 1, 10000, 1));
  if (one_of (rand, 8))
    set (self, "CPUSet", g_variant_new_string (cpusets[g_rand_int_range (rand, 0, 3)]));
  if (one_of (rand, 2))
    set (self, "Labels", choose_labels (rand));
}

static void
choose_guaranteed (SoakSpec *self, GRand *rand)
{
  guint64 cpu = choose (rand, 1, 40, LEAST_CPU), memory = choose (rand, 32, 512, MIB);

  set_amount (self, "CPULimit", cpu);
  set_amount (self, "MemoryLimit", memory);
  if (one_of (rand, 2)) {
    set_amount (self, "CPURequest", cpu);
    set_amount (self, "MemoryRequest", memory);
  }
}

static void
choose_burstable (SoakSpec *self, GRand *rand)
{
  set_amount (self, "CPURequest", choose (rand, 1, 99, 10));
  if (one_of (rand, 2))
    set_amount (self, "CPULimit", choose (rand, 10, 40, 100));
  if (one_of (rand, 2))
    set_amount (self, "MemoryLimit", choose (rand, 32, 512, MIB));
  if (one_of (rand, 3))
    set_amount (self, "MemoryRequest", choose (rand, 1, 31, MIB));
  if (one_of (rand, 4))
    set_amount (self, "MemoryLow", choose (rand, 0, 16, MIB));
}

void
soak_spec_choose (SoakSpec *self, GRand *rand)
{
  soak_spec_clear (self);
  self->values =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_variant_unref);
  self->qos = (SoakClass) g_rand_int_range (rand, 0, N_CLASSES);
  if (self->qos == CLASS_GUARANTEED)
    choose_guaranteed (self, rand);
  else if (self->qos == CLASS_BURSTABLE)
    choose_burstable (self, rand);
  choose_common (self, rand);
  if (one_of (rand, 4))
    set (self, "QosClass", g_variant_new_string (soak_class_names[self->qos]));
}

static void
add (GVariantBuilder *changes, SoakSpec *self, const char *key, GVariant *value)
{
  set (self, key, value);
  g_variant_builder_add (changes, "{sv}", key, value);
}

static GVariant *
new_limit (GRand *rand, guint least, guint most, guint64 unit)
{
  return one_of (rand, 6) ? g_variant_new_string ("max")
                          : g_variant_new_uint64 (choose (rand, least, most, unit));
}

/* Limits never go below the requests, and a request of CPU stays: so the class does. */
static void
change_class_values (GVariantBuilder *changes, SoakSpec *self, GRand *rand)
{
  if (self->qos == CLASS_BURSTABLE) {
    if (one_of (rand, 2))
      add (changes, self, "CPURequest", g_variant_new_uint64 (choose (rand, 1, 99, 10)));
    if (one_of (rand, 3))
      add (changes, self, "CPULimit", new_limit (rand, 10, 40, 100));
    if (one_of (rand, 3))
      add (changes, self, "MemoryLimit", new_limit (rand, 32, 512, MIB));
    if (one_of (rand, 6))
      add (changes, self, "MemoryLow", g_variant_new_uint64 (choose (rand, 0, 16, MIB)));
  } else if (self->qos == CLASS_GUARANTEED && one_of (rand, 2)) {
    guint64 cpu = choose (rand, 1, 40, LEAST_CPU), memory = choose (rand, 32, 512, MIB);
    gboolean has_requests = g_hash_table_contains (self->values, "CPURequest");

    add (changes, self, "CPULimit", g_variant_new_uint64 (cpu));
    add (changes, self, "MemoryLimit", g_variant_new_uint64 (memory));
    if (has_requests) {
      add (changes, self, "CPURequest", g_variant_new_uint64 (cpu));
      add (changes, self, "MemoryRequest", g_variant_new_uint64 (memory));
    }
  }
}

GVariant *
soak_spec_change (SoakSpec *self, GRand *rand)
{
  GVariantBuilder changes;

  g_variant_builder_init (&changes, G_VARIANT_TYPE ("a{sv}"));
  change_class_values (&changes, self, rand);
  if (one_of (rand, 2))
    add (&changes, self, "PidsLimit", new_limit (rand, 100, 4000, 1));
  if (one_of (rand, 4))
    add (&changes, self, "CPUWeight", g_variant_new_uint64 (choose (rand, 1, 10000, 1)));
  if (one_of (rand, 6))
    add (&changes, self, "CPUSet", g_variant_new_string (one_of (rand, 2) ? "0" : "0-1"));
  if (one_of (rand, 4))
    add (&changes, self, "Labels", choose_labels (rand));
  return g_variant_ref_sink (g_variant_builder_end (&changes));
}

/* The same amount as a quantity: these are whole numbers of MiB, or millicores. */
static GVariant *
format_value (const char *key, GVariant *value, gboolean as_text)
{
  guint64 amount;

  if (!as_text || !g_variant_is_of_type (value, G_VARIANT_TYPE_UINT64) ||
      g_str_equal (key, "CPUWeight"))
    return value;
  amount = g_variant_get_uint64 (value);
  if (g_str_has_prefix (key, "Memory"))
    return g_variant_new_take_string (g_strdup_printf ("%" G_GUINT64_FORMAT "Mi", amount / MIB));
  return g_variant_new_take_string (
      g_strdup_printf ("%" G_GUINT64_FORMAT "%s", amount, key[0] == 'C' ? "m" : ""));
}

GVariant *
soak_spec_format (const SoakSpec *self, gboolean as_text)
{
  GVariantBuilder builder;
  GHashTableIter iter;
  gpointer key, value;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{sv}"));
  g_hash_table_iter_init (&iter, self->values);
  while (g_hash_table_iter_next (&iter, &key, &value))
    g_variant_builder_add (&builder, "{sv}", key, format_value (key, value, as_text));
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

gboolean
soak_spec_is (const SoakSpec *self, GVariant *actual)
{
  GVariantIter iter;
  const char *key;
  GVariant *value;

  if (g_variant_n_children (actual) != g_hash_table_size (self->values))
    return FALSE;
  g_variant_iter_init (&iter, actual);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value)) {
    g_autoptr (GVariant) owned = value;
    GVariant *wanted = g_hash_table_lookup (self->values, key);

    if (wanted == NULL || !g_variant_equal (wanted, owned))
      return FALSE;
  }
  return TRUE;
}

guint64
soak_spec_get (const SoakSpec *self, const char *key)
{
  GVariant *value = g_hash_table_lookup (self->values, key);

  return value != NULL && g_variant_is_of_type (value, G_VARIANT_TYPE_UINT64)
             ? g_variant_get_uint64 (value)
             : 0;
}

static GVariant *
choose_options (GRand *rand)
{
  GVariantBuilder options;

  g_variant_builder_init (&options, G_VARIANT_TYPE ("a{sv}"));
  if (one_of (rand, 2))
    g_variant_builder_add (&options, "{sv}", "PidsLimit",
                           g_variant_new_uint64 (choose (rand, 20, 90, 1)));
  if (one_of (rand, 3))
    g_variant_builder_add (&options, "{sv}", "MemoryLimit",
                           g_variant_new_uint64 (choose (rand, 16, 31, MIB)));
  if (one_of (rand, 4))
    g_variant_builder_add (&options, "{sv}", "CPULimit", g_variant_new_uint64 (LEAST_CPU));
  return g_variant_ref_sink (g_variant_builder_end (&options));
}

GVariant *
soak_spec_choose_options (GRand *rand)
{
  g_autoptr (GVariant) options = choose_options (rand);
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);

  g_variant_dict_init (&dict, options);
  if (one_of (rand, 5))
    g_variant_dict_insert (&dict, "Delegate", "b", TRUE);
  return g_variant_ref_sink (g_variant_dict_end (&dict));
}

GVariant *
soak_spec_change_options (GVariant **options, GRand *rand)
{
  GVariant *changes = choose_options (rand);
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_variant_dict_init (&dict, *options);
  g_variant_iter_init (&iter, changes);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value)) {
    g_variant_dict_insert_value (&dict, key, value);
    g_variant_unref (value);
  }
  g_variant_unref (*options);
  *options = g_variant_ref_sink (g_variant_dict_end (&dict));
  return changes;
}
