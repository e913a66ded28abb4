/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The unit properties that the fake systemd knows: their types and ranges, as systemd 252 checks
 * them, and what it writes to the kernel's files.
 */
#pragma once

#include "tests/dbus/fake-kernel.h"

/**
 * fake_properties_check:
 * @unit: a slice or scope; some properties are only for scopes
 * @is_new: it is being made: systemd takes many properties only then
 * @properties: a(sv)
 * @unknown: set of names that are not known to this systemd
 * @ret_message: (transfer full): systemd's words
 *
 * Returns: (nullable): the name of the error that systemd would answer, NULL if all are fine
 */
const char *fake_properties_check (const char *unit,
                                   gboolean is_new,
                                   GVariant *properties,
                                   GHashTable *unknown,
                                   char **ret_message);

/* Writes all files of a cgroup, as systemd does whenever one property changes: what @properties
 * (name → GVariant) have, and else the defaults. */
void fake_properties_apply (FakeKernel *kernel, const char *cgroup, GHashTable *properties);

/* Adds to an open dictionary what can be read of the properties of any unit (@of_any), or of those
 * that a unit of this type has: what @properties (name → GVariant) have, and else the defaults. */
void fake_properties_get_all (const char *unit,
                              gboolean of_any,
                              GHashTable *properties,
                              GHashTable *unknown,
                              GVariantDict *all);

/* (transfer full): the interface @name of a slice or scope as XML */
char *fake_properties_introspect (const char *name, gboolean of_scope, GHashTable *unknown);
