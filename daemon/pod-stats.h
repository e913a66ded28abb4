/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The figures of pods, read in the manager's worker.
 */
#pragma once

#include "daemon/manager.h"
#include "lib/stats.h"

typedef struct {
  NcgStatsFields fields;
  gboolean with_containers; /* those of the leaves, too */
} PodStatsQuery;

/* One pod. The figures of the leaves are under "Containers" by container, and by the name of the
 * cgroup for leaves that somebody else made. */
void pod_stats_read_async (Manager *manager,
                           const char *uid,
                           const PodStatsQuery *query,
                           GAsyncReadyCallback callback,
                           gpointer user_data);

/* Returns: (transfer full): an a{sv}; an error, too, if the pod's cgroup is gone */
GVariant *pod_stats_read_finish (GAsyncResult *result, GError **error);

/* Several pods, all there are if @uids has none. A uid that is not known is %NCG_ERROR_NO_SUCH_POD;
 * a pod whose cgroup is gone is left out. They are read side by side, each a step of one task: a
 * call for all pods leaves threads to others, and its turn to them after each pod. */
void pod_stats_read_many_async (Manager *manager,
                                const char *const *uids,
                                const PodStatsQuery *query,
                                GAsyncReadyCallback callback,
                                gpointer user_data);

/* Returns: (transfer full): an a{sa{sv}}, by uid */
GVariant *pod_stats_read_many_finish (GAsyncResult *result, GError **error);
