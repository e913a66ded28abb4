/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command line: options, a verb, its options and arguments. The common options may stand before
 * the verb and behind it, those of the verb behind it; "--" ends them.
 */
#pragma once

#include "cli/options.h"
#include "cli/verbs.h"

typedef struct {
  Options options;
  const Verb *verb; /* the default's, if none was given; of --help NULL then */
  char *topic;      /* (nullable): the text of a topic of the help */
  char **arguments; /* (array zero-terminated=1) */
  char **command;   /* (array zero-terminated=1) (nullable): of a verb that takes one */
} CommandLine;

/* @argv: (array zero-terminated=1): with the program's name. What goes wrong is
 * %EXIT_STATUS_USAGE, or GOption's; @self has the verb then if there is one. To be cleared in any
 * case. */
gboolean command_line_parse (CommandLine *self, const char *const *argv, GError **error);
void command_line_clear (CommandLine *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CommandLine, command_line_clear)

/* (transfer full): what --help says, of all or of one verb (nullable) */
char *command_line_help (const Verb *verb);
