/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A Pod manifest of Kubernetes as a pod and its containers: what the kubelet would make of it.
 *
 * Rules: PodRequests and PodLimits (k8s.io/component-helpers/resource), ComputePodQOS
 * (pkg/apis/core/v1/helper/qos), ResourceConfigForPod (pkg/kubelet/cm/helpers_linux.go): a request
 * that is left out is its limit; init containers run one after the other, before the others, and
 * those that are restarted always run beside all that come after; the pod has a limit only where
 * each of its containers has one. Of the resources cpu, memory and huge pages are taken.
 */
#pragma once

#include "cli/plan-pod.h"

/* (transfer full): of %PLAN_KUBERNETES. The uid is metadata.uid, or where there is none
 * metadata.name. As plan_pod_read() else. */
PlanPod *plan_kubernetes_read (PlanSource *source, const char *root, GError **error);
