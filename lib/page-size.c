/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sizes of huge pages.
 */
#include "lib/page-size.h"

#include "lib/quantity.h"

#include <string.h>

static const struct {
  const char *name;
  guint shift;
} units[] = {
  { "GB", 30 },
  { "MB", 20 },
  { "KB", 10 },
};

/* A power of two, of which the smallest unit is a part. */
static gboolean
is_size (guint64 bytes)
{
  return bytes >= 1u << units[G_N_ELEMENTS (units) - 1].shift && (bytes & (bytes - 1)) == 0;
}

static gboolean
parse_kernel (const char *text, guint64 *ret_bytes)
{
  for (gsize i = 0; i < G_N_ELEMENTS (units); i++) {
    g_autofree char *digits = NULL;

    if (!g_str_has_suffix (text, units[i].name))
      continue;
    digits = g_strndup (text, strlen (text) - strlen (units[i].name));
    if (!g_ascii_string_to_unsigned (digits, 10, 1, G_MAXINT64 >> units[i].shift, ret_bytes, NULL))
      return FALSE;
    *ret_bytes <<= units[i].shift;
    return TRUE;
  }
  return FALSE;
}

gboolean
ncg_page_size_parse (const char *text, guint64 *ret_bytes)
{
  guint64 bytes;
  gint64 number;

  if (!parse_kernel (text, &bytes)) {
    if (!ncg_quantity_parse_value (text, &number, NULL) || number < 0)
      return FALSE;
    bytes = (guint64) number;
  }
  if (!is_size (bytes))
    return FALSE;
  *ret_bytes = bytes;
  return TRUE;
}

char *
ncg_page_size_format (guint64 bytes)
{
  gsize i = 0;

  while (i + 1 < G_N_ELEMENTS (units) && bytes >> units[i].shift == 0)
    i++;
  return g_strdup_printf ("%" G_GUINT64_FORMAT "%s", bytes >> units[i].shift, units[i].name);
}
