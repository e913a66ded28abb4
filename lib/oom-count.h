/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How many processes the kernel has killed for want of memory, in a cgroup and in those right below
 * it: oom_kill of memory.events, on v1 of memory.oom_control (Linux 4.13).
 *
 * On v2 a cgroup's count has all below it in it, those that are gone included (Linux,
 * mm/memcontrol, unless the hierarchy is mounted with memory_localevents). On v1 each counts its
 * own alone, and the count goes with the cgroup.
 */
#pragma once

#include "lib/hierarchy.h"

typedef struct {
  gboolean has_total; /* total is of all, also of what is gone: v2 */
  guint64 total;      /* else of the cgroup itself */
  GHashTable *leaves; /* name of a cgroup right below → count, by ncg_oom_count_get_leaf() */
} NcgOomCount;

void ncg_oom_count_clear (NcgOomCount *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (NcgOomCount, ncg_oom_count_clear)

/**
 * ncg_oom_count_read:
 * @memory: the hierarchy that has the controller
 * @cgroup: its path
 *
 * The counts fit each other: nothing was killed between the one and the other. It does not block.
 *
 * Returns: %TRUE; %NCG_ERROR_NOT_FOUND if the cgroup is gone, or counts no memory; %NCG_ERROR_BUSY
 *   if the kernel killed faster than could be read
 */
gboolean ncg_oom_count_read (const NcgTree *memory,
                             const char *cgroup,
                             NcgOomCount *ret_count,
                             GError **error);

/* The total of v2, and nothing else: this costs a tenth. 0 if it cannot be read. */
guint64 ncg_oom_count_read_total (const NcgTree *memory, const char *cgroup);

/* 0 for one that is not there. */
guint64 ncg_oom_count_get_leaf (const NcgOomCount *self, const char *name);
