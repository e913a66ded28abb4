/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sets of CPUs and of memory nodes in the kernel's list format, "0-3,7" (cpuset(7), FORMATS).
 */
#pragma once

#include <glib.h>

/* The largest number accepted plus one; the kernel's NR_CPUS and MAX_NUMNODES are far below. */
#define NCG_CPUSET_MAX 8192

typedef struct NcgCpuset NcgCpuset;

/**
 * ncg_cpuset_parse:
 * @text: "0-3,7"; "" is the empty set. Blanks around it, as the kernel prints them, are ignored.
 *
 * Returns: (transfer full): the set, or %NCG_ERROR_INVALID_ARGUMENT: not a list, a range that ends
 *   before it starts, a number of %NCG_CPUSET_MAX or more
 */
NcgCpuset *ncg_cpuset_parse (const char *text, GError **error);
NcgCpuset *ncg_cpuset_copy (const NcgCpuset *self);
void ncg_cpuset_free (NcgCpuset *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NcgCpuset, ncg_cpuset_free)

/* (transfer full): the canonical list: sorted, ranges joined; "" for the empty set */
char *ncg_cpuset_format (const NcgCpuset *self);

/* As sets: the empty one is a subset of every one, and each is one of itself. */
gboolean ncg_cpuset_is_empty (const NcgCpuset *self);
gboolean ncg_cpuset_equal (const NcgCpuset *a, const NcgCpuset *b);
gboolean ncg_cpuset_is_subset (const NcgCpuset *self, const NcgCpuset *of);

/* (transfer full): the members of @self that are not in @other */
NcgCpuset *ncg_cpuset_subtract (const NcgCpuset *self, const NcgCpuset *other);

/* How many members there are. */
guint ncg_cpuset_count (const NcgCpuset *self);

/**
 * ncg_cpuset_to_bytes:
 *
 * The encoding of systemd's AllowedCPUs= on the bus: bit i of the set is bit (i % 8) of byte i / 8,
 * no byte more than the largest member needs.
 *
 * Returns: (transfer none): the array and, in @ret_n_bytes, its length; valid as long as @self
 */
const guint8 *ncg_cpuset_to_bytes (const NcgCpuset *self, gsize *ret_n_bytes);
