/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Putting processes into a container's leaf: a new scope at the first join, the same one after
 * that.
 */
#pragma once

#include "daemon/manager.h"
#include "daemon/policy/join-options.h"

/* Processes of one call. */
#define POD_JOIN_MAX 1024

/**
 * pod_join_async:
 * @processes: (element-type NcgProcess): referenced until the end
 * @options: (transfer none): the settings of a container that is not there yet, its delegation,
 *   and where in it the processes go
 * @owner: whose processes alone may be joined, and to whom alone a container may be delegated;
 *   %NCG_NO_USER for everybody's
 *
 * Ends when every process is in the leaf, as the kernel says. Errors: those of names and specs,
 * %NCG_ERROR_NO_SUCH_POD, %NCG_ERROR_CONTAINER_EXISTS if the container is there with another spec,
 * %NCG_ERROR_NO_SUCH_PROCESS if one ended meanwhile, %NCG_ERROR_ACCESS_DENIED if one was not
 * @owner's when it had been moved. After an error all are where they were.
 */
void pod_join_async (Manager *manager,
                     const char *uid,
                     const char *container,
                     GPtrArray *processes,
                     const JoinOptions *options,
                     uid_t owner,
                     GAsyncReadyCallback callback,
                     gpointer user_data);
/* Whether a process is @owner's, so that @owner may join it; see ncg_process_check_owner(). */
gboolean
pod_join_check_owner (const NcgProcess *process, const char *proc, uid_t owner, GError **error);
NcgPlace *pod_join_finish (GAsyncResult *result, GError **error);
