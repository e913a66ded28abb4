/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The objects that systemd has for units, and the unit that a call is about.
 */
#pragma once

#include <glib.h>

/* (transfer full): the object path of a unit, "/org/freedesktop/systemd1/unit/…". */
char *ncg_systemd_unit_path (const char *unit);

/* The interface of its kind, "org.freedesktop.systemd1.Slice", which has the properties of its
 * cgroup. */
const char *ncg_systemd_unit_interface (const char *unit);

/* (transfer full) (nullable): the unit whose object is @path, or which is the first of @arguments
 * (nullable), as with all methods of the manager that take one; NULL if it is about none. */
char *ncg_systemd_path_find_unit (const char *path, GVariant *arguments);
