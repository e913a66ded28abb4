/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The files of ours of one unit, a.slice, below a root that is a directory.
 */
#pragma once

#include "lib/own-files.h"

/* memory.oom.group of a.slice */
#define OWN_RIG_FILE "sys/fs/cgroup/a.slice/memory.oom.group"
#define OWN_RIG_PATIENCE_USEC (10 * G_USEC_PER_SEC)

typedef struct {
  char *root;
  char *file; /* that is looked at: OWN_RIG_FILE */
  char *proc;
  NcgHierarchy *hierarchy;
  GPtrArray *foreign; /* (element-type NcgTree) */
  NcgOwnFiles *own;
  GAsyncResult *result;
} OwnRig;

/* For g_test_add(): a unified hierarchy in which a.slice has the value 0. */
void own_rig_set_up (OwnRig *self, gconstpointer data);
void own_rig_tear_down (OwnRig *self, gconstpointer data);

/* What is mounted where, from now on. */
void own_rig_detect (OwnRig *self, const char *mountinfo);

/* Any other call's callback, and waiting for it */
void own_rig_on_written (GObject *source, GAsyncResult *result, gpointer user_data);
gboolean own_rig_finish (OwnRig *self, GError **error);

/* memory.oom.group */
NcgResources own_rig_oom_group (guint64 value);

/* Each is waited for. */
gboolean own_rig_write (OwnRig *self, const NcgResources *resources, GError **error);
gboolean own_rig_write_group (OwnRig *self, const char *cgroup, guint64 value, GError **error);

/* As another program does it, without replacing the file. */
void own_rig_write_other (const OwnRig *self, const char *text);

gboolean own_rig_reads (const OwnRig *self, const char *wanted);

/* Whether it comes to be so within the time. */
gboolean own_rig_becomes (const OwnRig *self, const char *wanted, gint64 usec);

/* A quarter of a second, in which the main loop runs. */
void own_rig_wait_a_moment (void);

/* @path: below the root */
void own_rig_assert_file (const OwnRig *self, const char *path, const char *expected);
