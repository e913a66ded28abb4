/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making room for a scope whose name an ended one still has. systemd keeps a unit loaded as long as
 * there are processes in its cgroup (unit_may_gc() in its core/unit.c), also if the unit has ended,
 * and a unit that is loaded can be neither started anew nor joined.
 */
#pragma once

#include "lib/driver.h"
#include "lib/systemd-context.h"

/**
 * ncg_systemd_aside_async:
 * @unit: a scope that has ended
 * @cgroup: its cgroup
 * @slice: in which it is, and stays
 *
 * Starts another scope around all processes of @cgroup and below, without limits of its own and in
 * the same slice. It ends when they leave it for the new @unit; if nobody moves them, it is a leaf
 * like any other.
 *
 * Errors: as of ncg_driver_start_leaf_async(); %NCG_ERROR_BUSY if @unit is such a scope itself
 */
void ncg_systemd_aside_async (NcgSystemdContext *context,
                              const char *unit,
                              const char *cgroup,
                              const NcgPlace *slice,
                              gint64 deadline_usec,
                              GAsyncReadyCallback callback,
                              gpointer user_data);

/* Returns: (transfer full) (element-type NcgProcess): which these are; none if there are none left
 */
GPtrArray *ncg_systemd_aside_finish (GAsyncResult *result, GError **error);
