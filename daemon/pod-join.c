/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Joining.
 *
 * systemd starts a scope around the first processes. Further ones are written into its
 * cgroup.procs: systemd itself takes them only for delegated units. In both cases the kernel is
 * asked where they are, through a pidfd, so that a reused number does not count.
 */
#include "daemon/pod-join.h"

#include "daemon/policy/settings.h"
#include "lib/error.h"
#include "lib/names.h"
#include "lib/process.h"
#include "lib/verify.h"

#include <string.h>

typedef struct {
  Manager *manager;
  char *uid;
  char *name;
  GPtrArray *processes;
  GPtrArray *origins; /* (element-type utf8): where each process was */
  Spec spec;
  Pod *pod;
  Container *container; /* while it is starting */
  NcgResources resources;
  GError *save_error;
  GError *error; /* to be returned when the leaf is stopped */
  gint64 deadline;
} Join;

static void start_leaf (GTask *task);

static void
join_free (gpointer data)
{
  Join *join = data;

  g_free (join->uid);
  g_free (join->name);
  g_ptr_array_unref (join->processes);
  g_clear_pointer (&join->origins, g_ptr_array_unref);
  spec_clear (&join->spec);
  ncg_resources_clear (&join->resources);
  g_clear_error (&join->save_error);
  g_clear_error (&join->error);
  g_clear_pointer (&join->pod, pod_unref);
  g_free (join);
}

static void
fail (GTask *task, GError *error)
{
  Join *join = g_task_get_task_data (task);

  turns_leave (join->manager->turns, join->uid);
  g_task_return_error (task, error);
}

static void
succeed (GTask *task, const Container *container)
{
  Join *join = g_task_get_task_data (task);

  turns_leave (join->manager->turns, join->uid);
  g_task_return_pointer (task, ncg_place_new (container->unit, container->cgroup),
                         (GDestroyNotify) ncg_place_free);
}

static gboolean
note_origins (Join *join, GError **error)
{
  join->origins = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < join->processes->len; i++) {
    const NcgProcess *process = g_ptr_array_index (join->processes, i);
    char *origin = ncg_process_read_cgroup (process, join->manager->proc, error);

    if (origin == NULL)
      return FALSE;
    g_ptr_array_add (join->origins, origin);
  }
  return TRUE;
}

/* As far as it goes: a process may have ended, and its cgroup with it. */
static void
move_back (Join *join)
{
  for (guint i = 0; i < join->processes->len; i++) {
    const NcgProcess *process = g_ptr_array_index (join->processes, i);
    const char *origin = g_ptr_array_index (join->origins, i);
    g_autofree char *pid = g_strdup_printf ("%d", (int) process->pid);
    g_autofree char *current = ncg_process_read_cgroup (process, join->manager->proc, NULL);
    g_autoptr (NcgCgroup) cgroup = NULL;

    if (current == NULL || g_str_equal (current, origin))
      continue;
    cgroup = manager_open_cgroup (join->manager, origin, NULL);
    if (cgroup != NULL)
      ncg_cgroup_write (cgroup, "cgroup.procs", pid, NULL);
  }
}

/* Which of the processes are not there yet, or an error if one has ended. */
static gboolean
is_inside (Join *join, guint i, const char *leaf, gboolean *ret_inside, GError **error)
{
  const NcgProcess *process = g_ptr_array_index (join->processes, i);
  g_autofree char *current = ncg_process_read_cgroup (process, join->manager->proc, error);
  gsize length = strlen (leaf);

  if (current == NULL)
    return FALSE;
  *ret_inside =
      strncmp (current, leaf, length) == 0 && (current[length] == '\0' || current[length] == '/');
  return TRUE;
}

/* Moves those that are not there yet, and makes sure of all. */
static gboolean
attach (Join *join, const NcgCgroup *leaf, GError **error)
{
  const char *path = ncg_cgroup_get_path (leaf);

  for (guint i = 0; i < join->processes->len; i++) {
    const NcgProcess *process = g_ptr_array_index (join->processes, i);
    g_autofree char *pid = g_strdup_printf ("%d", (int) process->pid);
    gboolean inside;

    if (!is_inside (join, i, path, &inside, error))
      return FALSE;
    if (inside)
      continue;
    if (!ncg_cgroup_write (leaf, "cgroup.procs", pid, error) ||
        !is_inside (join, i, path, &inside, error))
      return FALSE;
    if (!inside && ncg_process_is_ending (process, join->manager->proc)) {
      g_set_error (error, NCG_ERROR, NCG_ERROR_NO_SUCH_PROCESS,
                   "process %s ended before it had joined container %s of pod %s", pid, join->name,
                   join->uid);
      return FALSE;
    }
    if (!inside) {
      g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED,
                   "process %s was put into %s, but something moved it elsewhere at once", pid,
                   path);
      return FALSE;
    }
  }
  return TRUE;
}

