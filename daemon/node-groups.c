/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The groups of the node.
 */
#include "daemon/node-groups.h"

#include "daemon/fault-point.h"
#include "daemon/node-state.h"
#include "lib/error.h"

#include <string.h>

typedef struct {
  NodeGroups *groups;
  ManagedGroup *managed;
  gboolean is_own;      /* not one of the manager's */
  gboolean was_missing; /* before this round, though it had been there */
} Item;

struct NodeGroups {
  Manager *manager;
  char *state_file;
  GHashTable *items; /* path → Item */
  GPtrArray *state;  /* (element-type NodeStateGroup): what is on disk */
  NodePlan *plan;    /* (nullable): the one that is or was applied last */
  GTask *current;    /* (nullable): its round */
  guint pending;
  GQueue waiting; /* GTask, with a plan as its data */
  NodeGroupsListener listener;
  gpointer user_data;
};

static void run_next (NodeGroups *self);

static void
item_free (gpointer data)
{
  Item *item = data;

  if (item->is_own)
    managed_group_free (item->managed);
  g_free (item);
}

static gboolean
is_level (const NodeGroups *self, const char *path)
{
  for (int i = 0; i < N_QOS_CLASSES; i++)
    if (g_str_equal (path,
                     managed_group_get_path (qos_tree_get (self->manager->qos, (QosClass) i))))
      return TRUE;
  return FALSE;
}

static void
get_wanted (gpointer user_data, NcgResources *ret_wanted)
{
  const Item *item = user_data;
  const NodePlan *plan = item->groups->plan;
  const NodeGroup *group =
      plan != NULL ? node_plan_find (plan, managed_group_get_path (item->managed)) : NULL;

  if (group != NULL)
    ncg_resources_copy (&group->resources, ret_wanted);
}

/* Continual validation */

static gboolean
get_drift_wanted (const char *key, gpointer user_data, char **ret_cgroup, NcgResources *ret_wanted)
{
  const ManagedGroup *managed = user_data;
  const NcgResources *applied = managed_group_get_applied (managed);

  /* What the kernel refused was not changed by anybody. */
  if (applied == NULL || managed_group_is_busy (managed) ||
      managed_group_get_error (managed) != NULL)
    return FALSE;
  *ret_cgroup = g_strdup (managed_group_get_place (managed)->cgroup);
  ncg_resources_copy (applied, ret_wanted);
  return TRUE;
}

static void
repair (const char *key, gpointer user_data, GAsyncReadyCallback callback, gpointer data)
{
  ManagedGroup *managed = user_data;

  managed_group_forget (managed);
  managed_group_ensure_async (managed, callback, data);
}

static void
watch (NodeGroups *self, ManagedGroup *managed)
{
  static const DriftOwner owner = { get_drift_wanted, repair, managed_group_ensure_finish };
  const NcgPlace *place = managed_group_get_place (managed);

  if (place != NULL)
    drift_watch (self->manager->drift, place->cgroup, place->cgroup, &owner, managed);
}

static void
on_applied (gpointer user_data)
{
  const Item *item = user_data;

  watch (item->groups, item->managed);
}

static void
on_level_applied (QosClass qos, gpointer user_data)
{
  NodeGroups *self = user_data;
  ManagedGroup *level = qos_tree_get (self->manager->qos, qos);

  watch (self, level);
  if (qos == QOS_GUARANTEED && self->listener.root_changed != NULL &&
      strchr (managed_group_get_path (level) + 1, '/') != NULL)
    self->listener.root_changed (self->user_data);
}

static void
tell_settled (NodeGroups *self)
{
  if (self->listener.settled != NULL)
    self->listener.settled (self->user_data);
}

static void
on_settled (gpointer user_data)
{
  tell_settled (((Item *) user_data)->groups);
}

static void
on_level_settled (QosClass qos, gpointer user_data)
{
  tell_settled (user_data);
}

/* The items */

static Item *
add_item (NodeGroups *self, const char *path, ManagedGroup *managed)
{
  Item *item = g_new0 (Item, 1);

  item->groups = self;
  item->managed = managed;
  g_hash_table_insert (self->items, g_strdup (path), item);
  return item;
}

static Item *
ensure_item (NodeGroups *self, const char *path)
{
  static const ManagedGroupOwner owner = { get_wanted, NULL, on_applied, on_settled };
  Item *item = g_hash_table_lookup (self->items, path);
  g_autofree char *description = g_strdup_printf ("NodeCgroups: %s", path);

  if (item != NULL)
    return item;
  item = add_item (self, path, NULL);
  item->is_own = TRUE;
  item->managed = managed_group_new (self->manager, path, description, &owner, item);
  return item;
}

