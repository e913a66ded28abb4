/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a client holds to be true of its pods.
 */
#pragma once

#include "tests/soak/process.h"
#include "tests/soak/spec.h"

typedef struct {
  char *name;
  GVariant *options; /* of the join that started it */
  gboolean is_delegated;
  char *unit;
  char *cgroup;
  GPtrArray *processes; /* of SoakProcess; none: it has ended */
} SoakContainer;

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

SoakContainer *soak_pod_add_container (SoakPod *self, GRand *rand);

/* (nullable): one of those that are there, or that have ended */
SoakContainer *soak_pod_choose_container (const SoakPod *self, GRand *rand, gboolean has_ended);

guint soak_pod_count_processes (const SoakPod *self);

/* (transfer full): why a process is not where it belongs; NULL if it is. In a hierarchy in which
 * the leaf has no directory it is in the nearest one above, but always in the pod where that has a
 * limit. */
char *soak_pod_check_process (const SoakPod *self,
                              const SoakContainer *container,
                              const SoakProcess *process);
