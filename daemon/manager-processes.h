/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which pod a process is in.
 */
#pragma once

#include "daemon/manager.h"

/**
 * manager_find_process:
 * @ret_container: (transfer full): the container's name; of a leaf that a runtime made, the name of
 *   its cgroup; "" for a process in the pod's own cgroup
 *
 * Every hierarchy is looked at, the primary one first: a process can be in a pod by controllers of
 * v1 alone.
 *
 * Returns: (transfer none): the pod in which @pid is, %NCG_ERROR_NO_SUCH_PROCESS, or
 *   %NCG_ERROR_NO_SUCH_POD that says where it is in the primary hierarchy
 */
Pod *manager_find_process (Manager *self, guint pid, char **ret_container, GError **error);
