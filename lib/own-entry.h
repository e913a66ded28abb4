/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is remembered of a unit of which some files are ours (own-files.h), and who waits for it.
 */
#pragma once

#include "lib/resources.h"

#include <gio/gio.h>

typedef struct {
  char *unit;
  char *cgroup;
  NcgResources resources;
  gboolean is_busy;    /* a writer is at work; until it is done the entry stays */
  gboolean is_dirty;   /* somebody wrote since the writer began */
  gboolean is_touched; /* the same for what is watched here alone */
  gboolean is_forgotten;
  guint generation;     /* goes up when it is forgotten: what was begun before counts no more */
  gint64 restored_usec; /* when it was last asked for by a write of others */
  gboolean is_waiting;  /* for the pause to be over */
  GQueue waiting;       /* (element-type GTask): whoever has values for it, in their order */
} NcgOwnEntry;

/* (transfer full) (element-type utf8 NcgOwnEntry): by the unit's name, which is the entry's own */
GHashTable *ncg_own_entries_new (void);

/* (transfer none): with this cgroup from now on, and not forgotten */
NcgOwnEntry *ncg_own_entry_ensure (GHashTable *entries, const char *unit, const char *cgroup);

void ncg_own_entry_set_resources (NcgOwnEntry *self, const NcgResources *resources);

/* Each of those who wait has %NCG_ERROR_NOT_FOUND as its result. */
void ncg_own_entry_give_up (NcgOwnEntry *self);
