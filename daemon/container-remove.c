/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Removing a container.
 *
 * That it is to go is in the pod's file before anything happens to its processes, so that it goes
 * to the end whatever comes between.
 */
#include "daemon/container-remove.h"

#include "daemon/cgroup-end.h"
#include "daemon/fault-point.h"
#include "daemon/manager-containers.h"
#include "lib/error.h"
#include "lib/names.h"

typedef struct {
  Manager *manager;
  char *uid;
  char *name;
  guint64 grace_usec;
  gint64 deadline; /* without the grace */
  Pod *pod;
  Container *container;
} Remove;

static void
remove_free (gpointer data)
{
  Remove *remove = data;

  g_free (remove->uid);
  g_free (remove->name);
  g_clear_pointer (&remove->pod, pod_unref);
  g_free (remove);
}

static void
fail (GTask *task, GError *error)
{
  Remove *remove = g_task_get_task_data (task);

  turns_leave (remove->manager->turns, remove->uid);
  g_task_return_error (task, error);
}

static void
succeed (GTask *task)
{
  Remove *remove = g_task_get_task_data (task);

  manager_drop_container (remove->manager, remove->pod, remove->container);
  FAULT_POINT ("container-remove:dropped");
  manager_save_pod (remove->manager, remove->pod, STORE_POD, NULL);
  turns_leave (remove->manager->turns, remove->uid);
  g_task_return_boolean (task, TRUE);
}

/* The container stays, if there is anything left of it. */
static void
give_up (GTask *task, GError *error)
{
  Remove *remove = g_task_get_task_data (task);

  if (g_error_matches (error, NCG_ERROR, NCG_ERROR_TIMEOUT)) {
    NcgPlace place = container_get_place (remove->container);

    remove->container->stop_usec = g_get_monotonic_time ();
    cgroup_end_explain (remove->manager, &place, error);
  }
  g_prefix_error (&error, "container %s of pod %s cannot be removed: ", remove->name, remove->uid);
  manager_settle_container (remove->manager, remove->pod, remove->container);
  manager_save_pod (remove->manager, remove->pod, STORE_POD, NULL);
  fail (task, error);
}

static void
on_stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  FAULT_POINT ("container-remove:stopped");
  if (ncg_driver_stop_finish (result, &error))
    succeed (task);
  else
    give_up (task, error);
}

static void
stop (GTask *task)
{
  Remove *remove = g_task_get_task_data (task);
  NcgPlace place = container_get_place (remove->container);

  ncg_driver_stop_async (remove->manager->driver, &place, remove->deadline, on_stopped,
                         g_object_ref (task));
  FAULT_POINT ("container-remove:asked");
}

static void
on_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Remove *remove = g_task_get_task_data (task);
  GError *error = NULL;

  FAULT_POINT ("container-remove:killed");
  if (cgroup_end_finish (result, &remove->deadline, &error))
    stop (task);
  else
    give_up (task, error);
}

static void
on_turn (GTask *task)
{
  Remove *remove = g_task_get_task_data (task);
  Manager *manager = remove->manager;
  GError *error = NULL;
  Pod *pod = manager_find_own_pod (manager, remove->uid, &error);
  Container *container = pod != NULL ? manager_find_container (pod, remove->name, &error) : NULL;
  ContainerState before;
  NcgPlace place;

  if (container == NULL) {
    fail (task, error);
    return;
  }
  remove->pod = pod_ref (pod);
  remove->container = container;
  before = container->state;
  FAULT_POINT ("container-remove:begun");
  if (container->cgroup[0] == '\0')
    manager_predict_container (pod, container);
  manager_set_container_state (manager, pod, container, CONTAINER_REMOVING);
  container->grace_end_usec = cgroup_end_of_grace (remove->grace_usec);
  if (before != CONTAINER_REMOVING && !manager_save_pod (manager, pod, STORE_POD, &error)) {
    manager_set_container_state (manager, pod, container, before);
    fail (task, error);
    return;
  }
  place = container_get_place (container);
  cgroup_end_async (manager, &place, remove->grace_usec, remove->deadline, on_ended,
                    g_object_ref (task));
}

void
container_remove_async (Manager *manager,
                        const char *uid,
                        const char *name,
                        guint64 grace_usec,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Remove *remove = g_new0 (Remove, 1);
  GError *error = NULL;

  remove->manager = manager;
  remove->uid = g_strdup (uid);
  remove->name = g_strdup (name);
  remove->grace_usec = grace_usec;
  g_task_set_task_data (task, remove, remove_free);
  remove->deadline = g_get_monotonic_time () + MANAGER_DEADLINE_USEC;
  if (ncg_names_check_container (name, &error))
    turns_take_until (manager->turns, uid, on_turn, task,
                      g_get_monotonic_time () + MANAGER_WAIT_USEC);
  else
    g_task_return_error (task, error);
}

gboolean
container_remove_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
