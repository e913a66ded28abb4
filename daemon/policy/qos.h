/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Quality of service classes, as Kubernetes has them (pkg/apis/core/v1/helper/qos/qos.go).
 */
#pragma once

#include <glib.h>

typedef enum {
  QOS_GUARANTEED,
  QOS_BURSTABLE,
  QOS_BESTEFFORT,
  N_QOS_CLASSES,
} QosClass;

const char *qos_to_string (QosClass qos);
gboolean qos_from_string (const char *text, QosClass *ret_qos);

/* The component of the path between the cgroup root and a pod of this class: "burstable",
 * "besteffort", and "" for Guaranteed pods, which are directly in the root. */
const char *qos_get_component (QosClass qos);
