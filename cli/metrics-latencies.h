/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How long calls take, as histograms.
 */
#pragma once

#include "cli/exposition.h"

/* The families for them. */
typedef struct {
  guint start; /* when it was begun to count */
  guint systemd;
  guint systemd_failures;
  guint operation;
  guint operation_failures;
} MetricsLatenciesFamilies;

/* Adds what GetLatencies says to @out. @latencies: an "a{sv}" */
void metrics_latencies_add (Exposition *out,
                            const MetricsLatenciesFamilies *families,
                            GVariant *latencies);
