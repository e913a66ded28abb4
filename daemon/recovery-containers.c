/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Recovery of containers.
 */
#include "daemon/recovery-containers.h"

#include "daemon/cgroup-end.h"
#include "daemon/container-create.h"
#include "daemon/container-remove.h"
#include "daemon/container-update.h"
#include "daemon/dropped.h"
#include "daemon/manager-containers.h"
#include "lib/verify.h"

static void
keep (Manager *manager, const Pod *pod, const Container *container)
{
  g_autofree char *description = container_describe (container, pod->uid);
  NcgPlace place = container_get_place (container);
  g_auto (NcgResources) resources = { 0 };
  NcgLeaf leaf = {
    .parent = pod->path,
    .uid = pod->uid,
    .name = container->name,
    .description = description,
    .resources = &resources,
    .is_delegated = container->is_delegated,
    .user = container->user,
  };
  NcgKept kept = {
    .place = &place,
    .resources = &resources,
    .ends_empty = !container->is_held,
    .held = container->is_held ? &leaf : NULL,
    .dropped = container->dropped,
  };

  if (container->has_spec)
    container_get_resources (container, &resources);
  ncg_driver_keep (manager->driver, &kept);
}

/* Whether a leaf of that unit can only be one that is held: with some drivers the unit tells. */
static gboolean
is_unit_of_held (Manager *manager, const Pod *pod, const char *name, const char *unit)
{
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  NcgLeaf leaf = { .parent = pod->path, .uid = pod->uid, .name = name };
  g_autofree char *held = ncg_driver_leaf_unit (manager->driver, &leaf, NULL);
  g_autofree char *joined = NULL;

  leaf.processes = none;
  joined = ncg_driver_leaf_unit (manager->driver, &leaf, NULL);
  return g_strcmp0 (held, unit) == 0 && g_strcmp0 (joined, unit) != 0;
}

static Container *
find_or_add (Manager *manager, Pod *pod, const char *name, const char *unit)
{
  Container *container = pod_find_container (pod, name);

  if (container != NULL)
    return g_str_equal (container->unit, unit) ? container : NULL;
  container = pod_add_container (pod, name, unit);
  container->is_held = is_unit_of_held (manager, pod, name, unit);
  return container;
}

static void
find_leaf (Manager *manager, Pod *pod, const char *path)
{
  g_autofree char *unit = NULL;
  g_autofree char *name = ncg_driver_get_container_name (manager->driver, pod->uid, path, &unit);
  Container *container = name != NULL ? find_or_add (manager, pod, name, unit) : NULL;

  if (container == NULL)
    return;
  container_set_cgroup (container, path);
  /* One that is starting is started again. */
  if (container->state != CONTAINER_STARTING)
    keep (manager, pod, container);
}

/* What was being removed, or was never there, is as it should be. */
static gboolean
is_to_be_forgotten (const Pod *pod, const Container *container, gboolean has_pod)
{
  if (!container->is_held)
    return has_pod ? container->state != CONTAINER_REMOVING : TRUE;
  return !has_pod &&
         (container->state == CONTAINER_STARTING || container->state == CONTAINER_REMOVING);
}

/* What cannot be read is not gone. */
static void
assume_there (Manager *manager, const Pod *pod, Container *container)
{
  manager_predict_container (pod, container);
  if (container->state != CONTAINER_STARTING)
    keep (manager, pod, container);
}

/* Of those that are pending the operation goes on; it may be that only their cgroups are gone. */
static void
note_gone (Pod *pod, Container *container, gboolean has_pod)
{
  if (is_to_be_forgotten (pod, container, has_pod)) {
    pod_drop_container (pod, container);
    return;
  }
  manager_predict_container (pod, container);
  if (container->state == CONTAINER_STARTING || container->state == CONTAINER_REMOVING)
    return;
  g_warning ("container %s of pod %s, %s, is gone: it is known as vanished", container->name,
             pod->uid, container->unit);
  spec_clear (&container->pending);
  container->state = CONTAINER_VANISHED;
}

/* (transfer full) (nullable): NULL if nobody knows */
static GStrv
list_leaves (const Manager *manager, const Pod *pod)
{
  g_autoptr (NcgCgroup) cgroup = manager_open_cgroup (manager, pod->cgroup, NULL);

  return cgroup != NULL ? ncg_cgroup_list_children (cgroup, NULL) : NULL;
}

void
recovery_find_containers (Manager *manager, Pod *pod, gboolean is_gone)
{
  g_auto (GStrv) children = is_gone ? NULL : list_leaves (manager, pod);

  for (guint i = 0; children != NULL && children[i] != NULL; i++) {
    g_autofree char *path = g_strconcat (pod->cgroup, "/", children[i], NULL);

    find_leaf (manager, pod, path);
  }
  for (guint i = pod->containers->len; i > 0; i--) {
    Container *container = g_ptr_array_index (pod->containers, i - 1);

    if (container->cgroup[0] != '\0')
      continue;
    if (is_gone || children != NULL)
      note_gone (pod, container, !is_gone);
    else
      assume_there (manager, pod, container);
  }
}

