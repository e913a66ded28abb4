/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The fields of a configuration file, a table: what each is called, what it takes, and where it
 * goes. Those of a KubeletConfiguration (kubelet.config.k8s.io/v1beta1) are a part of the same
 * table; whatever else such a file has is the kubelet's own business, and not looked at.
 */
#pragma once

#include "daemon/config/draft.h"
#include "daemon/config/yaml-tree.h"

#define CONFIG_API_VERSION "nodecgroups.example.org/v1"
#define CONFIG_KIND "NodeCgroupsConfiguration"
#define CONFIG_KUBELET_API_VERSION "kubelet.config.k8s.io/v1beta1"
#define CONFIG_KUBELET_KIND "KubeletConfiguration"

/* Where a layer comes from; a field may not be known in all of them. */
typedef enum {
  CONFIG_LAYER_FILE = 1 << 0,    /* config.yaml and drop-ins */
  CONFIG_LAYER_KUBELET = 1 << 1, /* a KubeletConfiguration */
  CONFIG_LAYER_OPTIONS = 1 << 2, /* the command line */
} ConfigLayer;

/**
 * config_fields_apply:
 * @root: (nullable): the tree of the layer; %NULL changes nothing
 *
 * Sets in @draft what @root has: maps are merged with those of the layers before (an entry that is
 * null is taken out), all else replaces. A field that is null is as if it were not there. What is
 * wrong is a problem of the draft's report, and not set.
 */
void config_fields_apply (ConfigDraft *draft, ConfigLayer layer, const ConfigNode *root);

/* The words of fields that take one of several; (array zero-terminated=1), in the order of Config's
 * types where it has one. */
extern const char *const config_drivers[];
extern const char *const config_policies[];
extern const char *const config_log_levels[]; /* info, debug */
