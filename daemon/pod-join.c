/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Joining: a leaf around the first processes, which further ones join. The driver sees to it that
 * they are there.
 */
#include "daemon/pod-join.h"

#include "daemon/cgroup-wait.h"
#include "daemon/container-make.h"
#include "daemon/dropped.h"
#include "daemon/fault-point.h"
#include "daemon/manager-containers.h"
#include "daemon/pod-drift.h"
#include "daemon/spec-facts.h"
#include "daemon/update-checks.h"
#include "daemon/user-lookup.h"
#include "lib/attach.h"
#include "lib/error.h"
#include "lib/names.h"
#include "lib/verify.h"

/* What was moved back has left at once. */
#define LEAVE_USEC (G_USEC_PER_SEC / 4)

typedef struct {
  Manager *manager;
  char *uid;
  char *name;
  GPtrArray *processes;
  NcgOrigins *origins;
  NcgCgroup *leaf; /* while its processes leave it */
  JoinOptions options;
  uid_t user; /* of the options, once it is known who that is */
  gboolean is_user_known;
  uid_t owner; /* of the processes; NCG_NO_USER: anybody */
  Pod *pod;
  Container *container; /* while it is starting */
  gboolean is_made_again;
  NcgResources resources;
  GError *error; /* to be returned when the leaf is stopped */
  gint64 deadline;
} Join;

static void start_leaf (GTask *task);
static void join_existing (GTask *task, Container *container);

static void
join_free (gpointer data)
{
  Join *join = data;

  g_free (join->uid);
  g_free (join->name);
  g_ptr_array_unref (join->processes);
  g_clear_pointer (&join->origins, ncg_origins_free);
  g_clear_pointer (&join->leaf, ncg_cgroup_close);
  join_options_clear (&join->options);
  ncg_resources_clear (&join->resources);
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

static void
on_leaf_stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Join *join = g_task_get_task_data (task);

  ncg_driver_stop_finish (result, NULL);
  FAULT_POINT ("join:leaf-stopped");
  forget_container (join);
  fail (task, g_steal_pointer (&join->error));
}

/* With a process in it that could not go back, the leaf stays and is known. */
static void
on_leaf_left (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Join *join = g_task_get_task_data (task);
  NcgPlace place = container_get_place (join->container);

  if (cgroup_wait_empty_finish (result)) {
    ncg_driver_stop_async (join->manager->driver, &place,
                           g_get_monotonic_time () + MANAGER_UNDO_USEC, on_leaf_stopped,
                           g_object_ref (task));
    return;
  }
  manager_set_container_state (join->manager, join->pod, join->container, CONTAINER_ACTIVE);
  fail (task, g_steal_pointer (&join->error));
}

/* The leaf is there, but not as it should be. */
static void
give_up_leaf (GTask *task, GError *error)
{
  Join *join = g_task_get_task_data (task);

  FAULT_POINT ("join:give-up");
  join->error = error;
  ncg_origins_restore (join->origins);
  FAULT_POINT ("join:moved-back");
  join->leaf = manager_open_cgroup (join->manager, join->container->cgroup, NULL);
  if (join->leaf != NULL) {
    cgroup_wait_empty_async (join->leaf, g_get_monotonic_time () + LEAVE_USEC, on_leaf_left,
                             g_object_ref (task));
    return;
  }
  forget_container (join);
  fail (task, g_steal_pointer (&join->error));
}

gboolean
pod_join_check_owner (const NcgProcess *process, const char *proc, uid_t owner, GError **error)
{
  if (ncg_process_check_owner (process, proc, owner, error))
    return TRUE;
  if (error != NULL && g_error_matches (*error, NCG_ERROR, NCG_ERROR_ACCESS_DENIED))
    g_prefix_error (error, "user %u may only join processes of its own: ", (guint) owner);
  return FALSE;
}

/* Once more, when they have been moved: one may have become another's in between, by executing what
 * is set-user-ID. One that has ended has had its pidfd until now, and was what it was before. */
