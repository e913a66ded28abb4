/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From what is asked for to what the cgroups have: the settings of pods, containers and the slices
 * above them. Sources: the kubelet's ResourceConfigForPod (pkg/kubelet/cm/helpers_linux.go) and
 * qos_container_manager_linux.go; where we differ, the D-Bus interface's documentation says so.
 */
#pragma once

#include "daemon/config/config.h"
#include "daemon/policy/spec.h"
#include "lib/hierarchy.h"
#include "lib/resources.h"
#include "lib/shares.h"

/* What the node's configuration says of pods that do not say it themselves, as it was when the pod
 * was made: a reload does not touch pods. All zero is what there is without a configuration. */
typedef struct {
  guint64 pids_limit;       /* podPidsLimit, or 0: none */
  gboolean is_unquoted;     /* cpuCFSQuota is off: a CPULimit is no quota */
  guint64 period_usec;      /* cpuCFSQuotaPeriod, or 0: the kernel's 100 ms */
  NcgSharesFormula formula; /* cpuWeightFormula; on cgroup v1, where weights are shares,
                               proportional */
} SettingsDefaults;

void settings_read_defaults (const Config *config,
                             const NcgHierarchy *hierarchy,
                             SettingsDefaults *ret_defaults);

/* Whether two specs of a pod, or of a container in one, with these defaults ask for the same, so
 * that one is the other's call again: spec_is_same(), and what the configuration has instead of a
 * default is not that default. */
gboolean settings_is_same_spec (const Spec *a,
                                const Spec *b,
                                SpecKind kind,
                                const SettingsDefaults *defaults);

/* (out): the whole set of a pod's cgroup, defaults included; only the sets of CPUs and nodes are
 * unset where the spec has none. */
void
settings_for_pod (const Spec *spec, const SettingsDefaults *defaults, NcgResources *ret_resources);

/* (out): the whole set of a container's leaf, in a pod with these defaults. */
void settings_for_container (const Spec *spec,
                             const SettingsDefaults *defaults,
                             NcgResources *ret_resources);

/* What the pods of a class, or of all, ask for together. A sum of protections without limit has
 * none either: NCG_UNLIMITED. */
typedef struct {
  guint64 cpu_request; /* millicores */
  guint64 memory_min;  /* bytes */
  guint64 memory_low;  /* bytes */
} QosDemand;

void settings_add_demand (QosDemand *sum, const Spec *spec);

/* Adds what @other sets: protections as sums, all else instead of what was set. */
void settings_merge (NcgResources *self, const NcgResources *other);

/**
 * settings_for_qos:
 *
 * (out): the settings of the slice of a class. Burstable has the weight of its pods' requests, by
 * @formula, since pods are its siblings;
 * BestEffort always weight 1. Guaranteed pods are in the cgroup root itself, a sibling of
 * system.slice with its weight. A protection holds only below ancestors that have it, too
 * (cgroup-v2.rst, memory.min), therefore each has the sum of what is below it.
 */
void settings_for_qos (QosClass qos,
                       const QosDemand *demand,
                       NcgSharesFormula formula,
                       NcgResources *ret_resources);
