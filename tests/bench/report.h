/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What was measured: rows, printed as a table when all is done, or each at once as a JSON object on
 * a line of its own.
 */
#pragma once

#include "tests/bench/samples.h"

/* What a row is meant to reach. */
typedef struct {
  enum {
    AIM_NONE,
    AIM_RATIO_AT_MOST,  /* of ours to the floor */
    AIM_RATIO_AT_LEAST, /* the same */
    AIM_VALUE_AT_MOST,  /* of ours */
  } kind;
  double p50; /* or of what has no percentiles */
  double p99; /* 0: anything will do */
} Aim;

typedef struct {
  const char *operation; /* static */
  guint pods;            /* present meanwhile */
  guint n;               /* how often it was measured */
  const char *unit;      /* static: "ms", "MiB" */
  double p50;            /* or the one value; those below are NAN where there is none */
  double p99;
  double floor_p50;
  double floor_p99;
  Aim aim;
} Row;

typedef struct Report Report;

Report *report_new (gboolean is_json);
void report_free (Report *self);

/* For a row without a floor and percentiles. */
Row report_new_row (const char *operation, guint pods, guint n, const char *unit, double value);

/* A row that is not measured, because a value is missing or infinite, ends the benchmark. */
void report_add (Report *self, const Row *row);

/* Both percentiles of a pair, in milliseconds. The floor may have no samples. */
void report_add_pair (Report *self, const char *operation, guint pods, const Pair *pair, Aim aim);

/* A line to be read above the table, of something that is not measured here. */
void report_add_remark (Report *self, const char *remark);

guint report_count (const Report *self);

/* The table, of rows that were not printed yet. */
void report_print (Report *self);
