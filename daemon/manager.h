/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pods of this node: the tables, and what the operations on them share. Each operation is a
 * file of its own (pod-create.c, pod-update.c, …); what happens to the node is in node.h.
 */
#pragma once

#include "daemon/config/config.h"
#include "daemon/drift.h"
#include "daemon/foreign-pods.h"
#include "daemon/late.h"
#include "daemon/oom-kills.h"
#include "daemon/pod-watch.h"
#include "daemon/pod.h"
#include "daemon/policy/demand-sums.h"
#include "daemon/qos-tree.h"
#include "daemon/store.h"
#include "daemon/turns.h"
#include "lib/cgroup.h"
#include "lib/driver.h"
#include "lib/hierarchy.h"
#include "lib/worker.h"

/* An operation ends within this time from when it came, below the 25 s after which a client's bus
 * library gives up; the rest is for undoing what was begun. What has not had its turn after the
 * first time is not begun any more. */
#define MANAGER_WAIT_USEC (10 * G_USEC_PER_SEC)
#define MANAGER_DEADLINE_USEC (15 * G_USEC_PER_SEC)
#define MANAGER_UNDO_USEC (5 * G_USEC_PER_SEC)

/* What was to be stopped, and did not end in time, may end so much later: longer than systemd waits
 * for anything that it stops (DefaultTimeoutStopSec=90s). */
#define MANAGER_LATE_STOP_USEC (300 * G_USEC_PER_SEC)

/* What the manager tells the floor above; the members may be NULL. */
typedef struct {
  /* A pod is being created: time to prepare what pod_added() will need. */
  void (*pod_prepared) (Pod *pod, gpointer user_data);
  void (*pod_added) (Pod *pod, gpointer user_data);
  void (*pod_changed) (Pod *pod, gpointer user_data);
  void (*pod_removed) (Pod *pod, gpointer user_data);
  /* The kernel has killed that many processes since the last time. @container: "" if it is not
   * known in which they were */
  void (*oom_killed) (const Pod *pod, const char *container, guint64 kills, gpointer user_data);
} ManagerListener;

struct Manager {
  const Config *config;
  NcgHierarchy *hierarchy;
  NcgDriver *driver;
  Store *store;
  Turns *turns; /* by uid */
  Late *late;
  NcgWorker *worker;  /* for what may block */
  NcgWorker *readers; /* for figures, which everybody may ask for: nothing else waits for them */
  QosTree *qos;
  Drift *drift;
  OomKills *oom;
  ForeignPods *foreign;
  PodWatch *watch;
  GHashTable *pods;    /* uid → Pod */
  GHashTable *slices;  /* unit → Pod, the same pods */
  GHashTable *leaves;  /* unit → Pod in which it is */
  DemandSums demand;   /* of the pods that are or will be there */
  char *proc;          /* where procfs is */
  gint64 started_usec; /* g_get_real_time() */
  gint64 lost_usec; /* since when there is no connection to the driver's other side; 0: there is */
  ManagerListener listener;
  gpointer user_data;
};

/* @config and @hierarchy stay the caller's, and outlive the manager. The driver is not theirs but
 * the manager's from here on. */
Manager *
manager_new (const Config *config, NcgHierarchy *hierarchy, NcgDriver *driver, Store *store);
void manager_free (Manager *self);
void manager_set_listener (Manager *self, const ManagerListener *listener, gpointer user_data);

/* Another configuration is in force, which outlives the manager, too. */
void manager_set_config (Manager *self, const Config *config);

void manager_set_connected (Manager *self, gboolean is_connected);

/* A moment without a connection is waited for; after that, %NCG_ERROR_NOT_READY. */
gboolean manager_check_ready (const Manager *self, GError **error);

/* (transfer none): the pod, or %NCG_ERROR_NO_SUCH_POD */
Pod *manager_find_pod (Manager *self, const char *uid, GError **error);

/* The same for what changes a pod: one of others is %NCG_ERROR_ACCESS_DENIED, which says whose. */
Pod *manager_find_own_pod (Manager *self, const char *uid, GError **error);

/* The path of the group of a pod, for the driver. */
char *manager_get_pod_path (const Manager *self, const char *uid, QosClass qos);

/* For the operations: a pod enters or leaves the tables, changes its state, loses a leaf. */
void manager_add_pod (Manager *self, Pod *pod);
void manager_drop_pod (Manager *self, Pod *pod);

/* The two halves of manager_drop_pod(): that it leaves the tables, which takes no system call, and
 * that what was watched for it is given up. */
void manager_forget_pod (Manager *self, Pod *pod);
void manager_release_pod (Manager *self, const Pod *pod);
void manager_set_state (Manager *self, Pod *pod, PodState state);
void manager_prepare_pod (Manager *self, Pod *pod);
void manager_announce_pod (Manager *self, Pod *pod);
void manager_pod_changed (Manager *self, Pod *pod);
/* The same if it is about one container alone: what is watched of the others stays as it is. */
void manager_container_changed (Manager *self, Pod *pod, const Container *container);
void manager_drop_container (Manager *self, Pod *pod, Container *container);

/* Writes the pod's file in @phase. One that has left the tables meanwhile has none any more. */
gboolean manager_save_pod (Manager *self, Pod *pod, StorePhase phase, GError **error);

/* Something is about to be left out of @unit, see NcgDriverListener.dropping: the file of its pod
 * says so before systemd is asked for the rest. */
gboolean manager_save_dropped (Manager *self, const char *unit, GError **error);

/* (transfer full): a cgroup of the primary hierarchy, in which all of ours are */
NcgCgroup *manager_open_cgroup (const Manager *self, const char *path, GError **error);

/* Whether there is no such cgroup; "" is none. One that cannot be opened for another reason, such
 * as too many open files, is there. */
gboolean manager_is_gone (const Manager *self, const char *path);

/* Whether the cgroup of @pod is there still. If not it has vanished, or leaves the tables if it is
 * foreign or was to be removed. Nothing is judged while an operation is under way, which therefore
 * ends with this. */
void manager_check_pod (Manager *self, Pod *pod);

/* Which leaves of @pod are gone: the driver tells of them late, or not at all, where they went with
 * the slice; and nobody is told while it is being removed. */
void manager_check_leaves (Manager *self, Pod *pod);

/* Whether the cgroups of the held containers of @pod are there still: a service that somebody
 * restarts stays, as before, and loses its cgroup; no unit is removed then. */
void manager_check_held (Manager *self, Pod *pod);

/* A unit is gone, as the driver tells. */
void manager_unit_removed (Manager *self, const char *unit);

/* Adds to an open a(ssssb) what the cgroup @path should have and what the kernel has. For any
 * thread: of @self it takes what stays the same. */
void manager_add_rows (Manager *self,
                       const char *path,
                       const NcgResources *resources,
                       GVariantBuilder *rows);

/* Whether the CPUs and memory nodes of @spec are online; %NCG_ERROR_INVALID_ARGUMENT naming those
 * there are if not: systemd accepts them, and the kernel ignores them. */
gboolean manager_check_cpus (const Manager *self, const Spec *spec, GError **error);

/* What @self's tables say and the kernel does not: leaves and pods that are gone. */
void manager_drop_gone (Manager *self);

/* What @pod asks for is another thing now, and its state is the same. */
void manager_count_demand (Manager *self, Pod *pod);

/* (out): what the pods of @qos ask for together; for Guaranteed, whose slice is above all others,
 * what all pods do. */
void manager_sum_demand (Manager *self, QosClass qos, QosDemand *ret_demand);
