/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of the parts.
 */
#include "cli/parts.h"

#define REST_USEC (100 * 1000)

/* Each part in the order of tables, and the property that says what there is for it. */
static const struct {
  const char *part;
  const char *property; /* (nullable): nothing is kept for it by itself */
  const char *of;
} rows[] = {
  { "node", "Capacity", "capacity" },
  { "system", "SystemReserved", "reserved for the system" },
  { "kube", "KubeReserved", "reserved for Kubernetes" },
  { "runtime", NULL, "" },
  { "user", NULL, "" },
  { "pods", "Allocatable", "allocatable" },
};

static GVariant *
look (Bus *bus, GError **error)
{
  NcgDbusNode *node = bus_get_node (bus, error);
  GVariant *usage = NULL;

  if (node == NULL || !ncg_dbus_node_call_get_usage_sync (node, G_DBUS_CALL_FLAGS_NONE,
                                                          BUS_CALL_MSEC, &usage, NULL, error))
    return NULL;
  return usage;
}

void
parts_pause (gint64 begun)
{
  gint64 left = begun + PARTS_INTERVAL_USEC - g_get_monotonic_time ();

  g_usleep ((gulong) MAX (left, REST_USEC));
}

gboolean
parts_read (Parts *self, Bus *bus, GError **error)
{
  gint64 begun;

  if (bus_get_node (bus, error) == NULL)
    return FALSE;
  begun = g_get_monotonic_time ();
  self->before = look (bus, error);
  if (self->before == NULL)
    return FALSE;
  self->node = bus_get_all (bus, BUS_OBJECT, BUS_NODE, error);
  if (self->node == NULL)
    return FALSE;
  parts_pause (begun);
  self->after = look (bus, error);
  return self->after != NULL;
}

void
parts_clear (Parts *self)
{
  g_clear_pointer (&self->before, g_variant_unref);
  g_clear_pointer (&self->after, g_variant_unref);
  g_clear_pointer (&self->node, g_variant_unref);
}

/* @usage: (nullable) */
static GVariant *
look_up (GVariant *usage, const char *part)
{
  return usage != NULL ? g_variant_lookup_value (usage, part, G_VARIANT_TYPE_VARDICT) : NULL;
}

static void
limit (LoadOf *of, GVariant *there, const char *resource)
{
  of->is_limited = figures_get (there, resource, &of->limit);
}

/* What there is for a part is the limit here, and not what the kernel has for its cgroup. */
static Load
get_load (GVariant *then, GVariant *now, GVariant *there)
{
  Load load = load_from_stats (then, now);

  limit (&load.cpu, there, "cpu");
  limit (&load.memory, there, "memory");
  limit (&load.pids, there, "pid");
  return load;
}

GArray *
parts_list (const Parts *self)
{
  GArray *parts = g_array_new (FALSE, FALSE, sizeof (Part));

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GVariant) then = look_up (self->before, rows[i].part);
    g_autoptr (GVariant) now = look_up (self->after, rows[i].part);
    g_autoptr (GVariant) there =
        rows[i].property != NULL
            ? g_variant_lookup_value (self->node, rows[i].property, G_VARIANT_TYPE ("a{st}"))
            : NULL;
    gboolean has_limits = there != NULL && g_variant_n_children (there) > 0;
    Part part = { .name = rows[i].part, .of = has_limits ? rows[i].of : "" };

    if (now == NULL)
      continue;
    part.load = get_load (then, now, there);
    g_array_append_val (parts, part);
  }
  return parts;
}

GVariant *
parts_describe_rates (const Parts *self)
{
  GVariantBuilder rates;
  GVariantIter iter;
  const char *part;
  GVariant *now;

  g_variant_builder_init (&rates, G_VARIANT_TYPE ("a{st}"));
  g_variant_iter_init (&iter, self->after);
  while (g_variant_iter_loop (&iter, "{&s@a{sv}}", &part, &now)) {
    g_autoptr (GVariant) then = look_up (self->before, part);
    guint64 millicores;

    if (figures_get_rate (then, now, &millicores))
      g_variant_builder_add (&rates, "{st}", part, millicores);
  }
  return g_variant_builder_end (&rates);
}
