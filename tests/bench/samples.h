/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Times of one operation, and what is said of them.
 */
#pragma once

#include <glib.h>

typedef struct {
  const char *name;
  GArray *usec; /* of gint64 */
} Samples;

void samples_init (Samples *self, const char *name);
void samples_clear (Samples *self);
void samples_add (Samples *self, gint64 usec);

/* The value below which @percent of the samples are; 0 if there are none. */
gint64 samples_get_percentile (const Samples *self, guint percent);

/* One row of the table: both medians and 99th percentiles in ms, and the ratios of @ours to @floor.
 */
void samples_print_row (const Samples *ours, const Samples *floor);
void samples_print_header (void);

/* The same as one JSON object on a line. */
void samples_print_json (const Samples *ours, const Samples *floor);
