/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What cgroupfs.c and cgroupfs-leaf.c share.
 */
#pragma once

#include "lib/cgroup.h"
#include "lib/cgroupfs.h"

struct NcgCgroupfs {
  char *root;
  char *proc;
  const NcgHierarchy *hierarchy;
  GMutex mutex; /* of what follows */
  GCond changed;
  GHashTable *busy; /* (element-type utf8): the paths that somebody is at work on */
  guint n_running;
  /* Held from where a directory is made to where it is marked: between the two it looks like
   * somebody else's. */
  GMutex making;
};

/* Being the only one at work on a path. */
typedef struct {
  NcgCgroupfs *self; /* NULL until it was taken */
  const char *path;  /* outlives it */
} NcgCgroupfsTurn;

gboolean ncg_cgroupfs_turn_take (NcgCgroupfsTurn *turn,
                                 NcgCgroupfs *self,
                                 const char *path,
                                 gint64 deadline_usec,
                                 GError **error);
void ncg_cgroupfs_turn_clear (NcgCgroupfsTurn *turn);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (NcgCgroupfsTurn, ncg_cgroupfs_turn_clear)

/* In the primary hierarchy. */
NcgCgroup *ncg_cgroupfs_open (const NcgCgroupfs *self, const char *path, GError **error);

/* (transfer container): the files of @resources; %NCG_ERROR_NOT_SUPPORTED, before anything is
 * changed, for what no cgroup here can have */
GPtrArray *ncg_cgroupfs_list_settings (const NcgCgroupfs *self,
                                       const char *path,
                                       const NcgResources *resources,
                                       GError **error);

/* What an earlier removal that was cut short has left of @path in other hierarchies than the
 * primary one would lend its settings to what is made anew. It is removed where @path is below what
 * we made; there nobody else has anything. */
void ncg_cgroupfs_clear_leftovers (const NcgCgroupfs *self, const char *path);

/* The cgroup is there in all hierarchies, with the controllers of @settings and with what they say;
 * what is new of it is marked. What was made is gone again if it fails. */
gboolean ncg_cgroupfs_make (NcgCgroupfs *self,
                            const char *path,
                            const char *description,
                            GPtrArray *settings,
                            GError **error);
