/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes of a pod that are not where its limits are. On v1 each hierarchy has a place of its own
 * for a process, and whoever may write there can take one away from a limit that stands.
 */
#pragma once

#include "daemon/manager.h"

/* Adds to @rows, a(ssssb), one for each cgroup and hierarchy of whose limits a process of the pod
 * is outside: those of the pod, of its containers whose spec is known, and of the slices above. */
void pod_members_add_rows (const Manager *manager, const Pod *pod, GVariantBuilder *rows);
