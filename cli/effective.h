/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The configuration as nodecgroupsd --show-config writes it: YAML, with a comment behind each value
 * that says where it is from.
 */
#pragma once

#include <glib.h>

/**
 * effective_describe:
 *
 * Returns: (transfer full): an "a{sv}" of the same keys. A value is an "a{sv}" itself: Value and
 *   Origin; a map with something in it is one of its keys, and a list an array of such. Booleans,
 *   whole numbers and null are these, and all else is a text as it is written, also amounts, which
 *   may look like numbers. Text that is not of that kind is %EXIT_STATUS_FAILED.
 */
GVariant *effective_describe (const char *text, GError **error);

/* (transfer full): the text for a terminal: where a value is from stands back. */
char *effective_format (const char *text, gboolean has_colors);
