/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What making one pod costs in CPU time, and whom.
 */
#pragma once

#include "tests/bench/bench.h"

enum { CPU_SYSTEMD, CPU_BUS, CPU_DAEMON, CPU_CLIENT, N_CPU_COSTS };

/* In milliseconds for each pod. */
typedef double CpuCost[N_CPU_COSTS];

/* Makes @n pods one after the other, by the daemon or as the floor does, and adds what it cost
 * until systemd is idle again. The pods are removed; that does not count. */
void cpu_cost_add (Bench *bench, gboolean is_floor, guint n, CpuCost cost);
