/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Waits for a cgroup to be empty, by its cgroup.events file and without polling in between;
 * on v1, which has none, by polling.
 */
#pragma once

#include "lib/cgroup.h"

#include <gio/gio.h>

/**
 * cgroup_wait_empty_async:
 * @cgroup: (transfer none): must outlive the call
 * @deadline_usec: in g_get_monotonic_time()'s clock
 *
 * Ends with %TRUE once no process is in @cgroup and below, or it is gone; with %FALSE and no error
 * at the deadline.
 */
void cgroup_wait_empty_async (const NcgCgroup *cgroup,
                              gint64 deadline_usec,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
gboolean cgroup_wait_empty_finish (GAsyncResult *result);