static void
load_state (NodeGroups *self)
{
  g_autoptr (GError) error = NULL;

  self->state = node_state_load (self->state_file, &error);
  if (self->state == NULL) {
    g_warning ("what the node's slices were given is not known: %s", error->message);
    self->state = node_state_new ();
  }
  for (guint i = 0; i < self->state->len; i++) {
    const NodeStateGroup *group = g_ptr_array_index (self->state, i);

    /* A damaged name does no harm: the driver refuses it. */
    managed_group_set_before (ensure_item (self, group->path)->managed, &group->resources);
  }
}

NodeGroups *
node_groups_new (Manager *manager, const char *state_file)
{
  static const QosTreeListener levels = { on_level_applied, on_level_settled };
  NodeGroups *self = g_new0 (NodeGroups, 1);

  self->manager = manager;
  self->state_file = g_strdup (state_file);
  self->items = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, item_free);
  g_queue_init (&self->waiting);
  for (int i = 0; i < N_QOS_CLASSES; i++) {
    ManagedGroup *level = qos_tree_get (manager->qos, (QosClass) i);

    add_item (self, managed_group_get_path (level), level);
  }
  qos_tree_set_listener (manager->qos, &levels, self);
  load_state (self);
  return self;
}

void
node_groups_free (NodeGroups *self)
{
  if (self == NULL)
    return;
  qos_tree_set_listener (self->manager->qos, NULL, NULL);
  g_queue_clear_full (&self->waiting, g_object_unref);
  g_hash_table_unref (self->items);
  g_ptr_array_unref (self->state);
  node_plan_free (self->plan);
  g_free (self->state_file);
  g_free (self);
}

void
node_groups_set_listener (NodeGroups *self, const NodeGroupsListener *listener, gpointer user_data)
{
  self->listener = *listener;
  self->user_data = user_data;
}

void
node_groups_forget (NodeGroups *self)
{
  GHashTableIter iter;
  gpointer item;

  g_hash_table_iter_init (&iter, self->items);
  while (g_hash_table_iter_next (&iter, NULL, &item))
    managed_group_forget (((Item *) item)->managed);
}

void
node_groups_unit_removed (NodeGroups *self, const char *unit)
{
  GHashTableIter iter;
  gpointer item;

  g_hash_table_iter_init (&iter, self->items);
  while (g_hash_table_iter_next (&iter, NULL, &item)) {
    const NcgPlace *place = managed_group_get_place (((Item *) item)->managed);

    if (place != NULL && g_str_equal (place->unit, unit))
      drift_check (self->manager->drift, place->cgroup);
  }
}

/* A round: what is on disk first, so that nothing is set of which nobody knows after a crash. */

static void
save_state (NodeGroups *self, gboolean with_old)
{
  g_autoptr (GPtrArray) list = node_state_new ();
  g_autoptr (GError) error = NULL;

  for (guint i = 0; with_old && i < self->state->len; i++) {
    const NodeStateGroup *group = g_ptr_array_index (self->state, i);

    node_state_add (list, group->path, &group->resources);
  }
  for (guint i = 0; i < self->plan->groups->len; i++) {
    const NodeGroup *group = g_ptr_array_index (self->plan->groups, i);

    if (!node_plan_is_empty (group))
      node_state_add (list, group->path, &group->resources);
  }
  if (!node_state_save (list, self->state_file, &error))
    g_warning ("what the node's slices are given will not be known to the next daemon: %s",
               error->message);
  g_ptr_array_unref (self->state);
  self->state = g_steal_pointer (&list);
}

static gboolean
is_right (const NodeGroups *self, const char *path)
{
  const Item *item = g_hash_table_lookup (self->items, path);

  return item == NULL || managed_group_get_error (item->managed) == NULL;
}

/* A slice that somebody stopped, and that a round makes again before anybody else could see it. */
static void
note_missing (NodeGroups *self)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->items);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    Item *item = value;
    const NcgPlace *place = managed_group_get_place (item->managed);
    g_autoptr (NcgCgroup) cgroup = NULL;

    item->was_missing = FALSE;
    if (place == NULL || managed_group_get_applied (item->managed) == NULL)
      continue;
    cgroup = manager_open_cgroup (self->manager, place->cgroup, NULL);
    item->was_missing = cgroup == NULL;
  }
}

static void
tell_missing (NodeGroups *self)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->items);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const Item *item = value;

    if (item->was_missing)
      drift_note (self->manager->drift, managed_group_get_place (item->managed)->cgroup, "cgroup",
                  "present", "missing", managed_group_get_error (item->managed) == NULL);
  }
}

static void
finish_round (NodeGroups *self)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->current);
  gboolean is_all = TRUE;
  GHashTableIter iter;
  gpointer path;

  tell_missing (self);

  g_hash_table_iter_init (&iter, self->items);
  while (g_hash_table_iter_next (&iter, &path, NULL))
    is_all = is_all && is_right (self, path);
  if (is_all)
    save_state (self, FALSE);
  g_task_return_boolean (task, TRUE);
  run_next (self);
}

