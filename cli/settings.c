/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Settings, wanted beside actual.
 */
#include "cli/settings.h"

#include <string.h>

static const TableColumn columns[] = {
  { "OBJECT", TABLE_SHRINKS_FRONT },
  { "SETTING", TABLE_LEFT },
  { "WANTED", TABLE_LEFT },
  { "ACTUAL", TABLE_LEFT },
};

Table *
settings_new_table (void)
{
  return table_new (columns, G_N_ELEMENTS (columns));
}

/* (transfer none) */
static const char *
shorten (const char *object, const char *below)
{
  gsize length = below != NULL ? strlen (below) : 0;

  if (length == 0 || strncmp (object, below, length) != 0)
    return object;
  if (object[length] == '\0')
    return ".";
  return object[length] == '/' ? object + length + 1 : object;
}

guint
settings_add (Table *table, GVariant *settings, const char *below, gboolean only_different)
{
  GVariantIter iter;
  const char *object, *setting, *wanted, *actual;
  gboolean ok;
  guint n_differ = 0;

  g_variant_iter_init (&iter, settings);
  while (g_variant_iter_loop (&iter, "(&s&s&s&sb)", &object, &setting, &wanted, &actual, &ok)) {
    n_differ += !ok;
    if (ok && only_different)
      continue;
    table_add (table, STYLE_PLAIN, shorten (object, below));
    table_add (table, STYLE_PLAIN, setting);
    table_add (table, STYLE_PLAIN, wanted);
    table_add (table, ok ? STYLE_PLAIN : STYLE_BAD, actual);
  }
  return n_differ;
}

void
settings_describe (GVariantBuilder *builder,
                   GVariant *settings,
                   const char *uid,
                   gboolean only_different)
{
  GVariantIter iter;
  const char *object, *setting, *wanted, *actual;
  gboolean ok;

  g_variant_iter_init (&iter, settings);
  while (g_variant_iter_loop (&iter, "(&s&s&s&sb)", &object, &setting, &wanted, &actual, &ok)) {
    if (ok && only_different)
      continue;
    g_variant_builder_open (builder, G_VARIANT_TYPE_VARDICT);
    if (uid != NULL)
      g_variant_builder_add (builder, "{sv}", "Uid", g_variant_new_string (uid));
    g_variant_builder_add (builder, "{sv}", "Object", g_variant_new_string (object));
    g_variant_builder_add (builder, "{sv}", "Setting", g_variant_new_string (setting));
    g_variant_builder_add (builder, "{sv}", "Wanted", g_variant_new_string (wanted));
    g_variant_builder_add (builder, "{sv}", "Actual", g_variant_new_string (actual));
    g_variant_builder_add (builder, "{sv}", "Ok", g_variant_new_boolean (ok));
    g_variant_builder_close (builder);
  }
}
