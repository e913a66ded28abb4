/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Strays.
 */
#include "daemon/strays.h"

#include "daemon/fault-point.h"
#include "lib/error.h"

#include <string.h>

typedef struct {
  Manager *manager;
  guint pending;
  gboolean has_unknown; /* the next start has to look again */
} Search;

typedef struct {
  GTask *task;
  NcgPlace *place;
} Stray;

static void
stray_free (Stray *stray)
{
  g_object_unref (stray->task);
  ncg_place_free (stray->place);
  g_free (stray);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Stray, stray_free)

static void
step_done (GTask *task)
{
  Search *search = g_task_get_task_data (task);

  if (--search->pending > 0)
    return;
  if (!search->has_unknown)
    store_settle (search->manager->store);
  g_task_return_boolean (task, TRUE);
}

static void
on_stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Stray) stray = user_data;
  g_autoptr (GError) error = NULL;

  FAULT_POINT ("strays:stopped");
  if (ncg_driver_stop_finish (result, &error))
    g_message ("removed %s, whose creation had not been finished", stray->place->unit);
  else
    g_warning ("could not remove %s, whose creation had not been finished: %s", stray->place->unit,
               error->message);
  step_done (stray->task);
}

/* Containers are made in pods that are finished. What cannot be read may have some. */
static gboolean
is_used (const Manager *manager, const char *path)
{
  g_autoptr (NcgCgroup) cgroup = manager_open_cgroup (manager, path, NULL);
  g_auto (GStrv) children = cgroup != NULL ? ncg_cgroup_list_children (cgroup, NULL) : NULL;
  gboolean populated = TRUE;

  return children == NULL || children[0] != NULL ||
         !ncg_cgroup_is_populated (cgroup, &populated, NULL) || populated;
}

/* Also by the next daemon, when its containers have ended. */
static void
leave_alone (Search *search, const Stray *stray, const char *uid)
{
  g_autoptr (GError) error = NULL;

  g_warning (
      "%s was made here, but what is known of pod %s is lost; it is left alone, and creating "
      "the pod again takes it over",
      stray->place->unit, uid);
  if (store_has_bad (search->manager->store, uid) ||
      store_mark_bad (search->manager->store, uid, &error))
    return;
  search->has_unknown = TRUE;
  g_warning ("could not note that %s is to be left alone: %s", stray->place->unit, error->message);
}

static gboolean
is_unanswered (const GError *error)
{
  return g_error_matches (error, NCG_ERROR, NCG_ERROR_DISCONNECTED) ||
         g_error_matches (error, NCG_ERROR, NCG_ERROR_TIMEOUT);
}

static void
on_described (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Stray) stray = user_data;
  Search *search = g_task_get_task_data (stray->task);
  g_autoptr (GError) error = NULL;
  g_autofree char *description = ncg_driver_describe_finish (result, &error);
  gboolean is_ours = description != NULL && g_str_has_prefix (description, POD_DESCRIPTION_PREFIX);
  const char *uid = is_ours ? description + strlen (POD_DESCRIPTION_PREFIX) : NULL;

  if (is_unanswered (error))
    search->has_unknown = TRUE;
  if (is_ours && !is_used (search->manager, stray->place->cgroup) &&
      !store_has_bad (search->manager->store, uid) && !store_has_lost (search->manager->store)) {
    ncg_driver_stop_async (search->manager->driver, stray->place,
                           g_get_monotonic_time () + MANAGER_UNDO_USEC, on_stopped, stray);
    FAULT_POINT ("strays:asked");
    stray = NULL;
    return;
  }
  if (is_ours)
    leave_alone (search, stray, uid);
  step_done (stray->task);
}

/* Only what may be a pod's is asked for. */
static void
look_at (GTask *task, const char *parent_path, const char *parent, const char *name)
{
  Search *search = g_task_get_task_data (task);
  g_autofree char *cgroup = g_strconcat (parent, "/", name, NULL);
  g_autofree char *path = g_strconcat (parent_path, "/", name, NULL);
  gboolean is_unit = g_str_has_suffix (name, ".slice");
  g_autofree char *unit =
      is_unit ? g_strdup (name) : ncg_driver_group_unit (search->manager->driver, path, NULL);
  Stray *stray;

  if (unit == NULL || strstr (unit, "pod") == NULL || !g_str_has_suffix (cgroup, unit) ||
      g_hash_table_contains (search->manager->slices, unit))
    return;
  stray = g_new0 (Stray, 1);
  stray->task = g_object_ref (task);
  stray->place = ncg_place_new (unit, cgroup);
  search->pending++;
  ncg_driver_describe_async (search->manager->driver, stray->place,
                             g_get_monotonic_time () + MANAGER_UNDO_USEC, on_described, stray);
}

static void
look_below (GTask *task, QosClass qos)
{
  Search *search = g_task_get_task_data (task);
  g_autofree char *pod_path = manager_get_pod_path (search->manager, "", qos);
  g_autofree char *path = g_path_get_dirname (pod_path);
  g_autofree char *parent = ncg_driver_predict_cgroup (search->manager->driver, path);
  g_autoptr (NcgCgroup) cgroup = manager_open_cgroup (search->manager, parent, NULL);
  g_auto (GStrv) children = cgroup != NULL ? ncg_cgroup_list_children (cgroup, NULL) : NULL;

  for (guint i = 0; children != NULL && children[i] != NULL; i++)
    look_at (task, path, parent, children[i]);
}

void
strays_remove_async (Manager *manager, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Search *search = g_new0 (Search, 1);

  search->manager = manager;
  search->pending = 1;
  g_task_set_task_data (task, search, g_free);
  for (int qos = 0; qos < N_QOS_CLASSES; qos++)
    look_below (task, (QosClass) qos);
  step_done (task);
}

void
strays_remove_finish (GAsyncResult *result)
{
  g_task_propagate_boolean (G_TASK (result), NULL);
}
