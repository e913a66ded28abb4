/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A configuration as YAML.
 */
#pragma once

#include "daemon/config/config.h"

/**
 * config_show:
 * @config: of config_load()
 *
 * Each value is followed by a comment that says where it is from: "# FILE:LINE", "# --option" or
 * "# default". What must not be given beside other values is a comment itself.
 *
 * Returns: (transfer full): a file of ours that loads to the same configuration, with the same
 *   --root, --bus-address and --user, which are not in it
 */
char *config_show (const Config *config);
