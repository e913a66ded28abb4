/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Continual validation of the pods: their cgroups, and the leaves whose spec is known, have what
 * follows from the specs. The object that is told of is the cgroup.
 */
#pragma once

#include "daemon/manager.h"

/* Watches @pod and its leaves as they are now; again after each change of theirs. */
void pod_drift_watch (Manager *manager, Pod *pod);

/* One leaf, whose cgroup may have been made again. */
void pod_drift_watch_container (Manager *manager, const Container *container);

/* The end of a pod, or of one leaf. */
void pod_drift_unwatch (Manager *manager, const Pod *pod);
void pod_drift_unwatch_container (Manager *manager, const Container *container);
