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
gboolean ncg_leaf_join_finish (GAsyncResult *result, GError **error);
