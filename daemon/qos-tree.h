/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The slices between the cgroup root and the pods: one for the Burstable and one for the BestEffort
 * ones. The weight of the Burstable slice follows the requests of its pods.
 */
#pragma once

#include "daemon/policy/qos.h"

#include <gio/gio.h>

typedef struct QosTree QosTree;
typedef struct Manager Manager;

/* @manager: whose pods they are, and whose driver is used */
QosTree *qos_tree_new (Manager *manager);
void qos_tree_free (QosTree *self);

/**
 * qos_tree_ensure_async:
 *
 * The slice of @qos is there, with the settings that its pods make now, verified in the kernel; for
 * Guaranteed pods, which have none of their own, it ends at once. Changes that come while one is
 * under way become one, and nothing is sent where nothing differs.
 */
void qos_tree_ensure_async (QosTree *self,
                            QosClass qos,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
gboolean qos_tree_ensure_finish (GAsyncResult *result, GError **error);

/* Forget what was applied, after systemd may have lost it: the next call says it anew. */
void qos_tree_forget (QosTree *self);
