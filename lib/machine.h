/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the machine has: CPUs, memory nodes, capacity; and its sysctls.
 */
#pragma once

#include "lib/cpuset.h"

/**
 * ncg_machine_read_online:
 * @root: "" or a directory that stands for the machine's root
 * @what: "cpu" or "node"
 *
 * Returns: (transfer full): the CPUs or memory nodes that are online
 *   (/sys/devices/system/cpu/online, …/node/online; a machine without NUMA has the node 0)
 */
NcgCpuset *ncg_machine_read_online (const char *root, const char *what, GError **error);

/**
 * ncg_machine_read_capacity:
 *
 * The capacity as the kubelet counts it (pkg/kubelet/cadvisor/util.go, stats/pidlimit): "cpu" in
 * millicores of the CPUs that are online, "memory" in bytes (MemTotal), "pid" (the smaller of
 * kernel.pid_max and kernel.threads-max), "hugepages-<size>" in bytes for each size the kernel has,
 * "ephemeral-storage" in bytes (the root file system).
 *
 * Returns: (transfer full): a{st}; what cannot be read is left out
 */
GVariant *ncg_machine_read_capacity (const char *root);

/* A sysctl by its dotted name, "vm.panic_on_oom". (transfer full): without the newline. */
char *ncg_machine_read_sysctl (const char *root, const char *name, GError **error);
gboolean
ncg_machine_write_sysctl (const char *root, const char *name, const char *value, GError **error);
