/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What systemd has no property for, and the files of a unit's cgroup therefore hold by our hand:
 * written, remembered, and written again when something else wrote them.
 *
 * systemd sets some of them back whenever it applies a unit's attributes (memory.oom.group), and a
 * slice's also when units in it come and go. Each of the files is watched (inotify(7) tells of
 * writes to cgroupfs by others), so that it has its value again at once.
 *
 * Files are written in a worker; calls and callbacks are on the thread-default main context of the
 * creation.
 */
#pragma once

#include "lib/file-settings.h"
#include "lib/hierarchy.h"
#include "lib/resources.h"
#include "lib/systemd-features.h"

#include <gio/gio.h>

typedef struct NcgOwnFiles NcgOwnFiles;

/* @hierarchy outlives it. @foreign (element-type NcgTree): the hierarchies of v1 in which systemd
 * makes nothing; @proc: the mount point of procfs. @owner_watches: who writes the files that
 * systemd does not set back is watched by somebody else. */
NcgOwnFiles *ncg_own_files_new (const NcgHierarchy *hierarchy,
                                GPtrArray *foreign,
                                const char *proc,
                                gboolean owner_watches);
void ncg_own_files_free (NcgOwnFiles *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NcgOwnFiles, ncg_own_files_free)

/* What systemd does itself depends on what it knows. (nullable) @features: copied from by need, and
 * valid until the next call. */
void ncg_own_files_set_features (NcgOwnFiles *self, const NcgSystemdFeatures *features);

/* Whether the file of @setting is set back whenever systemd applies the attributes of a unit:
 * memory.oom.group, to 0, unless the unit has OOMPolicy=kill; the lines of devices in io.bfq.weight
 * by the kernel, when systemd writes the weight of all others. */
gboolean ncg_own_files_is_set_back (const NcgFileSetting *setting);

/* Whether @resources have anything for us to write. */
gboolean ncg_own_files_is_needed (const NcgOwnFiles *self, const NcgResources *resources);

/**
 * ncg_own_files_write_async:
 * @unit: for which it is remembered; what was remembered before is replaced
 * @cgroup: its path
 * @resources: all of the unit's; copied
 *
 * Makes the cgroup in the v1 hierarchies that systemd does not care for and moves the unit's
 * processes into it, enables the controllers of v2 that systemd does not enable (hugetlb, rdma,
 * misc; in a hybrid hierarchy all), and writes the files: all or nothing. Errors: see
 * ncg_cgroup_tree_make(), ncg_members_gather() and ncg_apply_write().
 */
void ncg_own_files_write_async (NcgOwnFiles *self,
                                const char *unit,
                                const char *cgroup,
                                const NcgResources *resources,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
gboolean ncg_own_files_write_finish (GAsyncResult *result, GError **error);

/* Remembers and watches without writing: they were written at an earlier time. */
void ncg_own_files_keep (NcgOwnFiles *self,
                         const char *unit,
                         const char *cgroup,
                         const NcgResources *resources);
void ncg_own_files_forget (NcgOwnFiles *self, const char *unit);

/* Writes again what differs, in the background: of all units, as after a reload of systemd, or of
 * one. */
void ncg_own_files_restore_all (NcgOwnFiles *self);
void ncg_own_files_restore (NcgOwnFiles *self, const char *unit);

/* In the background: the processes of a unit that is remembered come to where its files are; see
 * ncg_members_gather(). Nothing is made or written. */
void ncg_own_files_gather (NcgOwnFiles *self, const char *unit);
