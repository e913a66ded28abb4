/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CPU time: from Kubernetes' millicores to a weight and a quota, and from the quota to the kernel's
 * cpu.max as systemd writes it.
 */
#pragma once

#include <glib.h>

#define NCG_CPU_PERIOD_DEFAULT 100000u /* µs, the kubelet's and systemd's */
#define NCG_CPU_PERIOD_MIN 1000u
#define NCG_CPU_PERIOD_MAX 1000000u

/**
 * ncg_cpu_weight_from_millicores:
 *
 * Returns: cpu.weight. One CPU of request is weight 100, the kernel's and systemd's default;
 * proportional, rounded down, within 1 to 10000.
 */
guint64 ncg_cpu_weight_from_millicores (guint64 millicores);

/**
 * ncg_cpu_quota_from_millicores:
 * @period_usec: %NCG_CPU_PERIOD_MIN to %NCG_CPU_PERIOD_MAX
 *
 * The quota as the kubelet computes it (pkg/kubelet/cm/helpers_linux.go, MilliCPUToQuota: at least
 * 1000 µs in a period), said as systemd's CPUQuotaPerSecUSec and rounded up to whole percents of a
 * CPU: systemd before 257 keeps no more than that over a daemon-reload. What is beyond the 2^44 µs
 * that the kernel takes in a period counts as that, here and below.
 *
 * Returns: µs of CPU time per second
 */
guint64 ncg_cpu_quota_from_millicores (guint64 millicores, guint64 period_usec);

/**
 * ncg_cpu_quota_from_period:
 * @in_period_usec: µs of CPU time in each period
 *
 * Returns: the same as µs of CPU time per second, rounded up to whole percents of a CPU
 */
guint64 ncg_cpu_quota_from_period (guint64 in_period_usec, guint64 period_usec);

/**
 * ncg_cpu_bandwidth_format:
 * @quota_usec: µs of CPU time per second, or %G_MAXUINT64 for no limit
 *
 * Returns: (transfer full): what cpu.max reads when systemd has applied it: "50000 100000",
 *   "max 100000". systemd lengthens a period in which the quota would be below the kernel's 1 ms
 *   (which 0 is, too), and ignores the period where there is no quota.
 */
char *ncg_cpu_bandwidth_format (guint64 quota_usec, guint64 period_usec);
