/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A pod's figures, read in a worker.
 */
#pragma once

#include "daemon/manager.h"

/**
 * pod_stats_read_async:
 * @with_containers: also those of the leaves, under "Containers" by container, and by the name of
 * the cgroup for leaves that somebody else made
 */
void pod_stats_read_async (Manager *manager,
                           const char *uid,
                           gboolean with_containers,
                           GAsyncReadyCallback callback,
                           gpointer user_data);

/* Returns: (transfer full): an a{sv} */
GVariant *pod_stats_read_finish (GAsyncResult *result, GError **error);
