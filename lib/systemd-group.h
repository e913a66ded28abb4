/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Groups under systemd, which are slices: made, described, and stopped, as leaves are.
 */
#pragma once

#include "lib/driver.h"
#include "lib/systemd-context.h"

/* @predicted: the slice, and where it will probably be. Errors: see
 * ncg_driver_ensure_group_async(). */
void ncg_systemd_group_ensure_async (NcgSystemdContext *context,
                                     const NcgGroup *group,
                                     const NcgPlace *predicted,
                                     gint64 deadline_usec,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);

/* See the calls of the same name of driver.h, which finish them. */
void ncg_systemd_group_describe_async (NcgSystemdContext *context,
                                       const NcgPlace *place,
                                       gint64 deadline_usec,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
void ncg_systemd_group_stop_async (NcgSystemdContext *context,
                                   const NcgPlace *place,
                                   gint64 deadline_usec,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
