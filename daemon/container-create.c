/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Creating a container.
 *
 * The pod's file says that it is being created before the driver is asked for anything, so that
 * whoever finds the file finishes that. What fails is taken back, and if that is not known to be
 * done, the container stays known as vanished: then it can be created again, or removed. A leaf
 * that was there before, in a pod that was taken over, is left as it is.
 */
#include "daemon/container-create.h"

#include "daemon/container-make.h"
#include "daemon/fault-point.h"
#include "daemon/manager-containers.h"
#include "daemon/spec-facts.h"
#include "daemon/update-checks.h"
#include "daemon/user-lookup.h"
#include "lib/error.h"
#include "lib/leaf-settle.h"
#include "lib/names.h"

typedef struct {
  Manager *manager;
  char *uid;
  char *name;
  JoinOptions options;
  uid_t user; /* of the options, once it is known who that is */
  gboolean is_user_known;
  uid_t owner; /* whom it may be delegated to; NCG_NO_USER: anybody */
  Pod *pod;
  Container *container;
  gboolean was_there; /* the leaf, with what is in it */
  GError *error;
  gint64 deadline;
  gint64 undo_deadline;
} Create;

static void describe (GTask *task);
static void begin (GTask *task);

static void
create_free (gpointer data)
{
  Create *create = data;

  g_free (create->uid);
  g_free (create->name);
  join_options_clear (&create->options);
  g_clear_pointer (&create->pod, pod_unref);
  g_clear_error (&create->error);
  g_free (create);
}

static void
fail (GTask *task, GError *error)
{
  Create *create = g_task_get_task_data (task);

  turns_leave (create->manager->turns, create->uid);
  g_task_return_error (task, error);
}

static void
succeed (GTask *task, const Container *container)
{
  Create *create = g_task_get_task_data (task);

  turns_leave (create->manager->turns, create->uid);
  g_task_return_pointer (task, ncg_place_new (container->unit, container->cgroup),
                         (GDestroyNotify) ncg_place_free);
}

static void
drop (GTask *task)
{
  Create *create = g_task_get_task_data (task);

  manager_drop_container (create->manager, create->pod, create->container);
  FAULT_POINT ("container-create:dropped");
  manager_save_pod (create->manager, create->pod, STORE_POD, NULL);
  fail (task, g_steal_pointer (&create->error));
}

/* Nobody knows what systemd makes of it; until that is seen the container is known. */
static void
vanish (GTask *task)
{
  Create *create = g_task_get_task_data (task);

  late_expect_leaf (create->manager->late, create->pod, create->container);
  manager_set_container_state (create->manager, create->pod, create->container, CONTAINER_VANISHED);
  manager_save_pod (create->manager, create->pod, STORE_POD, NULL);
  fail (task, g_steal_pointer (&create->error));
}

static void
on_undone (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;

  FAULT_POINT ("container-create:undone");
  if (ncg_driver_stop_finish (result, NULL))
    drop (task);
  else
    vanish (task);
}

static void
on_described (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Create *create = g_task_get_task_data (task);
  g_autofree char *ours = container_describe (create->container, create->uid);
  g_autoptr (GError) error = NULL;
  g_autofree char *description = ncg_driver_describe_finish (result, &error);
  NcgPlace place = container_get_place (create->container);

  if (g_error_matches (error, NCG_ERROR, NCG_ERROR_DISCONNECTED))
    describe (task);
  else if (description == NULL)
    vanish (task);
  else if (g_str_equal (description, ours))
    ncg_driver_stop_async (create->manager->driver, &place, create->undo_deadline, on_undone,
                           g_object_ref (task));
  else
    drop (task);
}

static void
describe (GTask *task)
{
  Create *create = g_task_get_task_data (task);
  NcgPlace place = container_get_place (create->container);

  ncg_driver_describe_async (create->manager->driver, &place, create->undo_deadline, on_described,
                             g_object_ref (task));
}

/* Takes back what was begun, but never what somebody else made; whose it is cannot be seen from the
 * error. */
static void
undo (GTask *task)
{
  Create *create = g_task_get_task_data (task);

  if (g_error_matches (create->error, NCG_ERROR, NCG_ERROR_CONTAINER_EXISTS) || create->was_there) {
    drop (task);
    return;
  }
  if (create->container->cgroup[0] == '\0')
    manager_predict_container (create->pod, create->container);
  create->undo_deadline = g_get_monotonic_time () + MANAGER_UNDO_USEC;
  FAULT_POINT ("container-create:undo");
  describe (task);
}

