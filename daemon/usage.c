/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The node's usage. A worker gets copies of what it needs.
 */
#include "daemon/usage.h"

#include "lib/error.h"
#include "lib/stats-machine.h"

typedef struct {
  const NcgHierarchy *hierarchy;
  char *root;    /* the machine's */
  char *system;  /* (nullable) */
  char *user;    /* (nullable) */
  char *runtime; /* (nullable) */
  GStrv kube;
  GPtrArray *pods;  /* (element-type utf8): their cgroups */
  char *pods_group; /* where they are */
} Read;

static void
read_free (gpointer data)
{
  Read *read = data;

  g_free (read->root);
  g_free (read->system);
  g_free (read->user);
  g_free (read->runtime);
  g_strfreev (read->kube);
  g_ptr_array_unref (read->pods);
  g_free (read->pods_group);
  g_free (read);
}

/* Of a cgroup that is not there @ret_is_there is FALSE, without an error. */
static gboolean
fill (const Read *read,
      const char *cgroup,
      NcgStatsFields fields,
      NcgStats *stats,
      gboolean *ret_is_there,
      GError **error)
{
  g_autoptr (GError) local = NULL;

  *ret_is_there = ncg_stats_fill (stats, read->hierarchy, cgroup, fields, &local);
  if (*ret_is_there || g_error_matches (local, NCG_ERROR, NCG_ERROR_NOT_FOUND))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

static void
add_stats (GVariantBuilder *builder, const char *name, const NcgStats *stats)
{
  g_autoptr (GVariant) variant = ncg_stats_to_variant (stats);

  g_variant_builder_add (builder, "{s@a{sv}}", name, variant);
}

static gboolean
add_node (const Read *read, GVariantBuilder *builder, GError **error)
{
  g_auto (NcgStats) stats;

  ncg_stats_init (&stats);
  if (!ncg_stats_fill_machine (&stats, read->hierarchy, read->root, NCG_STATS_ALL, error))
    return FALSE;
  add_stats (builder, "node", &stats);
  return TRUE;
}

static gboolean
add_group (const Read *read,
           GVariantBuilder *builder,
           const char *name,
           const char *cgroup,
           GError **error)
{
  g_auto (NcgStats) stats;
  gboolean is_there;

  ncg_stats_init (&stats);
  if (cgroup == NULL)
    return TRUE;
  if (!fill (read, cgroup, NCG_STATS_ALL, &stats, &is_there, error))
    return FALSE;
  if (is_there)
    add_stats (builder, name, &stats);
  return TRUE;
}

/* @sum: not initialized; is so afterwards, in any case */
static gboolean
sum_up (
    const Read *read, const GPtrArray *cgroups, NcgStats *sum, guint *ret_n_there, GError **error)
{
  guint64 now = (guint64) g_get_real_time ();
  g_auto (NcgStats) part;

  ncg_stats_init (&part);
  usage_sum_init (sum, NCG_STATS_ALL);
  *ret_n_there = 0;
  for (guint i = 0; i < cgroups->len; i++) {
    gboolean is_there;

    if (!fill (read, g_ptr_array_index (cgroups, i), usage_sum_get_fields (), &part, &is_there,
               error))
      return FALSE;
    if (!is_there)
      continue;
    usage_sum_add (sum, &part);
    ++*ret_n_there;
  }
  sum->numbers[NCG_STATS_TIMESTAMP] = now;
  sum->has |= NCG_STATS_BIT (NCG_STATS_TIMESTAMP);
  return TRUE;
}

static gboolean
add_kube (const Read *read, GVariantBuilder *builder, GError **error)
{
  g_autoptr (GPtrArray) cgroups = usage_sum_drop_nested ((const char *const *) read->kube);
  g_auto (NcgStats) sum;
  guint n_there;

  /* One cgroup has limits and pressure, which a sum has not. */
  if (cgroups->len == 1) {
    ncg_stats_init (&sum);
    return add_group (read, builder, "kube", g_ptr_array_index (cgroups, 0), error);
  }
  if (!sum_up (read, cgroups, &sum, &n_there, error))
    return FALSE;
  if (n_there > 0)
    add_stats (builder, "kube", &sum);
  return TRUE;
}

/* Nothing uses 0 of all that this kernel counts; what that is, the slice of the pods tells. */
static gboolean
set_nothing (const Read *read, NcgStats *sum, GError **error)
{
  NcgStatsFields summed = usage_sum_get_fields ();
  g_auto (NcgStats) group;
  gboolean is_there;

  ncg_stats_init (&group);
  if (!fill (read, read->pods_group, summed, &group, &is_there, error))
    return FALSE;
  sum->has &= ~summed | (is_there ? group.has : 0);
  return TRUE;
}

static gboolean
add_pods (const Read *read, GVariantBuilder *builder, GError **error)
{
  g_auto (NcgStats) sum;
  guint n_there;

  if (!sum_up (read, read->pods, &sum, &n_there, error) ||
      (n_there == 0 && !set_nothing (read, &sum, error)))
    return FALSE;
  add_stats (builder, "pods", &sum);
  return TRUE;
}

static void
work (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Read *read = data;
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a{sa{sv}}"));
  GError *error = NULL;

  if (add_node (read, &builder, &error) &&
      add_group (read, &builder, "system", read->system, &error) &&
      add_group (read, &builder, "user", read->user, &error) &&
      add_group (read, &builder, "runtime", read->runtime, &error) &&
      add_kube (read, &builder, &error) && add_pods (read, &builder, &error))
    g_task_return_pointer (task, g_variant_ref_sink (g_variant_builder_end (&builder)),
                           (GDestroyNotify) g_variant_unref);
  else
    g_task_return_error (task, error);
}

static GPtrArray *
list_running (Manager *manager)
{
  GPtrArray *cgroups = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, manager->pods);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const Pod *pod = value;

    if (pod->state != POD_CREATING && pod->state != POD_VANISHED)
      g_ptr_array_add (cgroups, g_strdup (pod->cgroup));
  }
  return cgroups;
}

void
usage_read_async (Manager *manager,
                  const UsageGroups *groups,
                  GAsyncReadyCallback callback,
                  gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Read *read = g_new0 (Read, 1);

  read->hierarchy = manager->hierarchy;
  read->root = g_strdup (manager->config->root);
  read->system = g_strdup (groups->system);
  read->user = g_strdup (groups->user);
  read->runtime = g_strdup (groups->runtime);
  read->kube = g_strdupv ((GStrv) groups->kube);
  read->pods = list_running (manager);
  read->pods_group = ncg_driver_predict_cgroup (manager->driver, manager->config->cgroup_root);
  g_task_set_task_data (task, read, read_free);
  ncg_worker_run (manager->readers, task, work);
}

GVariant *
usage_read_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
