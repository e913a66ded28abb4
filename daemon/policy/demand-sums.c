/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sums of demands.
 */
#include "daemon/policy/demand-sums.h"

static void
add (DemandBytes *sum, guint64 bytes)
{
  sum->low += bytes;
  sum->high += sum->low < bytes;
}

static void
subtract (DemandBytes *sum, guint64 bytes)
{
  sum->high -= sum->low < bytes;
  sum->low -= bytes;
}

static void
add_all (DemandBytes *sum, const DemandBytes *other)
{
  add (sum, other->low);
  sum->high += other->high;
}

static guint64
saturate (const DemandBytes *sum)
{
  return sum->high != 0 ? NCG_UNLIMITED : sum->low;
}

void
demand_sums_put (DemandSums *self, DemandShare *share, QosClass qos, const Spec *spec)
{
  if (share->is_counted) {
    self->classes[share->qos].cpu_request -= share->demand.cpu_request;
    subtract (&self->classes[share->qos].memory_min, share->demand.memory_min);
    subtract (&self->classes[share->qos].memory_low, share->demand.memory_low);
  }
  *share = (DemandShare){ .is_counted = spec != NULL, .qos = qos };
  if (spec == NULL)
    return;
  settings_add_demand (&share->demand, spec);
  self->classes[qos].cpu_request += share->demand.cpu_request;
  add (&self->classes[qos].memory_min, share->demand.memory_min);
  add (&self->classes[qos].memory_low, share->demand.memory_low);
}

void
demand_sums_get (const DemandSums *self, QosClass qos, QosDemand *ret_demand)
{
  DemandBytes memory_min = { 0 }, memory_low = { 0 };
  QosDemand demand = { 0 };

  for (int i = 0; i < N_QOS_CLASSES; i++) {
    if (i != (int) qos && qos != QOS_GUARANTEED)
      continue;
    demand.cpu_request += self->classes[i].cpu_request;
    add_all (&memory_min, &self->classes[i].memory_min);
    add_all (&memory_low, &self->classes[i].memory_low);
  }
  demand.memory_min = saturate (&memory_min);
  demand.memory_low = saturate (&memory_low);
  *ret_demand = demand;
}
