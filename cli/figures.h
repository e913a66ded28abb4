/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The figures of a pod, a container or a part of the node (an "a{sv}", see GetPodStats), as people
 * read them. A figure that is absent is shown as "-", or left out.
 */
#pragma once

#include "cli/table.h"

/* %FALSE if there is no such figure. @stats: (nullable) */
gboolean figures_get (GVariant *stats, const char *key, guint64 *ret_number);

/* (transfer full) (element-type utf8 GVariant): @all, an "a{sa{sv}}", by its keys; for many
 * look-ups */
GHashTable *figures_index (GVariant *all);

/* @all (inout), an "a{sa{sv}}", gets what @some, which is another one, has in place of its own. */
void figures_replace (GVariant **all, GVariant *some);

/* The CPU that was used between two readings, in millicores; %FALSE if that cannot be said: a sum
 * goes back when one of those summed goes. */
gboolean figures_get_rate (GVariant *before, GVariant *after, guint64 *ret_millicores);

/* What went between two readings to all devices together, of what @key counts in IO ("ReadBytes"),
 * in a second; %FALSE if that cannot be said. */
gboolean
figures_get_io_rate (GVariant *before, GVariant *after, const char *key, guint64 *ret_per_second);

/* Of human.h: human_bytes() and the like. */
typedef char *(*FiguresFormat) (guint64 number);

/* The next cell of a table: "USED of LIMIT" in the colour of how near that is. @used: (nullable):
 * not known; @limit: (nullable): none */
void figures_add_of (Table *table, const guint64 *used, const guint64 *limit, FiguresFormat format);

/* Three cells of a reading: the CPU time so far; the memory that is used, and the processes, beside
 * their limits where there are any, in the colour of how near these are. @stats: (nullable) */
void figures_add_cells (Table *table, GVariant *stats);
