/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the fuzz targets share. A target defines LLVMFuzzerTestOneInput() and asserts there what
 * must hold for any input: that what goes in comes out again, and not only that nothing crashes.
 * Whatever is logged ends it, too, because the library never logs.
 */
#pragma once

#include <glib.h>

int LLVMFuzzerInitialize (int *argc, char ***argv);
int LLVMFuzzerTestOneInput (const guint8 *data, size_t size);

/* (transfer full): the input up to its first zero byte, as a string */
char *fuzz_text (const guint8 *data, gsize size);

/* What was done failed as the library fails: our domain, and a message that a bus would carry. */
void fuzz_check_error (const GError *error);

/* Either it succeeded and there is no error, or there is one as above; frees it. */
void fuzz_check_result (gboolean succeeded, GError **error);

/* The path of a directory that is there until the target ends; for LLVMFuzzerTestOneInput(). */
const char *fuzz_directory (void);

/* Makes the directory @path in fuzz_directory(), and those above it. */
void fuzz_make_directory (const char *path);

/**
 * fuzz_write_files:
 * @names: (array zero-terminated=1): files in fuzz_directory()
 *
 * Makes the files that the input has, and removes the others of @names. A file of the input is a
 * line "== NAME" and what follows, up to the next such line. Names that are not in @names are
 * passed over.
 */
void fuzz_write_files (const char *const *names, const guint8 *data, gsize size);
