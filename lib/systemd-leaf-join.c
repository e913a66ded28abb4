/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Joining leaves that are there, under systemd.
 */
#include "lib/error.h"
#include "lib/leaf-settle.h"
#include "lib/systemd-change.h"
#include "lib/systemd-join.h"
#include "lib/systemd-leaf.h"
#include "lib/unit-properties.h"

typedef struct {
  NcgSystemdContext *context;
  NcgPlace *place;
  char *subgroup;
  GPtrArray *processes;
  uid_t user;
  gint64 deadline;
  gboolean is_made_again;
} Join;

static void join_leaf (GTask *task);

static void
join_free (gpointer data)
{
  Join *join = data;

  ncg_place_free (join->place);
  g_free (join->subgroup);
  g_ptr_array_unref (join->processes);
  g_free (join);
}

static void
on_own_written_again (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (ncg_own_files_write_finish (result, &error))
    join_leaf (task);
  else
    g_task_return_error (task, error);
}

static void
on_made_again (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Join *join = g_task_get_task_data (task);
  const NcgSystemdUnit *known = ncg_systemd_units_find (join->context->units, join->place->unit);
  GError *error = NULL;

  if (!ncg_systemd_set_properties_finish (result, &error))
    g_task_return_error (task, error);
  else if (known != NULL)
    ncg_own_files_write_async (join->context->own, join->place->unit, join->place->cgroup,
                               &known->resources, on_own_written_again, g_object_ref (task));
  else
    join_leaf (task);
}

/* Without what only StartTransientUnit may take. */
static GVariant *
list_properties_again (const Join *join)
{
  const NcgSystemdUnit *known = ncg_systemd_units_find (join->context->units, join->place->unit);
  g_auto (NcgResources) resources = { 0 };

  if (known != NULL)
    ncg_resources_copy (&known->resources, &resources);
  g_clear_pointer (&resources.properties, g_variant_unref);
  return ncg_unit_properties_from_resources (&resources, join->context->hierarchy,
                                             join->context->features, NULL);
}

/* Being told its resources the unit has its cgroup again. */
static gboolean
make_again (GTask *task)
{
  Join *join = g_task_get_task_data (task);
  g_autoptr (GVariant) properties = NULL;

  if (join->is_made_again || !g_str_has_suffix (join->place->unit, ".service"))
    return FALSE;
  properties = list_properties_again (join);
  if (properties == NULL)
    return FALSE;
  join->is_made_again = TRUE;
  ncg_systemd_set_properties_async (join->context->systemd, join->place->unit, properties,
                                    join->deadline, on_made_again, g_object_ref (task));
  return TRUE;
}

static void
on_joined (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (ncg_systemd_join_finish (result, &error))
    g_task_return_boolean (task, TRUE);
  else if (!g_error_matches (error, NCG_ERROR, NCG_ERROR_NOT_FOUND) || !make_again (task))
    g_task_return_error (task, error);
  else
    g_error_free (error);
}

static void
join_leaf (GTask *task)
{
  Join *join = g_task_get_task_data (task);
  NcgSystemdContext *context = join->context;
  NcgLeafJoin what = {
    .root = context->root,
    .hierarchy = context->hierarchy,
    .cgroup = join->place->cgroup,
    .foreign = context->foreign->len > 0 ? context->foreign : NULL,
    .processes = join->processes,
    .subgroup = join->subgroup,
    .user = join->user,
    .ends_empty = g_str_has_suffix (join->place->unit, ".scope"),
  };

  ncg_systemd_join_async (context, join->place->unit, &what, NULL, join->deadline, on_joined,
                          g_object_ref (task));
}

void
ncg_systemd_leaf_join_async (NcgSystemdContext *context,
                             const NcgJoin *what,
                             gint64 deadline_usec,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Join *join = g_new0 (Join, 1);
  GError *error = NULL;

  join->context = context;
  join->place = ncg_place_new (what->place->unit, what->place->cgroup);
  join->subgroup = g_strdup (what->subgroup);
  join->processes = g_ptr_array_ref ((GPtrArray *) what->processes);
  join->user = what->user;
  join->deadline = deadline_usec;
  g_task_set_task_data (task, join, join_free);
  if (what->subgroup == NULL || ncg_leaf_check_subgroup (what->subgroup, &error))
    join_leaf (task);
  else
    g_task_return_error (task, error);
}
