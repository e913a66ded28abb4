/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pods that others made under our root: a kubelet, a runtime with a cgroup parent, somebody with
 * systemd-run. They are in the tables as foreign, come and go as their cgroups do, and nothing is
 * ever done to them. The same look finds that a cgroup of ours has gone.
 */
#pragma once

#include "daemon/pod.h"

typedef struct Manager Manager;
typedef struct ForeignPods ForeignPods;

/* @manager: in whose tables they are */
ForeignPods *foreign_pods_new (Manager *manager);
void foreign_pods_free (ForeignPods *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ForeignPods, foreign_pods_free)

/**
 * foreign_pods_look_async:
 *
 * Those that there are now are known at the end, but for those of which systemd did not say whose
 * they are: these are looked at again soon. From the first call on it is watched: a change is seen
 * at once, and many changes at most five times a second. To be called again after
 * something may have been missed: the cgroup root made anew, a connection lost.
 */
void foreign_pods_look_async (ForeignPods *self, GAsyncReadyCallback callback, gpointer user_data);
void foreign_pods_look_finish (GAsyncResult *result);

/* A pod has left the tables: what is there still, or was hidden behind its uid, is another's. */
void foreign_pods_pod_dropped (ForeignPods *self, const Pod *pod);
