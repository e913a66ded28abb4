/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the properties that are passed on to systemd as they are had before they were named for the
 * first time, of units that were made without them: where one is not named any more, since a change
 * was not to be, it gets that again.
 *
 * A table of originals has the names of such properties, and the value of each, or %NULL if systemd
 * does not tell it: not every property can be read.
 */
#pragma once

#include "lib/systemd.h"

#include <gio/gio.h>

/* (transfer full): an empty table; freed by g_hash_table_unref() */
GHashTable *ncg_systemd_originals_new (void);

/* (transfer container) (element-type utf8): the names in @properties, (nullable) an a(sv), that are
 * neither in @before (the same) nor in the table */
GPtrArray *
ncg_systemd_originals_list_new (GHashTable *originals, GVariant *before, GVariant *properties);

/* Adds those in @names, as the unit has them now. What got lost is asked again. Errors:
 * ncg_systemd_call_async(). */
void ncg_systemd_originals_ask_async (NcgSystemd *systemd,
                                      const char *unit,
                                      GHashTable *originals,
                                      const GPtrArray *names,
                                      gint64 deadline_usec,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data);
gboolean ncg_systemd_originals_ask_finish (GAsyncResult *result, GError **error);

/* (transfer full): @all, an a(sv), and the values of those that @properties, (nullable) an a(sv),
 * does not name */
GVariant *ncg_systemd_originals_add (GHashTable *originals, GVariant *properties, GVariant *all);

/* Takes those out that @properties does not name: they have been set back. Returns: %TRUE; else
 * %NCG_ERROR_FAILED naming one that could not be, and stays as it is. */
gboolean ncg_systemd_originals_settle (GHashTable *originals,
                                       GVariant *properties,
                                       const char *unit,
                                       GError **error);
