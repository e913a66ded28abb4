/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The driver for machines, or parts of them, that no systemd manages: groups and leaves are
 * directories that we make ourselves. A group's path is its cgroup, and both are its unit; a leaf
 * is
 * "<group>/<container>". A container whose name would be that of a cgroup's file has a "_" before
 * it, as with systemd.
 */
#pragma once

#include "lib/driver.h"

extern const NcgDriverOps ncg_driver_cgroupfs_ops;
