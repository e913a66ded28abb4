/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an operation costs in CPU time, and whom.
 */
#pragma once

#include "tests/bench/bench.h"

#include <sys/types.h>

enum { CPU_SYSTEMD, CPU_BUS, CPU_DAEMON, CPU_CLIENT, N_CPU_COSTS };

/* In milliseconds for each time that it is done. */
typedef double CpuCost[N_CPU_COSTS];

typedef struct {
  pid_t pids[N_CPU_COSTS];
  gint64 nsec[N_CPU_COSTS];
} CpuClocks;

/* Both when systemd has nothing to do any more. cpu_clocks_stop() adds what it was since then. */
void cpu_clocks_start (CpuClocks *self, Bench *bench);
void cpu_clocks_stop (const CpuClocks *self, guint n, CpuCost cost);

/* A row for each. @floor: (nullable) */
void cpu_cost_report (Bench *bench,
                      const char *operation,
                      guint pods,
                      guint n,
                      const CpuCost ours,
                      const double *floor);

/* Makes @n pods one after the other, by the daemon or as the floor does, and adds what that cost.
 * The pods are removed; that does not count. */
void cpu_cost_add_pods (Bench *bench, gboolean is_floor, guint n, CpuCost cost);
