/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What makes, changes and removes cgroups. A driver is a const table of functions in a file of its
 * own, listed in driver.c; the rest of the program sees only this.
 *
 * Groups are named by paths that do not depend on the driver, "/machine/burstable/pod<uid>", and
 * become whatever the driver makes of them; the answers say where the group really is. A group is
 * created first, without any process; a leaf holds processes.
 *
 * Everything is asynchronous on the thread-default main context of the driver's creation, and ends
 * by its deadline (in g_get_monotonic_time()'s clock). Errors are those of ncg_systemd_call_async()
 * and what is said below.
 */
#pragma once

#include "lib/resources.h"

#include <gio/gio.h>

typedef struct NcgDriver NcgDriver;

/* Where a group is. */
typedef struct {
  char *unit;   /* the systemd unit; "" where the driver has none */
  char *cgroup; /* below the mount of the hierarchy, "/machine.slice/…" */
} NcgPlace;

NcgPlace *ncg_place_new (const char *unit, const char *cgroup);
void ncg_place_free (NcgPlace *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NcgPlace, ncg_place_free)

/* Called once the group runs and before it is known where: the caller may look at the place that
 * was predicted, and need not wait for the answer if the kernel has there what was asked for. */
typedef void (*NcgDriverStarted) (gpointer user_data);

/* A group to be there. The strings and the resources are copied by the call that takes them. */
typedef struct {
  const char *path;
  const char *description; /* tells our groups from others of the same name */
  const NcgResources *resources;
  /* A group of that name that somebody else made is taken as well, and given the resources. */
  gboolean adopt;
  NcgDriverStarted started; /* (nullable) */
  gpointer user_data;       /* for started */
} NcgGroup;

/* A leaf to be started around processes. */
typedef struct {
  const char *parent; /* the path of its group */
  const char *uid;    /* of the pod, for the leaf's name */
  const char *name;   /* of the container */
  const char *description;
  const NcgResources *resources;
  const GPtrArray *processes; /* (element-type NcgProcess), at least one; held by the caller until
                                 the call ends */
} NcgLeaf;

/* What the driver tells its owner; all members may be NULL. */
typedef struct {
  void (*connected) (gpointer user_data);
  void (*disconnected) (gpointer user_data);
  void (*reloaded) (gpointer user_data);
  /* A unit is gone: it was stopped, or its last process ended. */
  void (*unit_removed) (const char *unit, gpointer user_data);
} NcgDriverListener;

typedef struct {
  const char *root;        /* "" or a directory that stands for the machine's root */
  const char *bus_address; /* (nullable): the bus to fall back to */
} NcgDriverConfig;

typedef struct {
  const char *name; /* "systemd", "cgroupfs" */
  NcgDriver *(*create) (const NcgDriverConfig *config,
                        const NcgDriverListener *listener,
                        gpointer user_data);
  void (*destroy) (NcgDriver *self);
  char *(*group_unit) (NcgDriver *self, const char *path, GError **error);
  char *(*leaf_unit) (NcgDriver *self, const char *uid, const char *name, GError **error);
  char *(*predict_cgroup) (NcgDriver *self, const char *path);
  void (*probe_async) (NcgDriver *self, gint64 deadline, GAsyncReadyCallback, gpointer);
  void (*ensure_group_async) (
      NcgDriver *self, const NcgGroup *group, gint64 deadline, GAsyncReadyCallback, gpointer);
  void (*set_resources_async) (NcgDriver *self,
                               const char *unit,
                               const NcgResources *resources,
                               gint64 deadline,
                               GAsyncReadyCallback,
                               gpointer);
  void (*start_leaf_async) (
      NcgDriver *self, const NcgLeaf *leaf, gint64 deadline, GAsyncReadyCallback, gpointer);
  void (*describe_async) (
      NcgDriver *self, const char *unit, gint64 deadline, GAsyncReadyCallback, gpointer);
  void (*stop_async) (
      NcgDriver *self, const char *unit, gint64 deadline, GAsyncReadyCallback, gpointer);
  guint (*version) (NcgDriver *self);
  char **(*features) (NcgDriver *self);
} NcgDriverOps;

/* The first member of every driver's own struct. */
struct NcgDriver {
  const NcgDriverOps *ops;
};

/* Returns: (transfer full): the driver @name, or %NCG_ERROR_INVALID_ARGUMENT listing those there
 * are */
NcgDriver *ncg_driver_new (const char *name,
                           const NcgDriverConfig *config,
                           const NcgDriverListener *listener,
                           gpointer user_data,
                           GError **error);
void ncg_driver_free (NcgDriver *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NcgDriver, ncg_driver_free)

/* The unit that a group or a leaf would be; %NCG_ERROR_INVALID_ARGUMENT if it does not fit a name.
 */
char *ncg_driver_group_unit (NcgDriver *self, const char *path, GError **error);
char *ncg_driver_leaf_unit (NcgDriver *self, const char *uid, const char *name, GError **error);

/* (transfer full): where the group @path will probably be. A guess to begin with: the truth is what
 * ncg_driver_ensure_group_finish() says. */
char *ncg_driver_predict_cgroup (NcgDriver *self, const char *path);

/* Finds out what is on the other side: version and features. Again after each reconnection. */
void ncg_driver_probe_async (NcgDriver *self,
                             gint64 deadline_usec,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
gboolean ncg_driver_probe_finish (GAsyncResult *result, GError **error);
guint ncg_driver_get_version (NcgDriver *self);
GStrv ncg_driver_get_features (NcgDriver *self);

/**
 * ncg_driver_ensure_group_async:
 *
 * The group and its parents are there, with all of @group's resources applied. Idempotent: a group
 * with the same description is taken for ours. %NCG_ERROR_UNIT_EXISTS if another's is in the way.
 */
void ncg_driver_ensure_group_async (NcgDriver *self,
                                    const NcgGroup *group,
                                    gint64 deadline_usec,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
NcgPlace *ncg_driver_ensure_group_finish (GAsyncResult *result, GError **error);

/* Applies all of @resources to a group or leaf that is there; what is unset stays as it is. */
void ncg_driver_set_resources_async (NcgDriver *self,
                                     const char *unit,
                                     const NcgResources *resources,
                                     gint64 deadline_usec,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
gboolean ncg_driver_set_resources_finish (GAsyncResult *result, GError **error);

/**
 * ncg_driver_start_leaf_async:
 *
 * Starts a leaf around the processes; it ends with the last of them. %NCG_ERROR_UNIT_EXISTS if it
 * is there already, %NCG_ERROR_NO_SUCH_PROCESS if one of them is gone. Membership is for the caller
 * to verify: a process may end at any time.
 */
void ncg_driver_start_leaf_async (NcgDriver *self,
                                  const NcgLeaf *leaf,
                                  gint64 deadline_usec,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
NcgPlace *ncg_driver_start_leaf_finish (GAsyncResult *result, GError **error);

/* The description with which a group was made. Returns: (transfer full) */
void ncg_driver_describe_async (NcgDriver *self,
                                const char *unit,
                                gint64 deadline_usec,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
char *ncg_driver_describe_finish (GAsyncResult *result, GError **error);

/* Stops a group or leaf and all that is in it, and removes its cgroup. One that is not there is
 * fine. */
void ncg_driver_stop_async (NcgDriver *self,
                            const char *unit,
                            gint64 deadline_usec,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
gboolean ncg_driver_stop_finish (GAsyncResult *result, GError **error);
