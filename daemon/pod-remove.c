/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Removing a pod.
 *
 * The processes are killed first (what the driver does is atomic against forks, what systemd does
 * is not), and only an empty group is stopped.
 */
#include "daemon/pod-remove.h"

#include "daemon/cgroup-end.h"
#include "daemon/fault-point.h"
#include "daemon/loop.h"
#include "lib/cgroup-look.h"
#include "lib/error.h"

/* An empty pod is gone before anybody could have looked; only what takes longer is told of. */
#define UNTOLD_MSEC 20

/* What was watched is given up later, since the kernel takes its time for that, and the bus, which
 * delivers the reply, may have to wait for this CPU. */
#define RELEASE_MSEC 1

typedef struct {
  Manager *manager;
  char *uid;
  Pod *pod;
  PodState before; /* foreign: it has no file */
  guint64 grace_usec;
  gint64 deadline; /* without the grace */
  GQueue frozen;   /* char *: units of leaves that were frozen */
  guint untold;    /* until clients are told that it is being removed */
} Remove;

static void stop_all (GTask *task);

static void
remove_free (gpointer data)
{
  Remove *remove = data;

  g_clear_handle_id (&remove->untold, loop_remove);
  g_free (remove->uid);
  g_clear_pointer (&remove->pod, pod_unref);
  g_queue_clear_full (&remove->frozen, g_free);
  g_free (remove);
}

/* The pod stays. */
static void
fail (GTask *task, GError *error)
{
  Remove *remove = g_task_get_task_data (task);
  Manager *manager = remove->manager;

  if (remove->pod != NULL && remove->pod->state == POD_REMOVING) {
    if (remove->before != POD_FOREIGN)
      store_move (manager->store, remove->uid, STORE_REMOVING, STORE_POD, NULL);
    manager_check_leaves (manager, remove->pod);
    manager_set_state (manager, remove->pod, remove->before);
    manager_check_pod (manager, remove->pod);
  }
  turns_leave (manager->turns, remove->uid);
  g_task_return_error (task, error);
}

static gboolean
on_time_to_release (gpointer user_data)
{
  Remove *remove = g_task_get_task_data (user_data);
  Manager *manager = remove->manager;

  manager_release_pod (manager, remove->pod);
  FAULT_POINT ("remove:dropped");
  qos_tree_ensure_async (manager->qos, remove->pod->qos, NULL, NULL);
  turns_leave (manager->turns, remove->uid);
  return G_SOURCE_REMOVE;
}

/* Nothing is to be found of the pod any more when somebody hears of it. */
static void
succeed (GTask *task)
{
  Remove *remove = g_task_get_task_data (task);
  Manager *manager = remove->manager;

  g_clear_handle_id (&remove->untold, loop_remove);
  store_remove (manager->store, remove->uid, STORE_REMOVING, NULL);
  store_drop_bad (manager->store, remove->uid);
  manager_forget_pod (manager, remove->pod);
  g_task_return_boolean (task, TRUE);
  FAULT_POINT ("remove:answered");
  loop_add_full (RELEASE_MSEC, on_time_to_release, g_object_ref (task), g_object_unref);
}

static void
on_stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Remove *remove = g_task_get_task_data (task);
  GError *error = NULL;

  FAULT_POINT ("remove:stopped");
  if (ncg_driver_stop_finish (result, &error)) {
    succeed (task);
    return;
  }
  /* Its processes have ended, or are those of another's unit in it that is ending: the slice may
   * end later. */
  if (g_error_matches (error, NCG_ERROR, NCG_ERROR_TIMEOUT)) {
    NcgPlace place = pod_get_place (remove->pod);

    remove->pod->stop_usec = g_get_monotonic_time ();
    cgroup_end_explain (remove->manager, &place, error);
  }
  g_prefix_error (&error, "pod %s cannot be removed: ", remove->uid);
  fail (task, error);
}

static void
on_leaf_stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;

  ncg_driver_stop_finish (result, NULL);
  FAULT_POINT ("remove:leaf-stopped");
  stop_all (task);
}

/* A leaf that systemd has frozen is not stopped with the slice: it would stay loaded, without a
 * cgroup, and in the way of the next one of its name. */
static void
stop_all (GTask *task)
{
  Remove *remove = g_task_get_task_data (task);
  g_autofree char *leaf = g_queue_pop_head (&remove->frozen);
  g_autofree char *cgroup = g_strconcat (remove->pod->cgroup, "/", leaf, NULL);
  NcgPlace place = pod_get_place (remove->pod);

  if (leaf != NULL)
    place = (NcgPlace){ .unit = leaf, .cgroup = cgroup };
  ncg_driver_stop_async (remove->manager->driver, &place, remove->deadline,
                         leaf != NULL ? on_leaf_stopped : on_stopped, g_object_ref (task));
  FAULT_POINT ("remove:asked");
}

