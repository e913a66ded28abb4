/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changing a container's settings.
 *
 * What is to come is in the pod's file before anything is set, and becomes the container's spec
 * there, in one rename, when the kernel has it. Only then is the call told.
 */
#include "daemon/container-update.h"

#include "daemon/dropped.h"
#include "daemon/fault-point.h"
#include "daemon/manager-containers.h"
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
  char *name;
  Pod *pod;
  Container *container;
  Spec changes;
  NcgResources before;
  NcgResources resources; /* of what is to come */
  gboolean is_resumed;    /* what was taken on once */
  gboolean is_repair;     /* nothing new, so that the file knows it */
  GVariant *dropped; /* (nullable): what the file of one that is a repair knows to be left out */
  gint64 deadline;
  GError *error;
} Update;

static void
update_free (gpointer data)
{
  Update *update = data;

  g_free (update->uid);
  g_free (update->name);
  g_clear_pointer (&update->pod, pod_unref);
  spec_clear (&update->changes);
  ncg_resources_clear (&update->before);
  ncg_resources_clear (&update->resources);
  g_clear_pointer (&update->dropped, g_variant_unref);
  g_clear_error (&update->error);
  g_free (update);
}

static void
finish (GTask *task, GError *error)
{
  Update *update = g_task_get_task_data (task);

  turns_leave (update->manager->turns, update->uid);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

static GError *
say_ended (const Update *update)
{
  return g_error_new (NCG_ERROR, NCG_ERROR_NO_SUCH_CONTAINER,
                      "container %s of pod %s ended meanwhile", update->name, update->uid);
}

/* Nothing is pending any more; the spec is what it was. */
static void
give_up (GTask *task)
{
  Update *update = g_task_get_task_data (task);
  gboolean is_held = update->container->is_held;

  spec_clear (&update->container->pending);
  if (!manager_settle_container (update->manager, update->pod, update->container) && !is_held) {
    g_clear_error (&update->error);
    update->error = say_ended (update);
  }
  manager_save_pod (update->manager, update->pod, STORE_POD, NULL);
  finish (task, g_steal_pointer (&update->error));
}

static void
on_set_back (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Update *update = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  FAULT_POINT ("container-update:was-set-back");
  if (!ncg_driver_set_resources_finish (result, &error))
    g_prefix_error (&update->error,
                    "the old settings of container %s of pod %s could not be set back either "
                    "(%s): ",
                    update->name, update->uid, error->message);
  give_up (task);
}

static void
set_back (GTask *task)
{
  Update *update = g_task_get_task_data (task);
  NcgPlace place = container_get_place (update->container);

  FAULT_POINT ("container-update:set-back");
  ncg_resources_add_defaults (&update->before, &update->resources);
  update_checks_fill (update->manager, place.cgroup, &update->resources, &update->before, NULL);
  ncg_driver_set_resources_async (update->manager->driver, &place, &update->before,
                                  g_get_monotonic_time () + MANAGER_UNDO_USEC, on_set_back,
                                  g_object_ref (task));
}

/* Of what was left out on the way the file may say that it is being changed, see
 * manager_save_dropped(). */
static gboolean
is_in_file (const Update *update)
{
  return update->is_repair && !dropped_note (update->manager->driver, update->pod) &&
         update->container->dropped == update->dropped;
}

/* The kernel has it. */
static gboolean
commit (Update *update)
{
  Container *container = update->container;
  g_auto (Spec) before = { 0 };

  spec_copy (&container->spec, &before);
  container_set_spec (container, &container->pending);
  container->state = CONTAINER_ACTIVE;
  container->stop_usec = 0;
  if (is_in_file (update) ||
      manager_save_pod (update->manager, update->pod, STORE_POD, &update->error)) {
    spec_clear (&container->pending);
    manager_pod_changed (update->manager, update->pod);
    FAULT_POINT ("container-update:told");
    return TRUE;
  }
  container_set_spec (container, &before);
  container->state = CONTAINER_UPDATING;
  return FALSE;
}

static void
on_set (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Update *update = g_task_get_task_data (task);

  FAULT_POINT ("container-update:set");
  if (ncg_driver_set_resources_finish (result, &update->error) &&
      ncg_verify_cgroup (update->manager->hierarchy, update->container->cgroup, &update->resources,
                         &update->error) &&
      commit (update))
    finish (task, NULL);
  else
    set_back (task);
}

static void
apply (GTask *task)
{
  Update *update = g_task_get_task_data (task);
  Manager *manager = update->manager;
  NcgPlace place = container_get_place (update->container);

  FAULT_POINT ("container-update:begun");
  if (update->container->dropped != NULL)
    update->dropped = g_variant_ref (update->container->dropped);
  update->container->state = CONTAINER_UPDATING;
  if (!update->is_resumed) {
    ncg_undo_add_current (&update->before, &update->resources, manager->hierarchy, place.cgroup);
    manager_pod_changed (manager, update->pod);
    if (!manager_save_pod (manager, update->pod, STORE_POD, &update->error)) {
      give_up (task);
      return;
    }
  }
  ncg_driver_set_resources_async (manager->driver, &place, &update->resources, update->deadline,
                                  on_set, g_object_ref (task));
  FAULT_POINT ("container-update:asked");
}

static gboolean
check_state (const Update *update, GError **error)
{
  const Container *container = update->container;

  if (container->state == CONTAINER_VANISHED)
    g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED,
                 "container %s of pod %s was stopped by somebody else; remove it, or create it "
                 "again",
                 update->name, update->uid);
  else if (!container->has_spec)
    g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED,
                 "what container %s of pod %s was given is not known any more, so that it cannot "
                 "be changed; remove it, and start it again",
                 update->name, update->uid);
  else
    return TRUE;
  return FALSE;
}

