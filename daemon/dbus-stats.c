/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The calls for figures.
 */
#include "daemon/dbus-stats.h"

#include "daemon/pod-stats.h"
#include "lib/error.h"

static gboolean
set_containers (PodStatsQuery *query, GVariant *value, GError **error)
{
  query->with_containers = g_variant_get_boolean (value);
  return TRUE;
}

static gboolean
set_fields (PodStatsQuery *query, GVariant *value, GError **error)
{
  g_autofree const char **keys = g_variant_get_strv (value, NULL);

  if (ncg_stats_parse_fields (keys, &query->fields, error))
    return TRUE;
  g_prefix_error (error, "Fields: ");
  return FALSE;
}

static const struct {
  const char *key;
  const char *type;
  gboolean (*set) (PodStatsQuery *query, GVariant *value, GError **error);
} options_table[] = {
  { "Containers", "b", set_containers },
  { "Fields", "as", set_fields },
};

static gboolean
parse_option (const char *key, GVariant *value, PodStatsQuery *query, GError **error)
{
  g_autofree char *escaped = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (options_table); i++) {
    if (!g_str_equal (key, options_table[i].key))
      continue;
    if (g_variant_is_of_type (value, G_VARIANT_TYPE (options_table[i].type)))
      return options_table[i].set (query, value, error);
    g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
                 "the option %s has the type '%s'; it takes '%s'", key,
                 g_variant_get_type_string (value), options_table[i].type);
    return FALSE;
  }
  escaped = ncg_error_escape (key);
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
               "there is no option '%s' here; there are Containers (b) and Fields (as)", escaped);
  return FALSE;
}

static gboolean
parse_options (GVariant *options, PodStatsQuery *ret_query, GError **error)
{
  PodStatsQuery query = { .fields = NCG_STATS_ALL };
  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_variant_iter_init (&iter, options);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value)) {
    g_autoptr (GVariant) owned = value;

    if (!parse_option (key, owned, &query, error))
      return FALSE;
  }
  *ret_query = query;
  return TRUE;
}

static void
on_one (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *invocation = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) stats = pod_stats_read_finish (result, &error);

  if (stats != NULL)
    g_dbus_method_invocation_return_value (invocation, g_variant_new ("(@a{sv})", stats));
  else
    dbus_call_fail (invocation, error);
}

void
dbus_stats_get_one (DbusCalls *calls,
                    GDBusMethodInvocation *invocation,
                    const char *uid,
                    GVariant *options)
{
  g_autoptr (GError) error = NULL;
  PodStatsQuery query;

  if (parse_options (options, &query, &error))
    pod_stats_read_async (calls->manager, uid, &query, on_one, invocation);
  else
    dbus_call_fail (invocation, error);
}

static void
on_many (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *invocation = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) stats = pod_stats_read_many_finish (result, &error);

  if (stats != NULL)
    g_dbus_method_invocation_return_value (invocation, g_variant_new ("(@a{sa{sv}})", stats));
  else
    dbus_call_fail (invocation, error);
}

void
dbus_stats_get_many (DbusCalls *calls,
                     GDBusMethodInvocation *invocation,
                     const char *const *uids,
                     GVariant *options)
{
  g_autoptr (GError) error = NULL;
  PodStatsQuery query;

  if (parse_options (options, &query, &error))
    pod_stats_read_many_async (calls->manager, uids, &query, on_many, invocation);
  else
    dbus_call_fail (invocation, error);
}
