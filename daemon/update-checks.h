/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a change of settings has to know of the cgroup that it changes: what its parent has, and how
 * much memory it could not give back.
 */
#pragma once

#include "daemon/manager.h"

/**
 * update_checks_fill:
 * @before: (nullable): what @cgroup has; only sets of it are filled in @resources
 *
 * An empty list of CPUs or nodes means all of the parent's. It has to be said in full, since the
 * kernel refuses an empty set for a cgroup with processes (ENOSPC). An error if the parent cannot
 * be read.
 */
gboolean update_checks_fill (const Manager *manager,
                             const char *cgroup,
                             const NcgResources *before,
                             NcgResources *resources,
                             GError **error);

/**
 * update_checks_cpu_of_container:
 * @name, @spec: a container of @pod, and what it is to have
 *
 * update_checks_cpu_of_pod:
 * @spec: what @pod is to have
 *
 * On cgroup v1 no cgroup may have more CPU time than what it is in (kernel,
 * Documentation/scheduler/sched-bwc.rst); systemd does not tell that the kernel refused it.
 *
 * Returns: %TRUE; else %NCG_ERROR_INVALID_ARGUMENT with both limits
 */
gboolean update_checks_cpu_of_container (
    const Manager *manager, const Pod *pod, const char *name, const Spec *spec, GError **error);
gboolean
update_checks_cpu_of_pod (const Manager *manager, const Pod *pod, const Spec *spec, GError **error);

/**
 * update_checks_memory_async:
 * @what: "pod a", for the message
 *
 * Whether @cgroup fits into the memory limit of @resources, in a worker: memory.stat can be slow.
 * %NCG_ERROR_BUSY with both figures if not.
 */
void update_checks_memory_async (Manager *manager,
                                 const char *cgroup,
                                 const NcgResources *resources,
                                 const char *what,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
gboolean update_checks_memory_finish (GAsyncResult *result, GError **error);
