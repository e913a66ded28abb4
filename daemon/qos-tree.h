/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The slices above the pods: the cgroup root, and in it one for the Burstable and one for the
 * BestEffort ones. Their settings follow those of the pods; the root has those of the node, too.
 */
#pragma once

#include "daemon/managed-group.h"
#include "daemon/policy/qos.h"

typedef struct QosTree QosTree;

/* Called for the slice of a class as ManagedGroupOwner's functions are. */
typedef struct {
  void (*applied) (QosClass qos, gpointer user_data);
  void (*settled) (QosClass qos, gpointer user_data);
} QosTreeListener;

/* @manager: whose pods they are, and whose driver is used */
QosTree *qos_tree_new (Manager *manager);
void qos_tree_free (QosTree *self);
/* (nullable) @listener: copied */
void qos_tree_set_listener (QosTree *self, const QosTreeListener *listener, gpointer user_data);

/* What the cgroup root has on top of what its pods make, from the next call on. Copied. */
void qos_tree_set_root (QosTree *self, const NcgResources *resources);

/**
 * qos_tree_ensure_async:
 *
 * The cgroup root and the slice of @qos below it (Guaranteed pods are in the root) are there, with
 * the settings that the pods make now, verified in the kernel: see managed_group_ensure_async().
 * What qos_tree_set_root() adds does not stop pods from being made.
 */
void qos_tree_ensure_async (QosTree *self,
                            QosClass qos,
                            GAsyncReadyCallback callback,
                            gpointer user_data);

/* The same, but after the deadline it is %NCG_ERROR_TIMEOUT, and goes on without anybody waiting.
 */
void qos_tree_ensure_until_async (QosTree *self,
                                  QosClass qos,
                                  gint64 deadline_usec,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
gboolean qos_tree_ensure_finish (GAsyncResult *result, GError **error);

/* (transfer none): the slice of @qos, the root with QOS_GUARANTEED */
ManagedGroup *qos_tree_get (const QosTree *self, QosClass qos);

/* Forget what was applied, after systemd may have lost it: the next call says it anew. */
void qos_tree_forget (QosTree *self);
