/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Creating a pod.
 *
 * The slice of the class and the pod's own are asked for at once, and what can be done meanwhile
 * is: the file is written, the object made. The file is there before the reply is; what a daemon
 * that was killed between the two calls left behind is a slice of ours, without a file and without
 * processes, and recovery removes it. Whatever fails, the file stays until the slice is known to be
 * gone; but a slice that was there before, of which all that was known is lost, is left as it is.
 */
#include "daemon/pod-create.h"

#include "daemon/fault-point.h"
#include "daemon/spec-facts.h"
#include "lib/cgroup-look.h"
#include "lib/error.h"
#include "lib/names.h"
#include "lib/verify.h"

typedef struct {
  Manager *manager;
  char *uid;
  Spec spec;
  Pod *pod;
  gboolean is_resumed;
  gboolean is_predicted; /* nothing was yet where the pod's cgroup should come to be */
  gboolean is_verified;  /* there, by the kernel */
  gboolean is_late;      /* nobody knows whether it is taken back */
  guint pending;
  gint64 deadline;
  gint64 undo_deadline;
  GError *error; /* the first one */
} Create;

static void describe (GTask *task);

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

  if (create->is_late)
    late_expect_pod (create->manager->late, create->pod);
  manager_drop_pod (create->manager, create->pod);
  qos_tree_ensure_async (create->manager->qos, create->pod->qos, NULL, NULL);
  fail (task, g_steal_pointer (&create->error));
}

static void
on_undone (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Create *create = g_task_get_task_data (task);

  FAULT_POINT ("create:undone");
  create->is_late = !ncg_driver_stop_finish (result, NULL);
  if (!create->is_late)
    store_remove (create->manager->store, create->uid, STORE_CREATING, NULL);
  drop (task);
}

static void
on_described (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Create *create = g_task_get_task_data (task);
  g_autofree char *ours = g_strconcat (POD_DESCRIPTION_PREFIX, create->uid, NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *description = ncg_driver_describe_finish (result, &error);

  if (g_error_matches (error, NCG_ERROR, NCG_ERROR_DISCONNECTED)) {
    describe (task);
    return;
  }
  if (g_strcmp0 (description, ours) == 0) {
    NcgPlace place = pod_get_place (create->pod);

    ncg_driver_stop_async (create->manager->driver, &place, create->undo_deadline, on_undone,
                           g_object_ref (task));
    return;
  }
  /* There is none, or it is another's; or nobody knows, and the file stays. */
  create->is_late = description == NULL;
  if (!create->is_late)
    store_remove (create->manager->store, create->uid, STORE_CREATING, NULL);
  drop (task);
}

static void
describe (GTask *task)
{
  Create *create = g_task_get_task_data (task);
  NcgPlace place = pod_get_place (create->pod);

  ncg_driver_describe_async (create->manager->driver, &place, create->undo_deadline, on_described,
                             g_object_ref (task));
}

/* Takes back what was begun, but never a slice that somebody else made; whose it is cannot be seen
 * from the error, which may be another's or a timeout. Nor one that was taken over: it is left
 * behind again, with its processes. */
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
  FAULT_POINT ("create:undo");
  if (create->pod->was_there) {
    store_remove (create->manager->store, create->uid, STORE_CREATING, NULL);
    drop (task);
    return;
  }
  create->undo_deadline = g_get_monotonic_time () + MANAGER_UNDO_USEC;
  describe (task);
}

static void
verify_and_commit (GTask *task)
{
  Create *create = g_task_get_task_data (task);
  Manager *manager = create->manager;
  Pod *pod = create->pod;

  if (!create->is_verified &&
      (!ncg_verify_cgroup (manager->hierarchy, pod->cgroup, &pod->resources, &create->error) ||
       !manager_save_pod (manager, pod, STORE_CREATING, &create->error))) {
    undo (task);
    return;
  }
  if (!store_move (manager->store, create->uid, STORE_CREATING, STORE_POD, &create->error)) {
    undo (task);
    return;
  }
  store_drop_bad (manager->store, create->uid);
  pod->state = POD_ACTIVE;
  /* It is watched after the reply: nothing was killed in it until now. */
  pod->oom.is_begun = pod->oom.is_begun || !pod->was_there;
  manager_announce_pod (manager, pod);
  manager_check_pod (manager, pod);
  FAULT_POINT ("create:announced");
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
  FAULT_POINT ("create:class-there");
  step_done (task, error);
}

/* What comes next may come before the driver is done. */
static void
keep (const Create *create)
{
  NcgPlace place = pod_get_place (create->pod);
  NcgKept kept = {
    .place = &place,
    .resources = &create->pod->resources,
    .is_new = create->is_predicted,
  };

  ncg_driver_keep (create->manager->driver, &kept);
}

/* The place was predicted, and nothing was there. If the kernel has all settings there now, it is
 * the pod's, and nobody needs to ask systemd. */
static gboolean
on_group_started (gpointer user_data)
{
  GTask *task = user_data;
  Create *create = g_task_get_task_data (task);
  const Pod *pod = create->pod;

  FAULT_POINT ("create:started");
  if (!create->is_predicted ||
      !ncg_verify_cgroup (create->manager->hierarchy, pod->cgroup, &pod->resources, NULL))
    return FALSE;
  create->is_verified = TRUE;
  keep (create);
  step_done (task, NULL);
  return TRUE;
}

static void
on_group_there (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Create *create = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (NcgPlace) place = ncg_driver_ensure_group_finish (result, &error);

  FAULT_POINT ("create:there");
  if (create->is_verified)
    return;
  if (place != NULL && !g_str_equal (create->pod->cgroup, place->cgroup))
    pod_set_cgroup (create->pod, place->cgroup);
  step_done (task, error);
}

