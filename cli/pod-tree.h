/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pods and their containers as trees.
 */
#pragma once

#include "cli/tree.h"

typedef struct {
  GVariant *objects; /* "a{oa{sa{sv}}}", of GetManagedObjects */
  GVariant *before;  /* "a{sa{sv}}": two readings of GetStats, with Containers */
  GVariant *after;
} PodTreeFacts;

void pod_tree_facts_clear (PodTreeFacts *facts);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (PodTreeFacts, pod_tree_facts_clear)

/* (transfer full) (element-type TreeNode): a tree for each pod, sorted by uid. @uids: (nullable)
 * (array zero-terminated=1): only these. A pod has its class in @more, as QosClass. */
GPtrArray *pod_tree_list (const PodTreeFacts *facts, char **uids);

/* Adds to @parent a node for each class that there is, with its pods and what they use together.
 * @pods: (element-type TreeNode): of pod_tree_list(); its elements are taken */
void pod_tree_add_classes (TreeNode *parent, GPtrArray *pods);
