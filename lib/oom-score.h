/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How readily the kernel kills a process when memory is short: /proc/PID/oom_score_adj, from -1000
 * (never) to 1000 (first); see proc(5).
 */
#pragma once

#include "lib/process.h"

#define NCG_OOM_SCORE_MIN (-1000)
#define NCG_OOM_SCORE_MAX 1000

/**
 * ncg_oom_score_read:
 * ncg_oom_score_write:
 * @proc: the mount point of procfs
 *
 * Of this process and no other: the directory in @proc is opened first, and only used if the pidfd
 * says afterwards that the process is still there, so that the directory is its own.
 *
 * Returns: %TRUE; else %NCG_ERROR_NO_SUCH_PROCESS if it ended; %NCG_ERROR_ACCESS_DENIED if the
 *   kernel does not allow it (a lower value than the process began with needs CAP_SYS_RESOURCE);
 *   %NCG_ERROR_INVALID_ARGUMENT for a score out of range; %NCG_ERROR_FAILED
 */
gboolean
ncg_oom_score_read (const NcgProcess *process, const char *proc, int *ret_score, GError **error);
gboolean
ncg_oom_score_write (const NcgProcess *process, const char *proc, int score, GError **error);
