/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The slices above the pods: the cgroup root, and in it one for the Burstable and one for the
 * BestEffort ones. Their settings follow those of the pods.
 */
#pragma once

#include "daemon/policy/qos.h"
#include "lib/resources.h"

#include <gio/gio.h>

typedef struct QosTree QosTree;
typedef struct Manager Manager;

/* @manager: whose pods they are, and whose driver is used */
QosTree *qos_tree_new (Manager *manager);
void qos_tree_free (QosTree *self);

/**
 * qos_tree_ensure_async:
 *
 * The cgroup root and the slice of @qos below it (Guaranteed pods are in the root) are there, with
 * the settings that the pods make now, verified in the kernel. Changes that come while one is under
 * way become one, and nothing is sent where nothing differs.
 */
void qos_tree_ensure_async (QosTree *self,
                            QosClass qos,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
gboolean qos_tree_ensure_finish (GAsyncResult *result, GError **error);

/* (transfer none): what was applied to the slice of @qos last, for the root with QOS_GUARANTEED.
 * Returns: %FALSE if it is not known to be there */
gboolean qos_tree_get (const QosTree *self,
                       QosClass qos,
                       const char **ret_cgroup,
                       const NcgResources **ret_resources);

/* Forget what was applied, after systemd may have lost it: the next call says it anew. */
void qos_tree_forget (QosTree *self);
