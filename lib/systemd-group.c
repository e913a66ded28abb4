/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Groups under systemd.
 */
#include "lib/systemd-group.h"

#include "lib/cgroup-look.h"
#include "lib/cgroup-tree.h"
#include "lib/cgroup.h"
#include "lib/error.h"
#include "lib/missing-files.h"
#include "lib/systemd-change.h"
#include "lib/systemd-path.h"
#include "lib/systemd-settings.h"
#include "lib/systemd-start.h"
#include "lib/tree-work.h"
#include "lib/unit-properties.h"

/* A group on its way. */
typedef struct {
  NcgSystemdContext *context;
  char *unit;
  char *predicted; /* its cgroup, probably */
  char *description;
  NcgResources resources;
  GPtrArray *dropped;
  gboolean adopt;
  NcgDriverStarted started;
  gboolean is_taken;  /* by the owner, as it is */
  gboolean was_there; /* before */
  gpointer user_data;
  NcgPlace *place;
  GError *error; /* (nullable): to be returned when the group is stopped again */
  gint64 deadline;
} Ensure;

static void ensure_group (GTask *task);

static void
ensure_free (gpointer data)
{
  Ensure *ensure = data;

  g_free (ensure->unit);
  g_free (ensure->predicted);
  g_free (ensure->description);
  ncg_resources_clear (&ensure->resources);
  g_ptr_array_unref (ensure->dropped);
  ncg_place_free (ensure->place);
  g_clear_error (&ensure->error);
  g_free (ensure);
}

static void
return_error (GTask *task, GError *error)
{
  Ensure *ensure = g_task_get_task_data (task);

  ncg_systemd_units_fail (ensure->context->units, ensure->unit);
  g_task_return_error (task, error);
}

static void
group_done (GTask *task)
{
  Ensure *ensure = g_task_get_task_data (task);
  GPtrArray *dropped = ensure->dropped->len > 0 ? g_ptr_array_ref (ensure->dropped) : NULL;

  ncg_systemd_units_remember (ensure->context->units, ensure->place, &ensure->resources, dropped);
  g_task_return_pointer (task, g_steal_pointer (&ensure->place), (GDestroyNotify) ncg_place_free);
}

static void
on_taken_back (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Ensure *ensure = g_task_get_task_data (task);

  g_task_propagate_boolean (G_TASK (result), NULL);
  return_error (task, g_steal_pointer (&ensure->error));
}

/* What was made goes again, unless it is used already, or nobody knows. */
static void
give_up (GTask *task, GError *error)
{
  Ensure *ensure = g_task_get_task_data (task);
  NcgSystemdContext *context = ensure->context;
  gboolean populated = TRUE;

  if (ensure->was_there || ensure->adopt ||
      !ncg_cgroup_tree_is_populated (context->hierarchy->trees, ensure->place->cgroup, &populated,
                                     NULL) ||
      populated) {
    return_error (task, error);
    return;
  }
  ensure->error = error;
  ncg_systemd_group_stop_async (context, ensure->place, ensure->deadline, on_taken_back,
                                g_object_ref (task));
}

static void
on_group_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (ncg_own_files_write_finish (result, &error))
    group_done (task);
  else
    give_up (task, error);
}

static void
on_group_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Ensure *ensure = g_task_get_task_data (task);
  NcgOwnFiles *own = ensure->context->own;
  g_autoptr (GError) error = NULL;

  ensure->place = ncg_systemd_start_finish (result, &error);
  if (ensure->place == NULL) {
    if (ncg_systemd_settings_drop (ensure->context, ensure->unit, &error, &ensure->resources,
                                   ensure->dropped))
      ensure_group (task);
    else
      return_error (task, g_steal_pointer (&error));
    return;
  }
  if (ensure->is_taken)
    g_task_return_pointer (task, g_steal_pointer (&ensure->place), (GDestroyNotify) ncg_place_free);
  else if (ncg_own_files_is_needed (own, &ensure->resources))
    ncg_own_files_write_async (own, ensure->unit, ensure->place->cgroup, &ensure->resources,
                               on_group_written, g_object_ref (task));
  else
    group_done (task);
}