static gboolean
check_owner (const Join *join, GError **error)
{
  for (guint i = 0; join->owner != NCG_NO_USER && i < join->processes->len; i++) {
    g_autoptr (GError) local = NULL;

    if (pod_join_check_owner (g_ptr_array_index (join->processes, i), join->manager->proc,
                              join->owner, &local) ||
        g_error_matches (local, NCG_ERROR, NCG_ERROR_NO_SUCH_PROCESS))
      continue;
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  return TRUE;
}

/* What was left out is in the file, and what an earlier leaf of that name was not told may be. */
static gboolean
save_dropped (Join *join, GError **error)
{
  return !dropped_note (join->manager->driver, join->pod) ||
         manager_save_pod (join->manager, join->pod, STORE_POD, error);
}

static void
leaf_started (GTask *task, const NcgPlace *place)
{
  Join *join = g_task_get_task_data (task);
  Container *container = join->container;
  GError *error = NULL;

  container_set_cgroup (container, place->cgroup);
  /* systemd starts a slice that was stopped anew for the leaf, and without the pod's settings. */
  if (join->pod->state != POD_ACTIVE)
    g_set_error (&error, NCG_ERROR, NCG_ERROR_FAILED,
                 "the slice of pod %s was stopped by somebody else meanwhile; remove the pod, or "
                 "create it again",
                 join->uid);
  if (error == NULL && check_owner (join, &error) &&
      ncg_verify_cgroup (join->manager->hierarchy, place->cgroup, &join->resources, &error) &&
      save_dropped (join, &error)) {
    manager_set_container_state (join->manager, join->pod, container, CONTAINER_ACTIVE);
    FAULT_POINT ("join:told");
    succeed (task, container);
    return;
  }
  if (g_error_matches (error, NCG_ERROR, NCG_ERROR_NOT_FOUND)) {
    g_clear_error (&error);
    g_set_error (&error, NCG_ERROR, NCG_ERROR_NO_SUCH_PROCESS,
                 "the processes ended before they had joined container %s of pod %s", join->name,
                 join->uid);
  }
  give_up_leaf (task, error);
}

static void
on_leaf_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Join *join = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (NcgPlace) place = ncg_driver_start_leaf_finish (result, &error);

  FAULT_POINT ("join:started");
  if (place != NULL) {
    leaf_started (task, place);
    return;
  }
  g_prefix_error (&error, "container %s of pod %s: ", join->name, join->uid);
  manager_explain_taken (error);
  if (g_error_matches (error, NCG_ERROR, NCG_ERROR_TIMEOUT))
    late_expect_leaf (join->manager->late, join->pod, join->container);
  forget_container (join);
  fail (task, error);
}

/* Only who may have to move the processes back needs to know. */
static gboolean
read_origins (Join *join, GError **error)
{
  if (join->origins == NULL)
    join->origins =
        ncg_origins_read (join->manager->hierarchy, join->manager->proc, join->processes, error);
  return join->origins != NULL;
}

static void
start_leaf (GTask *task)
{
  Join *join = g_task_get_task_data (task);
  Manager *manager = join->manager;
  g_autofree char *description = NULL;
  NcgLeaf leaf = {
    .parent = join->pod->path,
    .uid = join->uid,
    .name = join->name,
    .resources = &join->resources,
    .processes = join->processes,
    .is_delegated = join->options.is_delegated,
    .subgroup = join->options.subgroup,
    .user = join->user,
  };
  GError *error = NULL;
  g_autofree char *unit = ncg_driver_leaf_unit (manager->driver, &leaf, &error);

  if (unit == NULL || !read_origins (join, &error) ||
      !update_checks_cpu_of_container (manager, join->pod, join->name, &join->options.spec,
                                       &error)) {
    fail (task, error);
    return;
  }
  join->container = pod_add_container (join->pod, join->name, unit);
  join->container->state = CONTAINER_STARTING;
  join->container->is_delegated = join->options.is_delegated;
  join->container->user = join->user;
  container_set_spec (join->container, &join->options.spec);
  g_hash_table_insert (manager->leaves, g_strdup (unit), join->pod);
  FAULT_POINT ("join:begun");
  /* First: the next daemon would find the leaf in the tree, but not know its spec, and the same
   * call again would not fit it. */
  if (!manager_save_pod (manager, join->pod, STORE_POD, &error)) {
    manager_drop_container (manager, join->pod, join->container);
    join->container = NULL;
    fail (task, error);
    return;
  }
  ncg_resources_clear (&join->resources);
  container_get_resources (join->container, &join->resources);
  description = container_describe (join->container, join->uid);
  leaf.description = description;
  ncg_driver_start_leaf_async (manager->driver, &leaf, join->deadline, on_leaf_started,
                               g_object_ref (task));
  FAULT_POINT ("join:asked");
  /* While the driver is at work. */
  manager_container_changed (manager, join->pod, join->container);
}

