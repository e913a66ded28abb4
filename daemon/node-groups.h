/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The groups of the node's plan: made where they are missing, given what the plan says, kept so,
 * and given the defaults again where a plan does not name them any more. The cgroup root and what
 * is in it are the manager's; the root gets the plan's part here.
 */
#pragma once

#include "daemon/manager.h"
#include "daemon/policy/node-plan.h"

typedef struct NodeGroups NodeGroups;

/* @state_file: where to remember what they were given. The others outlive it. */
NodeGroups *node_groups_new (Manager *manager, const char *state_file);
void node_groups_free (NodeGroups *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NodeGroups, node_groups_free)

/**
 * node_groups_apply_async:
 * @plan: (transfer full) (nullable): NULL is the one before, once more
 *
 * It never fails: a group keeps why it is not as it should be. What comes while one is
 * under way is done after it.
 */
void node_groups_apply_async (NodeGroups *self,
                              NodePlan *plan,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
void node_groups_apply_finish (GAsyncResult *result);

/* Forget what was applied, after systemd may have lost it: the next plan says it anew. */
void node_groups_forget (NodeGroups *self);

typedef struct {
  /* The cgroup root has other settings than before, and something is above it: the plan is to be
   * made anew, because what is above has the sum of what the pods below protect. */
  void (*root_changed) (gpointer user_data);
  /* A group is as it should be again, or is not any more. */
  void (*settled) (gpointer user_data);
} NodeGroupsListener;

void
node_groups_set_listener (NodeGroups *self, const NodeGroupsListener *listener, gpointer user_data);

/* A unit is gone, as the driver tells: if it is one of these, it is made again. */
void node_groups_unit_removed (NodeGroups *self, const char *unit);

/* (nullable): the plan that is or was applied last */
const NodePlan *node_groups_get_plan (const NodeGroups *self);

/* (nullable): why the group @path is not as it should be */
const GError *node_groups_get_error (const NodeGroups *self, const char *path);

/* (nullable) (transfer none): the cgroup of the group @path; NULL while it is not known */
const char *node_groups_get_cgroup (const NodeGroups *self, const char *path);

/* Adds to an open a(ssssb) what the groups should have and what the kernel has. */
void node_groups_add_rows (NodeGroups *self, GVariantBuilder *rows);
