/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Removing a pod: its processes, its slice and its file.
 */
#pragma once

#include "daemon/manager.h"

/* An hour: whoever needs longer sends the signal himself. */
#define POD_REMOVE_GRACE_MAX_USEC (G_GUINT64_CONSTANT (3600) * G_USEC_PER_SEC)

/**
 * pod_remove_async:
 * @grace_usec: 0 kills at once; else SIGTERM comes first, and SIGKILL after this time
 *
 * Also a pod that was left behind, see pod_is_left_behind(): it is left behind again if that fails.
 *
 * Errors: %NCG_ERROR_NO_SUCH_POD; %NCG_ERROR_ACCESS_DENIED for one of others; %NCG_ERROR_BUSY
 * naming the processes that cannot be killed or the cgroup that cannot be removed, and then the pod
 * is still there.
 */
void pod_remove_async (Manager *manager,
                       const char *uid,
                       guint64 grace_usec,
                       GAsyncReadyCallback callback,
                       gpointer user_data);
gboolean pod_remove_finish (GAsyncResult *result, GError **error);
