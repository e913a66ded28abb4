/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Metrics as monitoring systems read them. Two formats: the text format 0.0.4 of Prometheus, which
 * the textfile collector of node_exporter takes, and OpenMetrics 1.0, which it does not take: its
 * parser knows no type "info", and has "_total" in a family's name.
 *
 * Sources: github.com/prometheus/docs, exposition_formats.md; OpenMetrics.md in
 * github.com/OpenObservability/OpenMetrics.
 */
#pragma once

#include <glib.h>

typedef enum {
  EXPOSITION_GAUGE,
  EXPOSITION_COUNTER, /* the name ends in _total */
  EXPOSITION_INFO,    /* the name ends in _info, the value is 1 */
  EXPOSITION_HISTOGRAM,
} ExpositionType;

typedef struct {
  const char *name; /* of the samples */
  ExpositionType type;
  const char *unit; /* (nullable): the name has it before _total, or at its end */
  const char *help; /* without a full stop, a backslash, a quote or a line feed */
} ExpositionFamily;

typedef enum {
  EXPOSITION_PROMETHEUS,
  EXPOSITION_OPENMETRICS,
} ExpositionFormat;

typedef struct Exposition Exposition;

/* @families: @n_families of them, which live as long as it does, in the order of the output */
Exposition *exposition_new (const ExpositionFamily *families, guint n_families);
void exposition_free (Exposition *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Exposition, exposition_free)

/* A sample of the family: @number of which @per make 1, which is a power of ten; then pairs of a
 * label's name and its value, of any text, until NULL. No two of a family have the same labels. */
void exposition_add (Exposition *self, guint family, guint64 number, guint64 per, ...)
    G_GNUC_NULL_TERMINATED;

/* How many of something had which size. */
typedef struct {
  const guint64 *bounds; /* @n_bounds, ascending */
  const guint64 *counts; /* one more: those up to each bound and above the one before it, and those
                            above all */
  gsize n_bounds;
  guint64 sum; /* of the sizes */
  guint64 per; /* of bounds and sum, as for a sample */
} ExpositionHistogram;

/* The samples of a histogram (_bucket, _count, _sum), with one label. */
void exposition_add_histogram (Exposition *self,
                               guint family,
                               const ExpositionHistogram *histogram,
                               const char *label,
                               const char *value);

/* (transfer full): all of it, but for families without a sample */
char *exposition_format (const Exposition *self, ExpositionFormat format);

/* (transfer floating): the same, an "aa{sv}": Name, Type ("gauge", "counter", "info", "histogram"),
 * Help, Unit where there is one, and Samples: Labels and Value, and of a histogram also Name */
GVariant *exposition_describe (const Exposition *self);
