/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is left for pods.
 */
#include "daemon/policy/allocatable.h"

#include "lib/error.h"
#include "lib/quantity.h"

#define MILLION 1000000

guint64
allocatable_get (GVariant *list, const char *name, guint64 otherwise)
{
  guint64 amount = otherwise;

  g_variant_lookup (list, name, "t", &amount);
  return amount;
}

static guint64
get_reserved (const ConfigReservation *reservation, ConfigResource resource)
{
  return (reservation->set & (1u << resource)) != 0 ? reservation->amounts[resource] : 0;
}

static guint64
add (guint64 a, guint64 b)
{
  return a > G_MAXUINT64 - b ? G_MAXUINT64 : a + b;
}

static guint64
subtract (guint64 a, guint64 b)
{
  return a > b ? a - b : 0;
}

static guint64
sum_reserved (const Config *config, ConfigResource resource)
{
  return add (get_reserved (&config->system_reserved, resource),
              get_reserved (&config->kube_reserved, resource));
}

GVariant *
allocatable_list_reservation (const ConfigReservation *reservation)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{st}"));
  for (int i = 0; i < CONFIG_N_RESOURCES; i++)
    if ((reservation->set & (1u << i)) != 0)
      g_variant_builder_add (&builder, "{st}", config_resource_to_string ((ConfigResource) i),
                             reservation->amounts[i]);
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

/* In two parts, so that nothing overflows. */
static guint64
take_share (guint64 amount, guint64 millionths)
{
  return amount / MILLION * millionths + amount % MILLION * millionths / MILLION;
}

static void
add_threshold (GVariantBuilder *builder,
               const ConfigThreshold *threshold,
               ConfigResource resource,
               GVariant *capacity)
{
  const char *name = config_resource_to_string (resource);
  guint64 all = allocatable_get (capacity, name, 0);

  if (threshold->is_set)
    g_variant_builder_add (builder, "{st}", name,
                           threshold->is_share ? take_share (all, threshold->amount)
                                               : threshold->amount);
}

GVariant *
allocatable_list_eviction (const Config *config, GVariant *capacity)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{st}"));
  add_threshold (&builder, &config->eviction_memory, CONFIG_MEMORY, capacity);
  add_threshold (&builder, &config->eviction_nodefs, CONFIG_EPHEMERAL_STORAGE, capacity);
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

/* 0 for what cannot be reserved: huge pages. */
static guint64
find_reserved (const Config *config, const char *name)
{
  for (int i = 0; i < CONFIG_N_RESOURCES; i++)
    if (g_str_equal (name, config_resource_to_string ((ConfigResource) i)))
      return sum_reserved (config, (ConfigResource) i);
  return 0;
}

static GVariant *
compute (const Config *config, GVariant *capacity, GVariant *eviction)
{
  GVariantBuilder builder;
  GVariantIter iter;
  const char *name;
  guint64 amount;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{st}"));
  g_variant_iter_init (&iter, capacity);
  while (g_variant_iter_next (&iter, "{&st}", &name, &amount)) {
    guint64 threshold = eviction != NULL ? allocatable_get (eviction, name, 0) : 0;

    g_variant_builder_add (&builder, "{st}", name,
                           subtract (amount, add (find_reserved (config, name), threshold)));
  }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

GVariant *
allocatable_compute (const Config *config, GVariant *capacity)
{
  g_autoptr (GVariant) eviction = allocatable_list_eviction (config, capacity);

  return compute (config, capacity, eviction);
}

GVariant *
allocatable_compute_limit (const Config *config, GVariant *capacity)
{
  return compute (config, capacity, NULL);
}

static char *
format (ConfigResource resource, guint64 amount)
{
  switch (resource) {
  case CONFIG_CPU:
    return ncg_quantity_format_milli (amount);
  case CONFIG_PID:
    return g_strdup_printf ("%" G_GUINT64_FORMAT, amount);
  default:
    return ncg_quantity_format_bytes (amount);
  }
}

/* "systemReserved 1Gi and kubeReserved 2Gi" */
static char *
name_owners (const Config *config, ConfigResource resource)
{
  const struct {
    const char *name;
    guint64 amount;
  } owners[] = {
    { "systemReserved", get_reserved (&config->system_reserved, resource) },
    { "kubeReserved", get_reserved (&config->kube_reserved, resource) },
  };
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (owners); i++) {
    g_autofree char *amount = format (resource, owners[i].amount);

    if (owners[i].amount > 0)
      g_string_append_printf (text, "%s%s %s", text->len > 0 ? " and " : "", owners[i].name,
                              amount);
  }
  return g_string_free (text, FALSE);
}

static gboolean
needs_some (const Config *config, ConfigResource resource)
{
  return (config->enforced & CONFIG_ENFORCE_PODS) != 0 &&
         (resource == CONFIG_MEMORY || resource == CONFIG_PID);
}

static void
check_resource (const Config *config, ConfigResource resource, guint64 capacity, GString *problems)
{
  guint64 reserved = sum_reserved (config, resource);
  const char *name = config_resource_to_string (resource);
  g_autofree char *owners = NULL;
  g_autofree char *sum = NULL;
  g_autofree char *all = NULL;

  if (reserved < capacity || reserved == 0 ||
      (reserved == capacity && !needs_some (config, resource)))
    return;
  owners = name_owners (config, resource);
  sum = format (resource, reserved);
  all = format (resource, capacity);
  g_string_append_printf (problems, "%s%s: a reservation of %s (%s) but a capacity of %s",
                          problems->len > 0 ? "; " : "", name, sum, owners, all);
  if (reserved == capacity)
    g_string_append (problems, ", which leaves nothing for the pods that are held to the rest");
}

gboolean
allocatable_check (const Config *config, GVariant *capacity, GError **error)
{
  g_autoptr (GString) problems = g_string_new (NULL);

  for (int i = 0; i < CONFIG_N_RESOURCES; i++) {
    guint64 amount = 0;

    /* Of what could not be read nothing is known. */
    if (g_variant_lookup (capacity, config_resource_to_string ((ConfigResource) i), "t", &amount))
      check_resource (config, (ConfigResource) i, amount, problems);
  }
  if (problems->len == 0)
    return TRUE;
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
               "more is reserved than this machine has: %s; lower systemReserved or kubeReserved",
               problems->str);
  return FALSE;
}
