/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the soak says: TAP on standard output, where lines with "#" are for the reader. Any thread
 * may call these.
 */
#pragma once

#include <glib.h>

/* A line for the reader. */
void report_note (const char *format, ...) G_GNUC_PRINTF (1, 2);

/* Something is not as it should be: the soak has failed, and comes to its end. Only the first few
 * are printed, since one thing leads to another. */
void report_fail (const char *format, ...) G_GNUC_PRINTF (1, 2);

gboolean report_has_failed (void);

/* The line of TAP about the whole, with the first failure and what is needed to repeat it. */
void report_result (gint64 seed);

/* Runs a line of the shell. Returns: (transfer full): what it printed, without blanks at the end;
 * "" if it failed, which is a failure of the soak unless @may_fail */
char *report_run (gboolean may_fail, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Copies what a line of the shell prints, each line with "#" before it. */
void report_output (const char *line);