static gboolean
on_told (gpointer user_data)
{
  Ensure *ensure = g_task_get_task_data (user_data);

  ensure->is_taken = ensure->started (ensure->user_data);
  return ensure->is_taken;
}

static void
ensure_group (GTask *task)
{
  Ensure *ensure = g_task_get_task_data (task);
  NcgSystemdContext *context = ensure->context;
  GVariantBuilder fixed;
  GError *error = NULL;
  g_autoptr (GVariant) properties = ncg_unit_properties_from_resources (
      &ensure->resources, context->hierarchy, context->features, &error);
  NcgSystemdStart start = {
    .unit = ensure->unit,
    .description = ensure->description,
    .properties = properties,
    .adopt = ensure->adopt,
    .proc = context->proc,
    .tree = ncg_hierarchy_get_primary (context->hierarchy),
    .without_pidfds = &context->without_pidfds,
    /* Who asks what was left out has to wait until that is known. */
    .started = ensure->dropped->len > 0 || ensure->started == NULL ? NULL : on_told,
    .predicted = ensure->predicted,
    .user_data = task,
  };

  if (properties == NULL || !ncg_missing_files_check (context->hierarchy, ensure->predicted,
                                                      &ensure->resources, &error)) {
    return_error (task, error);
    return;
  }
  g_variant_builder_init (&fixed, G_VARIANT_TYPE ("a(sv)"));
  ncg_unit_properties_add (&fixed, "Description", g_variant_new_string (ensure->description));
  start.fixed = g_variant_builder_end (&fixed);
  ncg_systemd_start_async (context->systemd, &start, ensure->deadline, on_group_started,
                           g_object_ref (task));
}

void
ncg_systemd_group_ensure_async (NcgSystemdContext *context,
                                const NcgGroup *group,
                                const NcgPlace *predicted,
                                gint64 deadline,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Ensure *ensure = g_new0 (Ensure, 1);

  ensure->context = context;
  ensure->unit = g_strdup (predicted->unit);
  ensure->predicted = g_strdup (predicted->cgroup);
  ensure->description = g_strdup (group->description);
  ncg_resources_copy (group->resources, &ensure->resources);
  ensure->dropped = g_ptr_array_new_with_free_func ((GDestroyNotify) ncg_dropped_free);
  ensure->adopt = group->adopt;
  ensure->was_there =
      ncg_cgroup_may_be_there (ncg_hierarchy_get_primary (context->hierarchy), predicted->cgroup);
  ensure->started = group->started;
  ensure->user_data = group->user_data;
  ensure->deadline = deadline;
  g_task_set_task_data (task, ensure, ensure_free);
  ensure_group (task);
}

typedef struct {
  NcgSystemdContext *context;
  NcgPlace *place;
  gint64 deadline;
  GPtrArray *others; /* NcgTree: those but the primary one in which it was when it was to stop */
} Stop;

static void
stop_free (gpointer data)
{
  Stop *stop = data;

  ncg_place_free (stop->place);
  g_ptr_array_unref (stop->others);
  g_free (stop);
}

static void
on_removed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (ncg_tree_work_finish (result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static gboolean
is_there (const Stop *stop, const NcgTree *tree)
{
  return stop->place->cgroup[0] != '\0' && ncg_cgroup_may_be_there (tree, stop->place->cgroup);
}

/* The primary one is the first. */
static void
look_into_others (Stop *stop)
{
  GPtrArray *trees = stop->context->hierarchy->trees;

  for (guint i = 1; i < trees->len; i++)
    if (is_there (stop, g_ptr_array_index (trees, i)))
      g_ptr_array_add (stop->others, g_ptr_array_index (trees, i));
}

static gboolean
is_left_over (const Stop *stop)
{
  for (guint i = 0; i < stop->others->len; i++)
    if (is_there (stop, g_ptr_array_index (stop->others, i)))
      return TRUE;
  return FALSE;
}

static void
remove_rest (GTask *task)
{
  Stop *stop = g_task_get_task_data (task);

  ncg_tree_work_remove_async (stop->context->hierarchy->trees, stop->context->proc,
                              stop->place->cgroup, stop->deadline, on_removed, g_object_ref (task));
}

static void
on_left_killed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (ncg_tree_work_finish (result, &error))
    remove_rest (task);
  else
    g_task_return_error (task, error);
}

/* systemd leaves the directory of a slice if somebody put processes right into it meanwhile, and
 * those of v1 that it does not know, or in which there are processes that it does not see. */
static void
on_stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Stop *stop = g_task_get_task_data (task);
  GError *error = NULL;

  if (!ncg_systemd_stop_finish (result, &error)) {
    g_task_return_error (task, error);
    return;
  }
  ncg_own_files_forget (stop->context->own, stop->place->unit);
  ncg_systemd_units_forget (stop->context->units, stop->place->unit);
  if (is_there (stop, ncg_hierarchy_get_primary (stop->context->hierarchy)))
    remove_rest (task);
  else if (is_left_over (stop))
    ncg_tree_work_kill_async (stop->context->hierarchy, stop->context->proc, stop->place->cgroup,
                              stop->deadline, on_left_killed, g_object_ref (task));
  else
    g_task_return_boolean (task, TRUE);
}

