/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Removing a container: its processes and its leaf; the pod stays.
 */
#pragma once

#include "daemon/manager.h"

/**
 * container_remove_async:
 * @grace_usec: 0 kills at once; else SIGTERM comes first, and SIGKILL after this time
 *
 * For a container that was created as for one that came by a join. Errors: %NCG_ERROR_NO_SUCH_POD;
 * %NCG_ERROR_NO_SUCH_CONTAINER; %NCG_ERROR_BUSY naming the processes that cannot be killed, and
 * then the container is still there.
 */
void container_remove_async (Manager *manager,
                             const char *uid,
                             const char *name,
                             guint64 grace_usec,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
gboolean container_remove_finish (GAsyncResult *result, GError **error);
