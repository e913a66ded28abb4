/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl in the machine. Whatever fails here ends the test program.
 */
#pragma once

#include <glib.h>

/* What it printed and what it complained about; to be freed by ctl_free(). */
typedef struct {
  char *output;
  char *errors;
} Ctl;

/* Runs `nodecgroupsctl LINE` in a shell; it has to end with that status. */
Ctl *ctl_run (int status, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* The same as a user who is nobody. */
Ctl *ctl_run_as_nobody (int status, const char *line);
void ctl_free (Ctl *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Ctl, ctl_free)

/* The output has @text in it, and the complaints have. */
void ctl_assert_output (const Ctl *self, const char *text);
void ctl_assert_errors (const Ctl *self, const char *text);

/* It succeeds, and what it prints has @text in it; with --json it is a document in which @path
 * leads to @expected, see json-query.h. */
void ctl_assert (const char *line, const char *text);
void ctl_assert_json (const char *line, const char *path, const char *expected);