static void
on_ensured (GObject *source, GAsyncResult *result, gpointer user_data)
{
  NodeGroups *self = user_data;

  /* The group keeps its error. */
  managed_group_ensure_finish (result, NULL);
  if (--self->pending == 0)
    finish_round (self);
}

static void
on_level_ensured (GObject *source, GAsyncResult *result, gpointer user_data)
{
  NodeGroups *self = user_data;

  qos_tree_ensure_finish (result, NULL);
  if (--self->pending == 0)
    finish_round (self);
}

/* One that has nothing to be given, and never was, is left alone if it is systemd's own; the
 * daemons' is made. */
static gboolean
is_ours_to_make (const NodeGroups *self, const char *path, const Item *item)
{
  const NodeGroup *group = node_plan_find (self->plan, path);

  if (!item->is_own)
    return FALSE;
  if (group != NULL && (!node_plan_is_empty (group) || group->role == NODE_GROUP_DAEMONS ||
                        !g_str_equal (ncg_driver_get_name (self->manager->driver), "systemd")))
    return TRUE;
  return managed_group_get_applied (item->managed) != NULL ||
         node_state_find (self->state, path) != NULL;
}

static void
begin_round (NodeGroups *self)
{
  g_auto (NcgResources) nothing = { 0 };
  const NodeGroup *root = node_plan_find (self->plan, self->manager->config->cgroup_root);
  GHashTableIter iter;
  gpointer path, item;

  for (guint i = 0; i < self->plan->groups->len; i++) {
    const NodeGroup *group = g_ptr_array_index (self->plan->groups, i);

    if (!is_level (self, group->path))
      ensure_item (self, group->path);
  }
  FAULT_POINT ("node:begun");
  save_state (self, TRUE);
  FAULT_POINT ("node:saved");
  note_missing (self);
  qos_tree_set_root (self->manager->qos, root != NULL ? &root->resources : &nothing);
  self->pending = 1;
  g_hash_table_iter_init (&iter, self->items);
  while (g_hash_table_iter_next (&iter, &path, &item)) {
    if (!is_ours_to_make (self, path, item))
      continue;
    self->pending++;
    managed_group_ensure_async (((Item *) item)->managed, on_ensured, self);
  }
  for (int i = 0; i < N_QOS_CLASSES; i++) {
    self->pending++;
    qos_tree_ensure_async (self->manager->qos, (QosClass) i, on_level_ensured, self);
  }
  if (--self->pending == 0)
    finish_round (self);
}

/* Of several plans that wait only the last counts; the others are done with it. */
static void
run_next (NodeGroups *self)
{
  if (self->current != NULL)
    return;
  self->current = g_queue_pop_head (&self->waiting);
  if (self->current == NULL)
    return;
  if (g_task_get_task_data (self->current) != NULL) {
    node_plan_free (self->plan);
    self->plan = g_task_get_task_data (self->current);
  }
  begin_round (self);
}

void
node_groups_apply_async (NodeGroups *self,
                         NodePlan *plan,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);

  g_task_set_task_data (task, plan, NULL);
  g_queue_push_tail (&self->waiting, task);
  run_next (self);
}

void
node_groups_apply_finish (GAsyncResult *result)
{
  g_task_propagate_boolean (G_TASK (result), NULL);
}

const GError *
node_groups_get_error (const NodeGroups *self, const char *path)
{
  const Item *item = g_hash_table_lookup (self->items, path);

  return item != NULL ? managed_group_get_error (item->managed) : NULL;
}

const char *
node_groups_get_cgroup (const NodeGroups *self, const char *path)
{
  const Item *item = g_hash_table_lookup (self->items, path);
  const NcgPlace *place = item != NULL ? managed_group_get_place (item->managed) : NULL;

  return place != NULL ? place->cgroup : NULL;
}

const NodePlan *
node_groups_get_plan (const NodeGroups *self)
{
  return self->plan;
}

void
node_groups_add_rows (NodeGroups *self, GVariantBuilder *rows)
{
  g_autoptr (GList) paths =
      g_list_sort (g_hash_table_get_keys (self->items), (GCompareFunc) g_strcmp0);

  for (GList *entry = paths; entry != NULL; entry = entry->next) {
    const Item *item = g_hash_table_lookup (self->items, entry->data);
    const NcgResources *applied = managed_group_get_applied (item->managed);
    const NcgPlace *place = managed_group_get_place (item->managed);

    if (applied != NULL && place != NULL)
      manager_add_rows (self->manager, place->cgroup, applied, rows);
  }
}
