/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's word: reads back what a cgroup has, in whichever hierarchy its controllers are, and
 * compares it with what it should have.
 */
#pragma once

#include "lib/hierarchy.h"
#include "lib/resources.h"

/**
 * ncg_verify_read:
 * @path: of the cgroup, the same below every mount
 *
 * Returns: (transfer container) (element-type NcgCheck): a check for every setting of @resources,
 *   with @actual and @ok filled in
 */
GPtrArray *
ncg_verify_read (const NcgHierarchy *hierarchy, const char *path, const NcgResources *resources);

/**
 * ncg_verify_cgroup:
 *
 * Returns: %TRUE if the kernel has all of @resources; else %NCG_ERROR_NOT_FOUND if there is no
 * cgroup
 *   @path, %NCG_ERROR_NOT_SUPPORTED naming the first file that is not there, or
 *   %NCG_ERROR_SYSTEMD_FAILED naming the file, the wanted and the actual value.
 */
gboolean ncg_verify_cgroup (const NcgHierarchy *hierarchy,
                            const char *path,
                            const NcgResources *resources,
                            GError **error);
