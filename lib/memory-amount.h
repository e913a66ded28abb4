/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Amounts of memory as cgroup files have them: the kernel's suffixes, whole pages, and the several
 * ways to say that there is no limit.
 */
#pragma once

#include <glib.h>

/**
 * ncg_memory_amount_parse:
 * @text: digits and at most one of K M G T P E in either case, powers of 1024: memparse() in the
 *   kernel's lib/cmdline.c, decimal only; or "max"
 * @ret_bytes: %G_MAXUINT64 for "max"
 *
 * Returns: whether it is one, below 2^64 - 1
 */
gboolean ncg_memory_amount_parse (const char *text, guint64 *ret_bytes);

/* The kernel rounds limits down to whole pages. No limit stays as it is. */
guint64 ncg_memory_amount_round (guint64 bytes, guint64 page_bytes);

/* Whether @text means no limit: "max", the -1 of v1, or what v1 prints, the largest number of whole
 * pages that fits 63 bits; pages may be huge ones. */
gboolean ncg_memory_amount_is_unlimited (const char *text);
