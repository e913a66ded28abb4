/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A configuration while it is put together from its layers: the values so far, and those that mean
 * something only when all are known.
 */
#pragma once

#include "daemon/config/config.h"
#include "daemon/config/report.h"

/* Of the flags --system-reserved-enforce and --kube-reserved-enforce. */
typedef enum { CONFIG_FLAG_UNSET, CONFIG_FLAG_OFF, CONFIG_FLAG_ON } ConfigFlag;

/* oomScores of one unit */
typedef struct {
  char *unit;
  gboolean is_removed; /* null: there is to be none */
  int score;
} ConfigNamedScore;

typedef struct {
  Config *config;       /* with origins */
  ConfigReport *report; /* (not owned) */
  gboolean has_systemd; /* it runs here */

  char *system_group;     /* (nullable): systemReservedCgroup; "" for none */
  char *kube_group;       /* (nullable): kubeReservedCgroup; "" for none */
  char *system_container; /* (nullable): systemContainer; "" for none */
  gboolean has_score;     /* oomScoreAdj */
  int score;
  GPtrArray *named_scores; /* (element-type ConfigNamedScore) */
  ConfigFlag enforce_system;
  ConfigFlag enforce_kube;
} ConfigDraft;

/* (transfer full): the defaults; @report outlives it */
ConfigDraft *config_draft_new (ConfigReport *report);
void config_draft_free (ConfigDraft *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ConfigDraft, config_draft_free)

/* Sets what follows from several values; once, after all layers. reservedSystemCPUs takes the place
 * of the reserved CPU, as in the kubelet (cmd/kubelet/app/server.go). */
void config_draft_resolve (ConfigDraft *self);
