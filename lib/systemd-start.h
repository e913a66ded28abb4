/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starting a transient unit so that it is there in the end, whatever gets lost on the way: a slice
 * without processes, a scope around some, or a service that has run and is held for its cgroup.
 */
#pragma once

#include "lib/driver.h"
#include "lib/systemd.h"

typedef struct {
  const char *unit;
  const char *description;    /* tells our units from others of the same name */
  GVariant *properties;       /* a(sv), may be floating: may be set again while the unit runs */
  GVariant *fixed;            /* a(sv), may be floating: what only StartTransientUnit takes */
  const GPtrArray *processes; /* (nullable) (element-type NcgProcess): of a scope; it is started
                                 around the first few */
  const char *proc;           /* the mount point of procfs */
  const NcgTree *tree;        /* the primary one; outlives the call */
  gboolean adopt;             /* take a unit that somebody else made */
  gboolean *without_pidfds;   /* outlives the call: set once systemd refused PIDFDs */
  NcgDriverStarted started;   /* (nullable): see NcgGroup */
  const char *predicted;      /* (nullable): the cgroup, if it is where it should be: with @started
                                 where that says that all is there, and of a leaf */
  gpointer user_data;
} NcgSystemdStart;

/**
 * ncg_systemd_start_async:
 *
 * One StartTransientUnit. A unit that is there already is taken if it is ours, by its description,
 * or is to be adopted; it is started if need be, and given the properties. A name that is still
 * taken by a unit that has ended is waited for; but of a leaf of ours with processes in its cgroup,
 * which keep it, it is %NCG_ERROR_BUSY, see systemd-aside.h. Not all of @processes need be in the
 * scope then, and in no more hierarchies than systemd cares for: that is for the caller to see to.
 * Errors: see ncg_driver_ensure_group_async() and ncg_driver_start_leaf_async().
 */
void ncg_systemd_start_async (NcgSystemd *systemd,
                              const NcgSystemdStart *what,
                              gint64 deadline_usec,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
NcgPlace *ncg_systemd_start_finish (GAsyncResult *result, GError **error);
