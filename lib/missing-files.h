/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What cannot be set since there is no file for it, found before anything is changed or made.
 *
 * Which files a cgroup has depends on the kernel and on its controllers, and is the same for all
 * cgroups but the root. So one that is not there yet, or has not been given a controller yet, will
 * have the files of the nearest cgroup above it that has the controller; below the root that is any
 * of its children.
 */
#pragma once

#include "lib/file-settings.h"

/**
 * ncg_missing_files_check:
 * @hierarchy: remembers which files were found; for one thread
 * @path: of the cgroup, the same below every mount; it need not be there
 *
 * Reads no more than which files and controllers there are, and does not block. What no cgroup can
 * tell, as before anybody has been given the controller, passes.
 *
 * Returns: %TRUE; else %NCG_ERROR_NOT_SUPPORTED as ncg_verify_set_missing() says it
 */
gboolean ncg_missing_files_check (const NcgHierarchy *hierarchy,
                                  const char *path,
                                  const NcgResources *resources,
                                  GError **error);
