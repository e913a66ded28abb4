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
  char *cgroup; /* (nullable): that is watched */
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
  GQueue queue;        /* DriftEntry, with a reference: to be compared */
  DriftEntry *current; /* (nullable): the one that is; repairs go on beside it */
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

/* The next one, if none is being compared. */
void drift_run_next (Drift *self);

/* Watches the cgroup, also one of the same name that was made instead. */
void drift_watch_cgroup (Drift *self, DriftEntry *entry, const char *cgroup);

/* Looks at it once more at that time of g_get_monotonic_time(). */
void drift_look_again_at (DriftEntry *entry, gint64 time_usec);

/* Compares @entry, which becomes self->current until it is compared, with @wanted, and has it
 * repaired if need be. */
void
drift_round_run (Drift *self, DriftEntry *entry, const char *cgroup, const NcgResources *wanted);
