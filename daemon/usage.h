/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the parts of the node use: the machine, its system, Kubernetes' daemons, the runtime's
 * daemon, the users' sessions, and all pods together. Read in the manager's worker.
 */
#pragma once

#include "daemon/manager.h"
#include "daemon/policy/usage-sum.h"

/* Where the groups are; the strings are copied by the call. A cgroup may be in several groups: the
 * runtime's daemon counts in the slice that it is in as well. */
typedef struct {
  const char *system;      /* (nullable): "/system.slice" */
  const char *user;        /* (nullable): "/user.slice"; NULL without systemd */
  const char *runtime;     /* (nullable): "/system.slice/containerd.service" */
  const char *const *kube; /* (nullable): the daemons' slice, and the cgroups of Kubernetes' daemons
                              that are elsewhere. One below another counts once. */
} UsageGroups;

/**
 * usage_read_async:
 *
 * The figures by group: "node" (see lib/stats-machine.h), "system", "user", "runtime", "kube" and
 * "pods". The last two are sums (see policy/usage-sum.h): of the cgroups of @groups that are there,
 * and of the running pods. That is not what the slice of all pods has: it also counts what is in it
 * beside the pods, and pods that are gone. A sum of counters therefore falls when a pod goes.
 * Without any pod it is 0, for all that the slice of the pods has figures of.
 *
 * A group whose cgroup is not there is absent, a pod whose cgroup goes meanwhile is left out.
 */
void usage_read_async (Manager *manager,
                       const UsageGroups *groups,
                       GAsyncReadyCallback callback,
                       gpointer user_data);

/* Returns: (transfer full): an a{sa{sv}} */
GVariant *usage_read_finish (GAsyncResult *result, GError **error);