static void
stop_unit (GTask *task)
{
  Stop *stop = g_task_get_task_data (task);
  NcgSystemdContext *context = stop->context;

  ncg_systemd_stop_async (context->systemd, stop->place->unit,
                          ncg_systemd_features_has (context->features, "freeze"), stop->deadline,
                          on_stopped, g_object_ref (task));
  /* While systemd is at work: into most of them nobody has put it. */
  look_into_others (stop);
}

static void
on_killed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (ncg_tree_work_finish (result, &error))
    stop_unit (task);
  else
    g_task_return_error (task, error);
}

/* If that cannot be seen it may be. Where systemd sees nothing there is no unit that it would have
 * to wait for; who is in other hierarchies alone is found by what is left over. */
static gboolean
is_populated (const Stop *stop)
{
  const NcgHierarchy *hierarchy = stop->context->hierarchy;
  const char *cgroup = stop->place->cgroup;
  gboolean populated = TRUE;

  return cgroup[0] != '\0' && !ncg_cgroup_is_bare (ncg_hierarchy_get_primary (hierarchy), cgroup) &&
         (!ncg_cgroup_tree_is_populated (hierarchy->trees, cgroup, &populated, NULL) || populated);
}

/* What systemd does takes its time (SIGTERM first, 90 s), is not atomic against forks, and does not
 * end at all if somebody removed the cgroup under it: it stops only what is empty. */
void
ncg_systemd_group_stop_async (NcgSystemdContext *context,
                              const NcgPlace *place,
                              gint64 deadline,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Stop *stop = g_new0 (Stop, 1);

  stop->context = context;
  stop->place = ncg_place_new (place->unit, place->cgroup);
  stop->deadline = deadline;
  stop->others = g_ptr_array_new ();
  g_task_set_task_data (task, stop, stop_free);
  if (is_populated (stop))
    ncg_tree_work_kill_async (context->hierarchy, context->proc, place->cgroup, deadline, on_killed,
                              g_object_ref (task));
  else
    stop_unit (task);
}

static void
on_description (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_autoptr (GVariant) reply = ncg_systemd_call_finish (result, &error);
  g_autoptr (GVariant) value = NULL;

  if (reply == NULL) {
    g_task_return_error (task, error);
    return;
  }
  g_variant_get (reply, "(v)", &value);
  g_task_return_pointer (task,
                         g_variant_is_of_type (value, G_VARIANT_TYPE_STRING)
                             ? g_variant_dup_string (value, NULL)
                             : g_strdup (""),
                         g_free);
}

void
ncg_systemd_group_describe_async (NcgSystemdContext *context,
                                  const NcgPlace *place,
                                  gint64 deadline,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  g_autofree char *path = ncg_systemd_unit_path (place->unit);

  ncg_systemd_call_async (context->systemd, path, "org.freedesktop.DBus.Properties", "Get",
                          g_variant_new ("(ss)", "org.freedesktop.systemd1.Unit", "Description"),
                          NULL, NCG_SYSTEMD_CALL_NONE, deadline, on_description,
                          g_task_new (NULL, NULL, callback, user_data));
}
