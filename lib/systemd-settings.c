/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Applying settings to a unit that is there.
 */
#include "lib/systemd-settings.h"

#include "lib/error.h"
#include "lib/missing-files.h"
#include "lib/systemd-change.h"
#include "lib/systemd-cpu.h"
#include "lib/systemd-order.h"
#include "lib/systemd-originals.h"
#include "lib/undo.h"
#include "lib/unit-properties.h"
#include "lib/verify.h"

#include <string.h>

typedef struct {
  NcgSystemdContext *context;
  NcgPlace *place;
  NcgResources resources;
  NcgResources before; /* what systemd was told last */
  gboolean has_before;
  gboolean is_doubtful;  /* whether it has them still */
  GHashTable *originals; /* (nullable): of the unit, see systemd-originals.h */
  GPtrArray *asked;      /* (nullable): the names in it that are new */
  gboolean is_lost;      /* whether systemd did what it was told is not known */
  NcgSystemdOrder order;
  gboolean is_cpu_written;
  gboolean is_sent;
  GPtrArray *dropped;
  GPtrArray *withheld; /* names of properties that the unit has, and that are not said again */
  GError *error;       /* while the settings before are set again */
  gint64 deadline;
} Apply;

static void send_properties (GTask *task);

static void
apply_free (gpointer data)
{
  Apply *apply = data;

  ncg_place_free (apply->place);
  ncg_resources_clear (&apply->resources);
  ncg_resources_clear (&apply->before);
  ncg_systemd_order_clear (&apply->order);
  g_clear_pointer (&apply->dropped, g_ptr_array_unref);
  g_clear_pointer (&apply->withheld, g_ptr_array_unref);
  g_clear_pointer (&apply->originals, g_hash_table_unref);
  g_clear_pointer (&apply->asked, g_ptr_array_unref);
  g_clear_error (&apply->error);
  g_free (apply);
}

/* Of several entries the last one. */
static char *
print_value (GVariant *entries)
{
  g_autoptr (GVariant) value = NULL;

  g_variant_get_child (entries, g_variant_n_children (entries) - 1, "(&sv)", NULL, &value);
  return g_variant_print (value, FALSE);
}

static gboolean
drop_property (NcgResources *resources, const char *name, guint version, GPtrArray *dropped)
{
  g_autoptr (GVariant) found = ncg_unit_properties_find (resources->properties, name);
  g_autoptr (GVariant) before = NULL;
  NcgDropped *entry;

  if (found == NULL)
    return FALSE;
  before = resources->properties;
  resources->properties = ncg_unit_properties_without (before, name);
  entry = g_new0 (NcgDropped, 1);
  entry->setting = g_strdup (name);
  entry->wanted = print_value (found);
  entry->version = version;
  entry->reason = g_strdup_printf ("left out: systemd %u does not take it for this unit", version);
  g_ptr_array_add (dropped, entry);
  return TRUE;
}

GPtrArray *
ncg_systemd_settings_drop_again (NcgResources *resources, GVariant *names)
{
  g_autoptr (GPtrArray) dropped =
      g_ptr_array_new_with_free_func ((GDestroyNotify) ncg_dropped_free);
  GVariantIter iter;
  const char *name;
  guint32 version;

  if (names == NULL)
    return NULL;
  g_variant_iter_init (&iter, names);
  while (g_variant_iter_next (&iter, "{&su}", &name, &version))
    drop_property (resources, name, version, dropped);
  return dropped->len > 0 ? g_steal_pointer (&dropped) : NULL;
}

static gboolean
tell_owner (NcgSystemdContext *context, const char *unit, GPtrArray *dropped, GError **error)
{
  ncg_systemd_units_drop (context->units, unit, dropped);
  return context->dropping == NULL || context->dropping (unit, context->user_data, error);
}

