/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What makes, changes and removes cgroups. A driver is a const table of functions in a file of its
 * own, listed in drivers.c; the rest of the program sees only this.
 *
 * Groups are named by paths that do not depend on the driver, "/machine/burstable/pod<uid>", and
 * become whatever the driver makes of them; the answers say where the group really is. A group is
 * created first, without any process; a leaf holds processes.
 *
 * Everything is asynchronous on the thread-default main context of the driver's creation, and ends
 * by its deadline (in g_get_monotonic_time()'s clock). Errors are what is said below, and
 * %NCG_ERROR_TIMEOUT after the deadline (the outcome is unknown), %NCG_ERROR_DISCONNECTED if the
 * connection broke while the call was under way (unknown too), %NCG_ERROR_NO_SUCH_UNIT,
 * %NCG_ERROR_UNKNOWN_PROPERTY, and %NCG_ERROR_SYSTEMD_FAILED with systemd's own words for all else.
 */
#pragma once

#include "lib/file-settings.h"
#include "lib/hierarchy.h"
#include "lib/process.h"
#include "lib/resources.h"

#include <gio/gio.h>

typedef struct NcgDriver NcgDriver;

/* Where a group or leaf is. */
typedef struct {
  char *unit;   /* the driver's name for it: a systemd unit; with cgroupfs the same as cgroup */
  char *cgroup; /* below the mount of the hierarchy, "/machine.slice/…" */
} NcgPlace;

/* (transfer full): for drivers; the strings are copied */
NcgPlace *ncg_place_new (const char *unit, const char *cgroup);
void ncg_place_free (NcgPlace *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NcgPlace, ncg_place_free)

/* Called once the group runs, as the driver was told, and before it is known where: the owner may
 * look at the place that was predicted. Returns: whether the kernel has there what was asked for,
 * so that nobody need ask any more */
typedef gboolean (*NcgDriverStarted) (gpointer user_data);

/* A group to be there. The strings and the resources are copied by the call that takes them. */
typedef struct {
  const char *path;
  const char *description; /* tells our groups from others of the same name */
  const NcgResources *resources;
  /* A group of that name that somebody else made is taken as well, and given the resources. */
  gboolean adopt;
  /* (nullable). If it returns %TRUE, the owner has found everything as it should be, and named the
   * group by ncg_driver_keep(): the driver asks, writes and remembers nothing more then, since the
   * owner may be about to change it, and the call ends. */
  NcgDriverStarted started;
  gpointer user_data; /* for started */
} NcgGroup;

/* A leaf to be started. */
typedef struct {
  const char *parent; /* the path of its group */
  const char *uid;    /* of the pod, for the leaf's name */
  const char *name;   /* of the container */
  const char *description;
  const NcgResources *resources;
  const GPtrArray *processes; /* (nullable) (element-type NcgProcess): at least one, held by the
                                 caller until the call ends; NULL for a leaf that is held empty */
  gboolean is_delegated;      /* cgroups may be made in it: Delegate=yes */
  uid_t user;                 /* of a delegated leaf: who may manage it, or NCG_NO_USER */
  const char *subgroup; /* (nullable): of a delegated leaf: a cgroup in it, "a" or "a/b", which is
                           made, and into which the processes go */
} NcgLeaf;

/* Processes for a leaf that is there. */
typedef struct {
  const NcgPlace *place;
  const GPtrArray *processes; /* (element-type NcgProcess) */
  const char *subgroup;       /* (nullable): as in NcgLeaf; the leaf must be delegated */
  uid_t user;                 /* as in NcgLeaf, for what is made on the way */
} NcgJoin;

/* A group or leaf that its owner remembers from before the driver was there. */
typedef struct {
  const NcgPlace *place;
  const NcgResources *resources;
  gboolean ends_empty; /* a leaf that ends with its last process: started, not held */
  gboolean is_new;     /* its cgroup has only just been made: nothing of before can be in it */
  const NcgLeaf *held; /* (nullable): of a leaf that is held: how it was started, and is again if
                          somebody took its cgroup away */
  GVariant *dropped;   /* (nullable): a{su}: of its settings those that were left out then, and
                          NcgDropped.version of each */
} NcgKept;

/* A setting that was left out because systemd does not know the property. */
typedef struct {
  char *setting; /* the property */
  char *wanted;  /* its value */
  char *reason;
  guint version; /* of the systemd that did not take it */
} NcgDropped;

/* The function of the arrays of them, which free their elements themselves. */
void ncg_dropped_free (NcgDropped *self);

/* A service or another unit that is not ours, as systemd has it now. */
typedef struct {
  const char *unit;
  gboolean is_active; /* it has processes: active, reloading, or on its way up or down */
  pid_t main_pid;     /* 0: none */
  const char *cgroup; /* "/system.slice/a.service"; "" without processes */
  const char *slice;  /* "system.slice"; "" if that is not known */
} NcgService;

/* What the driver tells its owner; all members may be NULL. */
typedef struct {
  void (*connected) (gpointer user_data);
  void (*disconnected) (gpointer user_data);
  void (*reloaded) (gpointer user_data);
  /* A unit is gone: it was stopped, or its last process ended. */
  void (*unit_removed) (const char *unit, gpointer user_data);
  /* One of those of ncg_driver_watch_services(), once at first and whenever it changed: started,
   * stopped, started again, moved. */
  void (*service_changed) (const NcgService *service, gpointer user_data);
  /* A call for @unit, which need not be there yet, is about to leave out a setting
   * (NcgDriverConfig.may_drop): ncg_driver_list_dropped() has it by now, and systemd is asked to do
   * the rest only afterwards. Who writes down what was left out, for another life
   * (NcgKept.dropped), does it here: should the program end before the call does, the unit may be
   * there. With %FALSE and an error the call fails with that, and what it was to start is not
   * started. Nothing is to be asked of the driver here that changes @unit. */
  gboolean (*dropping) (const char *unit, gpointer user_data, GError **error);
} NcgDriverListener;

/* A call of systemd that ended, for who looks for where time goes. Times are in microseconds. */
typedef struct {
  const char *method;  /* "StartTransientUnit" */
  const char *unit;    /* the unit that it is about; "" if it is about none */
  const char *job;     /* (nullable): the object of the job that it began */
  const GError *error; /* (nullable): why it failed */
  gint64 queued_usec;  /* until it was sent; all of the time if it never was */
  gint64 total_usec;   /* until its end, that of its job if it waited for one */
} NcgDriverCall;

typedef void (*NcgDriverTrace) (const NcgDriverCall *call, gpointer user_data);

typedef struct {
  const char *root;              /* "" or a directory that stands for the machine's root */
  const NcgHierarchy *hierarchy; /* outlives the driver */
  const char *bus_address;       /* (nullable): systemd: the bus to fall back to */
  /* (nullable): systemd: the private socket of a user's manager, "/run/user/1000/systemd/private",
   * instead of the system's */
  const char *user_socket;
  /* systemd: a property that it does not know is left out, with the reason kept, and no error. */
  gboolean may_drop;
  /* systemd: the owner watches the cgroups, and has what others change set again. Of the files that
   * systemd has no property for the driver then watches only those that systemd itself sets back,
   * see ncg_driver_restores(); else all of them. */
  gboolean owner_watches;
} NcgDriverConfig;

typedef struct {
  const char *name; /* "systemd", "cgroupfs" */
  NcgDriver *(*create) (const NcgDriverConfig *config,
                        const NcgDriverListener *listener,
                        gpointer user_data);
  void (*destroy) (NcgDriver *self);
  char *(*group_unit) (NcgDriver *self, const char *path, GError **error);
  char *(*leaf_unit) (NcgDriver *self, const NcgLeaf *leaf, GError **error);
  char *(*predict_cgroup) (NcgDriver *self, const char *path);
  char *(*container_name) (NcgDriver *self, const char *uid, const char *cgroup, char **ret_unit);
  void (*probe_async) (NcgDriver *self, gint64 deadline, GAsyncReadyCallback, gpointer);
  void (*ensure_group_async) (
      NcgDriver *self, const NcgGroup *group, gint64 deadline, GAsyncReadyCallback, gpointer);
  void (*set_resources_async) (NcgDriver *self,
                               const NcgPlace *place,
                               const NcgResources *resources,
                               gint64 deadline,
                               GAsyncReadyCallback,
                               gpointer);
  void (*start_leaf_async) (
      NcgDriver *self, const NcgLeaf *leaf, gint64 deadline, GAsyncReadyCallback, gpointer);
  void (*join_async) (
      NcgDriver *self, const NcgJoin *join, gint64 deadline, GAsyncReadyCallback, gpointer);
  void (*freeze_async) (NcgDriver *self,
                        const NcgPlace *place,
                        gboolean frozen,
                        gint64 deadline,
                        GAsyncReadyCallback,
                        gpointer);
  void (*kill_async) (
      NcgDriver *self, const NcgPlace *place, gint64 deadline, GAsyncReadyCallback, gpointer);
  void (*describe_async) (
      NcgDriver *self, const NcgPlace *place, gint64 deadline, GAsyncReadyCallback, gpointer);
  void (*stop_async) (
      NcgDriver *self, const NcgPlace *place, gint64 deadline, GAsyncReadyCallback, gpointer);
  void (*keep) (NcgDriver *self, const NcgKept *kept);
  GPtrArray *(*list_dropped) (NcgDriver *self, const char *unit);
  gboolean (*restores) (NcgDriver *self, const NcgFileSetting *setting);         /* or NULL */
  void (*watch_services) (NcgDriver *self, const char *const *units);            /* or NULL */
  void (*set_trace) (NcgDriver *self, NcgDriverTrace trace, gpointer user_data); /* or NULL */
  gint64 (*silence) (NcgDriver *self);                                           /* or NULL */
  GVariant *(*describe_latencies) (NcgDriver *self);                             /* or NULL */
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

/* Nothing may be under way: whoever still waits for a callback runs the main loop until it came. */
void ncg_driver_free (NcgDriver *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NcgDriver, ncg_driver_free)

/* The names that a group or a leaf would have (NcgPlace.unit); %NCG_ERROR_INVALID_ARGUMENT if it
 * does not fit. Of @leaf only the parent, the names and whether it is held count. */
char *ncg_driver_group_unit (NcgDriver *self, const char *path, GError **error);
char *ncg_driver_leaf_unit (NcgDriver *self, const NcgLeaf *leaf, GError **error);

/* (transfer full): where the group @path will probably be. A guess to begin with: the truth is what
 * ncg_driver_ensure_group_finish() says. */
char *ncg_driver_predict_cgroup (NcgDriver *self, const char *path);

/**
 * ncg_driver_get_container_name:
 * @cgroup: a cgroup right in the group of the pod @uid
 * @ret_unit: (transfer full): the leaf's unit
 *
 * Returns: (transfer full) (nullable): the container that it is the leaf of; %NULL if it is none of
 *   ours
 */
char *ncg_driver_get_container_name (NcgDriver *self,
                                     const char *uid,
                                     const char *cgroup,
                                     char **ret_unit);

/* Finds out what is on the other side: version and features. Again after each reconnection. */
void ncg_driver_probe_async (NcgDriver *self,
                             gint64 deadline_usec,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
gboolean ncg_driver_probe_finish (GAsyncResult *result, GError **error);

/* systemd's version, 0 without it, and the names of what it can. */
guint ncg_driver_get_version (NcgDriver *self);
GStrv ncg_driver_get_features (NcgDriver *self);
const char *ncg_driver_get_name (NcgDriver *self);

/**
 * ncg_driver_ensure_group_async:
 *
 * The group and its parents are there, with all of @group's resources applied. Idempotent: a group
 * with the same description is taken for ours. %NCG_ERROR_UNIT_EXISTS if another's is in the way;
 * %NCG_ERROR_NOT_SUPPORTED, before anything is changed, if a setting cannot be made here, or if the
 * group is there and has another value of a property that systemd takes only when a unit is made
 * (of a list: it lacks what is wanted of it). What is found to fail only later is stopped again, if
 * it was not there before.
 */
void ncg_driver_ensure_group_async (NcgDriver *self,
                                    const NcgGroup *group,
                                    gint64 deadline_usec,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
NcgPlace *ncg_driver_ensure_group_finish (GAsyncResult *result, GError **error);

/**
 * ncg_driver_set_resources_async:
 *
 * Applies all of @resources to a group or leaf that is there; what is unset stays as it is, but for
 * a property of the unit that an earlier call was the first to name, and this one does not: that
 * gets back what it had, or the call fails in the end and says that it could not. All or
 * nothing: if one cannot be set, the others are as they were before. What there is no file for is
 * %NCG_ERROR_NOT_SUPPORTED before anything is changed. Nothing is said to systemd where nothing
 * differs from what it was told last.
 */
void ncg_driver_set_resources_async (NcgDriver *self,
                                     const NcgPlace *place,
                                     const NcgResources *resources,
                                     gint64 deadline_usec,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
gboolean ncg_driver_set_resources_finish (GAsyncResult *result, GError **error);

/**
 * ncg_driver_start_leaf_async:
 *
 * Starts a leaf around the processes, or one that is held empty until it is joined. What there is
 * no file for is %NCG_ERROR_NOT_SUPPORTED before anything is made or moved.
 *
 * Around processes it ends with the last of them. All of them are in it, verified in the kernel,
 * or the call fails and none has moved: %NCG_ERROR_NO_SUCH_PROCESS if one of them is gone. One that
 * is held stays, with its figures, until it is stopped. %NCG_ERROR_UNIT_EXISTS if it is there
 * already. With systemd only if it has another description: one with the same is taken for what an
 * earlier call has started whose reply was lost; the processes come into it, and around processes
 * it keeps the settings that it has. %NCG_ERROR_INVALID_ARGUMENT if a subgroup or a user is given
 * for a leaf that is not delegated, or a subgroup that is no relative path.
 */
void ncg_driver_start_leaf_async (NcgDriver *self,
                                  const NcgLeaf *leaf,
                                  gint64 deadline_usec,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
NcgPlace *ncg_driver_start_leaf_finish (GAsyncResult *result, GError **error);

/**
 * ncg_driver_join_async:
 *
 * Moves processes into a leaf that is there, all or none, verified. A leaf that is held and was
 * pruned is made again. Errors: see ncg_attach_processes(); %NCG_ERROR_NO_SUCH_UNIT if the leaf was
 * empty, and systemd has ended its unit while they came: they are in its cgroup then, and
 * ncg_driver_start_leaf_async() starts it again around them.
 *
 * A user's manager (NcgDriverConfig.user_socket) moves what the kernel does not let us move; then
 * "none" is true only of processes that were below that manager already.
 */
void ncg_driver_join_async (NcgDriver *self,
                            const NcgJoin *join,
                            gint64 deadline_usec,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
gboolean ncg_driver_join_finish (GAsyncResult *result, GError **error);

/* Freezes or thaws everything in a group or leaf, and waits until it is so. Errors: see
 * ncg_cgroup_tree_freeze(). */
void ncg_driver_freeze_async (NcgDriver *self,
                              const NcgPlace *place,
                              gboolean frozen,
                              gint64 deadline_usec,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
gboolean ncg_driver_freeze_finish (GAsyncResult *result, GError **error);

/* SIGKILL for everything in a group or leaf, which stays; waits until nothing is left. Errors: see
 * ncg_cgroup_tree_kill(). */
void ncg_driver_kill_async (NcgDriver *self,
                            const NcgPlace *place,
                            gint64 deadline_usec,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
gboolean ncg_driver_kill_finish (GAsyncResult *result, GError **error);

/* The description with which a group was made; "" if that is not known. Returns: (transfer full) */
void ncg_driver_describe_async (NcgDriver *self,
                                const NcgPlace *place,
                                gint64 deadline_usec,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
char *ncg_driver_describe_finish (GAsyncResult *result, GError **error);

/* Kills all that is in a group or leaf, stops it, and removes its cgroup from every hierarchy. One
 * that is not there is fine. %NCG_ERROR_BUSY naming the processes that do not end. Whoever wants
 * them to end by themselves asks them first. */
void ncg_driver_stop_async (NcgDriver *self,
                            const NcgPlace *place,
                            gint64 deadline_usec,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
gboolean ncg_driver_stop_finish (GAsyncResult *result, GError **error);

/* Makes a group or leaf of an earlier time known: what systemd has no property for is watched and
 * written again, a leaf that ends empty is removed when it is. No setting is written at once; where
 * systemd places nobody, the processes are moved to where the limits are. */
void ncg_driver_keep (NcgDriver *self, const NcgKept *kept);

/* (transfer container) (element-type NcgDropped): the settings of a group or leaf that were left
 * out, see NcgDriverConfig.may_drop; while a call for it is under way, also those that the call
 * leaves out. */
GPtrArray *ncg_driver_list_dropped (NcgDriver *self, const char *unit);

/* Whether the driver sets the file of @setting again at once by itself, since systemd sets it back
 * whenever it applies a unit (memory.oom.group). A difference that is seen there is nobody's
 * change.
 */
gboolean ncg_driver_restores (NcgDriver *self, const NcgFileSetting *setting);

/**
 * ncg_driver_watch_services:
 * @units: NULL-terminated: the names of units that are not ours, "kubelet.service"; they need not
 *   exist, and replace those of an earlier call. Copied.
 *
 * NcgDriverListener.service_changed tells of each of them, now, when it changes, and again after a
 * reconnection or a reload of systemd. A driver without services tells nothing.
 */
void ncg_driver_watch_services (NcgDriver *self, const char *const *units);

/* @trace is called at the end of each call of systemd that begins from now on; NULL: no more, which
 * costs nothing. A driver without systemd makes no calls. */
void ncg_driver_set_trace (NcgDriver *self, NcgDriverTrace trace, gpointer user_data);

/* For how many microseconds systemd has left the oldest of the calls that were sent to it without
 * an answer; 0: it owes none. A job that takes its time is an answer. */
gint64 ncg_driver_get_silence (NcgDriver *self);

/* (transfer floating): an "a{sa{sv}}": how long systemd took for calls since the driver was made,
 * from when a call was sent until it, or the job that it waited for, ended. By method, and "other"
 * for the rest: Calls t, Failures t (with those that were never sent, and are no calls), TotalUSec
 * t, and Counts at, of the calls that took up to each bound, see ncg_driver_list_latency_bounds(),
 * and not up to the one before it; the last is of those that took longer. Empty without systemd. */
GVariant *ncg_driver_describe_latencies (NcgDriver *self);

/* The @ret_n bounds, in microseconds, ascending. */
const guint64 *ncg_driver_list_latency_bounds (gsize *ret_n);
