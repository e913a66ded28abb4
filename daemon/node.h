/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The node: its bootstrap, its conditions and its capacity, apart from the pods.
 */
#pragma once

#include "daemon/manager.h"

typedef enum { NODE_BOOTSTRAPPING, NODE_READY, NODE_DEGRADED } NodeState;

const char *node_state_to_string (NodeState state);

typedef struct Node Node;

/* @changed: called when the state, a condition or the capacity changed */
typedef void (*NodeChanged) (gpointer user_data);

Node *node_new (Manager *manager);
void node_free (Node *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Node, node_free)
void node_set_listener (Node *self, NodeChanged changed, gpointer user_data);

NodeState node_get_state (const Node *self);

/* (transfer full): a(sbs): name, holds, message of every check */
GVariant *node_get_conditions (const Node *self);

/* (transfer full): a{st} */
GVariant *node_get_capacity (const Node *self);

/* (transfer full): a(ssssb): object, setting, wanted, actual, ok, read now */
GVariant *node_verify (Node *self);

/**
 * node_bootstrap_async:
 *
 * Slices, controllers and sysctls. It never fails: what does not hold is a condition that says what
 * to do, and the state is degraded. Running it again repairs what can be repaired.
 */
void node_bootstrap_async (Node *self, GAsyncReadyCallback callback, gpointer user_data);
void node_bootstrap_finish (GAsyncResult *result);

/* Whether there is a connection to systemd, for the condition of that name. */
void node_set_connected (Node *self, gboolean connected);
