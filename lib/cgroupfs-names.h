/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Groups and leaves as paths of cgroups.
 */
#pragma once

#include <glib.h>

/* Whether a cgroup may be called so: not "", ".", "..", nor like a file that is or may be in a
 * cgroup's directory ("tasks", "memory.max"), and no line feed in it. */
gboolean ncg_cgroupfs_is_good_component (const char *name);

/* Whether @path can be that of a group: absolute, no component empty, "." or "..", or with the name
 * of a cgroup's file, none longer than a file's name may be. Else %NCG_ERROR_INVALID_ARGUMENT. */
gboolean ncg_cgroupfs_check_path (const char *path, GError **error);

/**
 * ncg_cgroupfs_path_from_container:
 * @parent: the path of its group
 * @name: see ncg_names_check_container()
 *
 * Returns: (transfer full): "PARENT/NAME"; a name that cgroups have files of, "memory.high" or
 *   "tasks", with a "_" before it, which no name begins with. Else %NCG_ERROR_INVALID_ARGUMENT.
 */
char *ncg_cgroupfs_path_from_container (const char *parent, const char *name, GError **error);

/* (transfer full) (nullable): the inverse; %NULL if @path is not that of a container. */
char *ncg_cgroupfs_container_from_path (const char *path);
