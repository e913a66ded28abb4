/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The figures of pods. A worker gets copies of what it needs, and not the pods.
 */
#include "daemon/pod-stats.h"

#include "lib/error.h"

#include <string.h>

/* One pod to be read, by one thread, and what came of it. */
typedef struct {
  char *uid;
  char *cgroup;
  GHashTable *names; /* name of a cgroup → container; NULL without containers */
  GVariant *stats;
  GError *error;
} Target;

typedef struct {
  const NcgHierarchy *hierarchy;
  PodStatsQuery query;
  GPtrArray *targets; /* of Target */
  int has_failed;     /* atomic: the answer is an error, and the other pods need not be read */
} Read;

static void
target_free (gpointer data)
{
  Target *target = data;

  g_free (target->uid);
  g_free (target->cgroup);
  g_clear_pointer (&target->names, g_hash_table_unref);
  g_clear_pointer (&target->stats, g_variant_unref);
  g_clear_error (&target->error);
  g_free (target);
}

static void
read_free (gpointer data)
{
  Read *read = data;

  g_ptr_array_unref (read->targets);
  g_free (read);
}

static gboolean
is_gone (const GError *error)
{
  return g_error_matches (error, NCG_ERROR, NCG_ERROR_NOT_FOUND);
}

static gboolean
is_container (const Target *target, const char *name)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, target->names);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (g_str_equal (value, name))
      return TRUE;
  return FALSE;
}

/* (transfer full): the name of the container whose leaf it is, else that of the leaf; but no leaf
 * takes the place of a container. No name has a slash. */
static char *
get_key (const Target *target, const char *leaf)
{
  const char *name = g_hash_table_lookup (target->names, leaf);

  if (name != NULL)
    return g_strdup (name);
  return g_strconcat (is_container (target, leaf) ? "/" : "", leaf, NULL);
}

/* (transfer floating): an a{sa{sv}} */
static GVariant *
read_containers (const Read *read, const Target *target, GError **error)
{
  g_auto (GStrv) leaves = ncg_stats_list_leaves (read->hierarchy, target->cgroup, error);
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a{sa{sv}}"));

  if (leaves == NULL)
    return NULL;
  for (guint i = 0; leaves[i] != NULL; i++) {
    g_autofree char *path = g_strconcat (target->cgroup, "/", leaves[i], NULL);
    g_autoptr (GError) local = NULL;
    g_autoptr (GVariant) stats = ncg_stats_read (read->hierarchy, path, read->query.fields, &local);
    g_autofree char *key = get_key (target, leaves[i]);

    if (stats != NULL) {
      g_variant_builder_add (&builder, "{s@a{sv}}", key, stats);
    } else if (!is_gone (local)) {
      g_propagate_error (error, g_steal_pointer (&local));
      return NULL;
    }
    /* One that ended meanwhile is left out. */
  }
  return g_variant_builder_end (&builder);
}

/* (transfer full): an a{sv} */
static GVariant *
read_target (const Read *read, const Target *target, GError **error)
{
  g_autoptr (GVariant) containers = NULL;
  g_auto (NcgStats) stats;

  ncg_stats_init (&stats);
  if (!ncg_stats_fill (&stats, read->hierarchy, target->cgroup, read->query.fields, error))
    return NULL;
  if (target->names == NULL)
    return ncg_stats_to_variant (&stats);
  containers = read_containers (read, target, error);
  if (containers == NULL)
    return NULL;
  g_variant_ref_sink (containers);
  return ncg_stats_to_variant_with (&stats, "Containers", containers);
}

static void
return_stats (GTask *task, GVariant *stats, GError *error)
{
  if (stats != NULL)
    g_task_return_pointer (task, stats, (GDestroyNotify) g_variant_unref);
  else
    g_task_return_error (task, error);
}

static void
read_one (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Read *read = data;
  GError *error = NULL;
  GVariant *stats = read_target (read, g_ptr_array_index (read->targets, 0), &error);

  return_stats (task, stats, error);
}

static void
read_next (gpointer data, guint i)
{
  Read *read = data;
  Target *target = g_ptr_array_index (read->targets, i);

  if (g_atomic_int_get (&read->has_failed))
    return;
  target->stats = read_target (read, target, &target->error);
  if (target->stats == NULL && !is_gone (target->error))
    g_atomic_int_set (&read->has_failed, 1);
}

static void
gather (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Read *read = data;
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a{sa{sv}}"));

  for (guint i = 0; i < read->targets->len; i++) {
    Target *target = g_ptr_array_index (read->targets, i);

    if (target->stats != NULL) {
      g_variant_builder_add (&builder, "{s@a{sv}}", target->uid, target->stats);
    } else if (target->error != NULL && !is_gone (target->error)) {
      return_stats (task, NULL, g_steal_pointer (&target->error));
      return;
    }
  }
  return_stats (task, g_variant_ref_sink (g_variant_builder_end (&builder)), NULL);
}

static GHashTable *
name_containers (const Pod *pod)
{
  GHashTable *names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  for (guint i = 0; i < pod->containers->len; i++) {
    const Container *container = g_ptr_array_index (pod->containers, i);
    g_hash_table_insert (names, g_path_get_basename (container->cgroup),
                         g_strdup (container->name));
  }
  return names;
}

static void
add_target (Read *read, const Pod *pod)
{
  Target *target = g_new0 (Target, 1);

  target->uid = g_strdup (pod->uid);
  target->cgroup = g_strdup (pod->cgroup);
  target->names = read->query.with_containers ? name_containers (pod) : NULL;
  g_ptr_array_add (read->targets, target);
}

static Read *
read_new (GTask *task, const Manager *manager, const PodStatsQuery *query)
{
  Read *read = g_new0 (Read, 1);

  read->hierarchy = manager->hierarchy;
  read->query = *query;
  read->targets = g_ptr_array_new_with_free_func (target_free);
  g_task_set_task_data (task, read, read_free);
  return read;
}

void
pod_stats_read_async (Manager *manager,
                      const char *uid,
                      const PodStatsQuery *query,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  GError *error = NULL;
  const Pod *pod = manager_find_pod (manager, uid, &error);

  if (pod == NULL) {
    g_task_return_error (task, error);
    return;
  }
  add_target (read_new (task, manager, query), pod);
  ncg_worker_run (manager->readers, task, read_one);
}

GVariant *
pod_stats_read_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
add_all (Read *read, Manager *manager)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, manager->pods);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const Pod *pod = value;

    if (pod->state != POD_CREATING && pod->state != POD_VANISHED)
      add_target (read, pod);
  }
}

void
pod_stats_read_many_async (Manager *manager,
                           const char *const *uids,
                           const PodStatsQuery *query,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  g_autoptr (GHashTable) added = g_hash_table_new (NULL, NULL);
  Read *read = read_new (task, manager, query);

  if (uids[0] == NULL)
    add_all (read, manager);
  for (; *uids != NULL; uids++) {
    GError *error = NULL;
    const Pod *pod = manager_find_pod (manager, *uids, &error);

    if (pod == NULL) {
      g_task_return_error (task, error);
      return;
    }
    if (g_hash_table_add (added, (gpointer) pod) && pod->state != POD_VANISHED)
      add_target (read, pod);
  }
  ncg_worker_run_steps (manager->readers, task, read->targets->len, read_next, gather);
}

GVariant *
pod_stats_read_many_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
