/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The CPU files of cgroup v1 that systemd cannot write as they should be, written for it.
 *
 * It writes the period and then the quota, and cpu.shares whatever cpu.idle says; if the kernel
 * refuses one of them (a quota in another period may be more than the parent has; what is idle
 * takes no shares), it warns in the journal, and that is all. So in these cases the files are
 * written in an order that the kernel takes, before systemd is told, which then finds them as it
 * would have them.
 */
#pragma once

#include "lib/hierarchy.h"
#include "lib/resources.h"

#include <gio/gio.h>

/* Whether systemd, told @resources, would not bring the cgroup @path there. Reads, and does not
 * block; never so on v2. */
gboolean ncg_systemd_cpu_is_needed (const NcgHierarchy *hierarchy,
                                    const char *path,
                                    const NcgResources *resources);

/* Writes what @resources have of these files, in a worker: all or nothing. @hierarchy outlives it.
 * Errors: see ncg_apply_write(). */
void ncg_systemd_cpu_write_async (const NcgHierarchy *hierarchy,
                                  const char *path,
                                  const NcgResources *resources,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
gboolean ncg_systemd_cpu_write_finish (GAsyncResult *result, GError **error);
