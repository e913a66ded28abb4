/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Quality of service classes.
 */
#include "daemon/policy/qos.h"

static const struct {
  const char *name;
  const char *component;
} classes[] = {
  [QOS_GUARANTEED] = { "Guaranteed", "" },
  [QOS_BURSTABLE] = { "Burstable", "burstable" },
  [QOS_BESTEFFORT] = { "BestEffort", "besteffort" },
};
G_STATIC_ASSERT (G_N_ELEMENTS (classes) == N_QOS_CLASSES);

const char *
qos_to_string (QosClass qos)
{
  return classes[qos].name;
}

gboolean
qos_from_string (const char *text, QosClass *ret_qos)
{
  for (gsize i = 0; i < G_N_ELEMENTS (classes); i++)
    if (g_str_equal (classes[i].name, text)) {
      *ret_qos = (QosClass) i;
      return TRUE;
    }
  return FALSE;
}

const char *
qos_get_component (QosClass qos)
{
  return classes[qos].component;
}
