/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of the keys, and the walk over the arguments.
 */
#include "cli/spec-arguments.h"

#include "cli/exit-status.h"
#include "cli/spec-values.h"
#include "lib/suggest.h"

#include <string.h>

static const struct {
  const char *key;
  SpecValueKind kind;
} keys[] = {
  { "QosClass", SPEC_VALUE_TEXT },
  { "CPURequest", SPEC_VALUE_CPU },
  { "CPULimit", SPEC_VALUE_CPU },
  { "CPUPeriodUSec", SPEC_VALUE_NUMBER },
  { "CPUWeight", SPEC_VALUE_WEIGHT },
  { "CPUSet", SPEC_VALUE_TEXT },
  { "MemoryNodes", SPEC_VALUE_TEXT },
  { "MemoryRequest", SPEC_VALUE_BYTES },
  { "MemoryLimit", SPEC_VALUE_BYTES },
  { "MemoryHigh", SPEC_VALUE_BYTES },
  { "MemoryLow", SPEC_VALUE_BYTES },
  { "MemoryMin", SPEC_VALUE_BYTES },
  { "MemorySwapLimit", SPEC_VALUE_BYTES },
  { "PidsLimit", SPEC_VALUE_COUNT },
  { "HugepageLimits", SPEC_VALUE_SIZES },
  { "IOWeight", SPEC_VALUE_NUMBER },
  { "IOLimits", SPEC_VALUE_DEVICES },
  { "OOMGroup", SPEC_VALUE_SWITCH },
  { "Unified", SPEC_VALUE_STRINGS },
  { "SystemdProperties", SPEC_VALUE_PROPERTIES },
  { "Labels", SPEC_VALUE_STRINGS },
  { "Delegate", SPEC_VALUE_SWITCH },
  { "User", SPEC_VALUE_TEXT },
  { "Subgroup", SPEC_VALUE_TEXT },
};

#define N_KEYS G_N_ELEMENTS (keys)

const char *const *
spec_arguments_list_keys (void)
{
  static const char *names[N_KEYS + 1];

  for (gsize i = 0; i < N_KEYS; i++)
    names[i] = keys[i].key;
  return names;
}

/* Which key it is. Of what type an unknown one is cannot be guessed. */
static gboolean
find_key (const char *argument, gsize *ret_i, GError **error)
{
  const char *equals = strchr (argument, '=');
  g_autofree char *key = NULL;
  const char *meant;

  if (equals == NULL || equals == argument) {
    g_set_error (error, EXIT_STATUS_ERROR, EXIT_STATUS_USAGE, "\"%s\" is not KEY=VALUE", argument);
    return FALSE;
  }
  key = g_strndup (argument, (gsize) (equals - argument));
  for (gsize i = 0; i < N_KEYS; i++) {
    if (g_str_equal (keys[i].key, key)) {
      *ret_i = i;
      return TRUE;
    }
  }
  meant = ncg_suggest_word (key, spec_arguments_list_keys ());
  g_set_error (error, EXIT_STATUS_ERROR, EXIT_STATUS_USAGE, "there is no key \"%s\"%s%s%s", key,
               meant != NULL ? "; " : "", meant != NULL ? meant : "",
               meant != NULL ? " is one" : "");
  return FALSE;
}

/* Sorts the values by their keys: @values has an array of texts for each. */
static gboolean
collect (char **arguments, GPtrArray **values, GError **error)
{
  for (gsize n = 0; arguments[n] != NULL; n++) {
    gsize i;

    if (!find_key (arguments[n], &i, error))
      return FALSE;
    if (values[i] == NULL) {
      values[i] = g_ptr_array_new ();
    } else if (!spec_values_is_list (keys[i].kind)) {
      g_set_error (error, EXIT_STATUS_ERROR, EXIT_STATUS_USAGE, "%s is given twice", keys[i].key);
      return FALSE;
    }
    g_ptr_array_add (values[i], strchr (arguments[n], '=') + 1);
  }
  return TRUE;
}

/* Consumes @values. */
static GVariant *
convert (GPtrArray **values, GError **error)
{
  g_auto (GVariantDict) spec = G_VARIANT_DICT_INIT (NULL);

  for (gsize i = 0; i < N_KEYS; i++) {
    g_autoptr (GVariant) value = NULL;

    if (values[i] == NULL)
      continue;
    g_ptr_array_add (values[i], NULL);
    value = spec_values_parse (keys[i].kind, keys[i].key, (char **) values[i]->pdata, error);
    if (value == NULL)
      return NULL;
    g_variant_dict_insert_value (&spec, keys[i].key, value);
  }
  return g_variant_ref_sink (g_variant_dict_end (&spec));
}

GVariant *
spec_arguments_parse (char **arguments, GError **error)
{
  GPtrArray *values[N_KEYS] = { NULL };
  GVariant *spec = NULL;

  if (collect (arguments, values, error))
    spec = convert (values, error);
  for (gsize i = 0; i < N_KEYS; i++)
    g_clear_pointer (&values[i], g_ptr_array_unref);
  return spec;
}

char **
spec_arguments_format (GVariant *spec)
{
  GPtrArray *arguments = g_ptr_array_new ();

  for (gsize i = 0; i < N_KEYS; i++) {
    g_autoptr (GVariant) value = g_variant_lookup_value (spec, keys[i].key, NULL);
    g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);

    if (value != NULL)
      spec_values_format (keys[i].kind, value, texts);
    for (guint j = 0; j < texts->len; j++)
      g_ptr_array_add (arguments,
                       g_strconcat (keys[i].key, "=", g_ptr_array_index (texts, j), NULL));
  }
  g_ptr_array_add (arguments, NULL);
  return (char **) g_ptr_array_free (arguments, FALSE);
}