/* What was not found may be a subgroup that its user removed. */
static gboolean
has_cgroup (const Join *join, const Container *container)
{
  g_autoptr (NcgCgroup) cgroup = NULL;

  if (container != NULL)
    cgroup = manager_open_cgroup (join->manager, container->cgroup, NULL);
  return cgroup != NULL;
}

static void
on_made_again (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Join *join = g_task_get_task_data (task);
  Container *container = join->container;
  GError *error = NULL;
  gboolean is_made = container_make_finish (result, &error);
  gboolean is_saved;

  join->container = NULL;
  if (is_made)
    manager_set_container_state (join->manager, join->pod, container, CONTAINER_ACTIVE);
  else
    manager_settle_container (join->manager, join->pod, container);
  /* Whatever was written meanwhile says that it is starting. */
  is_saved = manager_save_pod (join->manager, join->pod, STORE_POD, is_made ? &error : NULL);
  if (is_made && is_saved)
    join_existing (task, container);
  else
    fail (task, error);
}

/* One that is held is there until it is removed, whoever stopped it; but not twice in a call. */
static gboolean
make_again (GTask *task, Container *container)
{
  Join *join = g_task_get_task_data (task);

  if (!container->is_held || !container->has_spec || join->is_made_again)
    return FALSE;
  join->is_made_again = TRUE;
  join->container = container;
  manager_set_container_state (join->manager, join->pod, container, CONTAINER_STARTING);
  container_make_async (join->manager, join->pod, container, join->deadline, on_made_again,
                        g_object_ref (task));
  return TRUE;
}

/* Who left the options out has asked for it as it was. */
static void
keep_options (Join *join, const Container *container)
{
  JoinOptions *options = &join->options;

  if (spec_is_empty (&options->spec) && container->has_spec) {
    spec_clear (&options->spec);
    spec_copy (&container->spec, &options->spec);
  }
  options->is_delegated = options->is_delegated || container->is_delegated;
  if (join->user == NCG_NO_USER)
    join->user = container->user;
}

/* A leaf can end between the look at the table and the write, and its unit when its cgroup was
 * empty before that: then a new one is started. */
static void
on_joined (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Join *join = g_task_get_task_data (task);
  Container *container = pod_find_container (join->pod, join->name);
  GError *error = NULL;

  FAULT_POINT ("join:moved");
  if (ncg_driver_join_finish (result, &error) && container != NULL) {
    if (check_owner (join, &error)) {
      join->pod->stop_usec = 0;
      container->stop_usec = 0;
      /* The driver may have made its cgroup again. */
      if (container->is_held)
        pod_drift_watch_container (join->manager, container);
      succeed (task, container);
      return;
    }
    ncg_origins_restore (join->origins);
    fail (task, error);
    return;
  }
  if (error == NULL || g_error_matches (error, NCG_ERROR, NCG_ERROR_NO_SUCH_UNIT) ||
      (g_error_matches (error, NCG_ERROR, NCG_ERROR_NOT_FOUND) && !has_cgroup (join, container))) {
    if (container == NULL || !container->is_held) {
      g_clear_error (&error);
      if (container != NULL) {
        keep_options (join, container);
        manager_drop_container (join->manager, join->pod, container);
      }
      start_leaf (task);
      return;
    }
    if (make_again (task, container)) {
      g_clear_error (&error);
      return;
    }
  }
  if (error == NULL)
    error = g_error_new (NCG_ERROR, NCG_ERROR_FAILED,
                         "container %s of pod %s was stopped by somebody else meanwhile",
                         join->name, join->uid);
  fail (task, error);
}

static gboolean
check_existing (const Join *join, const Container *container, GError **error)
{
  const JoinOptions *options = &join->options;
  gboolean is_same_spec =
      spec_is_empty (&options->spec) ||
      (container->has_spec && settings_is_same_spec (&options->spec, &container->spec,
                                                     SPEC_OF_CONTAINER, &container->defaults));

  if (is_same_spec && (!options->is_delegated || container->is_delegated) &&
      (join->user == NCG_NO_USER || join->user == container->user)) {
    if (options->subgroup == NULL || container->is_delegated)
      return TRUE;
    g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
                 "Subgroup is '%s', but container %s of pod %s is not delegated; leave it out, or "
                 "start the container with Delegate",
                 options->subgroup, join->name, join->uid);
    return FALSE;
  }
  g_set_error (error, NCG_ERROR, NCG_ERROR_CONTAINER_EXISTS,
               "container %s of pod %s exists with another %s; leave the options out "
               "to join it as it is",
               join->name, join->uid, is_same_spec ? "delegation" : "spec");
  return FALSE;
}

