/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Descriptors that close themselves, and the small files of procfs and cgroupfs, which are read in
 * one go.
 *
 * Failure is -1 or NULL with errno here, not a GError: what ENOENT or ENODEV means only the caller
 * can say, in the user's terms.
 */
#pragma once

#include <glib.h>

/* A descriptor or -1: g_auto (NcgFd) fd = -1; */
typedef int NcgFd;

/* Closes @fd unless it is -1. errno stays as it is. */
void ncg_file_close (NcgFd fd);
G_DEFINE_AUTO_CLEANUP_FREE_FUNC (NcgFd, ncg_file_close, -1)

/* Takes the descriptor out of @fd, which becomes -1. */
int ncg_file_steal (NcgFd *fd);

/**
 * ncg_file_read_at:
 * @dir_fd: a directory, or AT_FDCWD
 * @path: relative to it; its last component may not be a symbolic link
 *
 * Returns: (transfer full) (nullable): the whole file; %NULL with errno set if it cannot be opened
 *   or read
 */
char *ncg_file_read_at (int dir_fd, const char *path);
