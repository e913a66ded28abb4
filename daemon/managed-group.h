/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One group of the node, and not of a pod: a slice that is to be there, with settings that follow
 * from something. It is made if it is missing, changed if it is another's, and never removed.
 */
#pragma once

#include "lib/driver.h"

typedef struct Manager Manager;
typedef struct ManagedGroup ManagedGroup;

/* What the group should have; the functions may be called at any time until it is freed. */
typedef struct {
  /* (out): all of its settings */
  void (*get_wanted) (gpointer user_data, NcgResources *ret_wanted);
  /* (out) (nullable member): those without which ensuring it fails; the others may be refused by
   * the kernel, and then are an error of managed_group_get_error() only. All if there is none. */
  void (*get_essential) (gpointer user_data, NcgResources *ret_essential);
  /* (nullable member): it has other settings than before, or is at another place */
  void (*applied) (gpointer user_data);
  /* (nullable member): it is as it should be again, or is not any more; managed_group_get_error()
   */
  void (*settled) (gpointer user_data);
} ManagedGroupOwner;

/* @manager and @owner outlive it; the strings are copied. */
ManagedGroup *managed_group_new (Manager *manager,
                                 const char *path,
                                 const char *description,
                                 const ManagedGroupOwner *owner,
                                 gpointer user_data);
void managed_group_free (ManagedGroup *self);

/* What it was given by an earlier run: of these settings, those that are not wanted any more get
 * their defaults again. Copied. */
void managed_group_set_before (ManagedGroup *self, const NcgResources *before);

/**
 * managed_group_ensure_async:
 *
 * The group is there, with the settings that are wanted now, verified in the kernel. Changes that
 * come while one is under way become one, and nothing is sent where nothing differs from what was
 * applied last, unless that was forgotten.
 */
void
managed_group_ensure_async (ManagedGroup *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean managed_group_ensure_finish (GAsyncResult *result, GError **error);

/* Forget what was applied, after systemd may have lost it: the next call says it anew. */
void managed_group_forget (ManagedGroup *self);

/* Whether it is being changed. */
gboolean managed_group_is_busy (const ManagedGroup *self);

const char *managed_group_get_path (const ManagedGroup *self);

/* (nullable): where it is; NULL while that is not known */
const NcgPlace *managed_group_get_place (const ManagedGroup *self);

/* (nullable): what was applied last and should be there; NULL before the first time */
const NcgResources *managed_group_get_applied (const ManagedGroup *self);

/* (nullable): why it is not as it should be, as found when it was ensured last; it tries again by
 * itself, after pauses that grow to a minute */
const GError *managed_group_get_error (const ManagedGroup *self);
