/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The limit of swap as the OCI runtime specification gives it, memory and swap together
 * (config-linux.md, "Memory"), as cgroup v2 has it: swap alone.
 */
#pragma once

#include <glib.h>

/**
 * ncg_swap_limit_from_oci:
 * @memory: the limit of memory in bytes; -1 is none; 0 is not set
 * @memory_and_swap: the limit of both in bytes; -1 is none; 0 is not set
 * @ret_is_set: whether there is anything to be set
 * @ret_swap: the limit of swap alone; 0 is no swap, %G_MAXUINT64 no limit
 *
 * The rules are runc's (ConvertMemorySwapToCgroupV2Value): without a limit of memory there is none
 * of swap either, unless it was given, and then it stands for swap alone.
 *
 * Returns: %TRUE; else %NCG_ERROR_INVALID_ARGUMENT: a limit of both without one of memory, one
 *   below that of memory, or a number below -1
 */
gboolean ncg_swap_limit_from_oci (
    gint64 memory, gint64 memory_and_swap, gboolean *ret_is_set, guint64 *ret_swap, GError **error);
