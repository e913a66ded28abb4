/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changing and stopping a unit, so that it is done in the end, whatever gets lost on the way: both
 * calls say all that is wanted, and may be repeated.
 */
#pragma once

#include "lib/systemd-features.h"
#include "lib/systemd.h"

/**
 * ncg_systemd_set_properties_async:
 * @properties: (transfer floating): an a(sv): the whole set
 *
 * SetUnitProperties for as long as the unit runs (runtime). Lists are replaced and not added to.
 * Errors: ncg_systemd_call_async().
 */
void ncg_systemd_set_properties_async (NcgSystemd *systemd,
                                       const char *unit,
                                       GVariant *properties,
                                       gint64 deadline_usec,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
gboolean ncg_systemd_set_properties_finish (GAsyncResult *result, GError **error);

/**
 * ncg_systemd_stop_async:
 * @may_thaw: this systemd can freeze: what it has frozen, it does not stop
 *
 * Stops a unit and all that is in it. One that is not there is fine.
 */
void ncg_systemd_stop_async (NcgSystemd *systemd,
                             const char *unit,
                             gboolean may_thaw,
                             gint64 deadline_usec,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
gboolean ncg_systemd_stop_finish (GAsyncResult *result, GError **error);
