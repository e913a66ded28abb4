/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A pod of a file: what CreatePod would be given, and CreateContainer for its containers.
 */
#pragma once

#include "cli/plan-source.h"
#include "daemon/policy/spec.h"

typedef struct {
  char *name;
  Spec spec;
} PlanContainer;

typedef struct {
  char *uid;
  Spec spec;
  GPtrArray *containers; /* (element-type PlanContainer) */
} PlanPod;

PlanPod *plan_pod_new (void);
void plan_pod_free (PlanPod *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PlanPod, plan_pod_free)

/* (transfer none): another container, whose spec says nothing yet */
PlanContainer *plan_pod_add (PlanPod *self, const char *name);

/**
 * plan_pod_read:
 * @source: of %PLAN_POD: the keys of the spec as the API has them, Uid, and Containers, a map from
 *   names to their keys. Lists of the API are maps: IOLimits of devices to limits to amounts,
 *   SystemdProperties of names to values in GVariant's text format.
 * @root: "" or a directory that stands for the machine's root
 *
 * Returns: (transfer full): the pod, which the daemon would take; else all that is wrong
 */
PlanPod *plan_pod_read (PlanSource *source, const char *root, GError **error);

/* What the machine has of what the spec names, and what in it contradicts itself, as the daemon
 * checks it; a problem is at @node. */
void plan_pod_check (PlanSource *source, const ConfigNode *node, Spec *spec, const char *root);
