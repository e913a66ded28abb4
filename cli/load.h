/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What somebody uses, a part of the node, a pod or a container, beside what there is for it: CPU in
 * millicores, memory in bytes (the working set), processes.
 */
#pragma once

#include "cli/figures.h"

typedef struct {
  gboolean is_known;
  gboolean is_limited;
  guint64 used;
  guint64 limit;
} LoadOf;

typedef struct {
  LoadOf cpu;
  LoadOf memory;
  LoadOf pids;
} Load;

/* What two readings of the figures say (each nullable), with the limits that are among them; that
 * of CPU is not. */
Load load_from_stats (GVariant *before, GVariant *after);

/* Adds what @more uses. What is not known of it adds nothing; limits stay as they are. */
void load_sum (Load *self, const Load *more);

/* The widths of the bars of CPU and memory; 0: there is no column for one. */
typedef struct {
  guint cpu;
  guint memory;
  gboolean is_utf8;
} LoadBars;

/* Cells of a table: CPU, its bar, memory, its bar, processes. A bar stands only beside a limit. */
void load_add_cells (const Load *self, Table *table, const LoadBars *bars);

/* The next cell: "USED of LIMIT", see figures_add_of(). */
void load_add_cell (const LoadOf *of, Table *table, FiguresFormat format);

/* The next cell: a bar that takes @width columns, if there is a limit. */
void load_add_bar (const LoadOf *of, Table *table, guint width, gboolean is_utf8);

/* Inserts, of what is known, MilliCPU, MemoryWorkingSetBytes and PidsCurrent, and of what is
 * limited MilliCPULimit, MemoryLimitBytes and PidsLimit. */
void load_describe (const Load *self, GVariantDict *fields);
