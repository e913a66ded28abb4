/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the parts of the benchmark share.
 */
#pragma once

#include "tests/bench/connection.h"
#include "tests/bench/population.h"
#include "tests/bench/report.h"

typedef struct {
  Connection *bus; /* a client on the system bus, for both sides */
  Population *population;
  Report *report;
  guint rounds;
  guint idle_seconds;
  gboolean is_quiet; /* nothing but the report is printed */
  gboolean is_smoke; /* it is only tried whether all of it runs */
} Bench;

/* How many pods, of @n: the same, or very few in a smoke run. */
guint bench_scale (const Bench *self, guint n);

/* How often something is done before it counts. */
guint bench_get_warm_up (const Bench *self);

/* One part. Those that are measured with different numbers of pods present are called with each;
 * the others see to that themselves. */
typedef struct {
  const char *name;
  void (*run_at) (Bench *bench, guint pods);
  void (*run) (Bench *bench);
} Part;

extern const Part part_call, part_create, part_join, part_remove, part_load, part_stats,
    part_runtimes, part_standing, part_drift, part_cli, part_layout;
