/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The floor: the calls of systemd that a program needs which does the same as the daemon by itself,
 * and checks and remembers nothing. Each is (transfer full), to be sent once; those that start or
 * stop something have a job as their reply.
 */
#pragma once

#include "tests/bench/connection.h"

#include <sys/types.h>

/* A slice with the limits of the pods (calls.h). */
sd_bus_message *floor_new_slice (Connection *connection, const char *unit);

/* Of a slice: what it has of that, to tell what each of them costs systemd. */
typedef enum {
  FLOOR_LIMITS = 1 << 0,
  FLOOR_DEPENDENCIES = 1 << 1, /* DefaultDependencies= */
} FloorParts;

sd_bus_message *floor_new_slice_of (Connection *connection, const char *unit, FloorParts parts);

/* The same limits for a slice that is there, without a job. */
sd_bus_message *floor_new_limits (Connection *connection, const char *unit);

/* A scope with these processes. systemd lets others join it later only if it is delegated. */
sd_bus_message *floor_new_scope (Connection *connection,
                                 const char *unit,
                                 const char *slice,
                                 const pid_t *pids,
                                 gsize n_pids,
                                 gboolean is_delegated);

/* A leaf without a process: a service that has run and remains. */
sd_bus_message *floor_new_holder (Connection *connection, const char *unit, const char *slice);

/* Its reply is no job. */
sd_bus_message *floor_new_attach (Connection *connection, const char *unit, pid_t pid);

sd_bus_message *floor_new_stop (Connection *connection, const char *unit);
