/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the daemons of Kubernetes ought to be, and what to say of one that is elsewhere. Decided
 * here from cgroups that were found; nothing is ever moved.
 */
#pragma once

#include "daemon/config/config.h"

/* The cgroups that matter, as "/system.slice". */
typedef struct {
  const char *daemons_unit;   /* "kubernetes.slice" */
  const char *daemons_cgroup; /* of what kubeReserved is for */
  const char *system_cgroup;  /* (nullable): of what systemReserved is for */
  const char *user_cgroup;    /* of the users' sessions */
} PlacementGroups;

typedef enum {
  PLACEMENT_RIGHT,   /* in the daemons' slice */
  PLACEMENT_SYSTEM,  /* in the system container: charged to systemReserved */
  PLACEMENT_SESSION, /* in the session of a user, a developer's terminal: ends with it */
  PLACEMENT_OTHER,   /* in neither */
} PlacementVerdict;

PlacementVerdict placement_judge (const PlacementGroups *groups, const char *cgroup);

/* Whether it is a daemon of Kubernetes, for which there is a right place: kubelet.service,
 * kube-proxy.service. Their units: NULL-terminated. */
gboolean placement_is_kubernetes (const char *unit);
const char *const *placement_list_kubernetes (void);

/* (nullable): the unit whose daemon has the name @command in /proc/PID/comm */
const char *placement_find_unit (const char *command);

/* (transfer full): the units that have to be watched: the daemons of Kubernetes, those of the
 * container runtimes, and whatever else has an oom score in @config */
GStrv placement_list_units (const Config *config);

/* (transfer full): the innermost slice of a cgroup, "user-1000.slice"; "-.slice" if there is none
 */
char *placement_find_slice (const char *cgroup);

/**
 * placement_format_message:
 * @pid: 0, or the process that is no service at all
 *
 * Returns: (transfer full): where it is, what that means, and the drop-in that mends it
 */
char *placement_format_message (const PlacementGroups *groups,
                                const char *unit,
                                pid_t pid,
                                const char *cgroup);

/* (transfer full): of a process @pid in @cgroup that is no service, while the service runs, too */
char *placement_format_second (const PlacementGroups *groups,
                               const char *unit,
                               pid_t pid,
                               const char *cgroup);
