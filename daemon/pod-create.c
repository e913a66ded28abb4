/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Creating a pod.
 *
 * The slice of the class and the pod's own are asked for at once. Whatever fails, the file stays
 * until the slice is known to be gone, so that the next daemon can finish.
 */
#include "daemon/pod-create.h"

#include "lib/error.h"
#include "lib/names.h"
#include "lib/verify.h"

typedef struct {
  Manager *manager;
  char *uid;
  Spec spec;
  Pod *pod;
  gboolean is_resumed;
  guint pending;
  GError *error; /* the first one */
} Create;

static void
create_free (gpointer data)
{
  Create *create = data;

  g_free (create->uid);
  spec_clear (&create->spec);
  g_clear_pointer (&create->pod, pod_unref);
  g_clear_error (&create->error);
  g_free (create);
}

static void
fail (GTask *task, GError *error)
{
  Create *create = g_task_get_task_data (task);
  Manager *manager = create->manager;

  turns_leave (manager->turns, create->uid);
  g_task_return_error (task, error);
}

static void
succeed (GTask *task, Pod *pod)
{
  Create *create = g_task_get_task_data (task);

  turns_leave (create->manager->turns, create->uid);
  g_task_return_pointer (task, pod_ref (pod), (GDestroyNotify) pod_unref);
}

static void
drop (GTask *task)
{
  Create *create = g_task_get_task_data (task);

  manager_drop_pod (create->manager, create->pod);
  qos_tree_ensure_async (create->manager->qos, create->pod->qos, NULL, NULL);
  fail (task, g_steal_pointer (&create->error));
}

static void
on_undone (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Create *create = g_task_get_task_data (task);

  if (ncg_driver_stop_finish (result, NULL))
    store_remove (create->manager->store, create->uid, STORE_CREATING, NULL);
  drop (task);
}

/* Takes back what was begun, but never a slice that somebody else made. */
static void
undo (GTask *task)
{
  Create *create = g_task_get_task_data (task);

  if (g_error_matches (create->error, NCG_ERROR, NCG_ERROR_UNIT_EXISTS)) {
    g_autofree char *reason = g_strdup (create->error->message);

    g_clear_error (&create->error);
    g_set_error (&create->error, NCG_ERROR, NCG_ERROR_POD_EXISTS,
                 "pod %s would be %s: %s; remove that unit, or take another uid", create->uid,
                 create->pod->slice, reason);
    store_remove (create->manager->store, create->uid, STORE_CREATING, NULL);
    drop (task);
    return;
  }
  ncg_driver_stop_async (create->manager->driver, create->pod->slice,
                         g_get_monotonic_time () + MANAGER_UNDO_USEC, on_undone,
                         g_object_ref (task));
}

static void
verify_and_commit (GTask *task)
{
  Create *create = g_task_get_task_data (task);
  Manager *manager = create->manager;
  Pod *pod = create->pod;

  if (!ncg_verify_cgroup (manager->hierarchy, pod->cgroup, &pod->resources, &create->error) ||
      !manager_save_pod (manager, pod, STORE_POD, &create->error)) {
    undo (task);
    return;
  }
  store_remove (manager->store, create->uid, STORE_CREATING, NULL);
  pod->state = POD_ACTIVE;
  manager_announce_pod (manager, pod);
  succeed (task, pod);
}

static void
step_done (GTask *task, GError *error)
{
  Create *create = g_task_get_task_data (task);

  if (error != NULL && create->error == NULL)
    create->error = error;
  else
    g_clear_error (&error);
  if (--create->pending > 0)
    return;
  if (create->error != NULL)
    undo (task);
  else
    verify_and_commit (task);
}

static void
on_class_there (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  qos_tree_ensure_finish (result, &error);
  step_done (task, error);
}

static void
on_group_there (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Create *create = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (NcgPlace) place = ncg_driver_ensure_group_finish (result, &error);

  if (place != NULL)
    pod_set_cgroup (create->pod, place->cgroup);
  step_done (task, error);
}

