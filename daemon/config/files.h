/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The files of the configuration: which there are, and reading them.
 */
#pragma once

#include "daemon/config/yaml-tree.h"

/**
 * config_files_find_drop_ins:
 * @root: "" or the directory that stands for the machine's root
 *
 * Returns: (transfer full) (element-type filename): their paths, in the order in which they apply;
 *   a directory that is there and cannot be read is a problem
 */
GPtrArray *config_files_find_drop_ins (const char *root, ConfigReport *report);

/**
 * config_files_read:
 * @order: of the source, see ConfigSource
 * @ret_is_missing: (nullable): for a file that may be missing: whether it is; %NULL makes that a
 *   problem as well
 *
 * Returns: (transfer full) (nullable): the tree; %NULL if there is none, or a problem
 */
ConfigNode *
config_files_read (const char *path, guint order, ConfigReport *report, gboolean *ret_is_missing);
