/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a configuration would make of this node.
 */
#pragma once

#include "cli/plan-group.h"
#include "daemon/config/config.h"
#include "daemon/policy/node-plan.h"

typedef struct {
  const Config *config;
  GVariant *capacity; /* a{st} */
  NodePlan *plan;
  GPtrArray *groups; /* (element-type PlanGroup): those of the plan, and the slices of the classes,
                        as they are without a pod */
} PlanNode;

/* (transfer full): %NCG_ERROR_INVALID_ARGUMENT where more is reserved than this machine has.
 * @config: outlives it */
PlanNode *plan_node_new (const PlanMachine *machine, const Config *config, GError **error);
void plan_node_free (PlanNode *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PlanNode, plan_node_free)

/* (transfer full): tables, one after the other. @look: of each */
char *plan_node_format (const PlanNode *self, const TableLook *look);

/* (transfer floating): an "a{sv}": Capacity, SystemReserved, KubeReserved, EvictionHard,
 * Allocatable as the properties of the node, Enforced, Lacking (what cannot be done here, texts),
 * Groups (see plan_group_describe()), Sysctls (Name, Mode, Wanted, Actual), OomScores (Unit, Score)
 */
GVariant *plan_node_describe (const PlanNode *self);
