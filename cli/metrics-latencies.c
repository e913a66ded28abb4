/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From GetLatencies to histograms.
 */
#include "cli/metrics-latencies.h"

#include "cli/figures.h"

#define PER_MICRO 1000000

/* All calls of one list, "Systemd" or "Operations", and the label that tells them apart. */
typedef struct {
  const char *list;
  const char *label;
  guint durations;
  guint failures;
} Source;

static void
add_kind (Exposition *out, const Source *source, GVariant *bounds, const char *kind, GVariant *kept)
{
  g_autoptr (GVariant) counts = g_variant_lookup_value (kept, "Counts", G_VARIANT_TYPE ("at"));
  ExpositionHistogram histogram = { .per = PER_MICRO };
  guint64 failures;
  gsize n_counts;

  if (figures_get (kept, "Failures", &failures))
    exposition_add (out, source->failures, failures, 1, source->label, kind, NULL);
  if (counts == NULL || !figures_get (kept, "TotalUSec", &histogram.sum))
    return;
  histogram.bounds = g_variant_get_fixed_array (bounds, &histogram.n_bounds, sizeof (guint64));
  histogram.counts = g_variant_get_fixed_array (counts, &n_counts, sizeof (guint64));
  if (n_counts == histogram.n_bounds + 1)
    exposition_add_histogram (out, source->durations, &histogram, source->label, kind);
}

static void
add_list (Exposition *out, const Source *source, GVariant *latencies)
{
  g_autoptr (GVariant) bounds =
      g_variant_lookup_value (latencies, "BoundsUSec", G_VARIANT_TYPE ("at"));
  g_autoptr (GVariant) list =
      g_variant_lookup_value (latencies, source->list, G_VARIANT_TYPE ("a{sa{sv}}"));
  GVariantIter iter;
  const char *kind;
  GVariant *kept;

  if (bounds == NULL || list == NULL)
    return;
  g_variant_iter_init (&iter, list);
  while (g_variant_iter_loop (&iter, "{&s@a{sv}}", &kind, &kept))
    add_kind (out, source, bounds, kind, kept);
}

void
metrics_latencies_add (Exposition *out,
                       const MetricsLatenciesFamilies *families,
                       GVariant *latencies)
{
  const Source sources[] = {
    { "Systemd", "method", families->systemd, families->systemd_failures },
    { "Operations", "operation", families->operation, families->operation_failures },
  };
  guint64 started_usec;

  if (figures_get (latencies, "StartedUSec", &started_usec))
    exposition_add (out, families->start, started_usec, PER_MICRO, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (sources); i++)
    add_list (out, &sources[i], latencies);
}
