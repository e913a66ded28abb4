/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The memory of a process that runs as long as the machine. Without the GNU C library nothing of
 * this is done.
 */
#pragma once

/* To be called first: what is large or at the end goes back to the kernel when it is freed, as it
 * does in the beginning and not after the first large block (mallopt(3), M_MMAP_THRESHOLD); the
 * threads share two arenas (M_ARENA_MAX). */
void memory_init (void);

/* Gives back what the start alone needed: free memory, which with a thousand pods is scattered
 * among what stays, and code, which comes back from its file when it runs again. */
void memory_give_back (void);
