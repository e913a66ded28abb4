/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes that do nothing, to be put into cgroups.
 */
#pragma once

#include <glib.h>
#include <sys/types.h>

void child_start (pid_t *ret_pids, gsize n);

/* Ends those that are still there, and reaps all. */
void child_end (const pid_t *pids, gsize n);
