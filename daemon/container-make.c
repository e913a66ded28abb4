/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making a leaf that is held.
 */
#include "daemon/container-make.h"

#include "daemon/manager-containers.h"
#include "lib/error.h"
#include "lib/verify.h"

typedef struct {
  Manager *manager;
  Pod *pod;
  Container *container;
  NcgResources resources;
  gint64 deadline;
} Make;

static void
make_free (gpointer data)
{
  Make *make = data;

  pod_unref (make->pod);
  ncg_resources_clear (&make->resources);
  g_free (make);
}

static void
judge (GTask *task)
{
  Make *make = g_task_get_task_data (task);
  GError *error = NULL;

  /* systemd starts a slice that was stopped anew for the leaf, and without the pod's settings. */
  if (make->pod->state != POD_ACTIVE)
    g_set_error (&error, NCG_ERROR, NCG_ERROR_FAILED,
                 "the slice of pod %s was stopped by somebody else meanwhile; remove the pod, or "
                 "create it again",
                 make->pod->uid);
  else
    ncg_verify_cgroup (make->manager->hierarchy, make->container->cgroup, &make->resources, &error);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

static void
on_set (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (ncg_driver_set_resources_finish (result, &error))
    judge (task);
  else
    g_task_return_error (task, error);
}

/* A leaf that was there already may have been started with other settings. */
static void
on_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Make *make = g_task_get_task_data (task);
  Manager *manager = make->manager;
  GError *error = NULL;
  g_autoptr (NcgPlace) place = ncg_driver_start_leaf_finish (result, &error);

  if (place == NULL) {
    g_prefix_error (&error, "container %s of pod %s: ", make->container->name, make->pod->uid);
    manager_explain_taken (error);
    g_task_return_error (task, error);
    return;
  }
  container_set_cgroup (make->container, place->cgroup);
  if (ncg_verify_cgroup (manager->hierarchy, place->cgroup, &make->resources, NULL))
    judge (task);
  else
    ncg_driver_set_resources_async (manager->driver, place, &make->resources, make->deadline,
                                    on_set, g_object_ref (task));
}

void
container_make_async (Manager *manager,
                      Pod *pod,
                      Container *container,
                      gint64 deadline_usec,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Make *make = g_new0 (Make, 1);
  g_autofree char *description = container_describe (container, pod->uid);
  NcgLeaf leaf = {
    .parent = pod->path,
    .uid = pod->uid,
    .name = container->name,
    .description = description,
    .resources = &make->resources,
    .is_delegated = container->is_delegated,
    .user = container->user,
  };

  make->manager = manager;
  make->pod = pod_ref (pod);
  make->container = container;
  make->deadline = deadline_usec;
  container_get_resources (container, &make->resources);
  g_task_set_task_data (task, make, make_free);
  ncg_driver_start_leaf_async (manager->driver, &leaf, deadline_usec, on_started,
                               g_object_ref (task));
}

gboolean
container_make_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
