/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a cgroup is to be given to be as it was before a change, where that is more than it was
 * given before: settings may be new, and so nobody knows what they were but the kernel.
 */
#pragma once

#include "lib/hierarchy.h"
#include "lib/resources.h"

/* Adds to @self what the files, lines and fields that no setting stands for, and that only @other
 * has, say now in the cgroup @path. To be called before @other is set; what is not there is left
 * out. Reads, and does not block. */
void ncg_undo_add_current (NcgResources *self,
                           const NcgResources *other,
                           const NcgHierarchy *hierarchy,
                           const char *path);

/**
 * ncg_undo_add_sets:
 *
 * Adds to @self the sets of CPUs and memory nodes that only @other has: a set cannot be taken away
 * from a cgroup with processes, but may be all that the parent of @path has, which is the same.
 *
 * Returns: %TRUE; else %NCG_ERROR_NOT_FOUND if there is no parent, or as ncg_cgroup_read() says it
 */
gboolean ncg_undo_add_sets (NcgResources *self,
                            const NcgResources *other,
                            const NcgHierarchy *hierarchy,
                            const char *path,
                            GError **error);
