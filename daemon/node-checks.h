/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the conditions say of the node's groups: whether they are there with their controllers, and
 * whether what is to be enforced is.
 */
#pragma once

#include "daemon/conditions.h"
#include "daemon/node-groups.h"

/* (transfer full): as: what is asked for, can be done here, and the kernel has all of, by its keys
 * in enforceNodeAllocatable */
GVariant *node_checks_list_enforced (const Manager *manager, const NodeGroups *groups);

/* Sets the conditions of the plan that was applied, and drops those of an earlier one. */
void
node_checks_set_conditions (Conditions *conditions, Manager *manager, const NodeGroups *groups);
