/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How long calls of a few kinds take, counted in fixed ranges since the beginning: from two
 * readings follow the rate, the share of failures, and every quantile of what was between them. To
 * count a call allocates nothing.
 */
#pragma once

#include <glib.h>

/* The upper bounds of the ranges, in microseconds, ascending; what takes longer is in one more.
 * From what systemd needs at least up to the deadlines of the operations. */
#define NCG_LATENCIES_N_BOUNDS 12
extern const guint64 ncg_latencies_bounds_usec[NCG_LATENCIES_N_BOUNDS];

typedef struct NcgLatencies NcgLatencies;

/* @kinds: %NULL-terminated, and outlives it. The last counts what is none of the others. */
NcgLatencies *ncg_latencies_new (const char *const *kinds);
void ncg_latencies_free (NcgLatencies *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NcgLatencies, ncg_latencies_free)

/* A call has ended. @usec: how long it took; below 0: it was never begun, and only its failure
 * counts */
void ncg_latencies_add (NcgLatencies *self, const char *kind, gint64 usec, gboolean is_failed);

/* (transfer floating): an "a{sa{sv}}" of each kind, also of what has not been called: Calls t,
 * Failures t, TotalUSec t, Counts at, of each range */
GVariant *ncg_latencies_describe (const NcgLatencies *self);
