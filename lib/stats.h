/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The figures of one cgroup on the unified hierarchy. A figure that this kernel does not give is
 * absent, never 0. Each file is read once.
 *
 *   key                                    from
 *   TimestampUSec t                        the wall clock when the reading began
 *   CPUUsageNSec t                         cpu.stat: usage_usec × 1000
 *   CPUUserNSec t, CPUSystemNSec t         cpu.stat: user_usec, system_usec × 1000
 *   CPUPeriods t, CPUThrottledPeriods t    cpu.stat: nr_periods, nr_throttled
 *   CPUThrottledUSec t                     cpu.stat: throttled_usec
 *   MemoryUsageBytes t                     memory.current; the root has none: anon + file, as the
 *                                          kubelet counts
 *   MemoryWorkingSetBytes t                usage less memory.stat: inactive_file, at least 0
 *   MemoryAnonBytes t, MemoryFileBytes t   memory.stat: anon, file
 *   MemoryKernelBytes t                    memory.stat: kernel (Linux 5.18)
 *   MemoryPeakBytes t                      memory.peak (Linux 5.19)
 *   MemoryLimitBytes t                     memory.max, absent if "max"
 *   MemorySwapBytes t                      memory.swap.current
 *   MemoryEvents a{st}                     memory.events, by the kernel's own names
 *   PidsCurrent t                          pids.current
 *   PidsLimit t                            pids.max, absent if "max"
 *   IO a(sa{st})                           io.stat: device ("8:0") and of rbytes, wbytes, rios,
 * wios, dbytes, dios: ReadBytes, WriteBytes, ReadOperations, WriteOperations, DiscardBytes,
 * DiscardOperations Hugepages a{sa{st}}                    by size, "2Mi" for the kernel's "2MB":
 * UsageBytes, LimitBytes, Failures from hugetlb.2MB.current, .max (absent if "max") and .events:
 * max CPUPressure, MemoryPressure,           cpu.pressure, memory.pressure, io.pressure: someAvg10,
 *   IOPressure a{sd}                       someAvg60, someAvg300 (percent), someTotalUSec,
 * fullAvg10 … DescendantCount t,                     cgroup.stat: nr_descendants,
 * nr_dying_descendants DyingDescendantCount t
 *
 * Keys, devices and fields that are not listed are passed over, and so is what is not a number. A
 * negative number counts as 0.
 */
#pragma once

#include "lib/cgroup.h"

/**
 * ncg_stats_read:
 * @cgroup: where to read; may block (memory.stat), so call it from a worker
 *
 * Returns: (transfer full): a floating-free a{sv} with the keys above. A cgroup that is gone, or
 * goes while it is read, is %NCG_ERROR_NOT_FOUND; a file that is there and cannot be read is an
 * error too.
 */
GVariant *ncg_stats_read (const NcgCgroup *cgroup, GError **error);