static void
on_memory_checked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Update *update = g_task_get_task_data (task);
  GError *error = NULL;

  /* Its last process may have ended. */
  if (pod_find_container (update->pod, update->name) != update->container) {
    update_checks_memory_finish (result, NULL);
    finish (task, say_ended (update));
    return;
  }
  if (update_checks_memory_finish (result, &error) && check_state (update, &error)) {
    apply (task);
    return;
  }
  spec_clear (&update->container->pending);
  finish (task, error);
}

/* What was taken on before a device went away is gone on with. */
static gboolean
check_spec (Update *update, Spec *spec, GError **error)
{
  const char *root = update->manager->config->root;

  if (!update->is_resumed)
    return spec_check (spec, error) && manager_check_cpus (update->manager, spec, error) &&
           update_checks_cpu_of_container (update->manager, update->pod, update->name, spec,
                                           error) &&
           spec_facts_find (spec, root, error);
  spec_facts_find_again (spec, root);
  return TRUE;
}

/* What is to come is pending from here on. */
static gboolean
prepare (Update *update, GError **error)
{
  Container *container = update->container;
  g_auto (Spec) merged = { 0 };

  if (!check_state (update, error))
    return FALSE;
  update->is_repair = update->is_resumed && container->state != CONTAINER_UPDATING;
  if (container->state == CONTAINER_UPDATING)
    spec_copy (&container->pending, &merged);
  else
    spec_merge (&container->spec, &update->changes, &merged);
  if (!check_spec (update, &merged, error))
    return FALSE;
  container_get_resources (container, &update->before);
  settings_for_container (&merged, &container->defaults, &update->resources);
  if (!update_checks_fill (update->manager, container->cgroup, &update->before, &update->resources,
                           error) ||
      (!update->is_resumed &&
       !ncg_missing_files_check (update->manager->hierarchy, container->cgroup, &update->resources,
                                 error)))
    return FALSE;
  spec_clear (&container->pending);
  container->pending = merged;
  merged = (Spec){ 0 };
  return TRUE;
}

static gboolean
find (Update *update, GError **error)
{
  Pod *pod = manager_find_active_pod (update->manager, update->uid, error);

  if (pod == NULL)
    return FALSE;
  update->pod = pod_ref (pod);
  update->container = manager_find_container (pod, update->name, error);
  return update->container != NULL && prepare (update, error);
}

/* It would be tried at every start. */
static void
drop_pending (Update *update)
{
  Container *container = update->container;

  if (container == NULL || container->state != CONTAINER_UPDATING)
    return;
  spec_clear (&container->pending);
  manager_settle_container (update->manager, update->pod, container);
  manager_save_pod (update->manager, update->pod, STORE_POD, NULL);
}

static void
on_turn (GTask *task)
{
  Update *update = g_task_get_task_data (task);
  g_autofree char *what = g_strdup_printf ("container %s of pod %s", update->name, update->uid);
  GError *error = NULL;

  if (update->is_resumed)
    update->deadline = g_get_monotonic_time () + MANAGER_DEADLINE_USEC;
  if (!find (update, &error)) {
    drop_pending (update);
    finish (task, error);
  } else if (update->is_resumed) {
    apply (task);
  } else if (spec_equal (&update->container->pending, &update->container->spec)) {
    spec_clear (&update->container->pending);
    finish (task, NULL);
  } else {
    update_checks_memory_async (update->manager, update->container->cgroup, &update->resources,
                                what, on_memory_checked, g_object_ref (task));
  }
}

static GTask *
update_new (Manager *manager,
            const char *uid,
            const char *name,
            GAsyncReadyCallback callback,
            gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  Update *update = g_new0 (Update, 1);

  update->manager = manager;
  update->uid = g_strdup (uid);
  update->name = g_strdup (name);
  update->deadline = g_get_monotonic_time () + MANAGER_DEADLINE_USEC;
  g_task_set_task_data (task, update, update_free);
  return task;
}

void
container_update_async (Manager *manager,
                        const char *uid,
                        const char *name,
                        const Spec *changes,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  g_autoptr (GTask) task = update_new (manager, uid, name, callback, user_data);
  Update *update = g_task_get_task_data (task);
  GError *error = NULL;

  spec_copy (changes, &update->changes);
  if (ncg_names_check_container (name, &error))
    turns_take_until (manager->turns, uid, on_turn, task,
                      g_get_monotonic_time () + MANAGER_WAIT_USEC);
  else
    g_task_return_error (task, error);
}

gboolean
container_update_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
container_update_resume_async (Manager *manager,
                               const char *uid,
                               const char *name,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_autoptr (GTask) task = update_new (manager, uid, name, callback, user_data);
  Update *update = g_task_get_task_data (task);

  update->is_resumed = TRUE;
  turns_take (manager->turns, uid, on_turn, task);
}
