/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changing a container's settings: all of them or none.
 */
#pragma once

#include "daemon/manager.h"

/**
 * container_update_async:
 * @changes: (transfer none): only the keys that change
 *
 * For a container that was created as for one that came by a join. On failure what was set is set
 * back. Besides the errors of a spec: %NCG_ERROR_NO_SUCH_POD, %NCG_ERROR_NO_SUCH_CONTAINER,
 * %NCG_ERROR_BUSY for a memory limit below what it uses and cannot give back.
 */
void container_update_async (Manager *manager,
                             const char *uid,
                             const char *name,
                             const Spec *changes,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
gboolean container_update_finish (GAsyncResult *result, GError **error);

/* Applies what the container should have once more; one that is updating, with what is pending: the
 * change that a daemon before this one had begun. */
void container_update_resume_async (Manager *manager,
                                    const char *uid,
                                    const char *name,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
