/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The checks.
 */
#include "daemon/update-checks.h"

#include "daemon/policy/amount.h"
#include "lib/error.h"
#include "lib/undo.h"

/* What the kernel can take back without swap: not all of "file", which has shared memory in it. */
static const char *const reclaimable_v2[] = { "active_file", "inactive_file", "slab_reclaimable",
                                              NULL };
static const char *const reclaimable_v1[] = { "total_active_file", "total_inactive_file", NULL };

gboolean
update_checks_fill (const Manager *manager,
                    const char *cgroup,
                    const NcgResources *before,
                    NcgResources *resources,
                    GError **error)
{
  return ncg_undo_add_sets (resources, before, manager->hierarchy, cgroup, error);
}

static gboolean
is_within (const char *uid, guint64 of_pod, const char *name, guint64 of_container, GError **error)
{
  if (of_pod == AMOUNT_MAX || of_container == AMOUNT_MAX || of_container <= of_pod)
    return TRUE;
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
               "CPULimit of container %s would be %" G_GUINT64_FORMAT "m, and that of its pod %s "
               "%" G_GUINT64_FORMAT "m; on cgroup v1 a container takes at most what its pod has",
               name, of_container, uid, of_pod);
  return FALSE;
}

static gboolean
has_cpu_v1 (const Manager *manager)
{
  const NcgTree *tree = ncg_hierarchy_find_tree (manager->hierarchy, "cpu");

  return tree != NULL && tree->is_v1;
}

gboolean
update_checks_cpu_of_container (
    const Manager *manager, const Pod *pod, const char *name, const Spec *spec, GError **error)
{
  return !has_cpu_v1 (manager) || is_within (pod->uid, spec_get_cpu_limit (&pod->spec), name,
                                             spec_get_cpu_limit (spec), error);
}

gboolean
update_checks_cpu_of_pod (const Manager *manager, const Pod *pod, const Spec *spec, GError **error)
{
  guint64 limit = spec_get_cpu_limit (spec);

  if (!has_cpu_v1 (manager))
    return TRUE;
  for (guint i = 0; i < pod->containers->len; i++) {
    const Container *container = g_ptr_array_index (pod->containers, i);

    if (container->has_spec &&
        !is_within (pod->uid, limit, container->name, spec_get_cpu_limit (&container->spec), error))
      return FALSE;
  }
  return TRUE;
}

typedef struct {
  const NcgHierarchy *hierarchy;
  char *cgroup;
  char *what;
  guint64 limit;
} Check;

static void
check_free (gpointer data)
{
  Check *check = data;

  g_free (check->cgroup);
  g_free (check->what);
  g_free (check);
}

static guint64
read_reclaimable (const NcgCgroup *cgroup, const char *const *keys)
{
  guint64 sum = 0;

  for (guint i = 0; keys[i] != NULL; i++) {
    guint64 bytes = 0;

    ncg_cgroup_read_key (cgroup, "memory.stat", keys[i], &bytes, NULL);
    sum += bytes;
  }
  return sum;
}

static guint64
read_fixed_usage (const Check *check)
{
  const NcgTree *tree = ncg_hierarchy_find_tree (check->hierarchy, "memory");
  g_autoptr (NcgCgroup) cgroup =
      tree != NULL ? ncg_cgroup_open (tree->mount, check->cgroup, NULL) : NULL;
  guint64 usage = 0;

  if (cgroup == NULL ||
      !ncg_cgroup_read_u64 (cgroup, tree->is_v1 ? "memory.usage_in_bytes" : "memory.current",
                            &usage, NULL) ||
      usage <= check->limit)
    return usage;
  return usage -
         MIN (usage, read_reclaimable (cgroup, tree->is_v1 ? reclaimable_v1 : reclaimable_v2));
}

static void
run (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Check *check = data;
  guint64 usage = read_fixed_usage (check);

  if (usage > check->limit)
    g_task_return_new_error (
        task, NCG_ERROR, NCG_ERROR_BUSY,
        "MemoryLimit of %" G_GUINT64_FORMAT " bytes is below the %" G_GUINT64_FORMAT
        " bytes that %s uses and cannot give back: its processes would be killed; make "
        "them use less first",
        check->limit, usage, check->what);
  else
    g_task_return_boolean (task, TRUE);
}

void
update_checks_memory_async (Manager *manager,
                            const char *cgroup,
                            const NcgResources *resources,
                            const char *what,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Check *check = g_new0 (Check, 1);

  check->hierarchy = manager->hierarchy;
  check->cgroup = g_strdup (cgroup);
  check->what = g_strdup (what);
  check->limit = ncg_resources_get (resources, NCG_SETTING_MEMORY_MAX, NCG_UNLIMITED);
  g_task_set_task_data (task, check, check_free);
  ncg_worker_run (manager->worker, task, run);
}

gboolean
update_checks_memory_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
