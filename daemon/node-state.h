/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the node's groups were given, on disk: so that a setting that is not wanted any more gets
 * its default again, even if the daemon was stopped meanwhile. Written before anything is set.
 */
#pragma once

#include "lib/resources.h"

/* An entry of a list. */
typedef struct {
  char *path;             /* of the group */
  NcgResources resources; /* numbers, CPUs and huge pages only */
} NodeStateGroup;

/* (transfer full) (element-type NodeStateGroup): an empty list */
GPtrArray *node_state_new (void);

/* Adds the settings of @path, to those that it has in @list already. Copied. */
void node_state_add (GPtrArray *list, const char *path, const NcgResources *resources);

/* (nullable) (transfer none) */
const NodeStateGroup *node_state_find (const GPtrArray *list, const char *path);

/**
 * node_state_save:
 * @file: replaced as a whole, or left as it is
 *
 * Returns: %TRUE, or why it could not be written
 */
gboolean node_state_save (const GPtrArray *list, const char *file, GError **error);

/**
 * node_state_load:
 *
 * Returns: (transfer full): what was saved, nothing if there is no @file; %NULL with an error if it
 *   is damaged, of another version, or cannot be read, and then it is set aside
 */
GPtrArray *node_state_load (const char *file, GError **error);
