/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Recovery of the containers of a pod: which of them are there, and what was under way.
 */
#pragma once

#include "daemon/manager.h"

/**
 * recovery_find_containers:
 * @pod: as its file has it, not in the tables yet
 * @is_gone: whether the pod's cgroup is
 *
 * The leaves that are there are the truth; the file only adds what cannot be seen. One that was
 * held and is gone has vanished; one that ended with its processes is forgotten. If they cannot be
 * listed, those of the file are taken to be there.
 */
void recovery_find_containers (Manager *manager, Pod *pod, gboolean is_gone);

/* Finishes or undoes what was under way, and gives those their settings again that have others. The
 * pod is in the tables, and active. */
void recovery_finish_containers_async (Manager *manager,
                                       Pod *pod,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
void recovery_finish_containers_finish (GAsyncResult *result);

/* The last, for a pod that was there all the time. */
void recovery_check_containers (Manager *manager, const Pod *pod);