gboolean
ncg_systemd_settings_drop (NcgSystemdContext *context,
                           const char *unit,
                           GError **error,
                           NcgResources *resources,
                           GPtrArray *dropped)
{
  guint version = context->features != NULL ? context->features->version : 0;
  g_autofree char *name = NULL;

  ncg_unit_properties_explain (resources->properties, error);
  if (!g_error_matches (*error, NCG_ERROR, NCG_ERROR_UNKNOWN_PROPERTY))
    return FALSE;
  name = ncg_unit_properties_parse_refused (*error);
  if (context->may_drop && name != NULL && drop_property (resources, name, version, dropped)) {
    g_clear_error (error);
    return tell_owner (context, unit, dropped, error);
  }
  g_clear_error (error);
  g_set_error (error, NCG_ERROR, NCG_ERROR_NOT_SUPPORTED,
               "systemd %u does not take the property %s for this unit: it does not know it, or "
               "takes it only for units of another type, only when a unit is made, or only in a "
               "unit's file; leave it out",
               version, name != NULL ? name : "(it does not say which)");
  return FALSE;
}

/* What is not set after all need not be set back. */
static void
forget_asked (Apply *apply, GVariant *properties)
{
  for (guint i = 0; apply->asked != NULL && i < apply->asked->len; i++) {
    const char *name = g_ptr_array_index (apply->asked, i);
    g_autoptr (GVariant) found = ncg_unit_properties_find (properties, name);

    if (found == NULL)
      g_hash_table_remove (apply->originals, name);
  }
}

