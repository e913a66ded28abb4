/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The oom_score_adj of the daemons of Kubernetes and of the container runtime, and of whatever else
 * is configured: of a service's main process, set whenever there is another one; of a slice, all
 * processes in its tree, looked after whenever everything is checked.
 *
 * Each unit that runs has a condition, "OomScore:UNIT".
 */
#pragma once

#include "daemon/conditions.h"
#include "daemon/manager.h"
#include "daemon/services.h"

typedef struct OomScores OomScores;

/**
 * OomScoresDrift:
 * @object: the unit
 * @setting: "oom_score_adj"; as in oom_scores_add_rows()
 *
 * A process that had the right score has got another one. Not told of slices: a process that is new
 * in one has none yet, and is no drift.
 */
typedef void (*OomScoresDrift) (const char *object,
                                const char *setting,
                                const char *wanted,
                                const char *actual,
                                gboolean repaired,
                                gpointer user_data);

/* All of them outlive it. @drift: (nullable). Nothing is configured yet. */
OomScores *oom_scores_new (Manager *manager,
                           const Services *services,
                           Conditions *conditions,
                           OomScoresDrift drift,
                           gpointer user_data);
void oom_scores_free (OomScores *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OomScores, oom_scores_free)

/* From here on it is @config's oom_scores; sets them all. Copied. Those that are as before go on as
 * if nothing had been said, with their conditions. */
void oom_scores_set_config (OomScores *self, const Config *config);

/* @services has something new of the unit. */
void oom_scores_service_changed (OomScores *self, const char *unit);

/* Looks at all of them again and repairs what is not right; slices in the manager's worker. */
void oom_scores_check (OomScores *self);

/* Adds to an open a(ssssb) one row for each unit that runs: the unit, "oom_score_adj", wanted,
 * actual, ok. Nothing is repaired. */
void oom_scores_add_rows (OomScores *self, GVariantBuilder *rows);
