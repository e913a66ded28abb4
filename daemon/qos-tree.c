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

static char *
level_get_path (const Level *level)
{
  const char *root = level->tree->manager->config->cgroup_root;

  if (level->qos == QOS_GUARANTEED)
    return g_strdup (root);
  return g_strconcat (g_str_equal (root, "/") ? "" : root, "/", qos_get_component (level->qos),
                      NULL);
}

static void
level_ensure_group (Level *level)
{
  Manager *manager = level->tree->manager;
  gint64 deadline = g_get_monotonic_time () + MANAGER_DEADLINE_USEC;
  g_autofree char *path = level_get_path (level);
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
  QosDemand demand;
  GTask *task;

  level->is_busy = TRUE;
  while ((task = g_queue_pop_head (&level->waiting)) != NULL)
    g_queue_push_tail (&level->joining, task);
  ncg_resources_clear (&level->sent);
  manager_sum_demand (manager, level->qos, &demand);
  settings_for_qos (level->qos, &demand, &level->sent);
  if (level->is_applied && ncg_resources_equal (&level->sent, &level->applied))
    level_done (level, NULL);
  else if (level->is_applied)
    ncg_driver_set_resources_async (manager->driver, level->place, &level->sent, deadline,
                                    on_resources_set, level);
  else
    level_ensure_group (level);
}

static void
level_join (Level *level, GAsyncReadyCallback callback, gpointer user_data)
{
  g_queue_push_tail (&level->waiting, g_task_new (NULL, NULL, callback, user_data));
  if (!level->is_busy)
    level_run (level);
}

typedef struct {
  guint pending;
  GError *error; /* the first one */
} Ensure;

static void
ensure_free (gpointer data)
{
  Ensure *ensure = data;

  g_clear_error (&ensure->error);
  g_free (ensure);
}

static void
on_level_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Ensure *ensure = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (!g_task_propagate_boolean (G_TASK (result), &error) && ensure->error == NULL)
    ensure->error = g_steal_pointer (&error);
  if (--ensure->pending > 0)
    return;
  if (ensure->error != NULL)
    g_task_return_error (task, g_steal_pointer (&ensure->error));
  else
    g_task_return_boolean (task, TRUE);
}

void
qos_tree_ensure_async (QosTree *self,
                       QosClass qos,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  gboolean with_root = !g_str_equal (self->manager->config->cgroup_root, "/");
  gboolean with_class = qos != QOS_GUARANTEED;
  Ensure *ensure = g_new0 (Ensure, 1);

  g_task_set_task_data (task, ensure, ensure_free);
  ensure->pending = (with_root ? 1 : 0) + (with_class ? 1 : 0);
  if (ensure->pending == 0)
    g_task_return_boolean (task, TRUE);
  if (with_root)
    level_join (&self->levels[QOS_GUARANTEED], on_level_done, g_object_ref (task));
  if (with_class)
    level_join (&self->levels[qos], on_level_done, g_object_ref (task));
}

gboolean
qos_tree_ensure_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

gboolean
qos_tree_get (const QosTree *self,
              QosClass qos,
              const char **ret_cgroup,
              const NcgResources **ret_resources)
{
  const Level *level = &self->levels[qos];

  if (level->place == NULL || level->applied.set == 0)
    return FALSE;
  *ret_cgroup = level->place->cgroup;
  *ret_resources = &level->applied;
  return TRUE;
}
