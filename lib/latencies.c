/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Counting.
 */
#include "lib/latencies.h"

typedef struct {
  guint64 n_calls; /* those that were begun */
  guint64 n_failures;
  guint64 total_usec;
  guint64 counts[NCG_LATENCIES_N_BOUNDS + 1];
} Kind;

struct NcgLatencies {
  const char *const *names;
  guint n_kinds;
  Kind kinds[];
};

const guint64 ncg_latencies_bounds_usec[NCG_LATENCIES_N_BOUNDS] = {
  1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 5000000, 15000000,
};

NcgLatencies *
ncg_latencies_new (const char *const *kinds)
{
  guint n_kinds = g_strv_length ((char **) kinds);
  NcgLatencies *self = g_malloc0 (sizeof (NcgLatencies) + n_kinds * sizeof (Kind));

  self->names = kinds;
  self->n_kinds = n_kinds;
  return self;
}

void
ncg_latencies_free (NcgLatencies *self)
{
  g_free (self);
}

static Kind *
find_kind (NcgLatencies *self, const char *name)
{
  guint i = 0;

  while (i < self->n_kinds - 1 && !g_str_equal (self->names[i], name))
    i++;
  return &self->kinds[i];
}

void
ncg_latencies_add (NcgLatencies *self, const char *kind, gint64 usec, gboolean is_failed)
{
  Kind *found = find_kind (self, kind);
  guint range = 0;

  if (is_failed)
    found->n_failures++;
  if (usec < 0)
    return;
  while (range < NCG_LATENCIES_N_BOUNDS && (guint64) usec > ncg_latencies_bounds_usec[range])
    range++;
  found->n_calls++;
  found->total_usec += (guint64) usec;
  found->counts[range]++;
}

GVariant *
ncg_latencies_describe (const NcgLatencies *self)
{
  GVariantBuilder all;

  g_variant_builder_init (&all, G_VARIANT_TYPE ("a{sa{sv}}"));
  for (guint i = 0; i < self->n_kinds; i++) {
    const Kind *kind = &self->kinds[i];

    g_variant_builder_open (&all, G_VARIANT_TYPE ("{sa{sv}}"));
    g_variant_builder_add (&all, "s", self->names[i]);
    g_variant_builder_open (&all, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add (&all, "{sv}", "Calls", g_variant_new_uint64 (kind->n_calls));
    g_variant_builder_add (&all, "{sv}", "Failures", g_variant_new_uint64 (kind->n_failures));
    g_variant_builder_add (&all, "{sv}", "TotalUSec", g_variant_new_uint64 (kind->total_usec));
    g_variant_builder_add (&all, "{sv}", "Counts",
                           g_variant_new_fixed_array (G_VARIANT_TYPE_UINT64, kind->counts,
                                                      G_N_ELEMENTS (kind->counts),
                                                      sizeof (guint64)));
    g_variant_builder_close (&all);
    g_variant_builder_close (&all);
  }
  return g_variant_builder_end (&all);
}
