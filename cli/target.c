/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of pods and containers.
 */
#include "cli/target.h"

#include "cli/exit-status.h"
#include "cli/spec-arguments.h"

#include <string.h>

static gboolean
split (Target *self, const char *name, GError **error)
{
  const char *slash = strchr (name, '/');

  if (slash == name || (slash != NULL && slash[1] == '\0')) {
    g_set_error (error, EXIT_STATUS_ERROR, EXIT_STATUS_USAGE,
                 "\"%s\" is neither a pod's UID nor UID/CONTAINER", name);
    return FALSE;
  }
  self->uid = slash != NULL ? g_strndup (name, (gsize) (slash - name)) : g_strdup (name);
  self->container = slash != NULL ? g_strdup (slash + 1) : NULL;
  return TRUE;
}

gboolean
target_parse (Target *self, const char *name, char **keys, GError **error)
{
  *self = (Target){ 0 };
  if (!split (self, name, error))
    return FALSE;
  if (keys == NULL)
    return TRUE;
  self->spec = spec_arguments_parse (keys, error);
  return self->spec != NULL;
}

void
target_clear (Target *self)
{
  g_clear_pointer (&self->uid, g_free);
  g_clear_pointer (&self->container, g_free);
  g_clear_pointer (&self->spec, g_variant_unref);
}

GVariant *
target_describe (const Target *self)
{
  GVariantBuilder fields;

  g_variant_builder_init (&fields, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&fields, "{sv}", "Uid", g_variant_new_string (self->uid));
  if (self->container != NULL)
    g_variant_builder_add (&fields, "{sv}", "Container", g_variant_new_string (self->container));
  return g_variant_builder_end (&fields);
}
