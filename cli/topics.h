/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What "help TOPIC" has beside the help of verbs: lists for the completions of the shells, one
 * entry a line, so that what can be completed is what there is.
 */
#pragma once

#include <glib.h>

/**
 * topics_format:
 * @name: "verbs": the name of each, its arguments and its help, divided by tabs; "keys": those of
 *   create and update
 *
 * Returns: (transfer full) (nullable): the text; %NULL if there is no such topic
 */
char *topics_format (const char *name);
