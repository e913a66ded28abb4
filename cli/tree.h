/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Trees of whoever uses something: the node, its parts, pods, containers.
 */
#pragma once

#include "cli/load.h"

typedef struct {
  const char *kind; /* static: for JSON */
  char *name;
  char *note; /* (nullable): for people, behind the name */
  Style style;
  Load load;
  GVariant *more;      /* (nullable): "a{sv}": what JSON has of it besides */
  GPtrArray *children; /* (element-type TreeNode) */
} TreeNode;

TreeNode *tree_node_new (const char *kind, const char *name, const Load *load);
void tree_node_free (TreeNode *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TreeNode, tree_node_free)

/* @child: (transfer full). Returns: @child */
TreeNode *tree_node_add (TreeNode *self, TreeNode *child);

/* Sorts the children by their names. */
void tree_node_sort (TreeNode *self);

/* Where a node has more children than @n_most, leaves as many of them, those that use the most
 * memory, the most first, and one more that stands for the others together; and so for all below.
 */
void tree_node_cut (TreeNode *self, guint n_most);

/* Adds the names of those of a kind, in the order in which they stand, to @ret_names (element-type
 * utf8): they are the nodes' own. */
void tree_node_list (const TreeNode *self, const char *kind, GPtrArray *ret_names);

/* (transfer floating): an "a{sv}": Kind, Name, what load_describe() has, @more, and Children, where
 * there are any */
GVariant *tree_node_describe (const TreeNode *self);
