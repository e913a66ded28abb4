/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The settings of one unit on their way to systemd and to the files that are ours: all of them, or
 * those before again.
 */
#pragma once

#include "lib/systemd-context.h"

/**
 * ncg_systemd_settings_apply_async:
 *
 * Nothing is said to systemd if it was told the same last and the kernel has it. Errors: see
 * ncg_driver_set_resources_async().
 */
void ncg_systemd_settings_apply_async (NcgSystemdContext *context,
                                       const NcgPlace *place,
                                       const NcgResources *resources,
                                       gint64 deadline_usec,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
gboolean ncg_systemd_settings_apply_finish (GAsyncResult *result, GError **error);

/**
 * ncg_systemd_settings_drop:
 * @error: (inout): what systemd said; if nothing can be dropped, it becomes an
 *   %NCG_ERROR_NOT_SUPPORTED that names the property and systemd's version, or what the owner said
 * @resources: (inout): without the property then
 * @dropped: (element-type NcgDropped): to which it is added
 *
 * Leaves out a property that was passed on and that this systemd does not know, if that is allowed,
 * and tells the owner first (NcgDriverListener.dropping). If the call fails later, that is for the
 * caller to say, by ncg_systemd_units_fail().
 *
 * Returns: whether one was left out, and the call is to be made again
 */
gboolean ncg_systemd_settings_drop (NcgSystemdContext *context,
                                    const char *unit,
                                    GError **error,
                                    NcgResources *resources,
                                    GPtrArray *dropped);

/**
 * ncg_systemd_settings_drop_again:
 * @resources: (inout): without them then
 * @names: (nullable): an a{su}, as in NcgKept.dropped; what @resources do not have is passed over
 *
 * Returns: (transfer full) (nullable) (element-type NcgDropped): what was left out at an earlier
 * time
 */
GPtrArray *ncg_systemd_settings_drop_again (NcgResources *resources, GVariant *names);
