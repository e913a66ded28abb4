/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a client holds to be true of its pods.
 */
#pragma once

#include "tests/soak/process.h"
#include "tests/soak/spec.h"

typedef struct {
  char *name;
  GVariant *options;   /* of the call that started it, with all changes since */
  gboolean is_held;    /* started by CreateContainer: it stays without processes */
  gboolean is_created; /* of one that is held: it is there */
  char *unit;
  char *cgroup;
  GPtrArray *processes; /* of SoakProcess */
} SoakContainer;

/* Whether it is there; otherwise it has ended, or was removed. */
gboolean soak_container_is_there (const SoakContainer *self);

/* Whether one of its processes ignores SIGTERM. */
gboolean soak_container_is_stubborn (const SoakContainer *self);

/* A pod that there is or could be. */
typedef struct {
  char *uid;
  gboolean exists;
  SoakSpec spec;
  char *object;
  char *slice;
  char *cgroup;
  GPtrArray *containers; /* of SoakContainer, those that have ended too */
  guint n_names;         /* of containers that there were */
} SoakPod;

SoakPod *soak_pod_new (const char *uid);
void soak_pod_free (gpointer self);

/* What a pod with its uid and class has to be called. */
void soak_pod_set_names (SoakPod *self);

/* Forgets the containers; their processes must be gone. */
void soak_pod_removed (SoakPod *self);

SoakContainer *soak_pod_add_container (SoakPod *self, GRand *rand, gboolean is_held);

/* (nullable): one of those that are there, or that have ended */
SoakContainer *soak_pod_choose_container (const SoakPod *self, GRand *rand, gboolean has_ended);

guint soak_pod_count_processes (const SoakPod *self);

/* Those that are there. */
guint soak_pod_count_containers (const SoakPod *self);

/* (transfer full): why a process is not where it belongs; NULL if it is. In a hierarchy in which
 * the leaf has no directory it is in the nearest one above, but always in the pod where that has a
 * limit. */
char *soak_pod_check_process (const SoakPod *self,
                              const SoakContainer *container,
                              const SoakProcess *process);
