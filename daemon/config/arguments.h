/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command line.
 */
#pragma once

#include "daemon/config/config.h"

typedef enum { CONFIG_RUN, CONFIG_SHOW_VERSION } ConfigAction;

/**
 * config_parse_arguments:
 * @argv: the command line; what is understood is taken out of it
 * @ret_action: CONFIG_RUN, or what was asked for instead of running
 *
 * Returns: %TRUE, or an error that names the option, the value and what is allowed
 */
gboolean config_parse_arguments (
    Config *self, int *argc, char ***argv, ConfigAction *ret_action, GError **error);
