/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changing a pod's settings: all of them or none.
 */
#pragma once

#include "daemon/manager.h"

/**
 * pod_update_async:
 * @changes: (transfer none): only the keys that change
 *
 * On failure what was set is set back. Besides the errors of a spec: %NCG_ERROR_NO_SUCH_POD,
 * %NCG_ERROR_INVALID_ARGUMENT for another QoS class, %NCG_ERROR_BUSY for a memory limit below what
 * the pod uses and cannot give back.
 */
void pod_update_async (Manager *manager,
                       const char *uid,
                       const Spec *changes,
                       GAsyncReadyCallback callback,
                       gpointer user_data);
gboolean pod_update_finish (GAsyncResult *result, GError **error);

/* Applies what @pod should have once more, and with @pending instead of its own spec if that is not
 * NULL: the change that a daemon before this one had begun, and whose file is still there. */
void pod_update_resume_async (Manager *manager,
                              Pod *pod,
                              const Spec *pending,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