static void
join_existing (GTask *task, Container *container)
{
  Join *join = g_task_get_task_data (task);
  NcgPlace place = container_get_place (container);
  NcgJoin what = {
    .place = &place,
    .processes = join->processes,
    .subgroup = join->options.subgroup,
    .user = container->user,
  };
  GError *error = NULL;

  if (check_existing (join, container, &error) && container->state == CONTAINER_VANISHED &&
      make_again (task, container))
    return;
  if (error == NULL && (join->owner == NCG_NO_USER || read_origins (join, &error)))
    ncg_driver_join_async (join->manager->driver, &what, join->deadline, on_joined,
                           g_object_ref (task));
  else
    fail (task, error);
}

/* Of one whose main thread has ended the threads would move, and be found neither there nor here.
 */
static gboolean
check_whole (const Join *join, GError **error)
{
  for (guint i = 0; i < join->processes->len; i++)
    if (!ncg_process_check_whole (g_ptr_array_index (join->processes, i), error))
      return FALSE;
  return TRUE;
}

static void
begin (GTask *task)
{
  Join *join = g_task_get_task_data (task);
  Container *container;
  GError *error = NULL;
  Pod *pod = manager_find_own_pod (join->manager, join->uid, &error);

  if (pod == NULL) {
    fail (task, error);
    return;
  }
  if (pod->state != POD_ACTIVE) {
    fail (task, g_error_new (NCG_ERROR, NCG_ERROR_FAILED,
                             "pod %s is %s and cannot be joined; remove it, or create it again",
                             join->uid, pod_state_to_string (pod->state)));
    return;
  }
  if (!check_whole (join, &error)) {
    fail (task, error);
    return;
  }
  join->pod = pod_ref (pod);
  container = pod_find_container (pod, join->name);
  if (container != NULL)
    join_existing (task, container);
  else
    start_leaf (task);
}

static void
on_user_known (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Join *join = g_task_get_task_data (task);
  GError *error = NULL;

  if (user_lookup_finish (result, &join->user, &error) &&
      user_lookup_check (join->user, join->owner, &error))
    begin (task);
  else
    fail (task, error);
}

/* Not before: while the user is looked up, no later call may come first. */
static void
on_turn (GTask *task)
{
  Join *join = g_task_get_task_data (task);

  if (join->is_user_known)
    begin (task);
  else
    user_lookup_async (join->options.user, join->deadline, on_user_known, g_object_ref (task));
}

static gboolean
check (Join *join, GError **error)
{
  JoinOptions *options = &join->options;

  return ncg_names_check_container (join->name, error) && spec_check (&options->spec, error) &&
         manager_check_cpus (join->manager, &options->spec, error) &&
         spec_facts_find (&options->spec, join->manager->config->root, error);
}

void
pod_join_async (Manager *manager,
                const char *uid,
                const char *container,
                GPtrArray *processes,
                const JoinOptions *options,
                uid_t owner,
                GAsyncReadyCallback callback,
                gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Join *join = g_new0 (Join, 1);
  GError *error = NULL;

  join->manager = manager;
  join->deadline = g_get_monotonic_time () + MANAGER_DEADLINE_USEC;
  join->uid = g_strdup (uid);
  join->name = g_strdup (container);
  join->processes = g_ptr_array_ref (processes);
  join->owner = owner;
  join_options_copy (options, &join->options);
  join->is_user_known = user_lookup_parse (options->user, &join->user);
  g_task_set_task_data (task, join, join_free);
  if (check (join, &error) &&
      (!join->is_user_known || user_lookup_check (join->user, join->owner, &error)))
    turns_take_until (manager->turns, uid, on_turn, task,
                      join->deadline - MANAGER_DEADLINE_USEC + MANAGER_WAIT_USEC);
  else
    g_task_return_error (task, error);
}

NcgPlace *
pod_join_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
