/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The options that all verbs have. They are named as systemctl's, and mean the same.
 */
#pragma once

#include "cli/terminal.h"

typedef enum {
  OPTIONS_JSON_OFF,
  OPTIONS_JSON_AUTO, /* pretty on a terminal, else short */
  OPTIONS_JSON_PRETTY,
  OPTIONS_JSON_SHORT,
} OptionsJson;

typedef struct {
  OptionsJson json;
  ColorMode color;
  gboolean no_pager;
  gboolean no_legend;
  gboolean is_user; /* the bus of the user's session */
  char *host;       /* (nullable): over ssh */
  gboolean wants_help;
  gboolean wants_version;
  char **arguments; /* (nullable): what is no option */
} Options;

void options_clear (Options *self);

/* (transfer full): a context that fills @self, and has the verb's own options @more (nullable)
 * besides. @usage: (nullable): what its help has behind the program's name. "--" ends the options,
 * and is no argument. What is parsed is to be prepared by options_prepare() first. */
GOptionContext *options_new_context (Options *self, const char *usage, const GOptionEntry *more);

/* "--json" without a value would take the next argument for it: it gets one, in place. @arguments:
 * (array zero-terminated=1), of strings that can be freed */
void options_prepare (char **arguments);

/* What goes together; else %EXIT_STATUS_USAGE. */
gboolean options_check (const Options *self, GError **error);
