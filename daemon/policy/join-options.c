/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The options of a join.
 */
#include "daemon/policy/join-options.h"

#include "lib/error.h"
#include "lib/leaf-settle.h"

void
join_options_clear (JoinOptions *self)
{
  spec_clear (&self->spec);
  g_clear_pointer (&self->subgroup, g_free);
  g_clear_pointer (&self->user, g_free);
  self->is_delegated = FALSE;
}

void
join_options_copy (const JoinOptions *self, JoinOptions *ret_copy)
{
  *ret_copy = *self;
  spec_copy (&self->spec, &ret_copy->spec);
  ret_copy->subgroup = g_strdup (self->subgroup);
  ret_copy->user = g_strdup (self->user);
}

/* Takes @key out of @dict; %NULL without an error if it is not in it. */
static GVariant *
take (GVariantDict *dict, const char *key, const GVariantType *type, GError **error)
{
  g_autoptr (GVariant) value = g_variant_dict_lookup_value (dict, key, NULL);

  if (value == NULL)
    return NULL;
  if (!g_variant_is_of_type (value, type)) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT, "%s has the type '%s'; it takes %s",
                 key, g_variant_get_type_string (value),
                 g_variant_type_equal (type, G_VARIANT_TYPE_BOOLEAN) ? "a boolean" : "a string");
    return NULL;
  }
  g_variant_dict_remove (dict, key);
  return g_steal_pointer (&value);
}

static gboolean
take_options (GVariantDict *dict, JoinOptions *options, GError **error)
{
  GError *local = NULL;
  g_autoptr (GVariant) delegate = take (dict, "Delegate", G_VARIANT_TYPE_BOOLEAN, &local);
  g_autoptr (GVariant) subgroup =
      local == NULL ? take (dict, "Subgroup", G_VARIANT_TYPE_STRING, &local) : NULL;
  g_autoptr (GVariant) user =
      local == NULL ? take (dict, "User", G_VARIANT_TYPE_STRING, &local) : NULL;

  if (local != NULL) {
    g_propagate_error (error, local);
    return FALSE;
  }
  options->is_delegated = delegate != NULL && g_variant_get_boolean (delegate);
  options->subgroup = subgroup != NULL ? g_variant_dup_string (subgroup, NULL) : NULL;
  options->user = user != NULL ? g_variant_dup_string (user, NULL) : NULL;
  if (options->user != NULL && options->user[0] == '\0') {
    g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
                 "User is empty; it takes the name or the number of a user");
    return FALSE;
  }
  return options->subgroup == NULL || ncg_leaf_check_subgroup (options->subgroup, error);
}

static gboolean
check_repeated (GVariant *variant, GError **error)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  GVariantIter iter;
  const char *key;

  g_variant_iter_init (&iter, variant);
  while (g_variant_iter_next (&iter, "{&sv}", &key, NULL))
    if (!g_hash_table_add (seen, (gpointer) key)) {
      g_autofree char *escaped = ncg_error_escape (key);

      g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT, "the key %s is given twice",
                   escaped);
      return FALSE;
    }
  return TRUE;
}

gboolean
join_options_parse (GVariant *variant, JoinOptions *ret_options, GError **error)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (variant);
  g_auto (JoinOptions) options = { 0 };
  g_autoptr (GVariant) rest = NULL;

  if (!check_repeated (variant, error) || !take_options (&dict, &options, error))
    return FALSE;
  rest = g_variant_ref_sink (g_variant_dict_end (&dict));
  if (!spec_parse (rest, SPEC_OF_CONTAINER, &options.spec, error))
    return FALSE;
  *ret_options = options;
  options = (JoinOptions){ 0 };
  return TRUE;
}

gboolean
join_options_parse_container (GVariant *variant, JoinOptions *ret_options, GError **error)
{
  g_auto (JoinOptions) options = { 0 };

  if (!join_options_parse (variant, &options, error))
    return FALSE;
  if (options.subgroup != NULL) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
                 "Subgroup is '%s', but into a container that is created no process goes yet; give "
                 "it to the join",
                 options.subgroup);
    return FALSE;
  }
  *ret_options = options;
  options = (JoinOptions){ 0 };
  return TRUE;
}
