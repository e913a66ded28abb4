/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Verifying a pod.
 */
#include "daemon/pod-verify.h"

#include "daemon/pod-members.h"

#define ROUNDS 3

/* One cgroup, as the worker gets it. */
typedef struct {
  char *cgroup;
  NcgResources resources;
  GPtrArray *dropped; /* (element-type NcgDropped) */
  GPtrArray *holders; /* (element-type NcgHolder) */
} Target;

typedef struct {
  Manager *manager;
  char *uid;
  GPtrArray *targets; /* of Target; the pod is the first */
  guint n_rounds;
} Verify;

static void read_targets (GTask *task);

static void
target_free (gpointer data)
{
  Target *target = data;

  g_free (target->cgroup);
  ncg_resources_clear (&target->resources);
  g_ptr_array_unref (target->dropped);
  g_ptr_array_unref (target->holders);
  g_free (target);
}

static void
verify_free (gpointer data)
{
  Verify *verify = data;

  g_free (verify->uid);
  g_clear_pointer (&verify->targets, g_ptr_array_unref);
  g_free (verify);
}

/* @holders: (transfer full) */
static Target *
target_new (const Manager *manager,
            const char *unit,
            const char *cgroup,
            const NcgResources *resources,
            GPtrArray *holders)
{
  Target *target = g_new0 (Target, 1);

  target->cgroup = g_strdup (cgroup);
  ncg_resources_copy (resources, &target->resources);
  target->dropped = ncg_driver_list_dropped (manager->driver, unit);
  target->holders = holders;
  return target;
}

static GPtrArray *
list_targets (const Manager *manager, const Pod *pod)
{
  GPtrArray *targets = g_ptr_array_new_with_free_func (target_free);

  g_ptr_array_add (targets, target_new (manager, pod->slice, pod->cgroup, &pod->resources,
                                        pod_members_list_holders (manager, pod)));
  for (guint i = 0; i < pod->containers->len; i++) {
    const Container *container = g_ptr_array_index (pod->containers, i);
    g_auto (NcgResources) resources = { 0 };

    if (!container->has_spec || container->state == CONTAINER_STARTING)
      continue;
    container_get_resources (container, &resources);
    g_ptr_array_add (
        targets, target_new (manager, container->unit, container->cgroup, &resources,
                             pod_members_list_holders_of (manager, container->cgroup, &resources)));
  }
  return targets;
}

/* Whether the same is asked for, in the same cgroups. */
static gboolean
are_same (const GPtrArray *a, const GPtrArray *b)
{
  for (guint i = 0; a->len == b->len && i < a->len; i++) {
    const Target *one = g_ptr_array_index (a, i);
    const Target *other = g_ptr_array_index (b, i);

    if (!g_str_equal (one->cgroup, other->cgroup) ||
        !ncg_resources_equal (&one->resources, &other->resources))
      return FALSE;
  }
  return a->len == b->len;
}

/* What systemd was not told is not as it should be. */
static void
add_dropped (const Target *target, GVariantBuilder *rows)
{
  for (guint i = 0; i < target->dropped->len; i++) {
    const NcgDropped *dropped = g_ptr_array_index (target->dropped, i);
    g_variant_builder_add (rows, "(ssssb)", target->cgroup, dropped->setting, dropped->wanted,
                           dropped->reason, FALSE);
  }
}

static void
work (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Verify *verify = data;
  GVariantBuilder rows;

  g_variant_builder_init (&rows, G_VARIANT_TYPE ("a(ssssb)"));
  for (guint i = 0; i < verify->targets->len; i++) {
    const Target *target = g_ptr_array_index (verify->targets, i);

    manager_add_rows (verify->manager, target->cgroup, &target->resources, &rows);
    add_dropped (target, &rows);
  }
  for (guint i = 0; i < verify->targets->len; i++) {
    const Target *target = g_ptr_array_index (verify->targets, i);
    pod_members_add_rows (verify->manager, target->cgroup, target->holders, &rows);
  }
  g_task_return_pointer (task, g_variant_ref_sink (g_variant_builder_end (&rows)),
                         (GDestroyNotify) g_variant_unref);
}

/* Whether the pod is another one than what was read, and is read once more. */
static gboolean
begin_again (GTask *task, const Pod *pod)
{
  Verify *verify = g_task_get_task_data (task);
  g_autoptr (GPtrArray) before = g_steal_pointer (&verify->targets);

  verify->targets = list_targets (verify->manager, pod);
  if (++verify->n_rounds == ROUNDS || are_same (before, verify->targets))
    return FALSE;
  read_targets (task);
  return TRUE;
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  const Verify *verify = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GVariant) rows = g_task_propagate_pointer (G_TASK (result), &error);
  const Pod *pod = rows != NULL ? manager_find_pod (verify->manager, verify->uid, &error) : NULL;

  if (pod == NULL)
    g_task_return_error (task, error);
  else if (!begin_again (task, pod))
    g_task_return_pointer (task, g_steal_pointer (&rows), (GDestroyNotify) g_variant_unref);
}

/* The worker has no more than it needs of @task's data. */
static void
read_targets (GTask *task)
{
  const Verify *verify = g_task_get_task_data (task);
  g_autoptr (GTask) work_task = g_task_new (NULL, NULL, on_read, g_object_ref (task));
  Verify *copy = g_new0 (Verify, 1);

  copy->manager = verify->manager;
  copy->targets = g_ptr_array_ref (verify->targets);
  g_task_set_task_data (work_task, copy, verify_free);
  ncg_worker_run (verify->manager->readers, work_task, work);
}

void
pod_verify_async (Manager *manager,
                  const char *uid,
                  GAsyncReadyCallback callback,
                  gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  GError *error = NULL;
  const Pod *pod = manager_find_pod (manager, uid, &error);
  Verify *verify;

  if (pod == NULL) {
    g_task_return_error (task, error);
    return;
  }
  verify = g_new0 (Verify, 1);
  verify->manager = manager;
  verify->uid = g_strdup (uid);
  verify->targets = list_targets (manager, pod);
  g_task_set_task_data (task, verify, verify_free);
  read_targets (task);
}

GVariant *
pod_verify_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
