/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes into a leaf that systemd has made. A user's manager is asked for what the kernel does
 * not let a user do: a process that is moved leaves for a place below the nearest cgroup above
 * both, and whoever moves it has to be allowed to write cgroup.procs of that one as well
 * (cgroup-v2.rst, Delegation Containment). Between a session and the manager's own tree this is
 * root's user-UID.slice; the manager then asks the system's, which may.
 */
#pragma once

#include "lib/leaf-join.h"
#include "lib/systemd-context.h"

/**
 * ncg_systemd_join_async:
 * @unit: of the leaf; for a user's manager to be asked it must be delegated
 * @origins: (nullable): as of ncg_leaf_join_async()
 *
 * As ncg_leaf_join_async(), verified the same way whoever has moved the processes. Of those that
 * the manager has moved, what comes from outside of its tree cannot be moved back if another fails.
 *
 * Of a leaf that ends empty, and was not seen to be filled all the time, systemd is asked whether
 * its unit still runs: what systemd has seen before is done before it answers. If it has ended,
 * %NCG_ERROR_NO_SUCH_UNIT; the processes are in its cgroup then, and to be in a unit again takes
 * ncg_systemd_leaf_start_async().
 *
 * Errors: those of ncg_leaf_join_async(), and of AttachProcessesToUnit.
 */
void ncg_systemd_join_async (NcgSystemdContext *context,
                             const char *unit,
                             const NcgLeafJoin *join,
                             const NcgOrigins *origins,
                             gint64 deadline_usec,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
gboolean ncg_systemd_join_finish (GAsyncResult *result, GError **error);
