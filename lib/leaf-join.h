/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes into a leaf that is there, with all that goes with it, in a worker: the leaf's place in
 * further hierarchies, its owner, the subgroup, the moving. If it fails, the processes are back
 * where they were.
 */
#pragma once

#include "lib/attach.h"
#include "lib/leaf-settle.h"

#include <gio/gio.h>

/* The strings are copied, the processes referenced. */
typedef struct {
  const char *root; /* "" or a directory that stands for the machine's root */
  const NcgHierarchy *hierarchy;
  const char *cgroup;
  const GPtrArray *foreign;   /* (nullable) (element-type NcgTree): see ncg_leaf_make_foreign() */
  const GPtrArray *processes; /* (nullable) (element-type NcgProcess) */
  const char *subgroup;       /* (nullable) */
  uid_t user;                 /* or NCG_NO_USER */
  gboolean ends_empty; /* the leaf ends when systemd sees it empty: see ncg_leaf_join_finish() */
} NcgLeafJoin;

/**
 * ncg_leaf_join_async:
 * @origins: (nullable): where the processes were, outlives the call; read first if %NULL
 *
 * Errors: those of ncg_attach_processes() and of the functions of leaf-settle.h.
 */
void ncg_leaf_join_async (const NcgLeafJoin *join,
                          const NcgOrigins *origins,
                          GAsyncReadyCallback callback,
                          gpointer user_data);

/* @ret_was_filled: (out) (optional): of a leaf that ends empty: another process was in it all the
 * time, so that it has not been empty before the processes were in it; of all others %TRUE. systemd
 * ends a scope when it has seen its cgroup empty, and acts on that later without looking again
 * (on_cgroup_empty_event() in its core/cgroup.c): whoever came in between is left in a cgroup whose
 * unit has ended. */
gboolean ncg_leaf_join_finish (GAsyncResult *result, gboolean *ret_was_filled, GError **error);
