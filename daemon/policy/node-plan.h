/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the node's own slices should have, from the configuration and from what the machine has:
 * those of the system's and Kubernetes' daemons, of users, the cgroup root of the pods, and the
 * slices above all these.
 *
 * With the policy `protect` a reservation is kept free for its owner: a CPU weight, and MemoryMin
 * (cgroup-v2.rst, "Memory Interface Files": best-effort below ancestors that have it, too, so that
 * each of these has the sum of what is below). With `limit` it is what the owner gets at most, as
 * the kubelet does: MemoryMax, TasksMax and the weight.
 *
 * Weights divide CPU time among siblings. They are made together, so that it is divided as the
 * reservations and the allocatable rest are: 100, systemd's default, is one CPU; or else, where
 * reservations of owners are not enforced, which then have that default, it is as much as those
 * have reserved. All are scaled down if one would be above 10000.
 */
#pragma once

#include "daemon/config/config.h"
#include "daemon/policy/settings.h"
#include "lib/hierarchy.h"

typedef struct {
  const NcgHierarchy *hierarchy;
  GVariant *capacity;      /* a{st} */
  const NcgCpuset *online; /* (nullable): CPUs */
  gboolean has_systemd;    /* then users have a slice */
  QosDemand demand;        /* of all pods, for what is above the cgroup root */
} NodeFacts;

typedef enum {
  NODE_GROUP_SYSTEM,
  NODE_GROUP_DAEMONS,
  NODE_GROUP_USER,
  NODE_GROUP_ROOT,     /* the cgroup root: its settings come on top of those that its pods make */
  NODE_GROUP_ANCESTOR, /* of one of the others */
} NodeGroupRole;

typedef struct {
  NodeGroupRole role;
  char *path;             /* "/system" */
  NcgResources resources; /* nothing set: it only has to be there */
} NodeGroup;

typedef struct {
  GPtrArray *groups;  /* (element-type NodeGroup): those above before those below */
  guint enforced;     /* of ConfigEnforce: what is enforced in full */
  GPtrArray *lacking; /* (element-type NodeLack): what cannot be done here */
  gboolean is_capped; /* protected are less bytes than are reserved, because of the cap */
} NodePlan;

/* Something that was asked for and that this machine cannot do. */
typedef struct {
  guint key;     /* of ConfigEnforce, or 0: reservedSystemCPUs */
  char *message; /* what is missing where, and what to do */
} NodeLack;

/* (transfer full): the path of the group @role has no entry where the configuration has none */
NodePlan *node_plan_new (const Config *config, const NodeFacts *facts);
void node_plan_free (NodePlan *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NodePlan, node_plan_free)

/* (nullable): the group @path */
const NodeGroup *node_plan_find (const NodePlan *self, const char *path);

/* Whether @group only has to be there. */
gboolean node_plan_is_empty (const NodeGroup *group);

/* Whether @path is @top or below it. Both are paths of groups, "/a/b". */
gboolean node_plan_is_below (const char *path, const char *top);
