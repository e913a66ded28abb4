/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One pod, as the daemon knows it, with its containers. It decides nothing and touches nothing.
 */
#pragma once

#include "daemon/container.h"
#include "daemon/policy/demand-sums.h"
#include "daemon/policy/oom-told.h"

typedef enum {
  POD_CREATING,
  POD_ACTIVE,
  POD_UPDATING,
  POD_REMOVING,
  POD_VANISHED, /* its cgroup went away behind our back */
  POD_FOREIGN,  /* others made it: it is seen, and never touched */
} PodState;

const char *pod_state_to_string (PodState state);

typedef struct {
  char *uid;
  char *path;        /* of the group, for the driver: "/machine/burstable/pod<uid>" */
  char *slice;       /* the unit */
  char *cgroup;      /* as the driver said; "" until the group is there */
  char *object_path; /* on the bus */
  PodState state;
  QosClass qos;
  guint64 created_usec; /* CLOCK_REALTIME */
  Spec spec;
  SettingsDefaults defaults; /* of the configuration when it was made */
  NcgResources resources;    /* what the spec comes to */
  DemandShare share;         /* what of it the slices above count, the manager's */
  GPtrArray *containers;     /* of Container */
  GVariant *dropped;         /* (nullable): as in NcgKept: what was left out of its properties */
  gboolean was_there;        /* its slice was, with what is in it, before it was created */
  gint64 stop_usec;          /* when its slice was to be stopped, and did not end in time; else 0 */
  gint64 grace_end_usec;     /* being removed: until when its processes may end; else any time */
  OomTold oom;
  gboolean has_unsaved_oom;
  char *owner; /* of a foreign one: how its maker describes it, maybe ""; else NULL */
} Pod;

/* How the unit of a pod is described, so that it is known again: this and the uid. */
#define POD_DESCRIPTION_PREFIX "NodeCgroups: pod "

/* Objects are under it, with the uid escaped as systemd escapes its own (sd_bus_path_encode(3)). */
#define POD_OBJECT_PREFIX "/org/example/NodeCgroups/pod"

/**
 * pod_new:
 * @slice: its unit, as the driver named it
 *
 * Returns: (transfer full): a pod in the state creating, created now
 */
Pod *pod_new (const char *uid,
              const char *path,
              const char *slice,
              const Spec *spec,
              const SettingsDefaults *defaults);

/**
 * pod_new_foreign:
 * @owner: how whoever made it describes it
 *
 * Returns: (transfer full): a pod in the state foreign. Nothing is known of its spec, and nothing
 *   is wanted of it.
 */
Pod *pod_new_foreign (
    const char *uid, QosClass qos, const char *slice, const char *cgroup, const char *owner);

/* Pods are counted, since an operation may outlive a pod's place in the tables. */
Pod *pod_ref (Pod *self);
void pod_unref (Pod *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pod, pod_unref)

/* (transfer full): of a foreign one, for a message: " ('the owner')", or "" if nobody knows */
char *pod_format_owner (const Pod *self);

/* Whether all that was known of one of ours is lost: its unit is described as ours, and it is
 * foreign until it is created again, or removed. */
gboolean pod_is_left_behind (const Pod *self);

/* Replaces the spec and computes what follows from it. The class stays. */
void pod_set_spec (Pod *self, const Spec *spec);
void pod_set_cgroup (Pod *self, const char *cgroup);

/* (out) (transfer none): for the driver; valid as long as the pod and its names are. */
NcgPlace pod_get_place (const Pod *self);

Container *pod_find_container (const Pod *self, const char *name);
Container *pod_find_unit (const Pod *self, const char *unit);
Container *pod_add_container (Pod *self, const char *name, const char *unit);
void pod_drop_container (Pod *self, Container *container);

/* (transfer full): the content of its file, see store.h. @spec: instead of its own, or NULL */
GVariant *pod_save (const Pod *self, const Spec *spec);

/**
 * pod_load:
 * @content: what pod_save() wrote
 *
 * Returns: (transfer full): the pod in the state creating, or an error that says what is missing,
 * or that these are the names of another pod
 */
Pod *pod_load (const char *uid, GVariant *content, GError **error);
