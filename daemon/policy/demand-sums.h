/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the pods of each class ask for together, kept as pods come, change and go, so that a pod
 * costs the same whether there are ten of them or thousands.
 */
#pragma once

#include "daemon/policy/settings.h"

/* A sum of bytes that forgets nothing beyond 64 bits: what was added can be taken away again. */
typedef struct {
  guint64 low;
  gint64 high;
} DemandBytes;

/* All zero: of no pods. */
typedef struct {
  struct {
    guint64 cpu_request;
    DemandBytes memory_min;
    DemandBytes memory_low;
  } classes[N_QOS_CLASSES];
} DemandSums;

/* What of one pod is in the sums; it belongs to the pod. All zero: nothing. */
typedef struct {
  gboolean is_counted;
  QosClass qos;
  QosDemand demand;
} DemandShare;

/* Makes it what @spec (nullable) asks for; NULL: nothing any more. */
void demand_sums_put (DemandSums *self, DemandShare *share, QosClass qos, const Spec *spec);

/* (out): as settings_add_demand() of each pod comes to; for Guaranteed, whose slice is above all
 * others, of the pods of all classes. */
void demand_sums_get (const DemandSums *self, QosClass qos, QosDemand *ret_demand);
