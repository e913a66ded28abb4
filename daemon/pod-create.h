/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Creating a pod: its file, the slice of its class, its own slice, and the kernel's word for it.
 */
#pragma once

#include "daemon/manager.h"

/**
 * pod_create_async:
 * @spec: (transfer none)
 *
 * Idempotent: with a spec equal to the pod's it ends with the pod that is there. Errors:
 * %NCG_ERROR_INVALID_ARGUMENT, %NCG_ERROR_POD_EXISTS, %NCG_ERROR_NOT_SUPPORTED,
 * %NCG_ERROR_TIMEOUT, %NCG_ERROR_SYSTEMD_FAILED, %NCG_ERROR_FAILED; nothing is left behind then. A
 * slice of ours that was there before, which no file knows, is taken over, or left as it is.
 */
void pod_create_async (Manager *manager,
                       const char *uid,
                       const Spec *spec,
                       GAsyncReadyCallback callback,
                       gpointer user_data);

/* Returns: (transfer full): the pod */
Pod *pod_create_finish (GAsyncResult *result, GError **error);

/**
 * pod_create_resume_async:
 * @pod: as its file has it, not in the tables yet
 *
 * Finishes what a daemon before this one had begun.
 */
void pod_create_resume_async (Manager *manager,
                              Pod *pod,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
