/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The calls of the daemon that are measured. Each is (transfer full), to be sent once.
 */
#pragma once

#include "tests/bench/connection.h"

#include <sys/types.h>

/* What all pods have, as the daemon takes it: limits on CPU, memory and pids, as far as this
 * machine has the controllers. They are Guaranteed, whose slices are in that of the cgroup root
 * itself. */
GVariant *calls_new_limits (void);

/* (transfer full): which of these limits there are, for the report */
char *calls_describe_limits (void);

sd_bus_message *calls_new_create_pod (Connection *connection, const char *uid);
sd_bus_message *calls_new_remove_pod (Connection *connection, const char *uid);

/* One that is held empty. */
sd_bus_message *
calls_new_create_container (Connection *connection, const char *uid, const char *name);

sd_bus_message *calls_new_join_pod (
    Connection *connection, const char *uid, const char *name, const pid_t *pids, gsize n_pids);

/* Of all pods and their containers. @fields: (nullable): all, if NULL */
sd_bus_message *calls_new_get_stats (Connection *connection, const char *const *fields);

/* (transfer full) (element-type utf8): the cgroups of all pods */
GPtrArray *calls_list_cgroups (Connection *connection);
