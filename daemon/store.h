/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What has to outlive the daemon and cannot be read back from systemd: one small file per pod under
 * the runtime directory, which goes with the reboot as the cgroups do.
 *
 * The file's name says how far an operation came, and every step from one to the next is one
 * rename(2) or unlink(2), so that whoever finds the files knows what to finish:
 *
 *   UID.creating   being created; may or may not be there
 *   UID.pod        there
 *   UID.updating   beside UID.pod: being changed to this
 *   UID.removing   being removed
 *
 * The content is an a{sv} in GVariant's text format, to be read by humans too; see state-file.h for
 * the line before it.
 */
#pragma once

#include <glib.h>

typedef enum {
  STORE_CREATING,
  STORE_POD,
  STORE_UPDATING,
  STORE_REMOVING,
  N_STORE_PHASES,
} StorePhase;

typedef struct Store Store;

/* Makes the directory if it is missing, and keeps it locked until it is freed: two daemons would
 * finish and undo each other's work. What is no directory of this user that only it may write is
 * set aside. %NCG_ERROR_BUSY if another has it. */
Store *store_new (const char *directory, GError **error);
void store_free (Store *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Store, store_free)

/* A uid of more bytes has no room in the name of a file: NAME_MAX (255) without ".creating" and
 * ".99.bad". */
#define STORE_UID_MAX 239

/* Whether it has; else %NCG_ERROR_INVALID_ARGUMENT with the uid and both lengths. */
gboolean store_check_uid (const char *uid, GError **error);

/* Writes the whole file, or leaves what was there. @content: an a{sv} */
gboolean
store_save (Store *self, const char *uid, StorePhase phase, GVariant *content, GError **error);

/* One rename; what was in @to is replaced. */
gboolean store_move (Store *self, const char *uid, StorePhase from, StorePhase to, GError **error);

/* A file that is not there is fine. */
gboolean store_remove (Store *self, const char *uid, StorePhase phase, GError **error);

/* Whether a file of @uid was set aside as damaged. */
gboolean store_has_bad (Store *self, const char *uid);

/* From now on as if one had been. A uid that has no files is %NCG_ERROR_INVALID_ARGUMENT. */
gboolean store_mark_bad (Store *self, const char *uid, GError **error);

/* What was damaged does not matter any more: the pod was created again, or removed. */
void store_drop_bad (Store *self, const char *uid);

/* Whether there were, or may have been, files of which not even the uids are known: the whole
 * directory was set aside, as "NAME.bad", and that is there still; it was missing, which "NAME.new"
 * tells until store_settle(); or a file cannot be set aside. */
gboolean store_has_lost (const Store *self);

/* The pods of a missing directory are marked, if there were any: the next store is like any. */
void store_settle (Store *self);

/* Renames a file whose content is of no use to "NAME.bad". */
void store_set_aside (Store *self, const char *uid, StorePhase phase);

typedef struct {
  char *uid;
  StorePhase phase;
  GVariant *content; /* a{sv} */
} StoreEntry;

void store_entry_free (StoreEntry *self);

/* (transfer full): the content of a file, an a{sv}, or what is wrong with it */
GVariant *store_parse (GBytes *bytes, GError **error);

/**
 * store_load:
 * @ret_warnings: (element-type utf8): what was set aside and why
 *
 * Reads all files, in the order of uids and phases. What state_file_read() does not take, or has a
 * name that is not ours, is renamed to "NAME.bad", and never fatal.
 *
 * Returns: (transfer container) (element-type StoreEntry)
 */
GPtrArray *store_load (Store *self, GPtrArray **ret_warnings, GError **error);
