/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The spec keys with several limits in one: HugepageLimits and IOLimits. Each has a canonical form,
 * sorted and in base units, so that two that say the same are equal.
 */
#pragma once

#include "lib/resources.h"

/**
 * spec_lists_parse_hugepages:
 * @value: an a{sv}: the size of a page, "2Mi", and an amount in bytes
 * @ret_canonical: (transfer full): the same, with sizes as "2Mi", amounts as "t" or s "max"
 *
 * Returns: %TRUE, or %NCG_ERROR_INVALID_ARGUMENT naming the key, the value and what is allowed, as
 *   all of these
 */
gboolean spec_lists_parse_hugepages (const char *key,
                                     GVariant *value,
                                     GVariant **ret_canonical,
                                     GError **error);

/**
 * spec_lists_parse_io:
 * @value: an a(sa{st}): a device, "/dev/…" or "MAJ:MIN", and its limits by name; 2^64 - 1 is none
 */
gboolean
spec_lists_parse_io (const char *key, GVariant *value, GVariant **ret_canonical, GError **error);

/* (transfer full): @base with each size that @changes has; with each limit of each device. */
GVariant *spec_lists_merge_hugepages (GVariant *base, GVariant *changes);
GVariant *spec_lists_merge_io (GVariant *base, GVariant *changes);

/* (transfer full): @canonical without what says that there is no limit; empty if nothing is left */
GVariant *spec_lists_reduce_hugepages (GVariant *canonical);
GVariant *spec_lists_reduce_io (GVariant *canonical);

/* (transfer full) (element-type NcgHugepageLimit): of the canonical form, which may be %NULL */
GArray *spec_lists_get_hugepages (GVariant *canonical);

/* (transfer full) (element-type NcgDeviceLimits): of the canonical form, which may be %NULL: paths
 * and limits, without numbers */
GPtrArray *spec_lists_get_devices (GVariant *canonical);
