/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Properties as they were.
 */
#include "lib/systemd-originals.h"

#include "lib/error.h"
#include "lib/systemd-path.h"
#include "lib/systemd-retry.h"
#include "lib/unit-properties.h"

typedef struct {
  NcgSystemd *systemd;
  char *unit;
  GHashTable *originals;
  GPtrArray *names;
  gint64 deadline;
} Ask;

static void send_ask (GTask *task);

static void
unref_value (gpointer data)
{
  if (data != NULL)
    g_variant_unref (data);
}

GHashTable *
ncg_systemd_originals_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, unref_value);
}

static gboolean
is_named (GVariant *properties, const char *name)
{
  g_autoptr (GVariant) found = ncg_unit_properties_find (properties, name);

  return found != NULL;
}

GPtrArray *
ncg_systemd_originals_list_new (GHashTable *originals, GVariant *before, GVariant *properties)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  gsize n = properties != NULL ? g_variant_n_children (properties) : 0;

  for (gsize i = 0; i < n; i++) {
    const char *name;

    g_variant_get_child (properties, i, "(&sv)", &name, NULL);
    if (!g_hash_table_contains (originals, name) && !is_named (before, name))
      g_ptr_array_add (names, g_strdup (name));
  }
  return names;
}

static void
ask_free (gpointer data)
{
  Ask *ask = data;

  g_free (ask->unit);
  g_hash_table_unref (ask->originals);
  g_ptr_array_unref (ask->names);
  g_free (ask);
}

static gboolean
on_retry (gpointer user_data)
{
  send_ask (user_data);
  return G_SOURCE_REMOVE;
}

static void
on_told (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Ask *ask = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = ncg_systemd_call_finish (result, &error);
  g_autoptr (GVariant) all = NULL;

  if (g_error_matches (error, NCG_ERROR, NCG_ERROR_DISCONNECTED)) {
    ncg_systemd_retry_later (task, on_retry);
    return;
  }
  if (reply == NULL) {
    g_task_return_error (task, g_steal_pointer (&error));
    return;
  }
  g_variant_get (reply, "(@a{sv})", &all);
  for (guint i = 0; i < ask->names->len; i++) {
    const char *name = g_ptr_array_index (ask->names, i);

    g_hash_table_insert (ask->originals, g_strdup (name), g_variant_lookup_value (all, name, NULL));
  }
  g_task_return_boolean (task, TRUE);
}

static void
send_ask (GTask *task)
{
  const Ask *ask = g_task_get_task_data (task);
  g_autofree char *path = ncg_systemd_unit_path (ask->unit);

  ncg_systemd_call_async (ask->systemd, path, "org.freedesktop.DBus.Properties", "GetAll",
                          g_variant_new ("(s)", ncg_systemd_unit_interface (ask->unit)), NULL,
                          NCG_SYSTEMD_CALL_NONE, ask->deadline, on_told, g_object_ref (task));
}

void
ncg_systemd_originals_ask_async (NcgSystemd *systemd,
                                 const char *unit,
                                 GHashTable *originals,
                                 const GPtrArray *names,
                                 gint64 deadline_usec,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Ask *ask = g_new0 (Ask, 1);

  ask->systemd = systemd;
  ask->unit = g_strdup (unit);
  ask->originals = g_hash_table_ref (originals);
  ask->names = g_ptr_array_ref ((GPtrArray *) names);
  ask->deadline = deadline_usec;
  g_task_set_task_data (task, ask, ask_free);
  send_ask (task);
}

gboolean
ncg_systemd_originals_ask_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

GVariant *
ncg_systemd_originals_add (GHashTable *originals, GVariant *properties, GVariant *all)
{
  GVariantBuilder builder;
  GHashTableIter iter;
  gpointer name, value;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(sv)"));
  ncg_unit_properties_add_all (&builder, all);
  g_hash_table_iter_init (&iter, originals);
  while (g_hash_table_iter_next (&iter, &name, &value))
    if (value != NULL && !is_named (properties, name))
      ncg_unit_properties_add (&builder, name, value);
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

gboolean
ncg_systemd_originals_settle (GHashTable *originals,
                              GVariant *properties,
                              const char *unit,
                              GError **error)
{
  g_autofree char *lost = NULL;
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, originals);
  while (g_hash_table_iter_next (&iter, &name, &value)) {
    if (is_named (properties, name))
      continue;
    if (value == NULL) {
      g_free (lost);
      lost = g_strdup (name);
    }
    g_hash_table_iter_remove (&iter);
  }
  if (lost == NULL)
    return TRUE;
  g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED,
               "the property %s of %s stays as it is: systemd does not tell what it had before",
               lost, unit);
  return FALSE;
}
