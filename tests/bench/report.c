/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What was measured.
 */
#include "tests/bench/report.h"

#include "tests/bench/fail.h"

#include <math.h>
#include <stdio.h>

struct Report {
  ReportForm form;
  GArray *rows;       /* of Row */
  GPtrArray *remarks; /* of char * */
  guint n_parts;
  guint n_rows_before; /* of the part that runs */
  guint n_remarks_before;
};

Report *
report_new (ReportForm form)
{
  Report *self = g_new0 (Report, 1);

  self->form = form;
  self->rows = g_array_new (FALSE, FALSE, sizeof (Row));
  self->remarks = g_ptr_array_new_with_free_func (g_free);
  return self;
}

void
report_free (Report *self)
{
  g_array_unref (self->rows);
  g_ptr_array_unref (self->remarks);
  g_free (self);
}

Row
report_new_row (const char *operation, guint pods, guint n, const char *unit, double value)
{
  Row row = { operation,         pods, n, unit, value, (double) NAN, (double) NAN, (double) NAN,
              { AIM_NONE, 0, 0 } };

  return row;
}

/* "-" for what there is not, and digits for what is small. */
static const char *
format (double value, char *buffer, gsize size)
{
  if (!isfinite (value))
    g_strlcpy (buffer, "-", size);
  else
    snprintf (buffer, size, "%.*f", fabs (value) < 10 ? 3 : fabs (value) < 1000 ? 1 : 0, value);
  return buffer;
}

static const char *
format_ratio (double ours, double floor, char *buffer, gsize size)
{
  if (!isfinite (ours / floor))
    g_strlcpy (buffer, "-", size);
  else
    snprintf (buffer, size, "%.2f", ours / floor);
  return buffer;
}

static const char *
format_aim (const Aim *aim, char *buffer, gsize size)
{
  static const char *const words[] = { "", "ratio <=", "ratio >=", "<=" };

  if (aim->kind == AIM_NONE)
    g_strlcpy (buffer, "-", size);
  else if (aim->p99 > 0)
    snprintf (buffer, size, "%s %g, %g", words[aim->kind], aim->p50, aim->p99);
  else
    snprintf (buffer, size, "%s %g", words[aim->kind], aim->p50);
  return buffer;
}

static const char *
judge (const Row *row)
{
  double p50 = row->p50 / row->floor_p50, p99 = row->p99 / row->floor_p99;

  switch (row->aim.kind) {
  case AIM_RATIO_AT_MOST:
    return p50 <= row->aim.p50 && (row->aim.p99 <= 0 || p99 <= row->aim.p99) ? "yes" : "no";
  case AIM_RATIO_AT_LEAST:
    return p50 >= row->aim.p50 ? "yes" : "no";
  case AIM_VALUE_AT_MOST:
    return row->p50 <= row->aim.p50 && (row->aim.p99 <= 0 || row->p99 <= row->aim.p99) ? "yes"
                                                                                       : "no";
  default:
    return "-";
  }
}

#define COLUMNS "%-34s %4s %3s %-6s  %8s %8s  %8s %8s  %5s %5s  %-14s %s\n"

static void
print_row (const char *prefix, const Row *row)
{
  char pods[16], n[16], text[6][16], aim[32];

  snprintf (pods, sizeof pods, "%u", row->pods);
  snprintf (n, sizeof n, "%u", row->n);
  g_print ("%s" COLUMNS, prefix, row->operation, pods, n, row->unit, format (row->p50, text[0], 16),
           format (row->p99, text[1], 16), format (row->floor_p50, text[2], 16),
           format (row->floor_p99, text[3], 16),
           format_ratio (row->p50, row->floor_p50, text[4], 16),
           format_ratio (row->p99, row->floor_p99, text[5], 16),
           format_aim (&row->aim, aim, sizeof aim), judge (row));
}

static const char *
format_json (double value, char *buffer, gsize size)
{
  if (!isfinite (value))
    g_strlcpy (buffer, "null", size);
  else
    snprintf (buffer, size, "%.4f", value);
  return buffer;
}

static void
print_json (const Row *row)
{
  char text[6][24], aim[32];

  g_print ("{\"operation\": \"%s\", \"pods\": %u, \"n\": %u, \"unit\": \"%s\", \"p50\": %s, "
           "\"p99\": %s, \"floor_p50\": %s, \"floor_p99\": %s, \"p50_ratio\": %s, "
           "\"p99_ratio\": %s, \"aim\": \"%s\", \"met\": \"%s\"}\n",
           row->operation, row->pods, row->n, row->unit, format_json (row->p50, text[0], 24),
           format_json (row->p99, text[1], 24), format_json (row->floor_p50, text[2], 24),
           format_json (row->floor_p99, text[3], 24),
           format_json (row->p50 / row->floor_p50, text[4], 24),
           format_json (row->p99 / row->floor_p99, text[5], 24),
           format_aim (&row->aim, aim, sizeof aim), judge (row));
}

void
report_add (Report *self, const Row *row)
{
  if (row->n == 0 || !isfinite (row->p50))
    fail ("%s: no numbers", row->operation);
  g_array_append_val (self->rows, *row);
  if (self->form == REPORT_JSON)
    print_json (row);
}

void
report_add_pair (Report *self, const char *operation, guint pods, const Pair *pair, Aim aim)
{
  Row row = { operation,
              pods,
              pair->ours.usec->len,
              "ms",
              samples_get_percentile (&pair->ours, 50) / 1000,
              samples_get_percentile (&pair->ours, 99) / 1000,
              samples_get_percentile (&pair->floor, 50) / 1000,
              samples_get_percentile (&pair->floor, 99) / 1000,
              aim };

  report_add (self, &row);
}

void
report_add_remark (Report *self, const char *remark)
{
  g_ptr_array_add (self->remarks, g_strdup (remark));
  if (self->form == REPORT_JSON)
    g_print ("{\"remark\": \"%s\"}\n", remark);
}

void
report_begin_part (Report *self)
{
  self->n_rows_before = self->rows->len;
  self->n_remarks_before = self->remarks->len;
}

void
report_end_part (Report *self, const char *name)
{
  gboolean is_measured = self->rows->len > self->n_rows_before;

  if (!is_measured && self->remarks->len == self->n_remarks_before)
    fail ("%s: no numbers", name);
  self->n_parts++;
  if (self->form != REPORT_TAP)
    return;
  if (is_measured)
    g_print ("ok %u %s\n", self->n_parts, name);
  else
    g_print ("ok %u %s # SKIP %s\n", self->n_parts, name,
             (const char *) g_ptr_array_index (self->remarks, self->remarks->len - 1));
}

void
report_print (Report *self, gboolean is_complete)
{
  const char *prefix = self->form == REPORT_TAP ? "# " : "";

  if (self->form == REPORT_JSON)
    return;
  for (guint i = 0; i < self->remarks->len; i++)
    g_print ("%s%s\n", prefix, (const char *) g_ptr_array_index (self->remarks, i));
  g_print ("%s" COLUMNS, prefix, "operation", "pods", "n", "", "p50", "p99", "floor", "p99",
           "ratio", "p99", "aim", "met");
  for (guint i = 0; i < self->rows->len; i++)
    print_row (prefix, &g_array_index (self->rows, Row, i));
  if (self->form == REPORT_TAP && is_complete)
    g_print ("1..%u\n", self->n_parts);
}
