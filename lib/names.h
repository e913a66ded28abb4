/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names: uids, container names, and the two ways to write a cgroup: the path /foo/bar and the
 * systemd unit foo-bar.slice.
 */
#pragma once

#include <glib.h>

/* A unit name may have 255 bytes (systemd's UNIT_NAME_MAX), but its drop-in directory "NAME.d" must
 * fit NAME_MAX too, or its settings are lost at the next reload. */
#define NCG_NAMES_UNIT_MAX 250

/**
 * ncg_names_check_uid:
 * ncg_names_check_container:
 *
 * A pod's uid and a container's name are [A-Za-z0-9._-], and start with a letter or digit. How long
 * they may be shows when they become a unit: see %NCG_NAMES_UNIT_MAX.
 *
 * Returns: %TRUE if it is one; else %NCG_ERROR_INVALID_ARGUMENT, which quotes the (shortened) name
 *   and says what is allowed.
 */
gboolean ncg_names_check_uid (const char *uid, GError **error);
gboolean ncg_names_check_container (const char *name, GError **error);

/**
 * ncg_names_slice_from_path:
 * @path: an absolute path without empty, "." or ".." components, or "/"; beside "/" it has
 *   [A-Za-z0-9:.-] only
 *
 * "/foo/bar" is "foo-bar.slice", "/" is "-.slice". A "-" inside a component becomes "_", as in the
 * kubelet (pkg/kubelet/cm/cgroup_manager_linux.go), therefore "_" is refused there.
 *
 * Returns: (transfer full): the unit name, of at most %NCG_NAMES_UNIT_MAX bytes; else
 *   %NCG_ERROR_INVALID_ARGUMENT
 */
char *ncg_names_slice_from_path (const char *path, GError **error);

/**
 * ncg_names_path_from_slice:
 *
 * The inverse of ncg_names_slice_from_path().
 *
 * Returns: (transfer full): the path; %NCG_ERROR_INVALID_ARGUMENT if @slice is not what
 *   ncg_names_slice_from_path() makes
 */
char *ncg_names_path_from_slice (const char *slice, GError **error);

/**
 * ncg_names_child_slice:
 * @parent: a slice's unit name ("-.slice" for the root)
 * @component: the child's own name, [A-Za-z0-9:._-]; its "-" becomes "_", its "_" stays
 *
 * Returns: (transfer full): the child's unit name ("machine.slice" + "podab-c" is
 *   "machine-podab_c.slice"), or %NCG_ERROR_INVALID_ARGUMENT if it would be too long
 */
char *ncg_names_child_slice (const char *parent, const char *component, GError **error);

/**
 * ncg_names_leaf_unit:
 * @uid: a pod's uid; its "-" becomes "_", so that the first "-" of the result ends it
 * @container: the container's name
 * @suffix: the unit's type with its dot, ".scope" or ".service"
 *
 * Returns: (transfer full): "pod<uid>-<container><suffix>", or %NCG_ERROR_INVALID_ARGUMENT if it
 *   would be too long
 */
char *
ncg_names_leaf_unit (const char *uid, const char *container, const char *suffix, GError **error);

/**
 * ncg_names_container_from_unit:
 *
 * The inverse of ncg_names_leaf_unit(), for a cgroup's name found in a pod: a scope or a service.
 * The directory's name may have a "_" before the unit's, which is how systemd escapes one that
 * looks like a file of cgroupfs.
 *
 * Returns: (transfer full) (nullable): the container's name; %NULL if @unit is not a leaf of @uid
 */
char *ncg_names_container_from_unit (const char *uid, const char *unit);
