/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loads from figures, in cells and as JSON.
 */
#include "cli/load.h"

#include "cli/bar.h"
#include "cli/human.h"

static LoadOf
read_of (GVariant *stats, const char *key, const char *limit_key)
{
  LoadOf of = { 0 };

  of.is_known = figures_get (stats, key, &of.used);
  of.is_limited = figures_get (stats, limit_key, &of.limit);
  return of;
}

Load
load_from_stats (GVariant *before, GVariant *after)
{
  Load load = {
    .memory = read_of (after, "MemoryWorkingSetBytes", "MemoryLimitBytes"),
    .pids = read_of (after, "PidsCurrent", "PidsLimit"),
  };

  load.cpu.is_known = figures_get_rate (before, after, &load.cpu.used);
  return load;
}

static void
sum_of (LoadOf *self, const LoadOf *more)
{
  if (!more->is_known)
    return;
  self->is_known = TRUE;
  self->used += more->used;
}

void
load_sum (Load *self, const Load *more)
{
  sum_of (&self->cpu, &more->cpu);
  sum_of (&self->memory, &more->memory);
  sum_of (&self->pids, &more->pids);
}

void
load_add_cell (const LoadOf *of, Table *table, FiguresFormat format)
{
  figures_add_of (table, of->is_known ? &of->used : NULL, of->is_limited ? &of->limit : NULL,
                  format);
}

void
load_add_bar (const LoadOf *of, Table *table, guint width, gboolean is_utf8)
{
  if (of->is_known && of->is_limited)
    table_take (table, bar_style (of->used, of->limit),
                bar_format (of->used, of->limit, width, is_utf8));
  else
    table_add (table, STYLE_PLAIN, "");
}

void
load_add_cells (const Load *self, Table *table, const LoadBars *bars)
{
  load_add_cell (&self->cpu, table, human_millicores);
  if (bars->cpu > 0)
    load_add_bar (&self->cpu, table, bars->cpu, bars->is_utf8);
  load_add_cell (&self->memory, table, human_bytes);
  if (bars->memory > 0)
    load_add_bar (&self->memory, table, bars->memory, bars->is_utf8);
  load_add_cell (&self->pids, table, human_count);
}

static void
describe_of (const LoadOf *of, GVariantDict *fields, const char *key, const char *limit_key)
{
  if (of->is_known)
    g_variant_dict_insert (fields, key, "t", of->used);
  if (of->is_limited)
    g_variant_dict_insert (fields, limit_key, "t", of->limit);
}

void
load_describe (const Load *self, GVariantDict *fields)
{
  describe_of (&self->cpu, fields, "MilliCPU", "MilliCPULimit");
  describe_of (&self->memory, fields, "MemoryWorkingSetBytes", "MemoryLimitBytes");
  describe_of (&self->pids, fields, "PidsCurrent", "PidsLimit");
}
