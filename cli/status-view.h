/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state of the node as people read it.
 */
#pragma once

#include "cli/call.h"
#include "cli/parts.h"

typedef struct {
  GVariant *manager; /* "a{sv}", of org.example.NodeCgroups */
  GVariant *pods;    /* "a(ssoss)", of ListPods */
  Parts parts;       /* with the properties of the node */
} StatusFacts;

/* (transfer full) (key-type utf8) (value-type guint): how many pods there are of each class, or
 * with
 * @by_state in each state; in the order of their names */
GTree *status_view_count_pods (const StatusFacts *facts, gboolean by_state);

/* Appends all that is to be told; of the conditions those that do not hold, or all. */
void status_view_append (const Call *call, GString *out, const StatusFacts *facts, gboolean all);
