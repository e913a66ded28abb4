/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cgroup.procs without opening the cgroup first: on the way of every join, with few system calls.
 * What goes wrong is found out and told by lib/cgroup.h. All of it may block.
 */
#pragma once

#include "lib/hierarchy.h"
#include "lib/process.h"

/* That of one cgroup, for reading and writing. */
typedef struct {
  int fd;
  const NcgTree *tree;
  const char *path;
  pid_t other; /* in it, and none of those that are to come; 0: none was seen */
} NcgProcsFile;

/**
 * ncg_procs_file_open:
 * @tree: with @path it outlives @self
 * @processes: (element-type NcgProcess): that are to come
 *
 * Returns: %FALSE if this is not the way: there is no such cgroup, it is threaded (and then cannot
 *   be read), the kernel has no openat2(2)
 */
gboolean ncg_procs_file_open (NcgProcsFile *self,
                              const NcgTree *tree,
                              const char *path,
                              const GPtrArray *processes);
void ncg_procs_file_close (NcgProcsFile *self);

/* Moves a process into it. Returns: 0 or the error's number */
int ncg_procs_file_write (const NcgProcsFile *self, const NcgProcess *process);

/* Whether the other process is still in it: then it has not been empty meanwhile. Of very many only
 * some are looked at, and %FALSE says nothing. */
gboolean ncg_procs_file_has_other (const NcgProcsFile *self);

/* Moves a process into a cgroup that nothing is known of. Returns: 0 or the error's number */
int ncg_procs_file_put (const NcgTree *tree, const char *path, const NcgProcess *process);
