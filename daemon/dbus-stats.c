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

/* The answer of a call for many pods, on its way to the bus. */
typedef struct {
  GDBusMethodInvocation *invocation;
  GVariant *stats;
} Answer;

static void
answer_free (gpointer data)
{
  Answer *answer = data;

  g_variant_unref (answer->stats);
  g_free (answer);
}

/* Megabytes of small values, which the thread that sends them turns into a message. */
static void
send_answer (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Answer *answer = data;
  GDBusMessage *call = g_dbus_method_invocation_get_message (answer->invocation);
  g_autoptr (GDBusMessage) reply = g_dbus_message_new_method_reply (call);
  GError *error = NULL;

  g_dbus_message_set_body (reply, g_variant_new ("(@a{sa{sv}})", answer->stats));
  if (g_dbus_connection_send_message (g_dbus_method_invocation_get_connection (answer->invocation),
                                      reply, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *invocation = user_data;
  g_autoptr (GError) error = NULL;

  /* What ends with the invocation is not for other threads. Without the bus nobody waits. */
  if (g_task_propagate_boolean (G_TASK (result), &error) ||
      g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED))
    g_object_unref (invocation);
  else
    dbus_call_fail (invocation, error);
}

/* Takes @stats. */
static void
send_async (const Manager *manager, GDBusMethodInvocation *invocation, GVariant *stats)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, on_sent, invocation);
  Answer *answer = g_new (Answer, 1);

  answer->invocation = invocation;
  answer->stats = stats;
  g_task_set_task_data (task, answer, answer_free);
  ncg_worker_run (manager->readers, task, send_answer);
}

/* A call for many pods, while they are read. */
typedef struct {
  Manager *manager;
  GDBusMethodInvocation *invocation;
} Many;

static void
on_many (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Many *many = user_data;
  g_autoptr (GError) error = NULL;
  GVariant *stats = pod_stats_read_many_finish (result, &error);
  GDBusMessage *call = g_dbus_method_invocation_get_message (many->invocation);

  if (stats == NULL) {
    dbus_call_fail (many->invocation, error);
  } else if (g_dbus_message_get_flags (call) & G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED) {
    g_variant_unref (stats);
    g_object_unref (many->invocation);
  } else {
    send_async (many->manager, many->invocation, stats);
  }
}

void
dbus_stats_get_many (DbusCalls *calls,
                     GDBusMethodInvocation *invocation,
                     const char *const *uids,
                     GVariant *options)
{
  g_autoptr (GError) error = NULL;
  PodStatsQuery query;

  Many *many;

  if (!parse_options (options, &query, &error)) {
    dbus_call_fail (invocation, error);
    return;
  }
  many = g_new (Many, 1);
  many->manager = calls->manager;
  many->invocation = invocation;
  pod_stats_read_many_async (calls->manager, uids, &query, on_many, many);
}
