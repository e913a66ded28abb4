/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Block devices to be limited: one in memory, one of device-mapper over it, and one with a
 * scheduler. Each is made when it is first asked for; whatever fails ends the test program.
 */
#pragma once

#include <glib.h>

/* (transfer none): "1:0" */
const char *disk_get_ram (void);

/* (transfer none): "MAJOR:MINOR" of a linear mapping of the one in memory */
const char *disk_get_mapped (void);

/* (transfer none): "MAJOR:MINOR" of a loop device that BFQ schedules, so that weights count; the
 * files of BFQ are in all cgroups then */
const char *disk_get_bfq (void);

/* Removes what was made: others want disks of another size. */
void disk_remove_all (void);
