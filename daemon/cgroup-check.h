/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One comparison of a cgroup with what it should have: read in a worker, as often as needed, alone
 * or with others in one task.
 */
#pragma once

#include "lib/hierarchy.h"
#include "lib/verify.h"
#include "lib/worker.h"

typedef struct {
  const NcgHierarchy *hierarchy; /* outlives it */
  char *cgroup;
  NcgResources wanted;
  GPtrArray *settings; /* (nullable) (element-type NcgFileSetting): as read last */
  gboolean is_missing; /* the cgroup, then */
} CgroupCheck;

/* (transfer full): both are copied */
CgroupCheck *
cgroup_check_new (const NcgHierarchy *hierarchy, const char *cgroup, const NcgResources *wanted);
void cgroup_check_free (CgroupCheck *self);

/* Reads it; nobody else touches it until the call ends. It fails only if it is cancelled. */
void cgroup_check_read_async (CgroupCheck *self,
                              NcgWorker *worker,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);

/* The same with many, of which only the settings that differ are kept, so that they take no more
 * room together than one; @checks (element-type CgroupCheck) is kept until the call ends. */
void cgroup_check_read_all_async (GPtrArray *checks,
                                  NcgWorker *worker,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);

/* Of both. */
gboolean cgroup_check_read_finish (GAsyncResult *result);

/* (transfer container) (element-type NcgFileSetting): those that differ; valid after the next
 * reading, too */
GPtrArray *cgroup_check_take_differing (CgroupCheck *self);

/* Whether @setting, of an earlier reading, is as it should be now. */
gboolean cgroup_check_is_right (const CgroupCheck *self, const NcgFileSetting *setting);
