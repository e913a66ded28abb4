/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The figures of the whole machine: those of the root cgroup, as far as it has any, and what /proc
 * gives of the rest, with the same meaning.
 *
 *   key                       where the root cgroup has none
 *   CPUUsageNSec t,           /proc/stat: all but idle, iowait and steal; user and nice; system,
 *   CPUUserNSec,              irq and softirq
 *   CPUSystemNSec
 *   MemoryAnonBytes t         /proc/meminfo: AnonPages
 *   MemoryFileBytes t         Cached and Buffers
 *   MemoryUsageBytes t        anon + file, as lib/stats.h has it of the root
 *   MemoryWorkingSetBytes t   that less Inactive(file), at least 0
 *   MemorySwapBytes t         always SwapTotal less SwapFree, as the kubelet counts
 *   PidsCurrent t             /proc/loadavg: tasks, which the kernel's threads are, too
 *   PidsLimit t               the smaller of kernel.pid_max and kernel.threads-max
 *   CPUPressure,              /proc/pressure
 *   MemoryPressure, IOPressure
 *
 * Usage is not MemTotal - MemFree, which would count the kernel's own memory: with anon + file the
 * machine's figure is of the same kind as those of its cgroups, and the one that the kubelet and
 * cadvisor give of a node.
 */
#pragma once

#include "lib/stats.h"

/**
 * ncg_stats_fill_machine:
 * @root: "" or a directory that stands for the machine's root
 *
 * As ncg_stats_fill() otherwise. A file of /proc that is not there gives no figure.
 */
gboolean ncg_stats_fill_machine (NcgStats *self,
                                 const NcgHierarchy *hierarchy,
                                 const char *root,
                                 NcgStatsFields fields,
                                 GError **error);
