/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Notices that leaves have become empty: at once on v2 (cgroup.events), within a second on v1,
 * whose cgroups have to be looked at by a worker.
 */
#pragma once

#include "lib/cgroupfs.h"

typedef struct NcgLeafWatch NcgLeafWatch;

/* @path is watched no more, unless it is added again; then the cgroup is empty, or gone. */
typedef void (*NcgLeafEmptied) (const char *path, gpointer user_data);

/* @cgroupfs outlives it; @emptied is called on the thread-default main context of this call. */
NcgLeafWatch *
ncg_leaf_watch_new (NcgCgroupfs *cgroupfs, NcgLeafEmptied emptied, gpointer user_data);

/* Nothing is called any more. */
void ncg_leaf_watch_free (NcgLeafWatch *self);

/* Also one that is empty already: that is told, not before @delay_msec and not from within this
 * call. */
void ncg_leaf_watch_add (NcgLeafWatch *self, const char *path, guint delay_msec);

/* Returns: whether it was watched */
gboolean ncg_leaf_watch_remove (NcgLeafWatch *self, const char *path);
