/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Temporary directories that stand for parts of the system. Whatever fails ends the test.
 */
#pragma once

#include <glib.h>

/* (transfer full): the path of a new directory */
char *temp_dir_new (void);

/* Writes @text to the file @path below @dir, and makes the directories that it needs. */
void temp_dir_write (const char *dir, const char *path, const char *text);

/* Makes the directory @path below @dir, and those above it. */
void temp_dir_make (const char *dir, const char *path);

/* Removes @dir with all that is in it, and frees @dir itself. */
void temp_dir_free (char *dir);
