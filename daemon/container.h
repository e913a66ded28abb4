/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One container of a pod, as the daemon knows it. It decides nothing and touches nothing.
 */
#pragma once

#include "daemon/policy/settings.h"
#include "daemon/policy/spec.h"
#include "lib/driver.h"

typedef enum {
  CONTAINER_ACTIVE,
  CONTAINER_STARTING,
  CONTAINER_UPDATING,
  CONTAINER_REMOVING,
  CONTAINER_VANISHED, /* held, and its leaf went away behind our back */
  N_CONTAINER_STATES,
} ContainerState;

const char *container_state_to_string (ContainerState state);
gboolean container_state_from_string (const char *name, ContainerState *ret_state);

typedef struct {
  char *name;
  char *unit;
  char *cgroup; /* "" until the leaf is there */
  ContainerState state;
  gboolean is_held; /* created, and stays until it is removed; else it ends with its processes */
  gint64 stop_usec; /* when its leaf was to be stopped, and did not end in time; else 0 */
  gint64 grace_end_usec; /* being removed: until when its processes may end; else any time */
  gboolean has_spec;     /* the spec is known: the leaf was started here */
  Spec spec;
  Spec pending;              /* while it is updating: what is to come */
  GVariant *dropped;         /* (nullable): as in NcgKept: what was left out of its properties */
  SettingsDefaults defaults; /* the pod's */
  gboolean is_delegated;
  uid_t user; /* of one that is delegated: who may manage what is in it, or NCG_NO_USER */
} Container;

/* (transfer full): active, and without a spec */
Container *container_new (const char *name, const char *unit, const SettingsDefaults *defaults);

/* A GDestroyNotify. */
void container_free (gpointer self);

/* Whether an operation on it is under way. Until its end it is the operation's, and nobody else
 * drops it. */
gboolean container_is_busy (const Container *self);

/* (out) (transfer none): for the driver; valid as long as the container and its names are. */
NcgPlace container_get_place (const Container *self);

/* (transfer full): how its leaf is described, so that it is known again */
char *container_describe (const Container *self, const char *uid);

/* (out): what the spec comes to */
void container_get_resources (const Container *self, NcgResources *ret_resources);

void container_set_spec (Container *self, const Spec *spec);
void container_set_cgroup (Container *self, const char *cgroup);

/**
 * containers_save:
 * @containers: (element-type Container)
 *
 * Adds to @dict what has to be known of them in another life: names, units and specs under
 * "Containers", the users of those that are delegated under "Delegated", which of them are held
 * under "Held", what was left out of their properties under "DroppedOf", under "Pending" which
 * operations are under way and have to be finished, and under "GraceEnds" until when the processes
 * of those that are being removed may end by themselves.
 */
void containers_save (const GPtrArray *containers, GVariantDict *dict);

/**
 * containers_load:
 * @content: what containers_save() wrote into; files of earlier releases have less of it
 * @containers: (element-type Container): empty; they are added to it
 *
 * Returns: %TRUE, or an error that says what is wrong
 */
gboolean containers_load (GVariant *content,
                          const SettingsDefaults *defaults,
                          GPtrArray *containers,
                          GError **error);
