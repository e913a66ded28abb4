/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One call of the cgroupfs driver, on its way into a worker and back to whoever made it.
 */
#pragma once

#include "lib/cgroupfs.h"
#include "lib/held-leaves.h"
#include "lib/leaf-watch.h"

typedef struct {
  NcgDriver base;
  guint n_refs; /* each call that is under way has one; the main loop's alone */
  gboolean is_closed;
  char *proc;
  NcgCgroupfs *cgroupfs;
  NcgLeafWatch *watch;
  NcgDriverListener listener;
  gpointer user_data;
  GSource *connected; /* (nullable): until it was told */
  NcgHeldLeaves *held;
  char **features; /* (nullable) */
} NcgCgroupfsDriver;

typedef struct NcgCgroupfsCall NcgCgroupfsCall;

/* What happens to a call. */
typedef struct {
  /* In the worker. */
  gboolean (*run) (NcgCgroupfs *cgroupfs, NcgCgroupfsCall *call, GError **error);
  /* (nullable): in the main loop, before the answer, unless the driver is gone */
  void (*done) (NcgCgroupfsDriver *driver, const NcgCgroupfsCall *call, gboolean ok);
  /* (nullable): returns the task's result; without it that is TRUE */
  void (*answer) (GTask *task, NcgCgroupfsCall *call);
} NcgCgroupfsVerb;

/* With copies of what was given; what a verb does not need is empty. */
struct NcgCgroupfsCall {
  const NcgCgroupfsVerb *verb;
  NcgCgroupfsDriver *driver;
  GTask *task;
  gint64 deadline;
  char *path;
  char *parent;
  char *name;
  char *description; /* of a group or leaf; also the answer of describe */
  char *subgroup;
  NcgResources resources;
  GPtrArray *processes; /* (nullable) */
  gboolean is_delegated;
  gboolean is_held;
  uid_t user;
  uid_t held_user; /* of a leaf that is held */
  gboolean flag;   /* adopt; frozen; was watched; was removed */
  char **words;    /* the answer of probe */
  gboolean ok;
  GError *error;
};

/* (transfer full): of the task there will be one answer in any case */
NcgCgroupfsCall *ncg_cgroupfs_call_new (NcgDriver *driver,
                                        const NcgCgroupfsVerb *verb,
                                        const char *path,
                                        gint64 deadline_usec,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);

/* Both take @call. */
void ncg_cgroupfs_call_start (NcgCgroupfsCall *call);
void ncg_cgroupfs_call_fail (NcgCgroupfsCall *call, GError *error);

/* For NcgCgroupfsVerb.answer: an NcgPlace; the description. */
void ncg_cgroupfs_call_answer_place (GTask *task, NcgCgroupfsCall *call);
void ncg_cgroupfs_call_answer_description (GTask *task, NcgCgroupfsCall *call);

void ncg_cgroupfs_driver_unref (NcgCgroupfsDriver *self);