static void
finish (GTask *task, GError *error)
{
  Apply *apply = g_task_get_task_data (task);

  if (error != NULL) {
    if (!apply->is_lost)
      forget_asked (apply, NULL);
    ncg_systemd_units_fail (apply->context->units, apply->place->unit);
    g_task_return_error (task, error);
    return;
  }
  ncg_systemd_units_remember (apply->context->units, apply->place, &apply->resources,
                              apply->dropped->len > 0 ? g_ptr_array_ref (apply->dropped) : NULL);
  if (apply->originals != NULL &&
      !ncg_systemd_originals_settle (apply->originals, apply->resources.properties,
                                     apply->place->unit, &error))
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

/* What systemd has not answered it may have done, or do yet. Its properties, from when it was made
 * and since, are still the best that is known of the unit; but nothing is left unsaid because of
 * them. */
static void
doubt_if_unknown (Apply *apply, const GError *error)
{
  if (!g_error_matches (error, NCG_ERROR, NCG_ERROR_TIMEOUT) &&
      !g_error_matches (error, NCG_ERROR, NCG_ERROR_DISCONNECTED))
    return;
  apply->is_lost = TRUE;
  ncg_systemd_units_doubt (apply->context->units, apply->place->unit);
}

static void
note_not_set_back (Apply *apply, const GError *error)
{
  g_prefix_error (&apply->error,
                  "the settings before could not be set again (%s): ", error->message);
}

static void
on_own_set_back (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Apply *apply = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (!ncg_own_files_write_finish (result, &error))
    note_not_set_back (apply, error);
  finish (task, g_steal_pointer (&apply->error));
}

static void
set_back_own (GTask *task)
{
  Apply *apply = g_task_get_task_data (task);

  if (!apply->has_before || !apply->order.is_own_first) {
    finish (task, g_steal_pointer (&apply->error));
    return;
  }
  ncg_own_files_write_async (apply->context->own, apply->place->unit, apply->place->cgroup,
                             &apply->before, on_own_set_back, g_object_ref (task));
}

static void
on_set_back (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Apply *apply = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (!ncg_systemd_set_properties_finish (result, &error)) {
    apply->is_lost = TRUE;
    ncg_systemd_units_doubt (apply->context->units, apply->place->unit);
    note_not_set_back (apply, error);
  }
  set_back_own (task);
}

/* Many properties systemd takes only when a unit is made, and refuses the whole call if it has one
 * of them. A unit that was made with it has it. */
static gboolean
withhold (Apply *apply, const GError *error)
{
  g_autofree char *name = ncg_unit_properties_parse_refused (error);
  g_autoptr (GVariant) before = NULL;
  g_autoptr (GVariant) wanted = NULL;

  if (name == NULL || !apply->has_before)
    return FALSE;
  before = ncg_unit_properties_find (apply->before.properties, name);
  wanted = ncg_unit_properties_find (apply->resources.properties, name);
  if (before == NULL || wanted == NULL || !g_variant_equal (before, wanted))
    return FALSE;
  g_ptr_array_add (apply->withheld, g_steal_pointer (&name));
  return TRUE;
}

/* It was made with another value: systemd knows the property, and nothing is left out. */
static void
explain_change (const Apply *apply, GError **error)
{
  g_autofree char *name = ncg_unit_properties_parse_refused (*error);
  g_autoptr (GVariant) before =
      name != NULL ? ncg_unit_properties_find (apply->before.properties, name) : NULL;
  g_autofree char *value = before != NULL ? print_value (before) : NULL;

  if (value == NULL)
    return;
  g_clear_error (error);
  g_set_error (error, NCG_ERROR, NCG_ERROR_NOT_SUPPORTED,
               "systemd takes the property %s only when a unit is made, and %s was made with %s; "
               "leave it out, or remove it and create it again",
               name, apply->place->unit, value);
}

/* (transfer full) (nullable): as they are said to a unit that runs */
static GVariant *
list_properties (const Apply *apply, const NcgResources *resources, GError **error)
{
  const NcgSystemdContext *context = apply->context;
  GVariant *properties =
      ncg_unit_properties_from_resources (resources, context->hierarchy, context->features, error);

  if (properties != NULL && apply->originals != NULL) {
    g_autoptr (GVariant) all = properties;

    properties = ncg_systemd_originals_add (apply->originals, resources->properties, all);
  }
  for (guint i = 0; properties != NULL && i < apply->withheld->len; i++) {
    g_autoptr (GVariant) all = properties;

    properties = ncg_unit_properties_without (all, apply->withheld->pdata[i]);
  }
  return properties;
}

static void
send_back (GTask *task)
{
  Apply *apply = g_task_get_task_data (task);
  NcgSystemdContext *context = apply->context;
  g_autoptr (GVariant) properties = NULL;

  if (apply->has_before && apply->is_sent)
    properties = list_properties (apply, &apply->before, NULL);
  if (properties == NULL)
    set_back_own (task);
  else
    ncg_systemd_set_properties_async (context->systemd, apply->place->unit, properties,
                                      apply->deadline, on_set_back, g_object_ref (task));
}

static void
on_cpu_set_back (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;

  if (!ncg_systemd_cpu_write_finish (result, &error))
    note_not_set_back (g_task_get_task_data (task), error);
  send_back (task);
}

static void
write_cpu (GTask *task, const NcgResources *resources, GAsyncReadyCallback done)
{
  Apply *apply = g_task_get_task_data (task);

  ncg_systemd_cpu_write_async (apply->context->hierarchy, apply->place->cgroup, resources, done,
                               g_object_ref (task));
}

/* A later step failed: those before it are undone, the last one first. */
static void
set_back (GTask *task, GError *error)
{
  Apply *apply = g_task_get_task_data (task);
  g_autoptr (GError) local = NULL;

  apply->error = error;
  /* What was set for the first time, too. */
  ncg_resources_add_defaults (&apply->before, &apply->resources);
  if (!ncg_undo_add_sets (&apply->before, &apply->resources, apply->context->hierarchy,
                          apply->place->cgroup, &local))
    note_not_set_back (apply, local);
  if (apply->has_before && apply->is_cpu_written)
    write_cpu (task, &apply->before, on_cpu_set_back);
  else
    send_back (task);
}

static void
on_cpu_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Apply *apply = g_task_get_task_data (task);
  GError *error = NULL;

  apply->is_cpu_written = ncg_systemd_cpu_write_finish (result, &error);
  if (apply->is_cpu_written)
    send_properties (task);
  else
    set_back (task, error);
}

static void
on_own_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Apply *apply = g_task_get_task_data (task);
  GError *error = NULL;

  if (ncg_own_files_write_finish (result, &error)) {
    if (apply->is_sent)
      finish (task, NULL);
    else if (apply->order.is_cpu_ours)
      write_cpu (task, &apply->resources, on_cpu_written);
    else
      send_properties (task);
  } else if (apply->is_sent) {
    set_back (task, error);
  } else {
    finish (task, error);
  }
}

static void
write_own (GTask *task, const NcgResources *resources)
{
  Apply *apply = g_task_get_task_data (task);

  ncg_own_files_write_async (apply->context->own, apply->place->unit, apply->place->cgroup,
                             resources, on_own_written, g_object_ref (task));
}

