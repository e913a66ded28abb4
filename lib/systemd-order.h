/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In which order a unit that runs gets its settings: the files that are ours, those of the CPU on
 * v1 that are written for systemd, and what systemd is told. The kernel keeps some of them at or
 * below others, and of what it refuses systemd does not tell.
 */
#pragma once

#include "lib/systemd-context.h"

/* All zero: systemd first, and then our files. */
typedef struct {
  gboolean is_own_first; /* our files before systemd's, else after them */
  gboolean is_own_twice; /* and all after them, since some had to wait */
  NcgResources early;    /* those of ours that go first */
  gboolean is_cpu_ours;  /* then, before systemd is told, see systemd-cpu.h */
} NcgSystemdOrder;

/* (out): what loosens before what tightens, for the cgroup as it is now. Reads, and does not
 * block. */
void ncg_systemd_order_choose (const NcgSystemdContext *context,
                               const char *cgroup,
                               const NcgResources *resources,
                               NcgSystemdOrder *ret_order);
void ncg_systemd_order_clear (NcgSystemdOrder *self);
