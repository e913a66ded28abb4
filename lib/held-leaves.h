/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Leaves that stay while they are empty, and what they are made with again should somebody take
 * them away.
 */
#pragma once

#include "lib/driver.h"

typedef struct NcgHeldLeaves NcgHeldLeaves;

typedef struct {
  char *description;
  NcgResources resources;
  gboolean is_delegated;
  uid_t user;
} NcgHeldLeaf;

NcgHeldLeaves *ncg_held_leaves_new (void);
void ncg_held_leaves_free (NcgHeldLeaves *self);

/* Copies what it needs of @leaf; what was known of @path is replaced. */
void ncg_held_leaves_add (NcgHeldLeaves *self, const char *path, const NcgLeaf *leaf);

/* (transfer none) (nullable) */
NcgHeldLeaf *ncg_held_leaves_find (const NcgHeldLeaves *self, const char *path);

/* Forgets the leaf @path, or those of the group @path. */
void ncg_held_leaves_remove (NcgHeldLeaves *self, const char *path);