static void
on_properties_set (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Apply *apply = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (ncg_systemd_set_properties_finish (result, &error)) {
    apply->is_sent = TRUE;
    if (apply->order.is_own_first && !apply->order.is_own_twice)
      finish (task, NULL);
    else
      write_own (task, &apply->resources);
    return;
  }
  if (withhold (apply, error)) {
    send_properties (task);
    return;
  }
  doubt_if_unknown (apply, error);
  explain_change (apply, &error);
  if (ncg_systemd_settings_drop (apply->context, apply->place->unit, &error, &apply->resources,
                                 apply->dropped)) {
    forget_asked (apply, apply->resources.properties);
    send_properties (task);
  } else {
    set_back (task, g_steal_pointer (&error));
  }
}

static void
send_properties (GTask *task)
{
  Apply *apply = g_task_get_task_data (task);
  NcgSystemdContext *context = apply->context;
  GError *error = NULL;
  g_autoptr (GVariant) properties = list_properties (apply, &apply->resources, &error);

  if (properties == NULL)
    finish (task, error);
  else
    ncg_systemd_set_properties_async (context->systemd, apply->place->unit, properties,
                                      apply->deadline, on_properties_set, g_object_ref (task));
}

/* Before anything is changed. */
static gboolean
is_possible (const Apply *apply, GError **error)
{
  const NcgSystemdContext *context = apply->context;
  g_autoptr (GVariant) properties = ncg_unit_properties_from_resources (
      &apply->resources, context->hierarchy, context->features, error);

  return properties != NULL && ncg_missing_files_check (context->hierarchy, apply->place->cgroup,
                                                        &apply->resources, error);
}

static gboolean
is_as_told (const Apply *apply)
{
  return apply->has_before && !apply->is_doubtful &&
         ncg_resources_equal (&apply->before, &apply->resources) &&
         ncg_verify_cgroup (apply->context->hierarchy, apply->place->cgroup, &apply->resources,
                            NULL);
}

static void
begin (GTask *task)
{
  Apply *apply = g_task_get_task_data (task);
  const NcgSystemdContext *context = apply->context;

  ncg_systemd_order_choose (context, apply->place->cgroup, &apply->resources, &apply->order);
  if (!apply->order.is_own_first) {
    send_properties (task);
    return;
  }
  ncg_undo_add_current (&apply->before, &apply->resources, context->hierarchy,
                        apply->place->cgroup);
  write_own (task, &apply->order.early);
}

static void
on_asked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (ncg_systemd_originals_ask_finish (result, &error))
    begin (task);
  else
    finish (task, error);
}

/* What is passed on for the first time might have to be set back. */
static void
ask_or_begin (GTask *task)
{
  Apply *apply = g_task_get_task_data (task);

  if (apply->has_before)
    apply->asked = ncg_systemd_originals_list_new (apply->originals, apply->before.properties,
                                                   apply->resources.properties);
  if (apply->asked != NULL && apply->asked->len > 0)
    ncg_systemd_originals_ask_async (apply->context->systemd, apply->place->unit, apply->originals,
                                     apply->asked, apply->deadline, on_asked, g_object_ref (task));
  else
    begin (task);
}

void
ncg_systemd_settings_apply_async (NcgSystemdContext *context,
                                  const NcgPlace *place,
                                  const NcgResources *resources,
                                  gint64 deadline_usec,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  const NcgSystemdUnit *known = ncg_systemd_units_find (context->units, place->unit);
  Apply *apply = g_new0 (Apply, 1);
  GError *error = NULL;

  apply->context = context;
  apply->place = ncg_place_new (place->unit, place->cgroup);
  apply->deadline = deadline_usec;
  apply->dropped = g_ptr_array_new_with_free_func ((GDestroyNotify) ncg_dropped_free);
  apply->withheld = g_ptr_array_new_with_free_func (g_free);
  ncg_resources_copy (resources, &apply->resources);
  if (known != NULL) {
    ncg_resources_copy (&known->resources, &apply->before);
    apply->has_before = TRUE;
    apply->is_doubtful = known->is_doubtful;
    apply->originals = g_hash_table_ref (known->originals);
  }
  g_task_set_task_data (task, apply, apply_free);
  if (is_as_told (apply)) {
    g_task_return_boolean (task, TRUE);
    return;
  }
  if (is_possible (apply, &error))
    ask_or_begin (task);
  else
    g_task_return_error (task, error);
}

gboolean
ncg_systemd_settings_apply_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
