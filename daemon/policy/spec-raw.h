/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The spec keys that are passed on: Unified, files of cgroup v2 with their values, and
 * SystemdProperties, for the unit.
 *
 * What a unit may be given is a list of families rather than all that is not ours: a property can
 * also run commands as root, start and stop other units or reboot the machine, and the callers are
 * not all root.
 */
#pragma once

#include "lib/resources.h"

/**
 * spec_raw_parse_unified:
 * @value: an a{ss}: file and value, as ncg_resources_set_unified() takes them
 * @ret_canonical: (transfer full): the same, sorted
 *
 * Returns: %TRUE, or %NCG_ERROR_INVALID_ARGUMENT naming the key, the file and what is allowed
 */
gboolean
spec_raw_parse_unified (const char *key, GVariant *value, GVariant **ret_canonical, GError **error);

/**
 * spec_raw_parse_labels:
 * @value: an a{ss}
 * @ret_canonical: (transfer full): the same, sorted
 *
 * Returns: %TRUE, or %NCG_ERROR_INVALID_ARGUMENT naming the key, and a label that is given twice
 */
gboolean
spec_raw_parse_labels (const char *key, GVariant *value, GVariant **ret_canonical, GError **error);

/* (transfer full): labels change as a whole */
GVariant *spec_raw_replace_labels (GVariant *base, GVariant *changes);

/**
 * spec_raw_parse_properties:
 * @value: an a(sv)
 *
 * Returns: %TRUE, or %NCG_ERROR_INVALID_ARGUMENT naming the property and the spec key to use
 *   instead, if there is one
 */
gboolean spec_raw_parse_properties (const char *key,
                                    GVariant *value,
                                    GVariant **ret_canonical,
                                    GError **error);

/**
 * spec_raw_check_member:
 * @value: what is given as SystemdProperties, of whatever type
 *
 * Returns: %TRUE, or %NCG_ERROR_ACCESS_DENIED naming a property that root alone may give. All else
 *   that is wrong with it is for spec_raw_parse_properties() to tell.
 */
gboolean spec_raw_check_member (const char *key, GVariant *value, GError **error);

/* (transfer full): @base with each file that @changes has; with all entries of a property instead
 * of those that were there. */
GVariant *spec_raw_merge_unified (GVariant *base, GVariant *changes);
GVariant *spec_raw_merge_properties (GVariant *base, GVariant *changes);

/* Over what @resources has. */
void spec_raw_apply_unified (GVariant *canonical, NcgResources *resources);
