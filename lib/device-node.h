/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The device node that a caller named.
 */
#pragma once

#include <glib.h>

/**
 * ncg_device_node_find:
 * @root: "" or a directory that stands for the machine's root
 * @path: "/dev/sda"; symbolic links are followed as long as they are relative and stay in /dev, as
 *   those of udev are
 *
 * Goes there one component at a time, and opens nothing but directories of the file system that
 * /dev is: what others mounted or linked there could lead anywhere, and hang.
 *
 * Returns: whether it is a block device
 */
gboolean
ncg_device_node_find (const char *root, const char *path, guint *ret_major, guint *ret_minor);
