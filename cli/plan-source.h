/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file of a plan: YAML or JSON, of one of three kinds.
 */
#pragma once

#include "daemon/config/yaml-tree.h"

typedef enum {
  PLAN_CONFIGURATION, /* kind: NodeCgroupsConfiguration */
  PLAN_KUBERNETES,    /* kind: Pod */
  PLAN_POD,           /* a pod's spec, with Uid */
} PlanKind;

typedef struct {
  PlanKind kind;
  ConfigNode *tree;     /* a map */
  ConfigReport *report; /* what is wrong with it goes here */
  char *path;           /* a regular file with the same, if only for this process */
  char *name;           /* what the user calls it: in messages, instead of @path */
  int fd;               /* -1, or what @path stands on */
} PlanSource;

/* (transfer full): @name: a file, or "-" for standard input. What is wrong is one error, with
 * "FILE:LINE:COLUMN" of each problem. */
PlanSource *plan_source_read (const char *name, GError **error);
void plan_source_free (PlanSource *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PlanSource, plan_source_free)

/* Adds a problem at the key of @node, or with a NULL @error none; takes the error. */
void
plan_source_complain (PlanSource *self, const ConfigNode *node, const char *key, GError *error);

/* %TRUE if there is no problem. */
gboolean plan_source_check (PlanSource *self, GError **error);