static void
forget_container (Join *join)
{
  g_autoptr (GError) error = NULL;

  if (join->container == NULL)
    return;
  manager_drop_container (join->manager, join->pod, join->container);
  join->container = NULL;
  manager_save_pod (join->manager, join->pod, STORE_POD, &error);
}

/* All processes in the leaf, and the settings as they should be. */
static gboolean
verify_leaf (Join *join, const char *path, GError **error)
{
  g_autoptr (NcgCgroup) leaf = manager_open_cgroup (join->manager, path, error);

  return leaf != NULL && attach (join, leaf, error) &&
         ncg_verify_cgroup (join->manager->hierarchy, path, &join->resources, error);
}

static void
on_leaf_stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Join *join = g_task_get_task_data (task);

  ncg_driver_stop_finish (result, NULL);
  forget_container (join);
  fail (task, g_steal_pointer (&join->error));
}

/* A leaf that no process came into does not end by itself: systemd waits for the last one to leave.
 */
static void
give_up_leaf (GTask *task, const NcgPlace *place, GError *error)
{
  Join *join = g_task_get_task_data (task);
  g_autoptr (NcgCgroup) leaf = manager_open_cgroup (join->manager, place->cgroup, NULL);
  gboolean populated = FALSE;

  move_back (join);
  if (leaf != NULL && ncg_cgroup_is_populated (leaf, &populated, NULL) && !populated) {
    join->error = error;
    ncg_driver_stop_async (join->manager->driver, place->unit,
                           g_get_monotonic_time () + MANAGER_UNDO_USEC, on_leaf_stopped,
                           g_object_ref (task));
    return;
  }
  forget_container (join);
  fail (task, error);
}

static void
leaf_started (GTask *task, const NcgPlace *place)
{
  Join *join = g_task_get_task_data (task);
  Container *container = join->container;
  GError *error = NULL;

  g_free (container->cgroup);
  container->cgroup = g_strdup (place->cgroup);
  if (join->save_error != NULL)
    error = g_steal_pointer (&join->save_error);
  /* systemd starts a slice that was stopped anew for the leaf, and without the pod's settings. */
  else if (join->pod->state != POD_ACTIVE)
    g_set_error (&error, NCG_ERROR, NCG_ERROR_FAILED,
                 "the slice of pod %s was stopped by somebody else meanwhile; remove the pod, or "
                 "create it again",
                 join->uid);
  if (error == NULL && verify_leaf (join, place->cgroup, &error)) {
    container->is_starting = FALSE;
    manager_pod_changed (join->manager, join->pod);
    succeed (task, container);
    return;
  }
  if (g_error_matches (error, NCG_ERROR, NCG_ERROR_NOT_FOUND)) {
    g_clear_error (&error);
    g_set_error (&error, NCG_ERROR, NCG_ERROR_NO_SUCH_PROCESS,
                 "the processes ended before they had joined container %s of pod %s", join->name,
                 join->uid);
  }
  give_up_leaf (task, place, error);
}

static void
on_leaf_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Join *join = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (NcgPlace) place = ncg_driver_start_leaf_finish (result, &error);
  g_autoptr (GError) gone = NULL;

  if (place != NULL) {
    leaf_started (task, place);
    return;
  }
  /* A scope fails to start when its processes end first, and says no more than "failed". */
  for (guint i = 0; i < join->processes->len; i++) {
    const NcgProcess *process = g_ptr_array_index (join->processes, i);

    if (gone == NULL && ncg_process_is_ending (process, join->manager->proc))
      gone = g_error_new (NCG_ERROR, NCG_ERROR_NO_SUCH_PROCESS,
                          "process %d ended before it had joined container %s of pod %s",
                          (int) process->pid, join->name, join->uid);
  }
  if (gone != NULL) {
    g_clear_error (&error);
    error = g_steal_pointer (&gone);
  }
  move_back (join);
  forget_container (join);
  fail (task, error);
}

