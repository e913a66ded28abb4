/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What was measured: rows, and what cannot be measured here.
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

typedef enum {
  REPORT_TABLE, /* in the end */
  REPORT_JSON,  /* each row at once, as an object on a line of its own */
  REPORT_TAP,   /* the table as comments, and each part as a test */
} ReportForm;

typedef struct Report Report;

Report *report_new (ReportForm form);
void report_free (Report *self);

/* For a row without a floor and percentiles. */
Row report_new_row (const char *operation, guint pods, guint n, const char *unit, double value);

/* A row that is not measured, because a value is missing or infinite, ends the benchmark. */
void report_add (Report *self, const Row *row);

/* Both percentiles of a pair, in milliseconds. The floor may have no samples. */
void report_add_pair (Report *self, const char *operation, guint pods, const Pair *pair, Aim aim);

/* A line to be read above the table: what is behind a number, or why there is none. */
void report_add_remark (Report *self, const char *remark);

void report_begin_part (Report *self);

/* The part is over. One that has added no row must have made a remark instead, or it has failed. */
void report_end_part (Report *self, const char *name);

/* The table. @is_complete: all parts were run, which the tests of them say, too */
void report_print (Report *self, gboolean is_complete);
