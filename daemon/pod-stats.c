/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A pod's figures.
 */
#include "daemon/pod-stats.h"

#include "lib/error.h"
#include "lib/stats.h"

typedef struct {
  NcgCgroup *cgroup;
  GHashTable *names; /* name of a cgroup → container; NULL without containers */
} Read;

static void
read_free (gpointer data)
{
  Read *read = data;

  ncg_cgroup_close (read->cgroup);
  g_clear_pointer (&read->names, g_hash_table_unref);
  g_free (read);
}

static GVariant *
read_containers (const Read *read)
{
  g_auto (GStrv) children = ncg_cgroup_list_children (read->cgroup, NULL);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{sa{sv}}"));
  for (guint i = 0; children != NULL && children[i] != NULL; i++) {
    g_autoptr (NcgCgroup) child = ncg_cgroup_open_child (read->cgroup, children[i], NULL);
    g_autoptr (GVariant) stats = child != NULL ? ncg_stats_read (child, NULL) : NULL;
    const char *name = g_hash_table_lookup (read->names, children[i]);

    /* One that ended meanwhile is left out. */
    if (stats != NULL)
      g_variant_builder_add (&builder, "{s@a{sv}}", name != NULL ? name : children[i], stats);
  }
  return g_variant_builder_end (&builder);
}

static void
read_in_worker (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Read *read = data;
  GError *error = NULL;
  g_autoptr (GVariant) stats = ncg_stats_read (read->cgroup, &error);

  if (stats == NULL) {
    g_task_return_error (task, error);
    return;
  }
  if (read->names != NULL) {
    g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (stats);

    g_variant_dict_insert_value (&dict, "Containers", read_containers (read));
    g_variant_unref (stats);
    stats = g_variant_ref_sink (g_variant_dict_end (&dict));
  }
  g_task_return_pointer (task, g_steal_pointer (&stats), (GDestroyNotify) g_variant_unref);
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

void
pod_stats_read_async (Manager *manager,
                      const char *uid,
                      gboolean with_containers,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  GError *error = NULL;
  Pod *pod = manager_find_pod (manager, uid, &error);
  NcgCgroup *cgroup = NULL;
  Read *read;

  if (pod != NULL)
    cgroup = manager_open_cgroup (manager, pod->cgroup, &error);
  if (cgroup == NULL) {
    g_task_return_error (task, error);
    return;
  }
  read = g_new0 (Read, 1);
  read->cgroup = cgroup;
  read->names = with_containers ? name_containers (pod) : NULL;
  g_task_set_task_data (task, read, read_free);
  g_task_run_in_thread (task, read_in_worker);
}

GVariant *
pod_stats_read_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
