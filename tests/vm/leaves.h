/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Leaves of one group, with the driver of the test program. Whatever fails ends it.
 */
#pragma once

#include "tests/vm/driver.h"
#include "tests/vm/workload.h"

#define LEAVES_GROUP "/machine/nctleaves"

/* (transfer full): the driver that all below use */
TestDriver *leaves_init (const char *driver_name);
TestDriver *leaves_get_driver (void);

const NcgTree *leaves_get_primary (void);

/* A leaf of the group; nothing is copied. */
NcgLeaf leaves_describe (const char *name, const NcgResources *resources);

/* (transfer full): started without resources; held if there is no @workload */
NcgPlace *leaves_start (const char *name, const Workload *workload);
void leaves_join (const NcgPlace *place, const Workload *workload);

/* A leaf or the group; nothing of it is left in any hierarchy. */
void leaves_stop (const NcgPlace *place);

/* In the primary hierarchy, or in any. */
gboolean leaves_is_there (const NcgPlace *place);
gboolean leaves_is_anywhere (const NcgPlace *place);
gboolean leaves_is_populated (const NcgPlace *place);

/* In every hierarchy in which the leaf is. */
void leaves_assert_inside (const Workload *workload, const char *cgroup);

/* With systemd; without it there is nothing to do. */
void leaves_reload_systemd (void);
void leaves_reexecute_systemd (void);

/* The kernel has all of @resources. */
void leaves_assert_verified (const NcgPlace *place, const NcgResources *resources);
