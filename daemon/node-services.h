/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The services of the node that are not ours, put together: what is known of them, their scores for
 * the OOM killer, where they are, and the container runtime.
 */
#pragma once

#include "daemon/conditions.h"
#include "daemon/manager.h"

typedef struct NodeServices NodeServices;

/* Both outlive it. */
NodeServices *node_services_new (Manager *manager, Conditions *conditions);
void node_services_free (NodeServices *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NodeServices, node_services_free)

/* The manager has another configuration. */
void node_services_apply (NodeServices *self);

/* Looks at all of them again. */
void node_services_check (NodeServices *self);

/* For a slow timer: looks at their scores, at where they are, or at the runtime, in turn. */
void node_services_check_some (NodeServices *self);

/* The driver tells of one. */
void node_services_changed (NodeServices *self, const NcgService *service);

/* (transfer full): the cgroups of Kubernetes' services outside the daemons' slice */
GStrv node_services_list_kube_cgroups (const NodeServices *self);

/* (nullable): that of the container runtime's daemon; valid until it changes */
const char *node_services_get_runtime_cgroup (const NodeServices *self);

/* Adds to an open a(ssssb) their scores and slices. */
void node_services_add_rows (NodeServices *self, GVariantBuilder *rows);
