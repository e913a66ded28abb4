/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two sides that take turns: each round has both, and every other time the other one goes first.
 */
#pragma once

#include "tests/bench/bench.h"

/* Does all operations of a round, the @i-th, and says how long each took, in microseconds. */
typedef void (*RoundSide) (Bench *bench, guint i, gint64 *ret_usec);

typedef struct {
  RoundSide ours;
  RoundSide floor;
  guint n_operations;            /* of each round, at most ROUNDS_MAX_OPERATIONS */
  const char *const *operations; /* their names, for the report */
  const Aim *aims;               /* theirs */
} Rounds;

#define ROUNDS_MAX_OPERATIONS 4

/* What systemd, the bus and the daemon have left to do of an operation, after it has been answered,
 * is not to be in the time of the next one. For both sides. */
void rounds_let_settle (void);

/* Nor is what the kernel has left to do: moving a process waits for a grace period of RCU, unless
 * another was moved shortly before (cgroup_threadgroup_rwsem). Each side shall wait for it. */
void rounds_let_rest (void);

/* Does @n rounds after those that do not count, and reports them. */
void rounds_run (Bench *bench, const Rounds *what, guint n, guint pods);
