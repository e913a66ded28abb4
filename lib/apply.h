/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing settings into the files of a cgroup: what differs, in an order that is safe while it
 * grows or shrinks, all or nothing. It may block (a lowered memory.max reclaims): for a worker.
 */
#pragma once

#include "lib/file-settings.h"

/**
 * ncg_apply_check:
 * @path: of the cgroup, the same below every mount
 * @settings: (element-type NcgFileSetting)
 *
 * Whether the cgroup has a file for each of them, before anything is changed. Fills in @actual and
 * @ok of each.
 *
 * Returns: %TRUE; else %NCG_ERROR_NOT_FOUND if there is no cgroup @path, or
 *   %NCG_ERROR_NOT_SUPPORTED naming the first that is missing, its controller and what to do
 */
gboolean ncg_apply_check (const char *path, const GPtrArray *settings, GError **error);

/**
 * ncg_apply_write:
 *
 * Writes those of @settings whose file reads otherwise, and reads each back; which are systemd's is
 * for the caller to leave out. The order: what loosens before what tightens where the kernel
 * couples two files (v1: memory and memory+swap; burst and quota), what tightens before what
 * loosens for period and quota of v1, else that of the list. A cgroup that is idle is so no more
 * before it gets a weight. If one fails, what was written before is set back, in the opposite
 * order.
 *
 * Returns: %TRUE; else %NCG_ERROR_NOT_FOUND, %NCG_ERROR_NOT_SUPPORTED as above,
 *   %NCG_ERROR_INVALID_ARGUMENT if the kernel does not take a value, %NCG_ERROR_BUSY if it does not
 *   take it now (usage above a v1 limit), or %NCG_ERROR_FAILED; the message names file, value, and
 *   what the kernel said or has instead
 */
gboolean ncg_apply_write (const char *path, GPtrArray *settings, GError **error);
