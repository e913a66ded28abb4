/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changing a pod's settings.
 *
 * systemd checks all properties before it applies any, and applies them in an order that the kernel
 * accepts. What is left to us: not to shrink the memory below what is in use, to ask the kernel
 * afterwards, and to go back if it disagrees.
 */
#include "daemon/pod-update.h"

#include "daemon/dropped.h"
#include "daemon/fault-point.h"
#include "daemon/policy/settings.h"
#include "daemon/spec-facts.h"
#include "daemon/update-checks.h"
#include "lib/error.h"
#include "lib/missing-files.h"
#include "lib/names.h"
#include "lib/undo.h"
#include "lib/verify.h"

typedef struct {
  Manager *manager;
  char *uid;
  Pod *pod;
  Spec changes;
  Spec merged;
  Spec before;
  NcgResources resources; /* of merged */
  NcgResources undo;      /* with which all is as it was */
  NcgCgroup *cgroup;
  gboolean is_resumed;
  gboolean has_file;
  GVariant *saved; /* (nullable): what is in the file; NULL if it is of the daemon before */
  gint64 deadline;
  GError *error;
} Update;

static void
update_free (gpointer data)
{
  Update *update = data;

  g_free (update->uid);
  g_clear_pointer (&update->pod, pod_unref);
  spec_clear (&update->changes);
  spec_clear (&update->merged);
  spec_clear (&update->before);
  ncg_resources_clear (&update->resources);
  ncg_resources_clear (&update->undo);
  g_clear_pointer (&update->cgroup, ncg_cgroup_close);
  g_clear_pointer (&update->saved, g_variant_unref);
  g_clear_error (&update->error);
  g_free (update);
}

static void
finish (GTask *task, GError *error)
{
  Update *update = g_task_get_task_data (task);
  Manager *manager = update->manager;

  if (update->pod != NULL && update->pod->state == POD_UPDATING)
    manager_set_state (manager, update->pod, POD_ACTIVE);
  if (update->pod != NULL)
    manager_check_pod (manager, update->pod);
  turns_leave (manager->turns, update->uid);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

static void
on_set_back (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Update *update = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  FAULT_POINT ("update:was-set-back");
  if (!ncg_driver_set_resources_finish (result, &error))
    g_prefix_error (&update->error,
                    "the old settings of pod %s could not be set back either (%s): ", update->uid,
                    error->message);
  if (update->has_file)
    store_remove (update->manager->store, update->uid, STORE_UPDATING, NULL);
  finish (task, g_steal_pointer (&update->error));
}

static void
set_back (GTask *task)
{
  Update *update = g_task_get_task_data (task);
  NcgPlace place = pod_get_place (update->pod);

  FAULT_POINT ("update:set-back");
  /* Settings of a slice that is not there would be those of the next one of its name. */
  if (manager_is_gone (update->manager, place.cgroup)) {
    if (update->has_file)
      store_remove (update->manager->store, update->uid, STORE_UPDATING, NULL);
    finish (task, g_steal_pointer (&update->error));
    return;
  }
  ncg_resources_add_defaults (&update->undo, &update->resources);
  update_checks_fill (update->manager, place.cgroup, &update->resources, &update->undo, NULL);
  ncg_driver_set_resources_async (update->manager->driver, &place, &update->undo,
                                  g_get_monotonic_time () + MANAGER_UNDO_USEC, on_set_back,
                                  g_object_ref (task));
}

/* What systemd did not take, and whatever else was noted of the pod meanwhile, was not known when
 * the file was written; and the file of the pod, which may have it by now, goes. */
static gboolean
save_again (Update *update, GError **error)
{
  Manager *manager = update->manager;
  gboolean is_changed = dropped_note (manager->driver, update->pod);
  g_autoptr (GVariant) content = NULL;

  if (!update->has_file)
    return !is_changed || manager_save_pod (manager, update->pod, STORE_POD, error);
  content = pod_save (update->pod, NULL);
  return (update->saved != NULL && g_variant_equal (content, update->saved)) ||
         manager_save_pod (manager, update->pod, STORE_UPDATING, error);
}

static void
on_class_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Update *update = g_task_get_task_data (task);
  Manager *manager = update->manager;
  Pod *pod = update->pod;

  FAULT_POINT ("update:class-done");
  if (!qos_tree_ensure_finish (result, &update->error) || !save_again (update, &update->error) ||
      (update->has_file &&
       !store_move (manager->store, update->uid, STORE_UPDATING, STORE_POD, &update->error))) {
    pod_set_spec (pod, &update->before);
    manager_count_demand (manager, pod);
    qos_tree_ensure_async (manager->qos, pod->qos, NULL, NULL);
    set_back (task);
    return;
  }
  pod->state = POD_ACTIVE;
  pod->stop_usec = 0;
  manager_pod_changed (manager, pod);
  FAULT_POINT ("update:told");
  finish (task, NULL);
}

/* The slice of the class counts what its pods have, so that this one has to have it first. */
static void
commit (GTask *task)
{
  Update *update = g_task_get_task_data (task);
  Pod *pod = update->pod;

  spec_copy (&pod->spec, &update->before);
  pod_set_spec (pod, &update->merged);
  manager_count_demand (update->manager, pod);
  qos_tree_ensure_until_async (update->manager->qos, pod->qos, update->deadline, on_class_done,
                               g_object_ref (task));
}

static void
on_resources_set (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Update *update = g_task_get_task_data (task);

  FAULT_POINT ("update:set");
  if (ncg_driver_set_resources_finish (result, &update->error) &&
      ncg_verify_cgroup (update->manager->hierarchy, update->pod->cgroup, &update->resources,
                         &update->error))
    commit (task);
  else
    set_back (task);
}

