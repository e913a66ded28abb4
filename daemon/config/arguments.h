/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command line.
 */
#pragma once

#include "daemon/config/load.h"

typedef enum { CONFIG_RUN, CONFIG_SHOW_VERSION, CONFIG_CHECK, CONFIG_SHOW } ConfigAction;

/**
 * config_arguments_parse:
 * @argv: the command line; what is understood is taken out of it
 * @ret_action: CONFIG_RUN, or what was asked for instead of running: to print the version, to check
 *   the configuration, to show it
 *
 * Options that stand for fields are kept as the last layer of the configuration, so that they are
 * checked as the fields are, by config_load().
 *
 * Returns: (transfer full): where to load from; has_systemd is left to the caller. Else
 *   %NCG_ERROR_INVALID_ARGUMENT or an error of %G_OPTION_ERROR that names the option
 */
ConfigSources *
config_arguments_parse (int *argc, char ***argv, ConfigAction *ret_action, GError **error);
