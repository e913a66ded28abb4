/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a verb is given, and how it says what it has to say: JSON where that was asked for, else
 * text in the user's pager.
 */
#pragma once

#include "cli/bus.h"
#include "cli/exit-status.h"
#include "cli/options.h"
#include "cli/table.h"
#include "cli/terminal.h"

typedef struct {
  const char *verb;
  const Options *options;
  const Terminal *terminal;
  Bus *bus;         /* NULL for a verb that needs none */
  char **arguments; /* (array zero-terminated=1): valid UTF-8 */
  guint n_arguments;
  char **command;    /* (array zero-terminated=1) (nullable): of a verb that takes one */
  ExitStatus status; /* to be set by a verb that succeeds, and has something to say by it */
} Call;

gboolean call_wants_json (const Call *self);

/* On standard output; if it is a terminal, and unless --no-pager, in the pager. To be called once,
 * at the end, with all that there is. */
void call_show (const Call *self, const char *text);

/* @value: (transfer floating): as JSON on standard output */
void call_show_json (const Call *self, GVariant *value);

/* At once and without a pager: a line of what goes on, as text or as JSON (transfer floating),
 * which is one line unless it was asked for as pretty. */
void call_print_line (const Call *self, const char *line);
void call_print_json_line (const Call *self, GVariant *value);

/* How a table looks: at the left edge, with a header unless --no-legend. */
TableLook call_get_look (const Call *self);

/* Appends @table and, unless --no-legend, "3 pods listed." @noun: "pod" @nouns: "pods" */
void call_append_table (
    const Call *self, GString *out, const Table *table, const char *noun, const char *nouns);
