/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a value of the configuration comes from: a file, or an option of the command line, and the
 * place in it.
 */
#pragma once

#include <glib.h>

typedef struct {
  char *name;  /* the file's path, or the option: "--cgroup-root" */
  char *text;  /* (nullable): what is in the file, valid UTF-8; NULL for an option */
  guint order; /* problems are told in this order of their sources */
} ConfigSource;

/* (transfer full): @text is copied; of invalid UTF-8 nothing is kept, and so nothing is shown */
ConfigSource *config_source_new (const char *name, const char *text, gssize length, guint order);
ConfigSource *config_source_ref (ConfigSource *self);
void config_source_unref (ConfigSource *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ConfigSource, config_source_unref)

/* A place in a source; whoever keeps one has a reference of its own. */
typedef struct {
  ConfigSource *source; /* (nullable): NULL for a default */
  guint line;           /* from 1; 0 is no line: an option, or the file as a whole */
  guint column;         /* from 1, in characters */
} ConfigPlace;

ConfigPlace config_place_copy (const ConfigPlace *self);
void config_place_clear (ConfigPlace *self);

/* As the order of sources, lines and columns is: below 0, 0, above 0. */
int config_place_compare (const ConfigPlace *a, const ConfigPlace *b);

/* (transfer full): "FILE:LINE:COLUMN", "FILE" or "--option"; "default" for none */
char *config_place_format (const ConfigPlace *self);

/* (transfer full) (nullable): the line of the source and below it a caret at the column, each with
 * a line feed before it; NULL if there is none to show */
char *config_place_format_caret (const ConfigPlace *self);
