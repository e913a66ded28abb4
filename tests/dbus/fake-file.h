/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files that stand for those of the kernel.
 */
#pragma once

#include <glib.h>

/* Writes in place, as the kernel's files keep their inode: who holds a descriptor sees it. */
void fake_file_write (const char *path, const char *text);

/* (transfer full) (nullable): the file's text; NULL if there is none */
char *fake_file_read (const char *path);
