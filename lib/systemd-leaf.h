/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Leaves under systemd: a scope around processes; or one that is held empty, a service that has run
 * /bin/true and remains, active and with a cgroup of its own, until it is stopped. systemd has no
 * scope without a process, and gives a delegated service its cgroup again whenever the unit is
 * changed or processes are attached.
 */
#pragma once

#include "lib/driver.h"
#include "lib/systemd-context.h"

/* @parent: the slice, and its cgroup as far as it can be predicted: a leaf that is held is there
 * already if its cgroup is, and is not stopped then if something fails. Ended by
 * ncg_driver_start_leaf_finish(), where the errors are, too. */
void ncg_systemd_leaf_start_async (NcgSystemdContext *context,
                                   const NcgLeaf *leaf,
                                   const char *unit,
                                   const NcgPlace *parent,
                                   gint64 deadline_usec,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);

/* Ended by ncg_driver_join_finish(). */
void ncg_systemd_leaf_join_async (NcgSystemdContext *context,
                                  const NcgJoin *join,
                                  gint64 deadline_usec,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