static void
ask_driver (GTask *task)
{
  Create *create = g_task_get_task_data (task);
  Manager *manager = create->manager;
  Pod *pod = create->pod;
  g_autofree char *description = g_strdup_printf ("NodeCgroups: pod %s", pod->uid);
  NcgGroup group = {
    .path = pod->path,
    .description = description,
    .resources = &pod->resources,
  };

  create->pending = 2;
  ncg_driver_ensure_group_async (manager->driver, &group,
                                 g_get_monotonic_time () + MANAGER_DEADLINE_USEC, on_group_there,
                                 g_object_ref (task));
  qos_tree_ensure_async (manager->qos, pod->qos, on_class_there, g_object_ref (task));
}

/* A pod of that uid is there: the same again, one to be made anew, or another. */
static gboolean
settle_with_existing (GTask *task, Pod *existing)
{
  Create *create = g_task_get_task_data (task);
  Manager *manager = create->manager;

  if (existing->state == POD_VANISHED) {
    store_remove (manager->store, existing->uid, STORE_POD, NULL);
    manager_drop_pod (manager, existing);
    return FALSE;
  }
  if (spec_equal (&existing->spec, &create->spec))
    succeed (task, existing);
  else
    fail (task, g_error_new (NCG_ERROR, NCG_ERROR_POD_EXISTS,
                             "pod %s exists with another spec; change it with UpdatePod, or remove "
                             "it first",
                             existing->uid));
  return TRUE;
}

static Pod *
make_pod (Create *create, GError **error)
{
  Manager *manager = create->manager;
  g_autofree char *path = NULL;
  g_autofree char *slice = NULL;
  Pod *other;

  path = manager_get_pod_path (manager, create->uid, spec_get_qos (&create->spec));
  slice = ncg_driver_group_unit (manager->driver, path, error);
  if (slice == NULL)
    return NULL;
  other = g_hash_table_lookup (manager->slices, slice);
  if (other != NULL) {
    g_set_error (
        error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
        "pod '%s' would be %s, which is pod '%s' already; '-' and '_' of a uid are the same "
        "there",
        create->uid, slice, other->uid);
    return NULL;
  }
  return pod_new (create->uid, path, slice, &create->spec);
}

static void
on_turn (GTask *task)
{
  Create *create = g_task_get_task_data (task);
  Manager *manager = create->manager;
  Pod *existing = g_hash_table_lookup (manager->pods, create->uid);
  GError *error = NULL;

  if (existing != NULL && settle_with_existing (task, existing))
    return;
  if (create->pod == NULL)
    create->pod = make_pod (create, &error);
  if (create->pod == NULL) {
    fail (task, error);
    return;
  }
  if (!create->is_resumed && !manager_save_pod (manager, create->pod, STORE_CREATING, &error)) {
    fail (task, error);
    return;
  }
  manager_add_pod (manager, create->pod);
  ask_driver (task);
}

static GTask *
create_new (Manager *manager, const char *uid, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  Create *create = g_new0 (Create, 1);

  create->manager = manager;
  create->uid = g_strdup (uid);
  g_task_set_task_data (task, create, create_free);
  return task;
}

void
pod_create_async (Manager *manager,
                  const char *uid,
                  const Spec *spec,
                  GAsyncReadyCallback callback,
                  gpointer user_data)
{
  g_autoptr (GTask) task = create_new (manager, uid, callback, user_data);
  Create *create = g_task_get_task_data (task);
  GError *error = NULL;

  spec_copy (spec, &create->spec);
  if (!ncg_names_check_uid (uid, &error) || !spec_check (spec, &error) ||
      !manager_check_cpus (manager, spec, &error)) {
    g_task_return_error (task, error);
    return;
  }
  turns_take (manager->turns, uid, on_turn, task);
}

Pod *
pod_create_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
pod_create_resume_async (Manager *manager,
                         Pod *pod,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = create_new (manager, pod->uid, callback, user_data);
  Create *create = g_task_get_task_data (task);

  create->pod = pod_ref (pod);
  create->is_resumed = TRUE;
  spec_copy (&pod->spec, &create->spec);
  turns_take (manager->turns, pod->uid, on_turn, task);
}