static gboolean
is_nothing_there (const Create *create)
{
  const NcgTree *primary = ncg_hierarchy_get_primary (create->manager->hierarchy);

  return create->pod->cgroup[0] == '\0' || !ncg_cgroup_may_be_there (primary, create->pod->cgroup);
}

static void
ask_driver (GTask *task)
{
  Create *create = g_task_get_task_data (task);
  Manager *manager = create->manager;
  Pod *pod = create->pod;
  GError *error = NULL;
  g_autofree char *description = g_strconcat (POD_DESCRIPTION_PREFIX, pod->uid, NULL);
  NcgGroup group = {
    .path = pod->path,
    .description = description,
    .resources = &pod->resources,
    .started = on_group_started,
    .user_data = task,
  };

  FAULT_POINT ("create:begun");
  create->is_predicted = is_nothing_there (create);
  if (!create->is_resumed)
    pod->was_there = !create->is_predicted;
  create->pending = 3;
  ncg_driver_ensure_group_async (manager->driver, &group, create->deadline, on_group_there,
                                 g_object_ref (task));
  qos_tree_ensure_until_async (manager->qos, pod->qos, create->deadline, on_class_there,
                               g_object_ref (task));
  FAULT_POINT ("create:asked");
  if (!create->is_resumed && !manager_save_pod (manager, pod, STORE_CREATING, &error)) {
    step_done (task, error);
    return;
  }
  manager_prepare_pod (manager, pod);
  FAULT_POINT ("create:prepared");
  step_done (task, NULL);
}

static GError *
refuse_foreign (const Create *create, const Pod *foreign)
{
  g_autofree char *owner = pod_format_owner (foreign);

  return g_error_new (
      NCG_ERROR, NCG_ERROR_POD_EXISTS,
      "pod %s is there as %s, which was made by somebody else%s; it has to be removed "
      "by whoever made it, or take another uid",
      create->uid, foreign->slice, owner);
}

/* What was left behind would not be seen any more, beside another slice of that uid. */
static GError *
refuse_class (const Create *create, const Pod *left)
{
  return g_error_new (NCG_ERROR, NCG_ERROR_POD_EXISTS,
                      "pod %s was left behind as %s, which is of the class %s and not %s; create "
                      "it with that class "
                      "to take it over, or remove it first",
                      create->uid, left->slice, qos_to_string (left->qos),
                      qos_to_string (spec_get_qos (&create->spec)));
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
  if (pod_is_left_behind (existing) && existing->qos == spec_get_qos (&create->spec)) {
    manager_drop_pod (manager, existing);
    return FALSE;
  }
  if (pod_is_left_behind (existing))
    fail (task, refuse_class (create, existing));
  else if (existing->state == POD_FOREIGN)
    fail (task, refuse_foreign (create, existing));
  else if (settings_is_same_spec (&existing->spec, &create->spec, SPEC_OF_POD, &existing->defaults))
    succeed (task, existing);
  else
    fail (task, g_error_new (NCG_ERROR, NCG_ERROR_POD_EXISTS,
                             "pod %s exists with another spec; change it with UpdatePod, or remove "
                             "it first",
                             existing->uid));
  return TRUE;
}

/* (nullable): one of ours whose units, or those of its containers, have the same names. Of the
 * class nothing is in the names of containers. */
static const Pod *
find_namesake (const Create *create)
{
  const Manager *manager = create->manager;

  for (int qos = 0; qos < N_QOS_CLASSES; qos++) {
    g_autofree char *path = manager_get_pod_path (manager, create->uid, (QosClass) qos);
    g_autofree char *slice = ncg_driver_group_unit (manager->driver, path, NULL);
    const Pod *other = slice != NULL ? g_hash_table_lookup (manager->slices, slice) : NULL;

    if (other != NULL && other->state != POD_FOREIGN)
      return other;
  }
  return NULL;
}

static gboolean
check_slice (const Create *create, const char *slice, GError **error)
{
  const Pod *other = g_hash_table_lookup (create->manager->slices, slice);

  if (other != NULL && other->state == POD_FOREIGN) {
    g_propagate_error (error, refuse_foreign (create, other));
    return FALSE;
  }
  other = find_namesake (create);
  if (other == NULL)
    return TRUE;
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
               "pod '%s' would be %s, and pod '%s' is %s: their units would have the same names, "
               "since '-' and '_' of a uid are the same there",
               create->uid, slice, other->uid, other->slice);
  return FALSE;
}

static Pod *
make_pod (Create *create, GError **error)
{
  SettingsDefaults defaults;
  Manager *manager = create->manager;
  g_autofree char *path = NULL;
  g_autofree char *slice = NULL;
  g_autofree char *cgroup = NULL;
  Pod *pod;

  path = manager_get_pod_path (manager, create->uid, spec_get_qos (&create->spec));
  slice = ncg_driver_group_unit (manager->driver, path, error);
  if (slice == NULL || !check_slice (create, slice, error))
    return NULL;
  settings_read_defaults (manager->config, manager->hierarchy, &defaults);
  pod = pod_new (create->uid, path, slice, &create->spec, &defaults);
  cgroup = ncg_driver_predict_cgroup (manager->driver, path);
  pod_set_cgroup (pod, cgroup);
  return pod;
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
  create->deadline = g_get_monotonic_time () + MANAGER_DEADLINE_USEC;
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
  if (!ncg_names_check_uid (uid, &error) || !store_check_uid (uid, &error) ||
      !spec_check (spec, &error) || !manager_check_cpus (manager, spec, &error) ||
      !spec_facts_find (&create->spec, manager->config->root, &error)) {
    g_task_return_error (task, error);
    return;
  }
  turns_take_until (manager->turns, uid, on_turn, task,
                    g_get_monotonic_time () + MANAGER_WAIT_USEC);
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
