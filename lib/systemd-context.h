/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the parts of the systemd driver share: the connection, what is known of the other side, and
 * what is remembered. The driver owns all of it and outlives every call.
 */
#pragma once

#include "lib/own-files.h"
#include "lib/systemd-features.h"
#include "lib/systemd-units.h"
#include "lib/systemd.h"

typedef struct {
  NcgSystemd *systemd;
  NcgSystemdFeatures *features; /* (nullable): until the first probe */
  const NcgHierarchy *hierarchy;
  GPtrArray *foreign; /* (element-type NcgTree): v1 hierarchies in which systemd makes nothing */
  NcgOwnFiles *own;
  NcgSystemdUnits *units;
  gboolean without_pidfds; /* this systemd does not know the PIDFDs property */
  gboolean may_drop;
  gboolean (*dropping) (const char *unit, gpointer user_data, GError **error); /* (nullable) */
  gpointer user_data; /* of dropping, see NcgDriverListener */
  gboolean is_user;   /* the manager of a user, who may not do what root may */
  char *root;
  char *proc;
} NcgSystemdContext;
