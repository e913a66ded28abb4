/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's word: reads back what a cgroup has, in whichever hierarchy its controllers are, and
 * compares it with what it should have.
 */
#pragma once

#include "lib/file-settings.h"

/* Reads the file of each of @settings (element-type NcgFileSetting) in the cgroup @path and fills
 * in @actual and @ok; see ncg_file_setting_compare(). What is optional is right where it is not
 * there, and so is what its alternative stands in for. */
void ncg_verify_read_settings (const char *path, const GPtrArray *settings);

/**
 * ncg_verify_read:
 * @path: of the cgroup, the same below every mount
 *
 * Returns: (transfer container) (element-type NcgFileSetting): ncg_file_settings_list(), read
 */
GPtrArray *
ncg_verify_read (const NcgHierarchy *hierarchy, const char *path, const NcgResources *resources);

/**
 * ncg_verify_cgroup:
 *
 * Returns: %TRUE if the kernel has all of @resources; else %NCG_ERROR_NOT_FOUND if there is no
 *   cgroup @path in the primary hierarchy, %NCG_ERROR_NOT_SUPPORTED naming the first file that is
 *   not there, or naming the file, the wanted and the actual value %NCG_ERROR_SYSTEMD_FAILED, if
 *   there is a unit property for it, or %NCG_ERROR_FAILED.
 */
gboolean ncg_verify_cgroup (const NcgHierarchy *hierarchy,
                            const char *path,
                            const NcgResources *resources,
                            GError **error);

/* Sets %NCG_ERROR_NOT_SUPPORTED for @setting, whose file is not there: what is missing, and what to
 * do. */
void ncg_verify_set_missing (const char *path, const NcgFileSetting *setting, GError **error);
