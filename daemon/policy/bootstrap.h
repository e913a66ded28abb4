/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a node must be before pods come: decided here from what was found, done in daemon/node.c.
 */
#pragma once

#include <glib.h>

typedef struct {
  const char *name;   /* "vm.overcommit_memory" */
  const char *wanted; /* "1" */
} BootstrapSysctl;

/* The kernel settings that the kubelet wants (pkg/kubelet/cm/container_manager_linux.go,
 * setupKernelTunables). */
const BootstrapSysctl *bootstrap_get_sysctls (gsize *ret_n);

/**
 * bootstrap_find_missing_controllers:
 * @controllers: the content of a cgroup.controllers file
 *
 * Returns: (transfer full) (nullable): those of cpu and memory that are not in it, "cpu, memory";
 *   %NULL if both are
 */
char *bootstrap_find_missing_controllers (const char *controllers);
