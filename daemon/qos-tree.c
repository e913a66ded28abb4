/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The slices of the QoS classes.
 */
#include "daemon/qos-tree.h"

#include "daemon/loop.h"
#include "daemon/manager.h"
#include "daemon/policy/settings.h"
#include "lib/error.h"

typedef struct {
  QosTree *tree;
  QosClass qos;
  ManagedGroup *group;
} Level;

struct QosTree {
  Manager *manager;
  NcgResources root; /* on top of what the pods make */
  Level levels[N_QOS_CLASSES];
  QosTreeListener listener;
  gpointer user_data;
};

static void
get_essential (gpointer user_data, NcgResources *ret_essential)
{
  const Level *level = user_data;
  const Manager *manager = level->tree->manager;
  SettingsDefaults defaults;
  QosDemand demand;

  manager_sum_demand (level->tree->manager, level->qos, &demand);
  settings_read_defaults (manager->config, manager->hierarchy, &defaults);
  settings_for_qos (level->qos, &demand, defaults.formula, ret_essential);
  /* The node says what the root weighs beside the others. */
  if (level->qos == QOS_GUARANTEED &&
      ncg_resources_is_set (&level->tree->root, NCG_SETTING_CPU_WEIGHT))
    ncg_resources_unset (ret_essential, NCG_SETTING_CPU_WEIGHT);
}

static void
get_wanted (gpointer user_data, NcgResources *ret_wanted)
{
  const Level *level = user_data;

  get_essential (user_data, ret_wanted);
  if (level->qos == QOS_GUARANTEED)
    settings_merge (ret_wanted, &level->tree->root);
}

static void
on_applied (gpointer user_data)
{
  const Level *level = user_data;

  if (level->tree->listener.applied != NULL)
    level->tree->listener.applied (level->qos, level->tree->user_data);
}

static void
on_settled (gpointer user_data)
{
  const Level *level = user_data;

  if (level->tree->listener.settled != NULL)
    level->tree->listener.settled (level->qos, level->tree->user_data);
}

static char *
make_path (const QosTree *self, QosClass qos)
{
  const char *root = self->manager->config->cgroup_root;

  if (qos == QOS_GUARANTEED)
    return g_strdup (root);
  return g_strconcat (root, "/", qos_get_component (qos), NULL);
}

QosTree *
qos_tree_new (Manager *manager)
{
  static const ManagedGroupOwner owner = { get_wanted, get_essential, on_applied, on_settled };
  QosTree *self = g_new0 (QosTree, 1);

  self->manager = manager;
  for (int i = 0; i < N_QOS_CLASSES; i++) {
    Level *level = &self->levels[i];
    g_autofree char *path = make_path (self, (QosClass) i);
    g_autofree char *description =
        g_strdup_printf ("NodeCgroups: %s pods", qos_to_string ((QosClass) i));

    level->tree = self;
    level->qos = (QosClass) i;
    level->group = managed_group_new (manager, path, description, &owner, level);
  }
  return self;
}

void
qos_tree_free (QosTree *self)
{
  if (self == NULL)
    return;
  for (int i = 0; i < N_QOS_CLASSES; i++)
    managed_group_free (self->levels[i].group);
  ncg_resources_clear (&self->root);
  g_free (self);
}

void
qos_tree_set_listener (QosTree *self, const QosTreeListener *listener, gpointer user_data)
{
  static const QosTreeListener nobody = { NULL, NULL };

  self->listener = listener != NULL ? *listener : nobody;
  self->user_data = user_data;
}

void
qos_tree_set_root (QosTree *self, const NcgResources *resources)
{
  ncg_resources_clear (&self->root);
  ncg_resources_copy (resources, &self->root);
}

void
qos_tree_forget (QosTree *self)
{
  for (int i = 0; i < N_QOS_CLASSES; i++)
    managed_group_forget (self->levels[i].group);
}

typedef struct {
  guint pending;
  guint deadline;    /* the source, or 0 */
  gboolean has_told; /* that the deadline is over */
  GError *error;     /* the first one */
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

  if (!managed_group_ensure_finish (result, &error) && ensure->error == NULL)
    ensure->error = g_steal_pointer (&error);
  if (--ensure->pending > 0 || ensure->has_told)
    return;
  if (ensure->deadline != 0)
    loop_remove (ensure->deadline);
  ensure->deadline = 0;
  if (ensure->error != NULL)
    g_task_return_error (task, g_steal_pointer (&ensure->error));
  else
    g_task_return_boolean (task, TRUE);
}

static void
ensure_levels (QosTree *self, QosClass qos, GTask *task)
{
  Ensure *ensure = g_task_get_task_data (task);

  ensure->pending = qos != QOS_GUARANTEED ? 2 : 1;
  managed_group_ensure_async (self->levels[QOS_GUARANTEED].group, on_level_done,
                              g_object_ref (task));
  if (qos != QOS_GUARANTEED)
    managed_group_ensure_async (self->levels[qos].group, on_level_done, g_object_ref (task));
}

static GTask *
ensure_new (GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);

  g_task_set_task_data (task, g_new0 (Ensure, 1), ensure_free);
  return task;
}

void
qos_tree_ensure_async (QosTree *self,
                       QosClass qos,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  g_autoptr (GTask) task = ensure_new (callback, user_data);

  ensure_levels (self, qos, task);
}

static gboolean
on_deadline (gpointer user_data)
{
  GTask *task = user_data;
  Ensure *ensure = g_task_get_task_data (task);

  ensure->deadline = 0;
  ensure->has_told = TRUE;
  g_task_return_new_error (task, NCG_ERROR, NCG_ERROR_TIMEOUT,
                           "the slices above the pods did not have their settings in time");
  return G_SOURCE_REMOVE;
}

void
qos_tree_ensure_until_async (QosTree *self,
                             QosClass qos,
                             gint64 deadline_usec,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_autoptr (GTask) task = ensure_new (callback, user_data);
  Ensure *ensure = g_task_get_task_data (task);
  gint64 left_usec = deadline_usec - g_get_monotonic_time ();

  ensure->deadline = loop_add_full ((guint) CLAMP (left_usec / 1000, 0, G_MAXINT), on_deadline,
                                    g_object_ref (task), g_object_unref);
  ensure_levels (self, qos, task);
}

gboolean
qos_tree_ensure_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

ManagedGroup *
qos_tree_get (const QosTree *self, QosClass qos)
{
  return self->levels[qos].group;
}
