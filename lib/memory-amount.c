/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Amounts of memory.
 */
#include "lib/memory-amount.h"

#include <string.h>

/* More than the largest huge page there is, 16 GiB. */
#define LARGEST_REST (G_GUINT64_CONSTANT (1) << 36)

static gboolean
shift_of_suffix (const char *suffix, guint *ret_shift)
{
  static const char suffixes[] = "KMGTPE";
  const char *found;

  *ret_shift = 0;
  if (suffix[0] == '\0')
    return TRUE;
  found = strchr (suffixes, g_ascii_toupper (suffix[0]));
  if (found == NULL || suffix[1] != '\0')
    return FALSE;
  *ret_shift = 10 * (guint) (found - suffixes + 1);
  return TRUE;
}

gboolean
ncg_memory_amount_parse (const char *text, guint64 *ret_bytes)
{
  gsize n_digits = strspn (text, "0123456789");
  g_autofree char *digits = g_strndup (text, n_digits);
  guint64 number;
  guint shift;

  if (g_str_equal (text, "max")) {
    *ret_bytes = G_MAXUINT64;
    return TRUE;
  }
  if (!shift_of_suffix (text + n_digits, &shift) ||
      !g_ascii_string_to_unsigned (digits, 10, 0, (G_MAXUINT64 - 1) >> shift, &number, NULL))
    return FALSE;
  *ret_bytes = number << shift;
  return TRUE;
}

guint64
ncg_memory_amount_round (guint64 bytes, guint64 page_bytes)
{
  return bytes == G_MAXUINT64 ? bytes : bytes - bytes % page_bytes;
}

gboolean
ncg_memory_amount_is_unlimited (const char *text)
{
  guint64 bytes;

  return g_str_equal (text, "-1") ||
         (ncg_memory_amount_parse (text, &bytes) && bytes > (guint64) G_MAXINT64 - LARGEST_REST);
}
