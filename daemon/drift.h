/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Continual validation: cgroups whose settings are compared with what they should be whenever
 * somebody wrote into them, and from time to time. What differs is repaired by its owner, at once,
 * counted and told; with a second writer that keeps undoing it there are pauses that grow.
 */
#pragma once

#include "lib/driver.h"
#include "lib/worker.h"

typedef struct Drift Drift;

/* Whose cgroups they are. The functions are called with the key of drift_watch(). */
typedef struct {
  /* (out): what the cgroup should have now, and (transfer full) where it is. FALSE: somebody is at
   * work there, and it is not the time to judge. */
  gboolean (*get_wanted) (const char *key,
                          gpointer user_data,
                          char **ret_cgroup,
                          NcgResources *ret_wanted);
  /* Sets everything that it should have. */
  void (*repair_async) (const char *key,
                        gpointer user_data,
                        GAsyncReadyCallback callback,
                        gpointer callback_data);
  gboolean (*repair_finish) (GAsyncResult *result, GError **error);
} DriftOwner;

typedef struct {
  /* Something else changed @setting of @object, from @wanted to @actual; now it is as it should be,
   * if @is_repaired. Once for each change that was seen. */
  void (*found) (const char *object,
                 const char *setting,
                 const char *wanted,
                 const char *actual,
                 gboolean is_repaired,
                 gpointer user_data);
  /* Something else keeps changing @object; @message says what, how often, and what is done about
   * it. NULL: it is over. */
  void (*contested) (const char *object, const char *message, gpointer user_data);
} DriftListener;

/* All of them outlive it; @driver is for ncg_driver_restores(). */
Drift *drift_new (NcgDriver *driver, const NcgHierarchy *hierarchy, NcgWorker *worker);
void drift_free (Drift *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Drift, drift_free)
void drift_set_listener (Drift *self, const DriftListener *listener, gpointer user_data);

/* Watches @cgroup from now on as @key (a path, which is the object that is told of), if it does not
 * yet. @owner outlives the watch. */
void drift_watch (
    Drift *self, const char *key, const char *cgroup, const DriftOwner *owner, gpointer user_data);
void drift_unwatch (Drift *self, const char *key);

/* Compares @key, or everything, soon. */
void drift_check (Drift *self, const char *key);
void drift_check_all (Drift *self);

/* For a slow timer: compares a fifth of all, each time another, so that everything is looked at
 * again in so many times; and each time what the kernel had no watch for. */
#define DRIFT_TURNS 5
void drift_check_some (Drift *self);

/* A difference that was found, and repaired or not, elsewhere: counted, logged and told. */
void drift_note (Drift *self,
                 const char *object,
                 const char *setting,
                 const char *wanted,
                 const char *actual,
                 gboolean is_repaired);

/* How many differences there were. */
guint64 drift_get_found (const Drift *self);
