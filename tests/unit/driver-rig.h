/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The cgroupfs driver in the running kernel, for tests that are root. Each call is waited for, and
 * has the outcome that is expected: an error code, or -1 for success.
 */
#pragma once

#include "lib/driver.h"
#include "tests/unit/kernel-rig.h"

typedef struct {
  KernelRig *rig;
  const NcgTree *primary;
  NcgDriver *driver;
  GAsyncResult *result;
  gboolean is_connected;
  GPtrArray *removed; /* (element-type utf8): units */
  char *group;        /* the path of a group that is not there yet */
} DriverRig;

/* For g_test_add(), with a KernelRigMode. */
void driver_rig_set_up (DriverRig *self, gconstpointer mode);
void driver_rig_tear_down (DriverRig *self, gconstpointer mode);

/* For any other call of the driver: its callback, and (transfer full) what it was called with. */
void driver_rig_on_result (GObject *source, GAsyncResult *result, gpointer user_data);
GAsyncResult *driver_rig_wait_result (DriverRig *self);

/* Until the driver has said so, at most until kernel_rig_deadline(). */
void driver_rig_wait_removed (DriverRig *self, const char *unit);
void driver_rig_run_for (guint msec);

void driver_rig_assert_outcome (gboolean ok, const GError *error, int code);

void driver_rig_ensure (DriverRig *self, const NcgGroup *group, int code);
void driver_rig_ensure_plain (DriverRig *self, const char *path, const char *description, int code);
void driver_rig_assert_description (DriverRig *self, const char *path, const char *expected);

/* What this machine has the controllers for. */
void driver_rig_add_resources (const DriverRig *self, NcgResources *resources, guint64 pids);
void driver_rig_assert_resources (const DriverRig *self,
                                  const char *path,
                                  const NcgResources *resources);
void driver_rig_set_resources (DriverRig *self,
                               const char *path,
                               const NcgResources *resources,
                               int code);

/* In the group of the rig; nothing is copied. */
NcgLeaf
driver_rig_make_leaf (const DriverRig *self, const char *name, const NcgResources *resources);

/* (transfer full) (nullable): where it is */
char *driver_rig_start_leaf (DriverRig *self, const NcgLeaf *leaf, int code);

/* All processes of the rig. */
void driver_rig_join (DriverRig *self, const char *path, const char *subgroup, int code);

/* All processes of the rig are there, in all hierarchies. */
void driver_rig_assert_at (const DriverRig *self, const char *path);
void driver_rig_kill_process (const DriverRig *self, guint i);

/* It succeeds. */
void driver_rig_stop (DriverRig *self, const char *path);
