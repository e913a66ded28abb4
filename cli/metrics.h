/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What there is to monitor, from what the daemon says. The names, labels and units are a contract:
 * dashboards and alerts are made of them, see data/monitoring.
 *
 * A sum of counters goes back when one of those summed goes, which rate() takes for a restart and
 * counts all of the rest as new. Hence there are sums of amounts only: pods together have no CPU
 * time and no kills; who wants these adds up the rates of the pods.
 */
#pragma once

#include "cli/exposition.h"

/* What the daemon has said. All are (nullable): without @manager there was no answer. */
typedef struct {
  GVariant *manager;   /* a{sv}: the properties */
  GVariant *node;      /* a{sv} */
  GVariant *usage;     /* a{sa{sv}}: GetUsage */
  GVariant *pods;      /* a(ssoss): ListPods */
  GVariant *stats;     /* a{sa{sv}}: GetStats */
  GVariant *latencies; /* a{sv}: GetLatencies */
} MetricsReading;

/* (transfer full): @has_each: with series for each pod, and not only for each class */
Exposition *metrics_describe (const MetricsReading *reading, gboolean has_each);

/* (transfer none): all that there may be */
const ExpositionFamily *metrics_list_families (guint *ret_n);

/* (array zero-terminated=1): the Fields of GetStats that it takes */
const char *const *metrics_list_fields (gboolean has_each);
