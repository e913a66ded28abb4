/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Times of one operation, ours and the floor's.
 */
#pragma once

#include <glib.h>

typedef struct {
  GArray *usec; /* of gint64 */
} Samples;

void samples_init (Samples *self);
void samples_clear (Samples *self);
void samples_add (Samples *self, gint64 usec);

/* The value below which @percent of the samples are, in microseconds; NAN if there are none. */
double samples_get_percentile (const Samples *self, guint percent);

/* What is compared in a row. */
typedef struct {
  Samples ours;
  Samples floor;
} Pair;

void pair_init (Pair *self);
void pair_clear (Pair *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pair, pair_clear)
