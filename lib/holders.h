/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who is in the way, for messages.
 */
#pragma once

#include <glib.h>

/**
 * ncg_holders_to_string:
 * @proc: the mount point of procfs
 * @pids: (element-type pid_t)
 *
 * Ten of them are named.
 *
 * Returns: (transfer full): "12 (dd, D), 13 (sh, S) and 4 more", see ncg_process_describe()
 */
char *ncg_holders_to_string (const char *proc, const GArray *pids);