typedef struct {
  guint pending;
} Finish;

static void
step_done (GTask *task)
{
  Finish *finish = g_task_get_task_data (task);

  if (--finish->pending == 0)
    g_task_return_boolean (task, TRUE);
}

static void
on_created (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (NcgPlace) place = container_create_finish (result, &error);

  if (place != NULL)
    g_info ("finished the creation of %s", place->unit);
  else
    g_warning ("undid the creation of a container that was under way: %s", error->message);
  step_done (task);
}

static void
on_updated (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;

  if (!container_update_finish (result, &error))
    g_warning ("could not give a container its settings again: %s", error->message);
  step_done (task);
}

static void
on_removed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;

  if (!container_remove_finish (result, &error))
    g_warning ("could not finish the removal of a container that was under way: %s",
               error->message);
  step_done (task);
}

/* It has its time, and the start does not wait for it. */
static void
on_removed_later (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree char *what = user_data;
  g_autoptr (GError) error = NULL;

  if (container_remove_finish (result, &error))
    g_info ("finished the removal of %s", what);
  else
    g_warning ("could not finish the removal of %s that was under way: %s", what, error->message);
}

static gboolean
differs (const Manager *manager, const Container *container)
{
  g_auto (NcgResources) resources = { 0 };

  if (!container->has_spec || container->state != CONTAINER_ACTIVE)
    return FALSE;
  container_get_resources (container, &resources);
  return dropped_is_outdated (manager->driver, container->dropped) ||
         !ncg_verify_cgroup (manager->hierarchy, container->cgroup, &resources, NULL);
}

/* Whether its processes have some of their grace left: it comes after all that must not wait. */
static gboolean
is_slow (const Container *container)
{
  return container->state == CONTAINER_REMOVING &&
         cgroup_end_grace_left (container->grace_end_usec) > 0;
}

static void
finish_slowly (Manager *manager, const Pod *pod, const Container *container)
{
  container_remove_async (manager, pod->uid, container->name,
                          cgroup_end_grace_left (container->grace_end_usec), on_removed_later,
                          g_strdup (container->unit));
}

static void
finish_one (GTask *task, Manager *manager, Pod *pod, Container *container)
{
  Finish *finish = g_task_get_task_data (task);

  finish->pending++;
  if (container->state == CONTAINER_STARTING)
    container_create_resume_async (manager, pod, container, on_created, g_object_ref (task));
  else if (container->state == CONTAINER_REMOVING)
    container_remove_async (manager, pod->uid, container->name, 0, on_removed, g_object_ref (task));
  else if (container->state == CONTAINER_UPDATING || differs (manager, container))
    container_update_resume_async (manager, pod->uid, container->name, on_updated,
                                   g_object_ref (task));
  else
    finish->pending--;
}

/* (transfer full) (element-type utf8): an operation may change the list at once. */
static GPtrArray *
list_names (const Pod *pod)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < pod->containers->len; i++) {
    const Container *container = g_ptr_array_index (pod->containers, i);

    g_ptr_array_add (names, g_strdup (container->name));
  }
  return names;
}

void
recovery_finish_containers_async (Manager *manager,
                                  Pod *pod,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Finish *finish = g_new0 (Finish, 1);
  g_autoptr (GPtrArray) names = list_names (pod);
  g_autoptr (GPtrArray) slow = g_ptr_array_new ();

  finish->pending = 1;
  g_task_set_task_data (task, finish, g_free);
  for (guint i = 0; i < names->len; i++) {
    Container *container = pod_find_container (pod, g_ptr_array_index (names, i));

    if (container != NULL && is_slow (container))
      g_ptr_array_add (slow, container);
    else if (container != NULL)
      finish_one (task, manager, pod, container);
  }
  for (guint i = 0; i < slow->len; i++)
    finish_slowly (manager, pod, g_ptr_array_index (slow, i));
  step_done (task);
}

void
recovery_finish_containers_finish (GAsyncResult *result)
{
  g_task_propagate_boolean (G_TASK (result), NULL);
}

static void
on_repaired (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree char *what = user_data;
  g_autoptr (GError) error = NULL;

  if (container_update_finish (result, &error))
    g_message ("%s had other settings than it should, and has them again", what);
  else
    g_warning ("%s has other settings than it should: %s", what, error->message);
}

void
recovery_check_containers (Manager *manager, const Pod *pod)
{
  g_autoptr (GPtrArray) names = list_names (pod);

  for (guint i = 0; i < names->len; i++) {
    const Container *container = pod_find_container (pod, g_ptr_array_index (names, i));

    if (container != NULL && differs (manager, container))
      container_update_resume_async (manager, pod->uid, container->name, on_repaired,
                                     g_strdup (container->cgroup));
  }
}
