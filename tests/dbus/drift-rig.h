/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The daemon with a configuration, what it tells of drift, and its conditions.
 */
#pragma once

#include "tests/dbus/fixture.h"

#define DRIFT_RIG_HEAD "apiVersion: nodecgroups.example.org/v1\nkind: NodeCgroupsConfiguration\n"
#define DRIFT_RIG_CONFIG "/etc/nodecgroups/config.yaml"

typedef struct {
  Fixture base;
  GPtrArray *told; /* "OBJECT SETTING WANTED ACTUAL REPAIRED" of each Drift */
  guint subscription;
} DriftRig;

/* For g_test_add(). @data: (nullable): the text of the configuration */
void drift_rig_set_up (DriftRig *self, gconstpointer data);
void drift_rig_tear_down (DriftRig *self, gconstpointer data);

/* Whether a file of the cgroup @path has @expected. */
gboolean drift_rig_has (DriftRig *self, const char *path, const char *file, const char *expected);
void
drift_rig_assert_file (DriftRig *self, const char *path, const char *file, const char *expected);

/* (nullable) (transfer full): the message of a condition, and whether it holds */
char *drift_rig_find_condition (DriftRig *self, const char *name, gboolean *ret_holds);
gboolean drift_rig_condition_holds (DriftRig *self, const char *name);
void
drift_rig_assert_condition (DriftRig *self, const char *name, gboolean holds, const char *text);

/* Waits until something is told, and asserts that it is @expected alone; then forgets it. */
void drift_rig_assert_told (DriftRig *self, const char *expected);