static void
on_made (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Create *create = g_task_get_task_data (task);
  Manager *manager = create->manager;
  Container *container = create->container;

  FAULT_POINT ("container-create:made");
  if (!container_make_finish (result, &create->error)) {
    undo (task);
    return;
  }
  container->state = CONTAINER_ACTIVE;
  if (!manager_save_pod (manager, create->pod, STORE_POD, &create->error)) {
    container->state = CONTAINER_STARTING;
    undo (task);
    return;
  }
  manager_pod_changed (manager, create->pod);
  FAULT_POINT ("container-create:told");
  succeed (task, container);
}

/* What a daemon before this one had begun nobody could join yet: there it is so if it has
 * processes.
 */
static gboolean
is_there_before (const Create *create, gboolean is_resumed)
{
  g_autofree char *path = manager_predict_leaf (create->pod, create->container->unit);
  g_autoptr (NcgCgroup) cgroup = manager_open_cgroup (create->manager, path, NULL);
  gboolean is_populated = TRUE;

  if (cgroup == NULL)
    return !manager_is_gone (create->manager, path);
  return !is_resumed || !ncg_cgroup_is_populated (cgroup, &is_populated, NULL) || is_populated;
}

static void
make (GTask *task, gboolean is_resumed)
{
  Create *create = g_task_get_task_data (task);

  create->was_there = is_there_before (create, is_resumed);
  container_make_async (create->manager, create->pod, create->container, create->deadline, on_made,
                        g_object_ref (task));
  FAULT_POINT ("container-create:asked");
}

/* The container is there, as far as the tables know. */
static void
add (GTask *task, const char *unit)
{
  Create *create = g_task_get_task_data (task);
  Manager *manager = create->manager;
  Container *container = pod_add_container (create->pod, create->name, unit);

  create->container = container;
  container->state = CONTAINER_STARTING;
  container->is_held = TRUE;
  container->is_delegated = create->options.is_delegated;
  container->user = create->user;
  container_set_spec (container, &create->options.spec);
  g_hash_table_insert (manager->leaves, g_strdup (unit), create->pod);
  manager_pod_changed (manager, create->pod);
  FAULT_POINT ("container-create:begun");
  if (manager_save_pod (manager, create->pod, STORE_POD, &create->error))
    make (task, FALSE);
  else
    drop (task);
}

static gboolean
is_same (const Create *create, const Container *container)
{
  return container->is_held && container->has_spec &&
         settings_is_same_spec (&create->options.spec, &container->spec, SPEC_OF_CONTAINER,
                                &container->defaults) &&
         container->is_delegated == create->options.is_delegated && container->user == create->user;
}

static GError *
refuse (const Create *create, const Container *container)
{
  const char *how = "with another spec or delegation; change it with UpdateContainer, or remove it "
                    "first";

  if (!container->is_held)
    how = "and came by a join: it ends with its last process; remove it first";
  return g_error_new (NCG_ERROR, NCG_ERROR_CONTAINER_EXISTS, "container %s of pod %s exists %s",
                      create->name, create->uid, how);
}

static char *
name_unit (const Create *create, GError **error)
{
  const NcgLeaf leaf = {
    .parent = create->pod->path,
    .uid = create->uid,
    .name = create->name,
  };

  return ncg_driver_leaf_unit (create->manager->driver, &leaf, error);
}

static void
on_leftover_stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Create *create = g_task_get_task_data (task);
  GError *error = NULL;

  if (ncg_driver_stop_finish (result, &error)) {
    manager_drop_container (create->manager, create->pod, create->container);
    create->container = NULL;
    begin (task);
    return;
  }
  g_prefix_error (&error,
                  "what is left of container %s of pod %s cannot be removed: ", create->name,
                  create->uid);
  manager_set_container_state (create->manager, create->pod, create->container, CONTAINER_VANISHED);
  fail (task, error);
}

