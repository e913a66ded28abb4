/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kinds of calls, and what GetLatencies says.
 */
#include "daemon/dbus-latencies.h"

static const char *const kinds[] = {
  "CreatePod",       "UpdatePod",       "RemovePod", "JoinPod", "CreateContainer",
  "UpdateContainer", "RemoveContainer", "other",     NULL,
};

/* Methods that are the same as one of these. */
static const struct {
  const char *method;
  const char *kind;
} synonyms[] = {
  { "JoinPodByPidFd", "JoinPod" }, { "Update", "UpdatePod" },    { "Remove", "RemovePod" },
  { "Join", "JoinPod" },           { "JoinByPidFd", "JoinPod" },
};

NcgLatencies *
dbus_latencies_new (void)
{
  return ncg_latencies_new (kinds);
}

void
dbus_latencies_add (NcgLatencies *self,
                    GDBusMethodInvocation *invocation,
                    gint64 begun_usec,
                    gboolean is_failed)
{
  const char *kind = g_dbus_method_invocation_get_method_name (invocation);

  for (gsize i = 0; i < G_N_ELEMENTS (synonyms); i++)
    if (g_str_equal (synonyms[i].method, kind)) {
      kind = synonyms[i].kind;
      break;
    }
  ncg_latencies_add (self, kind, g_get_monotonic_time () - begun_usec, is_failed);
}

GVariant *
dbus_latencies_describe (const NcgLatencies *self, const Manager *manager)
{
  gsize n;
  const guint64 *bounds = ncg_driver_list_latency_bounds (&n);
  GVariantBuilder all;

  g_variant_builder_init (&all, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&all, "{sv}", "StartedUSec",
                         g_variant_new_uint64 ((guint64) manager->started_usec));
  g_variant_builder_add (
      &all, "{sv}", "BoundsUSec",
      g_variant_new_fixed_array (G_VARIANT_TYPE_UINT64, bounds, n, sizeof (guint64)));
  g_variant_builder_add (&all, "{sv}", "Systemd", ncg_driver_describe_latencies (manager->driver));
  g_variant_builder_add (&all, "{sv}", "Operations", ncg_latencies_describe (self));
  return g_variant_builder_end (&all);
}
