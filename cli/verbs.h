/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The verbs. Each is a file, cli/verb-NAME.c, which defines its row, verb_NAME; and a line in
 * cli/verb-list.h, from where the help, the dispatch and the completions have it.
 */
#pragma once

#include "cli/call.h"

typedef enum {
  VERB_GROUP_SEE,
  VERB_GROUP_CHANGE,
  VERB_GROUP_N,
} VerbGroup;

typedef struct {
  const char *name;
  const char *arguments; /* as the help shows them: "UID [KEY=VALUE…]"; "" for none */
  guint min_arguments;
  guint max_arguments; /* G_MAXUINT: any number */
  gboolean needs_bus;
  gboolean takes_command; /* what is behind "--" is a command, and there has to be one */
  VerbGroup group;
  const char *help;            /* one line, without a full stop */
  const GOptionEntry *options; /* (nullable): its own, which may stand behind it */
  const char *more;            /* (nullable): the rest of its --help */

  /* %TRUE with the status in @call, or the error that the user is told. The values of @options are
   * in variables of its file. */
  gboolean (*run) (Call *call, GError **error);
} Verb;

/* What nodecgroupsctl alone does. */
#define VERB_DEFAULT "status"

/* (transfer none) (array zero-terminated=1): all, in the order of the help */
const Verb *const *verbs_list (void);

/* Else %EXIT_STATUS_USAGE, which names the one that was probably meant. */
const Verb *verbs_find (const char *name, GError **error);

/* The number of arguments is one that the verb takes, and there is a command if it takes one; else
 * %EXIT_STATUS_USAGE. */
gboolean
verbs_check_arguments (const Verb *verb, guint n_arguments, gboolean has_command, GError **error);

#define VERB(name) extern const Verb verb_##name;
#include "cli/verb-list.h"
#undef VERB
