/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From what is asked for to what the cgroups have: the settings of pods, containers and the slices
 * above them. Sources: the kubelet's ResourceConfigForPod (pkg/kubelet/cm/helpers_linux.go) and
 * qos_container_manager_linux.go; where we differ, the D-Bus interface's documentation says so.
 */
#pragma once

#include "daemon/policy/spec.h"
#include "lib/resources.h"

/* (out): the whole set of a pod's cgroup, defaults included; only the sets of CPUs and nodes are
 * unset where the spec has none. */
void settings_for_pod (const Spec *spec, NcgResources *ret_resources);

/* (out): the whole set of a container's leaf. */
void settings_for_container (const Spec *spec, NcgResources *ret_resources);

/* (out): the settings of the slice of a QoS class. @cpu_request: the sum of its pods' CPU requests
 * in millicores. BestEffort always has weight 1. */
void settings_for_qos (QosClass qos, guint64 cpu_request, NcgResources *ret_resources);

/* (out): the settings of the slice of all pods while no reservation is configured: a sibling of
 * system.slice, with its weight. Nothing else, so that what an administrator set there stays. */
void settings_for_pods_root (NcgResources *ret_resources);
