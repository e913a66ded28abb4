/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is watched of pods.
 */
#include "daemon/pod-drift.h"

#include "daemon/container-update.h"
#include "daemon/loop.h"
#include "daemon/pod-update.h"
#include "lib/error.h"

/* While an operation on a pod is under way nothing is judged: it ends by looking itself. One whose
 * cgroup is gone is the manager's business. */
static Pod *
find_quiet_pod (Manager *manager, const char *uid)
{
  Pod *pod = g_hash_table_lookup (manager->pods, uid);

  return pod != NULL && pod->state == POD_ACTIVE && !turns_is_taken (manager->turns, uid) ? pod
                                                                                          : NULL;
}

static gboolean
is_there (Manager *manager, const char *cgroup)
{
  g_autoptr (NcgCgroup) opened = manager_open_cgroup (manager, cgroup, NULL);

  return opened != NULL;
}

static Pod *
find_pod_of (Manager *manager, const char *cgroup)
{
  g_autofree char *unit = g_path_get_basename (cgroup);

  return g_hash_table_lookup (manager->slices, unit);
}

/* Slices have the names of their cgroups; elsewhere the whole path is the name. */
static Pod *
find_pod (Manager *manager, const char *cgroup)
{
  Pod *pod = g_hash_table_lookup (manager->slices, cgroup);

  if (pod == NULL)
    pod = find_pod_of (manager, cgroup);
  return pod != NULL ? find_quiet_pod (manager, pod->uid) : NULL;
}

static gboolean
get_pod_wanted (const char *key, gpointer user_data, char **ret_cgroup, NcgResources *ret_wanted)
{
  Manager *manager = user_data;
  const Pod *pod = find_pod (manager, key);

  if (pod == NULL || !is_there (manager, pod->cgroup))
    return FALSE;
  *ret_cgroup = g_strdup (pod->cgroup);
  ncg_resources_copy (&pod->resources, ret_wanted);
  return TRUE;
}

static void
repair_pod (const char *key, gpointer user_data, GAsyncReadyCallback callback, gpointer data)
{
  Manager *manager = user_data;
  Pod *pod = find_pod (manager, key);

  if (pod != NULL)
    pod_update_resume_async (manager, pod, NULL, callback, data);
  else
    g_task_report_new_error (NULL, callback, data, NULL, NCG_ERROR, NCG_ERROR_BUSY,
                             "an operation on the pod has begun");
}

static gboolean
is_watched (const Container *container)
{
  return container->has_spec && container->state == CONTAINER_ACTIVE;
}

static const Container *
find_leaf (Manager *manager, const char *key, const Pod **ret_pod)
{
  g_autofree char *above = g_path_get_dirname (key);
  const Pod *pod = find_pod (manager, above);

  *ret_pod = pod;
  for (guint i = 0; pod != NULL && i < pod->containers->len; i++) {
    const Container *container = g_ptr_array_index (pod->containers, i);

    if (g_str_equal (container->cgroup, key) && is_watched (container))
      return container;
  }
  return NULL;
}

typedef struct {
  Manager *manager;
  char *cgroup;
} GoneLeaf;

static void
gone_leaf_free (gpointer data)
{
  GoneLeaf *leaf = data;

  g_free (leaf->cgroup);
  g_free (leaf);
}

static gboolean
on_leaf_gone (gpointer user_data)
{
  const GoneLeaf *leaf = user_data;
  const Pod *pod;
  const Container *container = find_leaf (leaf->manager, leaf->cgroup, &pod);

  if (container != NULL)
    manager_unit_removed (leaf->manager, container->unit);
  return G_SOURCE_REMOVE;
}

/* A service that is held and was restarted is there, as before, but has lost its cgroup: no unit
 * was removed, and systemd tells nobody. Not at once, since it is no longer watched afterwards. */
static void
tell_gone (Manager *manager, const char *cgroup)
{
  GoneLeaf *leaf = g_new0 (GoneLeaf, 1);

  leaf->manager = manager;
  leaf->cgroup = g_strdup (cgroup);
  loop_add_next (on_leaf_gone, leaf, gone_leaf_free);
}

static gboolean
get_leaf_wanted (const char *key, gpointer user_data, char **ret_cgroup, NcgResources *ret_wanted)
{
  Manager *manager = user_data;
  const Pod *pod;
  const Container *container = find_leaf (manager, key, &pod);

  if (container == NULL)
    return FALSE;
  if (!is_there (manager, container->cgroup)) {
    tell_gone (manager, container->cgroup);
    return FALSE;
  }
  *ret_cgroup = g_strdup (container->cgroup);
  container_get_resources (container, ret_wanted);
  return TRUE;
}

static void
repair_leaf (const char *key, gpointer user_data, GAsyncReadyCallback callback, gpointer data)
{
  Manager *manager = user_data;
  const Pod *pod;
  const Container *container = find_leaf (manager, key, &pod);

  if (container != NULL)
    container_update_resume_async (manager, pod->uid, container->name, callback, data);
  else
    g_task_report_new_error (NULL, callback, data, NULL, NCG_ERROR, NCG_ERROR_BUSY,
                             "an operation on the pod has begun");
}

static const DriftOwner pods = { get_pod_wanted, repair_pod, pod_update_finish };
static const DriftOwner leaves = { get_leaf_wanted, repair_leaf, container_update_finish };

void
pod_drift_watch_container (Manager *manager, const Container *container)
{
  if (is_watched (container))
    drift_watch (manager->drift, container->cgroup, container->cgroup, &leaves, manager);
}

void
pod_drift_watch (Manager *manager, Pod *pod)
{
  if (pod->state != POD_ACTIVE)
    return;
  drift_watch (manager->drift, pod->cgroup, pod->cgroup, &pods, manager);
  for (guint i = 0; i < pod->containers->len; i++)
    pod_drift_watch_container (manager, g_ptr_array_index (pod->containers, i));
}

void
pod_drift_unwatch (Manager *manager, const Pod *pod)
{
  drift_unwatch (manager->drift, pod->cgroup);
  for (guint i = 0; i < pod->containers->len; i++)
    pod_drift_unwatch_container (manager, g_ptr_array_index (pod->containers, i));
}

void
pod_drift_unwatch_container (Manager *manager, const Container *container)
{
  drift_unwatch (manager->drift, container->cgroup);
}
