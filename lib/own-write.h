/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing the files of a unit that are ours, in a worker: with the cgroup that has them, where
 * systemd makes none, and the processes in it that they are for.
 */
#pragma once

#include "lib/file-settings.h"

typedef struct {
  const NcgHierarchy *hierarchy;
  const GPtrArray *foreign; /* (element-type NcgTree): of v1, in which systemd makes nothing */
  const char *proc;         /* the mount point of procfs */
  const char *cgroup;
  GPtrArray *settings; /* (element-type NcgFileSetting): all of the unit's that are ours */
} NcgOwnWrite;

/* All or nothing; see ncg_own_files_write_async(). */
gboolean ncg_own_write_run (const NcgOwnWrite *self, GError **error);

/* Whether the cgroup and its files are as they are to be, so that nothing is to be made, moved or
 * written: as of a unit that systemd has just made, for which all that is ours has the kernel's own
 * values. Reads a few small files, and does not block. */
gboolean ncg_own_write_is_done (const NcgOwnWrite *self);

/* The processes alone, in those of the foreign hierarchies that have a setting; see
 * ncg_members_gather(). */
gboolean ncg_own_write_gather (const NcgOwnWrite *self, GError **error);
