/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The bootstrap's decisions.
 */
#include "daemon/policy/bootstrap.h"

static const char *const needed[] = { "cpu", "memory" };

char *
bootstrap_find_missing_controllers (const char *controllers)
{
  g_auto (GStrv) present = g_strsplit_set (controllers, " \n", -1);
  GString *missing = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (needed); i++)
    if (!g_strv_contains ((const char *const *) present, needed[i]))
      g_string_append_printf (missing, "%s%s", missing->len > 0 ? ", " : "", needed[i]);
  return g_string_free (missing, missing->len == 0);
}
