/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Arguments of GetStats.
 */
#include "cli/stats-call.h"

GVariant *
stats_call_arguments (char **uids, gboolean has_containers, const char *const *fields)
{
  static const char *const all[] = { NULL };
  GVariantBuilder options;

  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  if (has_containers)
    g_variant_builder_add (&options, "{sv}", "Containers", g_variant_new_boolean (TRUE));
  g_variant_builder_add (&options, "{sv}", "Fields", g_variant_new_strv (fields, -1));
  return g_variant_new ("(^asa{sv})", uids != NULL ? (const char *const *) uids : all, &options);
}
