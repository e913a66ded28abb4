/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cgroups of the running kernel for tests that are root. Everything is made in a cgroup of the
 * test's own below the root of each hierarchy, and is taken away again; nothing else is touched,
 * but for controllers that the root of cgroup2 has to enable.
 */
#pragma once

#include "lib/hierarchy.h"
#include "lib/process.h"

typedef enum {
  KERNEL_RIG_NATIVE, /* what this machine has */
  KERNEL_RIG_LEGACY, /* without its cgroup2 */
} KernelRigMode;

typedef struct {
  NcgHierarchy *hierarchy;
  const char *path;     /* the cgroup of this test, made by nobody yet */
  char *root_enabled;   /* (nullable): what the root of cgroup2 had enabled */
  GPtrArray *processes; /* (element-type NcgProcess): started by kernel_rig_start() */
} KernelRig;

/* Calls @add for each mode that this machine has. Where no cgroup can be made it adds a test @path
 * instead, which is skipped and says why. */
void kernel_rig_add_tests (const char *path, void (*add) (KernelRigMode mode));

/* (transfer full) (nullable): the hierarchies of @mode; NULL if there are none */
NcgHierarchy *kernel_rig_detect (KernelRigMode mode);

KernelRig *kernel_rig_new (KernelRigMode mode);

/* Ends the processes and removes the cgroup with all below it. */
void kernel_rig_free (KernelRig *self);

/* (transfer full): a path below that of the rig */
char *kernel_rig_path (const KernelRig *self, const char *relative);

/* A child that counts for itself until it is killed; the counter is at @ret_counter. */
const NcgProcess *kernel_rig_start (KernelRig *self);
const NcgProcess *kernel_rig_start_counter (KernelRig *self, volatile guint **ret_counter);

/* Another child of the test is one of the rig's. */
const NcgProcess *kernel_rig_hold (KernelRig *self, pid_t pid);

/* A child that waits for SIGUSR1, and then forks as fast as it can, as do its children, for as long
 * as a minute. Its cgroup must limit it. */
const NcgProcess *kernel_rig_start_bomb (KernelRig *self);

/* (transfer full): where the process is in @tree */
char *kernel_rig_read_cgroup (const NcgProcess *process, const NcgTree *tree);

/* (transfer full): a file of @path in @tree; NULL if it is not there */
char *kernel_rig_read (const NcgTree *tree, const char *path, const char *file);
void kernel_rig_write (const NcgTree *tree, const char *path, const char *file, const char *text);
gboolean kernel_rig_exists (const NcgTree *tree, const char *path);

/* The calls of cgroup-tree.h and attach.h, for all processes of the rig; they must succeed. */
void kernel_rig_make (const KernelRig *self, const char *path);
void kernel_rig_attach (const KernelRig *self, const char *path);
gboolean kernel_rig_is_populated (const KernelRig *self, const char *path);
void kernel_rig_assert_in_all_trees (const KernelRig *self, const char *path, gboolean expected);

/* Thirty seconds from now: machines may be emulated, and busy. */
gint64 kernel_rig_deadline (void);
