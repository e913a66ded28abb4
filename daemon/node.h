/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The node: its bootstrap and its conditions, what it has and what of that is for pods, apart from
 * the pods. What it consists of are nouns of their own; here they are put together.
 */
#pragma once

#include "daemon/manager.h"

typedef enum { NODE_BOOTSTRAPPING, NODE_READY, NODE_DEGRADED } NodeState;

const char *node_state_to_string (NodeState state);

typedef struct Node Node;

typedef struct {
  /* The state, a condition, or a property changed. */
  void (*changed) (gpointer user_data);
  /* See DriftListener.found. */
  void (*drifted) (const char *object,
                   const char *setting,
                   const char *wanted,
                   const char *actual,
                   gboolean is_repaired,
                   gpointer user_data);
} NodeListener;

/* @state_file: where to remember what the node's slices were given */
Node *node_new (Manager *manager, const char *state_file);
void node_free (Node *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Node, node_free)

/* (nullable) @listener: copied */
void node_set_listener (Node *self, const NodeListener *listener, gpointer user_data);

NodeState node_get_state (const Node *self);

/* (nullable): the first condition that does not hold, and its message; NULL: all hold */
const char *node_find_failed (const Node *self, const char **ret_message);

/* (transfer full): a(sbs): name, holds, message of every check */
GVariant *node_get_conditions (const Node *self);

/* (transfer full): a{st}, see policy/allocatable.h */
GVariant *node_get_capacity (const Node *self);
GVariant *node_get_system_reserved (const Node *self);
GVariant *node_get_kube_reserved (const Node *self);
GVariant *node_get_eviction (const Node *self);
GVariant *node_get_allocatable (const Node *self);

/* (transfer full): as: what is enforced in full */
GVariant *node_get_enforced (const Node *self);

/* How many changes by others were seen. */
guint64 node_get_drift_count (const Node *self);

/* (transfer full): a(ssssb): object, setting, wanted, actual, ok, read now */
GVariant *node_verify (Node *self);

/**
 * node_bootstrap_async:
 *
 * Slices, controllers, sysctls and all else. It never fails: what does not hold is a condition that
 * says what to do, and the state is degraded. Running it again repairs what can be repaired, and
 * applies another configuration of the manager.
 */
void node_bootstrap_async (Node *self, GAsyncReadyCallback callback, gpointer user_data);
void node_bootstrap_finish (GAsyncResult *result);

/**
 * node_check_config:
 *
 * Whether the node can be as @config says: more is not reserved than there is, the CPUs are there,
 * and with protectKernelDefaults the kernel is as it should be. Nothing is changed.
 *
 * Returns: %TRUE, or an error that names all that is wrong
 */
gboolean node_check_config (const Config *config, GError **error);

/* Whether there is a connection to systemd, for the condition of that name. */
void node_set_connected (Node *self, gboolean connected);

/* a{sa{sv}}: see usage_read_async() */
void node_read_usage_async (Node *self, GAsyncReadyCallback callback, gpointer user_data);
GVariant *node_read_usage_finish (GAsyncResult *result, GError **error);

/* The driver tells of a service that is watched. */
void node_service_changed (Node *self, const NcgService *service);

/* A unit is gone, as the driver tells. */
void node_unit_removed (Node *self, const char *unit);
