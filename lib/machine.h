/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the machine has: CPUs, memory nodes, huge pages, block devices, capacity; and its sysctls.
 */
#pragma once

#include "lib/cpuset.h"

/**
 * ncg_machine_read_online:
 * @root: "" or a directory that stands for the machine's root
 * @what: "cpu" or "node"
 *
 * Returns: (transfer full): the CPUs or memory nodes that are online
 *   (/sys/devices/system/cpu/online, …/node/online; a machine without NUMA has the node 0);
 *   %NCG_ERROR_NOT_FOUND if there is no such file, %NCG_ERROR_FAILED if it cannot be read,
 *   %NCG_ERROR_INVALID_ARGUMENT if there is no list in it
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
 * Returns: (transfer full): a{st}, the keys always in the same order; what cannot be read is left
 *   out
 */
GVariant *ncg_machine_read_capacity (const char *root);

/* (transfer full) (element-type guint64): the sizes of huge pages that the kernel has, in bytes,
 * the smallest first (/sys/kernel/mm/hugepages); none without such pages */
GArray *ncg_machine_list_page_sizes (const char *root);

/**
 * ncg_machine_find_block_device:
 * @device: a path, "/dev/sda" (symbolic links are followed as long as they stay in
 *   /dev and are relative), or numbers, "8:0"
 * @ret_is_whole_disk: whether it is neither a partition nor made of other devices (device-mapper,
 *   RAID), so that systemd takes its limits for itself and not for a disk behind it
 *   (lookup_block_device() in src/core/cgroup.c)
 *
 * Returns: %TRUE, or %NCG_ERROR_INVALID_ARGUMENT naming @device if there is no such block device
 */
gboolean ncg_machine_find_block_device (const char *root,
                                        const char *device,
                                        guint *ret_major,
                                        guint *ret_minor,
                                        gboolean *ret_is_whole_disk,
                                        GError **error);

/**
 * ncg_machine_read_sysctl:
 * ncg_machine_write_sysctl:
 * @name: dotted, "vm.panic_on_oom"
 * @value: written by one write(2)
 *
 * Returns: reading, (transfer full): the value without the newline; %NCG_ERROR_NOT_FOUND if there
 * is no such file, when reading, and %NCG_ERROR_FAILED for all else
 */
char *ncg_machine_read_sysctl (const char *root, const char *name, GError **error);
gboolean
ncg_machine_write_sysctl (const char *root, const char *name, const char *value, GError **error);
