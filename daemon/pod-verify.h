/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the cgroups of a pod should have and what the kernel has, read in a worker: on v1 that is a
 * look at every process of the pod.
 */
#pragma once

#include "daemon/manager.h"

/* What is changed meanwhile is read again, a few times at most: a difference is one of the
 * kernel's, and not of two moments. */
void pod_verify_async (Manager *manager,
                       const char *uid,
                       GAsyncReadyCallback callback,
                       gpointer user_data);

/* Returns: (transfer full): a(ssssb), see VerifyPod; or %NCG_ERROR_NO_SUCH_POD */
GVariant *pod_verify_finish (GAsyncResult *result, GError **error);
