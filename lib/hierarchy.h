/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which cgroup hierarchies this machine has: legacy, hybrid or unified, where they are mounted and
 * which controllers they give. A statfs() that finds cgroup2 on /sys/fs/cgroup is the fast path;
 * for all else mountinfo is the truth (proc(5)).
 *
 * The words are systemd's, docs/CGROUP_DELEGATION.md, "Three Scenarios", and where one could argue
 * the answer is what systemd itself takes the machine for, because it then writes v1 or v2 files:
 *
 * - cgroup2 on /sys/fs/cgroup itself is unified, whatever v1 hierarchy somebody mounted elsewhere;
 * - cgroup2 elsewhere is unified if there is no v1 controller and no v1 "name=systemd";
 * - cgroup2 beside a v1 controller is hybrid. So it is beside "name=systemd" alone, even with all
 *   controllers on cgroup2: a systemd that keeps its units there applies no v2 setting;
 * - other named v1 hierarchies (OpenRC's, elogind's) have no controllers and decide nothing;
 * - a v1 hierarchy that is mounted with "noprefix", as only that of cpuset can be, is passed over:
 * it has none of the files by their names ("cpus" for "cpuset.cpus").
 */
#pragma once

#include <glib.h>

typedef enum {
  NCG_HIERARCHY_LEGACY,  /* cgroup v1 only */
  NCG_HIERARCHY_HYBRID,  /* controllers on v1, and a v2 hierarchy without most of them */
  NCG_HIERARCHY_UNIFIED, /* cgroup v2 only */
} NcgHierarchyMode;

/* "legacy", "hybrid", "unified"; static. No other text is a mode. */
const char *ncg_hierarchy_mode_to_string (NcgHierarchyMode mode);
gboolean ncg_hierarchy_mode_from_string (const char *text, NcgHierarchyMode *ret_mode);

/* One hierarchy that is mounted. On v1 several controllers may share one ("cpu,cpuacct"). */
typedef struct {
  char *mount; /* the mount point, root directory included */
  gboolean is_v1;
  GStrv controllers; /* sorted: on v1 with "name=…"; on v2 what its root offers */
  GHashTable *found; /* (nullable): the files that lib/missing-files has seen in it */
} NcgTree;

typedef struct {
  NcgHierarchyMode mode;
  char *unified_mount;   /* (nullable): where cgroup2 is mounted, root directory included */
  GHashTable *v1_mounts; /* controller ("cpu", "name=systemd") → mount point; empty if unified */
  GStrv controllers;     /* sorted: those of the unified root and those mounted as v1 */
  GPtrArray *trees; /* (element-type NcgTree): each hierarchy once, the primary one first, then by
                       mount point */
  gboolean has_recursive_protection; /* cgroup2 has memory_recursiveprot: memory.min reaches what
                                        is below a cgroup that does not share it out */
  GStrv page_sizes; /* sorted: of huge pages, as in the names of hugetlb's files ("2MB") */
} NcgHierarchy;

/**
 * ncg_hierarchy_detect:
 * @root: "" or "/" for this machine, or a directory that stands for its root: everything is read
 *   below it (@root/proc/self/mountinfo, @root/sys/fs/cgroup)
 *
 * Of several mounts of one hierarchy it takes one of the whole hierarchy before a bind mount of a
 * part, then one at or below /sys/fs/cgroup, then the one with the shortest path.
 *
 * Returns: (transfer full): what is mounted; %NCG_ERROR_NOT_SUPPORTED if no cgroup hierarchy is,
 *   %NCG_ERROR_FAILED if mountinfo or cgroup.controllers cannot be read
 */
NcgHierarchy *ncg_hierarchy_detect (const char *root, GError **error);
void ncg_hierarchy_free (NcgHierarchy *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NcgHierarchy, ncg_hierarchy_free)

/* @controller by its name on either version; "name=…" hierarchies are no controllers. */
gboolean ncg_hierarchy_has_controller (const NcgHierarchy *self, const char *controller);

/**
 * ncg_hierarchy_get_primary:
 *
 * The hierarchy that says where a process is, and in which all cgroups are that we or systemd make:
 * cgroup2 where there is one, else "name=systemd", else that of memory, of cpu, of pids, or any.
 */
const NcgTree *ncg_hierarchy_get_primary (const NcgHierarchy *self);

/**
 * ncg_hierarchy_find_tree:
 * @controller: by its name on either version ("io" is not "blkio"), or "name=…"
 *
 * Returns: (nullable): the hierarchy that has it; a v1 one before the unified one, since a
 *   controller that is bound to v1 does nothing on v2
 */
const NcgTree *ncg_hierarchy_find_tree (const NcgHierarchy *self, const char *controller);

/* As ncg_hierarchy_has_controller(), and "name=…", in this one alone. */
gboolean ncg_tree_has_controller (const NcgTree *self, const char *controller);
