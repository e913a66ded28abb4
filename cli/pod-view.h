/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One pod as people read it.
 */
#pragma once

#include "cli/call.h"
#include "cli/settings.h"

typedef struct {
  char *object;
  GVariant *properties; /* "a{sv}", of org.example.NodeCgroups.Pod */
  GVariant *stats;      /* (nullable): "a{sv}", with those of its containers */
  GVariant *settings;   /* "a(ssssb)" */
} PodFacts;

/* Appends all that is known of it. */
void pod_view_append (const Call *call, GString *out, const PodFacts *facts);
