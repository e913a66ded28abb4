/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes and pods.
 */
#include "daemon/manager-processes.h"

#include "lib/error.h"
#include "lib/process.h"

#include <string.h>

/* The part of @path below @top, without a leading slash; NULL if it is not below it. */
static const char *
path_below (const char *path, const char *top)
{
  gsize length = strlen (top);

  if (length == 0 || strncmp (path, top, length) != 0)
    return NULL;
  if (path[length] == '\0')
    return path + length;
  return path[length] == '/' ? path + length + 1 : NULL;
}

static char *
container_of_path (const Pod *pod, const char *below)
{
  g_autofree char *first = g_strndup (below, strcspn (below, "/"));

  for (guint i = 0; i < pod->containers->len; i++) {
    const Container *container = g_ptr_array_index (pod->containers, i);
    const char *leaf = path_below (container->cgroup, pod->cgroup);

    if (leaf != NULL && g_str_equal (leaf, first))
      return g_strdup (container->name);
  }
  return g_steal_pointer (&first);
}

static Pod *
find_by_path (Manager *self, const char *path, char **ret_container)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->pods);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    Pod *pod = value;
    const char *below = path_below (path, pod->cgroup);

    if (below == NULL)
      continue;
    *ret_container = container_of_path (pod, below);
    return pod;
  }
  return NULL;
}

/* In the other hierarchies, in which pods have the same paths. */
static Pod *
find_elsewhere (Manager *self, pid_t pid, char **ret_container)
{
  const GPtrArray *trees = self->hierarchy->trees;
  Pod *pod = NULL;

  for (guint i = 1; pod == NULL && i < trees->len; i++) {
    g_autofree char *path =
        ncg_process_read_cgroup_of_pid (self->proc, pid, g_ptr_array_index (trees, i), NULL);

    if (path != NULL)
      pod = find_by_path (self, path, ret_container);
  }
  return pod;
}

Pod *
manager_find_process (Manager *self, guint pid, char **ret_container, GError **error)
{
  g_autofree char *path = NULL;
  Pod *pod;

  if (pid == 0 || pid > G_MAXINT) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT, "%u is not the number of a process",
                 pid);
    return NULL;
  }
  path = ncg_process_read_cgroup_of_pid (self->proc, (pid_t) pid,
                                         ncg_hierarchy_get_primary (self->hierarchy), error);
  if (path == NULL)
    return NULL;
  pod = find_by_path (self, path, ret_container);
  if (pod == NULL)
    pod = find_elsewhere (self, (pid_t) pid, ret_container);
  if (pod == NULL)
    g_set_error (error, NCG_ERROR, NCG_ERROR_NO_SUCH_POD, "process %u is in no pod, but in %s", pid,
                 path);
  return pod;
}