static void
on_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Remove *remove = g_task_get_task_data (task);
  GError *error = NULL;

  FAULT_POINT ("remove:killed");
  if (cgroup_end_finish (result, &remove->deadline, &error)) {
    stop_all (task);
    return;
  }
  g_prefix_error (&error, "pod %s cannot be removed: ", remove->uid);
  fail (task, error);
}

static void
note_frozen (Remove *remove)
{
  g_autoptr (NcgCgroup) cgroup = manager_open_cgroup (remove->manager, remove->pod->cgroup, NULL);
  g_auto (GStrv) children = cgroup != NULL ? ncg_cgroup_list_children (cgroup, NULL) : NULL;

  for (guint i = 0; children != NULL && children[i] != NULL; i++) {
    g_autoptr (NcgCgroup) child = ncg_cgroup_open_child (cgroup, children[i], NULL);
    guint64 is_frozen = 0;

    if (child != NULL && ncg_cgroup_read_u64 (child, "cgroup.freeze", &is_frozen, NULL) &&
        is_frozen != 0)
      g_queue_push_tail (&remove->frozen, g_strdup (children[i]));
  }
}

/* Whoever resumes the removal gives the processes what is left of their grace. */
static gboolean
note_grace (Remove *remove, guint64 grace_usec, GError **error)
{
  gint64 end = cgroup_end_of_grace (grace_usec);

  if (remove->pod->grace_end_usec == end)
    return TRUE;
  remove->pod->grace_end_usec = end;
  return manager_save_pod (remove->manager, remove->pod, STORE_POD, error);
}

/* Of one that was left behind no file is made for this: it would be one without a spec. */
static gboolean
note_removal (Remove *remove, gboolean is_bare, GError **error)
{
  /* A resumed removal has its file in that phase already. */
  if (remove->pod->state == POD_REMOVING || remove->pod->state == POD_FOREIGN)
    return TRUE;
  return note_grace (remove, is_bare ? 0 : remove->grace_usec, error) &&
         store_move (remove->manager->store, remove->uid, STORE_POD, STORE_REMOVING, error);
}

static Pod *
find_pod (const Remove *remove, GError **error)
{
  Pod *pod = g_hash_table_lookup (remove->manager->pods, remove->uid);

  return pod != NULL && pod_is_left_behind (pod)
             ? pod
             : manager_find_own_pod (remove->manager, remove->uid, error);
}

static gboolean
on_untold (gpointer user_data)
{
  Remove *remove = user_data;

  remove->untold = 0;
  manager_pod_changed (remove->manager, remove->pod);
  return G_SOURCE_REMOVE;
}

/* What the driver looks at is all hierarchies. */
static gboolean
is_bare (const Remove *remove)
{
  return ncg_cgroup_is_bare (ncg_hierarchy_get_primary (remove->manager->hierarchy),
                             remove->pod->cgroup);
}

static void
on_turn (GTask *task)
{
  Remove *remove = g_task_get_task_data (task);
  Manager *manager = remove->manager;
  GError *error = NULL;
  Pod *pod = find_pod (remove, &error);
  gboolean is_empty;
  NcgPlace place;

  if (pod == NULL) {
    fail (task, error);
    return;
  }
  remove->pod = pod_ref (pod);
  FAULT_POINT ("remove:begun");
  oom_kills_look (manager->oom, pod);
  remove->before = pod->state == POD_REMOVING ? POD_ACTIVE : pod->state;
  is_empty = is_bare (remove);
  if (!note_removal (remove, is_empty, &error)) {
    fail (task, error);
    return;
  }
  if (is_empty) {
    pod->state = POD_REMOVING;
    remove->untold = loop_add (UNTOLD_MSEC, on_untold, remove);
    stop_all (task);
    return;
  }
  manager_set_state (manager, pod, POD_REMOVING);
  note_frozen (remove);
  place = pod_get_place (pod);
  cgroup_end_async (manager, &place, remove->grace_usec, remove->deadline, on_ended,
                    g_object_ref (task));
}

void
pod_remove_async (Manager *manager,
                  const char *uid,
                  guint64 grace_usec,
                  GAsyncReadyCallback callback,
                  gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Remove *remove = g_new0 (Remove, 1);

  remove->manager = manager;
  remove->uid = g_strdup (uid);
  remove->grace_usec = grace_usec;
  remove->before = POD_ACTIVE;
  remove->deadline = g_get_monotonic_time () + MANAGER_DEADLINE_USEC;
  g_queue_init (&remove->frozen);
  g_task_set_task_data (task, remove, remove_free);
  turns_take_until (manager->turns, uid, on_turn, task,
                    g_get_monotonic_time () + MANAGER_WAIT_USEC);
}

gboolean
pod_remove_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
