/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The verbs of a driver, done by our own hand in the file system: groups and leaves as directories.
 * All of them block, and are for a worker; ncg_cgroupfs_run() is the way there. Operations on one
 * cgroup wait for each other, as long as their deadline allows: %NCG_ERROR_TIMEOUT.
 *
 * Nobody but us is asked, so nobody but us may manage these cgroups: of systemd's only the root is
 * touched, where a controller has to be enabled for those below it.
 */
#pragma once

#include "lib/driver.h"

typedef struct NcgCgroupfs NcgCgroupfs;

/* @root: "" or a directory that stands for the machine's root. @hierarchy outlives it. */
NcgCgroupfs *ncg_cgroupfs_new (const char *root, const NcgHierarchy *hierarchy);

/* Waits for what runs in workers. */
void ncg_cgroupfs_free (NcgCgroupfs *self);

const NcgHierarchy *ncg_cgroupfs_get_hierarchy (const NcgCgroupfs *self);

/**
 * ncg_cgroupfs_run:
 * @job: called in a worker
 * @done: called after that on the caller's thread-default main context, which may be after
 *   ncg_cgroupfs_free(); it owns @data
 */
void ncg_cgroupfs_run (NcgCgroupfs *self,
                       void (*job) (NcgCgroupfs *self, gpointer data),
                       void (*done) (gpointer data),
                       gpointer data);

/* See ncg_driver_ensure_group_async(). What is made on the way to the group is marked as made by
 * us, and is anybody's who asks for it by its own path. */
gboolean ncg_cgroupfs_ensure_group (NcgCgroupfs *self,
                                    const NcgGroup *group,
                                    gint64 deadline_usec,
                                    GError **error);

/* See ncg_driver_set_resources_async(). */
gboolean ncg_cgroupfs_set_resources (NcgCgroupfs *self,
                                     const char *path,
                                     const NcgResources *resources,
                                     gint64 deadline_usec,
                                     GError **error);

/**
 * ncg_cgroupfs_start_leaf:
 * @path: the leaf's; %NCG_ERROR_NOT_FOUND without its group
 * @may_replace: one of the same description that is empty has ended, and is only not removed yet
 *
 * See ncg_driver_start_leaf_async().
 */
gboolean ncg_cgroupfs_start_leaf (NcgCgroupfs *self,
                                  const char *path,
                                  const NcgLeaf *leaf,
                                  gboolean may_replace,
                                  gint64 deadline_usec,
                                  GError **error);

/* See ncg_driver_join_async(). @held: (nullable): what the leaf is made with again if it is gone:
 * its description and resources */
gboolean ncg_cgroupfs_join (NcgCgroupfs *self,
                            const NcgJoin *join,
                            const NcgLeaf *held,
                            gint64 deadline_usec,
                            GError **error);

/* See ncg_driver_stop_async(). */
gboolean
ncg_cgroupfs_stop (NcgCgroupfs *self, const char *path, gint64 deadline_usec, GError **error);

/* Removes a leaf that has no processes. @ret_removed: %FALSE if it has some by now */
gboolean ncg_cgroupfs_remove_empty (NcgCgroupfs *self,
                                    const char *path,
                                    gboolean *ret_removed,
                                    GError **error);

/* (transfer full): the description with which a group or leaf was made; "" if there is none */
char *ncg_cgroupfs_describe (const NcgCgroupfs *self, const char *path);

/* (transfer full): what this kernel can: "freeze", "kill", and the controllers, sorted. A machine
 * without a single cgroup gets one for a moment. */
GStrv ncg_cgroupfs_list_features (const NcgCgroupfs *self);
