/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What drift.c, the table of what is watched, and drift-round.c, one look at one entry, share.
 */
#pragma once

#include "daemon/alarm.h"
#include "daemon/drift.h"
#include "daemon/policy/contest.h"
#include "lib/file-watch.h"

typedef struct {
  Drift *drift;
  char *key;
  const DriftOwner *owner;
  gpointer user_data;
  char *cgroup;          /* (nullable): that is watched */
  gboolean is_unwatched; /* the kernel had no watch for it: what is written there is not seen */
  guint turn;            /* at which of the slow timer's it is compared */
  Contest contest;
  gboolean is_told; /* what differs now, in a pause: it is not told again */
  gboolean is_repairing;
  gboolean is_again; /* something came meanwhile */
  Alarm alarm;       /* for the pause to be over, or for quiet, or for the owner */
  guint n_busy;      /* how often in a row it was not the time to judge */
  gboolean is_queued;
  gboolean is_gone;
  guint refs; /* of the table and of the check that is under way */
} DriftEntry;

struct Drift {
  NcgDriver *driver;
  const NcgHierarchy *hierarchy;
  NcgWorker *worker;
  NcgFileWatch *watch; /* (nullable): where the kernel has no more, the slow timer remains */
  GHashTable *entries; /* key → DriftEntry */
  guint next_turn;     /* of the next entry */
  guint turn;          /* that was last */
  GQueue queue;        /* DriftEntry, with a reference: to be compared */
  gboolean is_reading; /* some are being compared; repairs go on beside it */
  guint settle;        /* the source that begins, or 0 */
  guint64 n_found;
  DriftListener listener;
  gpointer user_data;
  GCancellable *stop;
};

DriftEntry *drift_entry_ref (DriftEntry *entry);
void drift_entry_unref (gpointer entry);

/* Its turn comes when those before it are done; several times before are one. */
void drift_enqueue (Drift *self, DriftEntry *entry);

/* The next ones, if none is being compared. */
void drift_run_next (Drift *self);

/* Watches the cgroup, also one of the same name that was made instead. */
void drift_watch_cgroup (Drift *self, DriftEntry *entry, const char *cgroup);

/* Looks at it once more at that time of g_get_monotonic_time(). */
void drift_look_again_at (DriftEntry *entry, gint64 time_usec);

/* Entries that are compared together: one task of the worker reads them all. */
typedef struct DriftBatch DriftBatch;

DriftBatch *drift_batch_new (Drift *self);
void drift_batch_free (DriftBatch *batch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DriftBatch, drift_batch_free)
guint drift_batch_count (const DriftBatch *batch);
void drift_batch_add (DriftBatch *batch,
                      DriftEntry *entry,
                      const char *cgroup,
                      const NcgResources *wanted);

/* (transfer full) @batch: compares each with what it should have, and has it repaired if need be.
 * self->is_reading until they are compared; then the next ones. */
void drift_batch_run (DriftBatch *batch);
