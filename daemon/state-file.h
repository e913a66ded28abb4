/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One file of state under the runtime directory: written as a whole or not at all, and distrusted
 * when it is read. Its first line says what it is, of which version, and the SHA-256 of the rest,
 *
 *   nodecgroups-pod 2 5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03
 *
 * so that a flipped bit is found as well as a missing half.
 */
#pragma once

#include <glib.h>

/* More than this is no file of ours, and is not written either. */
#define STATE_FILE_MAX_BYTES (4 * 1024 * 1024)

/**
 * state_file_write:
 * @directory: a descriptor
 * @kind: "nodecgroups-pod"
 *
 * Replaces the file, by one rename of "NAME.tmp", with a leading dot. Nobody else writes it
 * meanwhile.
 *
 * Returns: %TRUE; %NCG_ERROR_LIMIT_EXCEEDED if it would be too large to be read again;
 *   %NCG_ERROR_FAILED, and then what was there is there still
 */
gboolean state_file_write (int directory,
                           const char *name,
                           const char *kind,
                           const void *content,
                           gsize n_bytes,
                           GError **error);

/**
 * state_file_read:
 *
 * Only a plain file that this user owns, that nobody else may write, and that has no other name is
 * read. Links are not followed, and a FIFO does not block.
 *
 * Returns: (transfer full): what was written; %NCG_ERROR_NOT_FOUND if there is no such file;
 *   %NCG_ERROR_FAILED that says what is wrong with it
 */
GBytes *state_file_read (int directory, const char *name, const char *kind, GError **error);

/* The same, with the first line, and whatever the file is. */
GBytes *state_file_read_bytes (int directory, const char *name, GError **error);

/* The content of a file of @kind, of which all is given: (transfer full) */
GBytes *state_file_parse (const char *kind, GBytes *bytes, GError **error);

/* Whether a name is one that state_file_write() leaves behind if it is interrupted. */
gboolean state_file_is_temporary (const char *name);

/* Renames what is of no use to "NAME.bad", or to "NAME.1.bad" and so on if there is one already.
 * (transfer full) (nullable): the new name */
char *state_file_set_aside (int directory, const char *name);
gboolean state_file_is_aside (const char *name);

/* Removes all that was set aside of @name. A directory stays. */
void state_file_drop_aside (int directory, const char *name);
