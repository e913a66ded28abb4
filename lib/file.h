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
 * ncg_file_open_resolving:
 * @resolve: as in openat2(2); beyond that no component may be a symbolic link
 *
 * Returns: a descriptor, or -1. ENOSYS is where there is no openat2(2): kernels before 5.6 do not
 *   have it, and seccomp filters that look at flags refuse it. It is not tried again then.
 */
int ncg_file_open_resolving (int dir_fd, const char *path, int flags, guint64 resolve);

/* Whether there is openat2(2) for this process. */
gboolean ncg_file_has_openat2 (void);

/**
 * ncg_file_read_at:
 * @dir_fd: a directory, or AT_FDCWD
 * @path: relative to it; its last component may not be a symbolic link
 *
 * Returns: (transfer full) (nullable): the whole file; %NULL with errno set if it cannot be opened
 *   or read
 */
char *ncg_file_read_at (int dir_fd, const char *path);

/**
 * ncg_file_read_attribute:
 * @path: as in ncg_file_read_at()
 *
 * The same for a file of cgroupfs, with a single read(2) if it is short, and never for others: of a
 * list of lines the kernel may give fewer than there are (Documentation/filesystems/seq_file.rst),
 * but then at least half a page of them.
 */
char *ncg_file_read_attribute (int dir_fd, const char *path);

/* The text of one file after the other; only one that is longer than any before needs memory. */
typedef struct {
  char *text; /* @inner, or what was allocated */
  gsize size;
  char inner[16384];
} NcgFileBuffer;

void ncg_file_buffer_init (NcgFileBuffer *self);
void ncg_file_buffer_clear (NcgFileBuffer *self);

/**
 * ncg_file_read_into:
 * @path: as in ncg_file_read_at()
 *
 * For files that the kernel makes in one piece, as those with the figures of cgroups are: one
 * read(2) that ends short and with a newline is taken for the whole.
 *
 * Returns: (transfer none) (nullable): the file, terminated; it stays @buffer's, and until this is
 *   called again. %NULL with errno set if it cannot be opened or read
 */
char *ncg_file_read_into (int dir_fd, const char *path, NcgFileBuffer *buffer);