static void
start_leaf (GTask *task)
{
  Join *join = g_task_get_task_data (task);
  Manager *manager = join->manager;
  g_autofree char *unit = NULL;
  g_autofree char *description = NULL;
  GError *error = NULL;
  NcgLeaf leaf;

  unit = ncg_driver_leaf_unit (manager->driver, join->uid, join->name, &error);
  if (unit == NULL) {
    fail (task, error);
    return;
  }
  join->container = pod_add_container (join->pod, join->name, unit);
  join->container->is_starting = TRUE;
  join->container->has_spec = TRUE;
  spec_copy (&join->spec, &join->container->spec);
  g_hash_table_insert (manager->leaves, g_strdup (unit), join->pod);
  description = g_strdup_printf ("NodeCgroups: container %s of pod %s", join->name, join->uid);
  ncg_resources_clear (&join->resources);
  settings_for_container (&join->spec, &join->resources);
  leaf = (NcgLeaf){
    .parent = join->pod->path,
    .uid = join->uid,
    .name = join->name,
    .description = description,
    .resources = &join->resources,
    .processes = join->processes,
  };
  ncg_driver_start_leaf_async (manager->driver, &leaf, join->deadline, on_leaf_started,
                               g_object_ref (task));
  /* While systemd is at work. Without the file the next daemon would still find the leaf in the
   * tree, but not know its spec. */
  manager_save_pod (manager, join->pod, STORE_POD, &join->save_error);
}

/* A leaf can end between the look at the table and the write: then a new one is started. */
static void
join_existing (GTask *task, Container *container)
{
  Join *join = g_task_get_task_data (task);
  g_autoptr (NcgCgroup) leaf = NULL;
  GError *error = NULL;

  if (!spec_is_empty (&join->spec) &&
      !(container->has_spec && spec_equal (&join->spec, &container->spec))) {
    fail (task,
          g_error_new (NCG_ERROR, NCG_ERROR_CONTAINER_EXISTS,
                       "container %s of pod %s exists with another spec; leave the options out "
                       "to join it as it is",
                       join->name, join->uid));
    return;
  }
  leaf = manager_open_cgroup (join->manager, container->cgroup, &error);
  if (leaf != NULL && attach (join, leaf, &error)) {
    succeed (task, container);
    return;
  }
  move_back (join);
  if (g_error_matches (error, NCG_ERROR, NCG_ERROR_NOT_FOUND)) {
    g_clear_error (&error);
    manager_drop_container (join->manager, join->pod, container);
    start_leaf (task);
    return;
  }
  fail (task, error);
}

static void
on_turn (GTask *task)
{
  Join *join = g_task_get_task_data (task);
  Container *container;
  GError *error = NULL;
  Pod *pod = manager_find_pod (join->manager, join->uid, &error);

  if (pod == NULL || !note_origins (join, &error)) {
    fail (task, error);
    return;
  }
  if (pod->state != POD_ACTIVE) {
    fail (task, g_error_new (NCG_ERROR, NCG_ERROR_FAILED,
                             "pod %s is %s and cannot be joined; remove it, or create it again",
                             join->uid, pod_state_to_string (pod->state)));
    return;
  }
  join->pod = pod_ref (pod);
  join->deadline = g_get_monotonic_time () + MANAGER_DEADLINE_USEC;
  container = pod_find_container (pod, join->name);
  if (container != NULL)
    join_existing (task, container);
  else
    start_leaf (task);
}

void
pod_join_async (Manager *manager,
                const char *uid,
                const char *container,
                GPtrArray *processes,
                const Spec *spec,
                GAsyncReadyCallback callback,
                gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Join *join = g_new0 (Join, 1);
  GError *error = NULL;

  join->manager = manager;
  join->uid = g_strdup (uid);
  join->name = g_strdup (container);
  join->processes = g_ptr_array_ref (processes);
  spec_copy (spec, &join->spec);
  g_task_set_task_data (task, join, join_free);
  if (!ncg_names_check_container (container, &error) || !spec_check (spec, &error) ||
      !manager_check_cpus (manager, spec, &error)) {
    g_task_return_error (task, error);
    return;
  }
  turns_take (manager->turns, uid, on_turn, task);
}

NcgPlace *
pod_join_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
