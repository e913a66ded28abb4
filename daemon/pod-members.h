/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes of a pod that are not where its limits are. On v1 each hierarchy has a place of its own
 * for a process, and whoever may write there can take one away from a limit that stands.
 */
#pragma once

#include "daemon/manager.h"

/* (transfer full) (element-type NcgHolder): whose limits hold all of the pod: itself, and the
 * slices above; none where there is one hierarchy */
GPtrArray *pod_members_list_holders (const Manager *manager, const Pod *pod);

/* The same of a container alone. */
GPtrArray *pod_members_list_holders_of (const Manager *manager,
                                        const char *cgroup,
                                        const NcgResources *resources);

/* Adds to @rows, a(ssssb), one for each of @holders of whose limits a process of @cgroup is
 * outside. It looks at all of them, and is for a worker: of @manager it takes what stays the same.
 */
void pod_members_add_rows (const Manager *manager,
                           const char *cgroup,
                           const GPtrArray *holders,
                           GVariantBuilder *rows);
