/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Capacity, reservations and what is left for pods: Allocatable = Capacity - KubeReserved -
 * SystemReserved (- EvictionHard where configured), never below 0.
 *
 * Lists of resources are a{st} as on the bus: "cpu" in millicores, "memory" and
 * "ephemeral-storage" in bytes, "pid", "hugepages-<size>" in bytes. Source:
 * pkg/kubelet/cm/node_container_manager_linux.go and helpers.go.
 */
#pragma once

#include "daemon/config/config.h"

/* The amount of @name in an a{st}, or @otherwise. */
guint64 allocatable_get (GVariant *list, const char *name, guint64 otherwise);

/* (transfer full): a{st}: what is reserved */
GVariant *allocatable_list_reservation (const ConfigReservation *reservation);

/* (transfer full): a{st}: "memory" (memory.available) and "ephemeral-storage" (nodefs.available) of
 * evictionHard in bytes, shares of the capacity rounded down; empty if there is no threshold */
GVariant *allocatable_list_eviction (const Config *config, GVariant *capacity);

/* (transfer full): a{st}: what pods may be given: each resource of @capacity less what is reserved,
 * and less the thresholds */
GVariant *allocatable_compute (const Config *config, GVariant *capacity);

/* (transfer full): a{st}: what pods may use together, and where it is enforced are limited to: the
 * thresholds are not taken off, so that pods are evicted before they are killed */
GVariant *allocatable_compute_limit (const Config *config, GVariant *capacity);

/**
 * allocatable_check:
 *
 * Returns: %TRUE; else %NCG_ERROR_INVALID_ARGUMENT: a reservation is above the capacity, or leaves
 *   nothing for pods that are held to it. The message names all of them, with the reservation, who
 *   has it, and the capacity.
 */
gboolean allocatable_check (const Config *config, GVariant *capacity, GError **error);
