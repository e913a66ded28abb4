/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fields that are maps or lists, for the table in fields.c.
 */
#pragma once

#include "daemon/config/draft.h"
#include "daemon/config/yaml-tree.h"

/* @key: the field's own name, with which problems and origins begin */
void config_set_reservation (ConfigDraft *draft,
                             const char *key,
                             ConfigReservation *reservation,
                             const ConfigNode *node);
void config_set_enforced (ConfigDraft *draft, const char *key, const ConfigNode *node);
void config_set_sysctls (ConfigDraft *draft, const char *key, const ConfigNode *node);
void config_set_oom_scores (ConfigDraft *draft, const char *key, const ConfigNode *node);

/* evictionHard. Of a KubeletConfiguration the map replaces its own defaults, which otherwise
 * stay unless @replaces. */
void config_set_eviction (ConfigDraft *draft,
                          const char *key,
                          const ConfigNode *node,
                          gboolean replaces);

/* pkg/kubelet/apis/config/v1beta1/defaults_linux.go: memory.available 100Mi, nodefs.available 10%;
 * @place: of the file that leaves them so */
void config_set_kubelet_eviction (ConfigDraft *draft, const char *key, const ConfigPlace *place);