static void
apply (GTask *task)
{
  Update *update = g_task_get_task_data (task);
  Manager *manager = update->manager;
  NcgPlace place = pod_get_place (update->pod);

  FAULT_POINT ("update:begun");
  ncg_resources_copy (&update->pod->resources, &update->undo);
  if (!update->is_resumed) {
    update->saved = pod_save (update->pod, &update->merged);
    if (!store_save (manager->store, update->uid, STORE_UPDATING, update->saved, &update->error)) {
      finish (task, g_steal_pointer (&update->error));
      return;
    }
    update->has_file = TRUE;
    ncg_undo_add_current (&update->undo, &update->resources, manager->hierarchy, place.cgroup);
    manager_set_state (manager, update->pod, POD_UPDATING);
  }
  if (ncg_resources_equal (&update->resources, &update->pod->resources) && !update->is_resumed)
    commit (task);
  else
    ncg_driver_set_resources_async (manager->driver, &place, &update->resources, update->deadline,
                                    on_resources_set, g_object_ref (task));
  FAULT_POINT ("update:asked");
}

static void
on_usage_checked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  Update *update = g_task_get_task_data (task);

  if (!update_checks_memory_finish (result, &error)) {
    finish (task, error);
    return;
  }
  /* It may have lost its slice while it was looked at. */
  if (update->pod->state == POD_ACTIVE)
    apply (task);
  else
    finish (task, g_error_new (NCG_ERROR, NCG_ERROR_FAILED,
                               "the slice of pod %s was stopped by somebody else meanwhile; remove "
                               "the pod, or create it again",
                               update->uid));
}

/* What was taken on before a device went away is gone on with. */
static gboolean
find_facts (Update *update, GError **error)
{
  const char *root = update->manager->config->root;

  if (!update->is_resumed)
    return spec_facts_find (&update->merged, root, error);
  spec_facts_find_again (&update->merged, root);
  return TRUE;
}

static gboolean
prepare (Update *update, GError **error)
{
  Pod *pod = update->pod;

  spec_merge (&pod->spec, &update->changes, &update->merged);
  if (!spec_check (&update->merged, error) ||
      !manager_check_cpus (update->manager, &update->merged, error) ||
      !update_checks_cpu_of_pod (update->manager, pod, &update->merged, error) ||
      !find_facts (update, error))
    return FALSE;
  if (spec_get_qos (&update->merged) != pod->qos) {
    g_set_error (
        error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
        "the change would make pod %s %s, but its QosClass is %s, and its cgroup cannot be "
        "moved; keep requests and limits within the class, or remove and create it again",
        pod->uid, qos_to_string (spec_get_qos (&update->merged)), qos_to_string (pod->qos));
    return FALSE;
  }
  if (pod->state == POD_VANISHED) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED,
                 "pod %s is vanished and cannot be changed; remove it, or create it again",
                 pod->uid);
    return FALSE;
  }
  settings_for_pod (&update->merged, &update->pod->defaults, &update->resources);
  update->cgroup = manager_open_cgroup (update->manager, pod->cgroup, error);
  return update->cgroup != NULL &&
         update_checks_fill (update->manager, pod->cgroup, &pod->resources, &update->resources,
                             error) &&
         (update->is_resumed || ncg_missing_files_check (update->manager->hierarchy, pod->cgroup,
                                                         &update->resources, error));
}

static void
on_turn (GTask *task)
{
  Update *update = g_task_get_task_data (task);
  g_autofree char *what = g_strconcat ("pod ", update->uid, NULL);
  GError *error = NULL;
  Pod *pod = manager_find_own_pod (update->manager, update->uid, &error);

  if (pod != NULL) {
    update->pod = pod_ref (pod);
    prepare (update, &error);
  }
  if (error != NULL) {
    /* It would be tried at every start, and might meet another pod of that uid. */
    if (update->has_file)
      store_remove (update->manager->store, update->uid, STORE_UPDATING, NULL);
    finish (task, error);
    return;
  }
  if (update->is_resumed) {
    update->deadline = g_get_monotonic_time () + MANAGER_DEADLINE_USEC;
    apply (task);
    return;
  }
  if (spec_equal (&update->merged, &pod->spec)) {
    finish (task, NULL);
    return;
  }
  update_checks_memory_async (update->manager, pod->cgroup, &update->resources, what,
                              on_usage_checked, g_object_ref (task));
}

static GTask *
update_new (Manager *manager,
            const char *uid,
            const Spec *changes,
            GAsyncReadyCallback callback,
            gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  Update *update = g_new0 (Update, 1);

  update->manager = manager;
  update->uid = g_strdup (uid);
  update->deadline = g_get_monotonic_time () + MANAGER_DEADLINE_USEC;
  if (changes != NULL)
    spec_copy (changes, &update->changes);
  g_task_set_task_data (task, update, update_free);
  return task;
}

void
pod_update_async (Manager *manager,
                  const char *uid,
                  const Spec *changes,
                  GAsyncReadyCallback callback,
                  gpointer user_data)
{
  g_autoptr (GTask) task = update_new (manager, uid, changes, callback, user_data);

  turns_take_until (manager->turns, uid, on_turn, task,
                    g_get_monotonic_time () + MANAGER_WAIT_USEC);
}

gboolean
pod_update_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
pod_update_resume_async (Manager *manager,
                         Pod *pod,
                         const Spec *pending,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = update_new (manager, pod->uid, pending, callback, user_data);
  Update *update = g_task_get_task_data (task);

  update->is_resumed = TRUE;
  update->has_file = pending != NULL;
  turns_take (manager->turns, pod->uid, on_turn, task);
}
