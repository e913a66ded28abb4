/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Creating a container that is joined later: its leaf is there, empty, and stays.
 */
#pragma once

#include "daemon/manager.h"
#include "daemon/policy/join-options.h"

/**
 * container_create_async:
 * @options: (transfer none): the settings, and the delegation; a subgroup has no meaning here
 * @owner: who calls, if it may be delegated to him only: else %NCG_ERROR_ACCESS_DENIED;
 *   %NCG_NO_USER for whoever may delegate to anybody
 *
 * Idempotent: with equal options it ends with the container that is there. One that has vanished is
 * made anew. Errors: those of names and specs, %NCG_ERROR_NO_SUCH_POD, %NCG_ERROR_CONTAINER_EXISTS,
 * and those of the driver; nothing is left behind then, unless the outcome is not known: such a
 * container is there, as vanished.
 */
void container_create_async (Manager *manager,
                             const char *uid,
                             const char *name,
                             const JoinOptions *options,
                             uid_t owner,
                             GAsyncReadyCallback callback,
                             gpointer user_data);

/* Returns: (transfer full): where it is */
NcgPlace *container_create_finish (GAsyncResult *result, GError **error);

/* Finishes what a daemon before this one had begun: @container is starting. */
void container_create_resume_async (Manager *manager,
                                    Pod *pod,
                                    Container *container,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
