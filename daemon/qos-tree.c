/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The slices of the QoS classes.
 */
#include "daemon/qos-tree.h"

#include "daemon/manager.h"
#include "daemon/policy/settings.h"
#include "lib/error.h"
#include "lib/verify.h"

typedef struct {
  QosTree *tree;
  QosClass qos;
  gboolean is_applied;
  gboolean is_busy;
  NcgResources applied;
  NcgResources sent;
  NcgPlace *place;
  GQueue joining; /* GTask: satisfied by the round that is under way */
  GQueue waiting; /* GTask: came since it was sent, and need to look again */
} Level;

struct QosTree {
  Manager *manager;
  Level levels[N_QOS_CLASSES];
};

static void level_run (Level *level);
static void level_ensure_group (Level *level);

QosTree *
qos_tree_new (Manager *manager)
{
  QosTree *self = g_new0 (QosTree, 1);

  self->manager = manager;
  for (int i = 0; i < N_QOS_CLASSES; i++) {
    self->levels[i].tree = self;
    self->levels[i].qos = (QosClass) i;
    g_queue_init (&self->levels[i].joining);
    g_queue_init (&self->levels[i].waiting);
  }
  return self;
}

void
qos_tree_free (QosTree *self)
{
  if (self == NULL)
    return;
  for (int i = 0; i < N_QOS_CLASSES; i++) {
    ncg_resources_clear (&self->levels[i].applied);
    ncg_resources_clear (&self->levels[i].sent);
    ncg_place_free (self->levels[i].place);
    g_queue_clear_full (&self->levels[i].joining, g_object_unref);
    g_queue_clear_full (&self->levels[i].waiting, g_object_unref);
  }
  g_free (self);
}

void
qos_tree_forget (QosTree *self)
{
  for (int i = 0; i < N_QOS_CLASSES; i++)
    self->levels[i].is_applied = FALSE;
}

static void
level_done (Level *level, GError *error)
{
  GQueue joined = level->joining;
  GTask *task;

  g_queue_init (&level->joining);
  level->is_busy = FALSE;
  while ((task = g_queue_pop_head (&joined)) != NULL) {
    if (error != NULL)
      g_task_return_error (task, g_error_copy (error));
    else
      g_task_return_boolean (task, TRUE);
    g_object_unref (task);
  }
  if (!level->is_busy && !g_queue_is_empty (&level->waiting))
    level_run (level);
}

/* The kernel has to agree before anybody is told. */
static void
level_applied (Level *level)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NcgCgroup) cgroup =
      manager_open_cgroup (level->tree->manager, level->place->cgroup, &error);

  if (level->is_applied && g_error_matches (error, NCG_ERROR, NCG_ERROR_NOT_FOUND)) {
    /* Somebody stopped the slice, and the settings went to a unit that does not run. */
    level->is_applied = FALSE;
    level_ensure_group (level);
    return;
  }
  if (cgroup != NULL && ncg_verify_cgroup (level->tree->manager->hierarchy, level->place->cgroup,
                                           &level->sent, &error)) {
    ncg_resources_clear (&level->applied);
    ncg_resources_copy (&level->sent, &level->applied);
    level->is_applied = TRUE;
  }
  level_done (level, error);
}

static void
on_group_there (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Level *level = user_data;
  g_autoptr (GError) error = NULL;
  NcgPlace *place = ncg_driver_ensure_group_finish (result, &error);

  if (place == NULL) {
    level_done (level, error);
    return;
  }
  ncg_place_free (level->place);
  level->place = place;
  level_applied (level);
}

static void
on_resources_set (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Level *level = user_data;
  g_autoptr (GError) error = NULL;

  if (ncg_driver_set_resources_finish (result, &error))
    level_applied (level);
  else
    level_done (level, error);
}

static void
level_ensure_group (Level *level)
{
  gint64 deadline = g_get_monotonic_time () + MANAGER_DEADLINE_USEC;
  Manager *manager = level->tree->manager;
  const char *root = manager->config->cgroup_root;
  g_autofree char *path =
      g_strconcat (g_str_equal (root, "/") ? "" : root, "/", qos_get_component (level->qos), NULL);
  g_autofree char *description =
      g_strdup_printf ("NodeCgroups: %s pods", qos_to_string (level->qos));
  NcgGroup group = {
    .path = path,
    .description = description,
    .resources = &level->sent,
    .adopt = TRUE,
  };

  ncg_driver_ensure_group_async (manager->driver, &group, deadline, on_group_there, level);
}

static void
level_run (Level *level)
{
  Manager *manager = level->tree->manager;
  gint64 deadline = g_get_monotonic_time () + MANAGER_DEADLINE_USEC;
  GTask *task;

  level->is_busy = TRUE;
  while ((task = g_queue_pop_head (&level->waiting)) != NULL)
    g_queue_push_tail (&level->joining, task);
  ncg_resources_clear (&level->sent);
  settings_for_qos (level->qos, manager_sum_cpu_requests (manager, level->qos), &level->sent);
  if (level->is_applied && ncg_resources_equal (&level->sent, &level->applied))
    level_done (level, NULL);
  else if (level->is_applied)
    ncg_driver_set_resources_async (manager->driver, level->place->unit, &level->sent, deadline,
                                    on_resources_set, level);
  else
    level_ensure_group (level);
}

void
qos_tree_ensure_async (QosTree *self,
                       QosClass qos,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  Level *level = &self->levels[qos];

  if (qos_get_component (qos)[0] == '\0') {
    g_task_return_boolean (task, TRUE);
    g_object_unref (task);
    return;
  }
  g_queue_push_tail (&level->waiting, task);
  if (!level->is_busy)
    level_run (level);
}

gboolean
qos_tree_ensure_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
