/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The calls of cgroup-tree.h in a worker. The hierarchy and the trees outlive the call; a callback
 * may be NULL.
 */
#pragma once

#include "lib/hierarchy.h"

#include <gio/gio.h>

void ncg_tree_work_freeze_async (const NcgHierarchy *hierarchy,
                                 const char *path,
                                 gboolean frozen,
                                 gint64 deadline_usec,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
void ncg_tree_work_kill_async (const NcgHierarchy *hierarchy,
                               const char *proc,
                               const char *path,
                               gint64 deadline_usec,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
void ncg_tree_work_remove_async (const GPtrArray *trees,
                                 const char *proc,
                                 const char *path,
                                 gint64 deadline_usec,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);

/* Of all of them. */
gboolean ncg_tree_work_finish (GAsyncResult *result, GError **error);