/* Of one that vanished something may be there still, or again. */
static void
stop_leftover (GTask *task, Container *container)
{
  Create *create = g_task_get_task_data (task);
  NcgPlace place = container_get_place (container);

  create->container = container;
  manager_set_container_state (create->manager, create->pod, container, CONTAINER_STARTING);
  ncg_driver_stop_async (create->manager->driver, &place, create->deadline, on_leftover_stopped,
                         g_object_ref (task));
}

static void
begin (GTask *task)
{
  Create *create = g_task_get_task_data (task);
  Container *container = pod_find_container (create->pod, create->name);
  g_autofree char *unit = NULL;
  GError *error = NULL;

  if (container != NULL && container->state == CONTAINER_VANISHED) {
    stop_leftover (task, container);
    return;
  }
  if (container != NULL && is_same (create, container)) {
    /* It may be removed behind the back of systemd, or of a driver that is not told. */
    if (manager_is_gone (create->manager, container->cgroup))
      stop_leftover (task, container);
    else
      succeed (task, container);
    return;
  }
  if (container != NULL)
    error = refuse (create, container);
  else if (update_checks_cpu_of_container (create->manager, create->pod, create->name,
                                           &create->options.spec, &error))
    unit = name_unit (create, &error);
  if (unit != NULL)
    add (task, unit);
  else
    fail (task, error);
}

static void
enter_pod (GTask *task)
{
  Create *create = g_task_get_task_data (task);
  GError *error = NULL;
  Pod *pod = manager_find_active_pod (create->manager, create->uid, &error);
  if (pod == NULL) {
    fail (task, error);
    return;
  }
  create->pod = pod_ref (pod);
  begin (task);
}

static void
on_user_known (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Create *create = g_task_get_task_data (task);
  GError *error = NULL;

  if (user_lookup_finish (result, &create->user, &error) &&
      user_lookup_check (create->user, create->owner, &error))
    enter_pod (task);
  else
    fail (task, error);
}

/* The user is not looked up before: no later call may come first meanwhile. */
static void
on_turn (GTask *task)
{
  Create *create = g_task_get_task_data (task);

  if (create->container != NULL) {
    create->deadline = g_get_monotonic_time () + MANAGER_DEADLINE_USEC;
    make (task, TRUE);
  } else if (create->is_user_known) {
    enter_pod (task);
  } else {
    user_lookup_async (create->options.user, create->deadline, on_user_known, g_object_ref (task));
  }
}

static GTask *
create_new (Manager *manager,
            const char *uid,
            const char *name,
            GAsyncReadyCallback callback,
            gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  Create *create = g_new0 (Create, 1);

  create->manager = manager;
  create->uid = g_strdup (uid);
  create->name = g_strdup (name);
  create->deadline = g_get_monotonic_time () + MANAGER_DEADLINE_USEC;
  g_task_set_task_data (task, create, create_free);
  return task;
}

void
container_create_async (Manager *manager,
                        const char *uid,
                        const char *name,
                        const JoinOptions *options,
                        uid_t owner,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  g_autoptr (GTask) task = create_new (manager, uid, name, callback, user_data);
  Create *create = g_task_get_task_data (task);
  Spec *spec = &create->options.spec;
  GError *error = NULL;

  create->owner = owner;
  create->is_user_known = user_lookup_parse (options->user, &create->user);
  join_options_copy (options, &create->options);
  if (!ncg_names_check_container (name, &error) || !spec_check (spec, &error) ||
      !manager_check_cpus (manager, spec, &error) ||
      !spec_facts_find (spec, manager->config->root, &error) ||
      !ncg_leaf_check_delegation (options->is_delegated, NULL,
                                  options->user != NULL ? 0 : NCG_NO_USER, &error) ||
      (create->is_user_known && !user_lookup_check (create->user, create->owner, &error)))
    g_task_return_error (task, error);
  else
    turns_take_until (manager->turns, uid, on_turn, task,
                      create->deadline - MANAGER_DEADLINE_USEC + MANAGER_WAIT_USEC);
}

NcgPlace *
container_create_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
container_create_resume_async (Manager *manager,
                               Pod *pod,
                               Container *container,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_autoptr (GTask) task = create_new (manager, pod->uid, container->name, callback, user_data);
  Create *create = g_task_get_task_data (task);

  create->pod = pod_ref (pod);
  create->container = container;
  turns_take (manager->turns, pod->uid, on_turn, task);
}
