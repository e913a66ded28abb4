/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the daemon's process takes.
 */
#pragma once

#include <glib.h>
#include <sys/types.h>

typedef struct {
  pid_t pid;
  guint64 rss_bytes;
  guint n_fds;
  guint n_threads;
} Figures;

/* Of the daemon as it is now, when it has come to rest. */
Figures figures_read (void);

void figures_print (const char *when, const Figures *figures);

/* Fails if the second is more than the first, where nothing has come that could need it: four
 * descriptors or a thread more, or, unless @skips_memory, a tenth and 2 MiB of memory more. */
void figures_compare (const Figures *before, const Figures *after, gboolean skips_memory);
